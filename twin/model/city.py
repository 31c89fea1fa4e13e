"""A city: its networks, roads and facilities, what depends on what, and who looks after it."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from twin.model.network import Network, Ref
from twin.model.schema import Schema, read_schema, read_schemas
from twin.model.table import Table

_SCHEMAS = Path(__file__).parent / "schema"
ROAD = "road"
FACILITY = "facility"
CITY_SCHEMAS: Mapping[str, Schema] = {
    name: read_schema(_SCHEMAS / f"{name}.csv")
    for name in ("dependencies", "agencies", "depots", "jobs", "isolation")
}
LAYER_SCHEMAS: Mapping[str, Mapping[str, Schema]] = {
    ROAD: read_schemas(_SCHEMAS / ROAD, ("nodes", "links", "trips")),
    FACILITY: read_schemas(_SCHEMAS / FACILITY, ("nodes",)),
}


@dataclass(frozen=True)
class Manifest:
    """What a city data set says of itself.

    `clock_s` is the time of day (seconds after midnight) at the data set's time zero: patterns start there.
    `assumed` lists attributes that were assumed, in sentences for the report. `protection` switches the
    overload trips of its power network.
    """

    name: str
    title: str = ""
    crs: str = ""
    census_date: str = ""
    licence: str = ""
    clock_s: float = 0.0
    protection: bool = True
    assumed: tuple[str, ...] = ()
    checksums: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, repr=False)
class City:
    """Networks by lifeline name, the road and facility layers, and the tables that join them."""

    manifest: Manifest
    networks: Mapping[str, Network]
    roads: Network
    facilities: Network
    dependencies: Table
    agencies: Table
    depots: Table
    jobs: Table = field(default_factory=lambda: Table.empty(CITY_SCHEMAS["jobs"]))
    isolation: Table = field(default_factory=lambda: Table.empty(CITY_SCHEMAS["isolation"]))

    def __repr__(self) -> str:
        layers = "; ".join(f"{name}: {layer.size()}" for name, layer in self.layers.items())
        return f"<City {self.name}; {layers}>"

    @property
    def name(self) -> str:
        """The data set's name."""
        return self.manifest.name

    @cached_property
    def layers(self) -> Mapping[str, Network]:
        """Networks plus `road` and `facility`: everything that has components."""
        return {**self.networks, ROAD: self.roads, FACILITY: self.facilities}

    @cached_property
    def refs(self) -> Mapping[str, Ref]:
        """Every component of the city by its full id."""
        return {name: ref for layer in self.layers.values() for name, ref in layer.refs.items()}

    def component_id(self, ref: Ref) -> str:
        """The full id of a component."""
        return self.layers[ref.layer].name(ref)

    def select(self, pattern: str) -> tuple[str, ...]:
        """Full ids that match `pattern`: an id, a glob (`water/pipe/*`), `<facility kind>/<id or glob>`."""
        for candidate in (pattern, f"{FACILITY}/{pattern}"):
            if candidate in self.refs:
                return (candidate,)
            if "*" in candidate or "?" in candidate:
                found = fnmatch.filter(self.refs, candidate)
                if found:
                    return tuple(sorted(found))
        return ()

    def owner(self, layer: str) -> str:
        """The agency that looks after a layer ("" where nobody does)."""
        for name, layers in zip(self.agencies["id"], self.agencies["layers"], strict=True):
            if layer in layers.split():
                return str(name)
        return ""
