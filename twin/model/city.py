"""A city: its networks, roads and facilities, what depends on what, and who looks after it."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from twin.model.network import Network, Ref
from twin.model.schema import Schema, read_schema, read_schemas
from twin.model.table import Table
from twin.model.terrain import Terrain

_SCHEMAS = Path(__file__).parent / "schema"
ROAD = "road"
FACILITY = "facility"
OTHER = "other"
CITY_SCHEMAS: Mapping[str, Schema] = {
    name: read_schema(_SCHEMAS / f"{name}.csv")
    for name in (
        "dependencies",
        "agencies",
        "depots",
        "jobs",
        "isolation",
        "names",
        "regions",
        "relations",
        "manholes",
        "themes",
    )
}
SURVEY_SCHEMAS: Mapping[str, Schema] = read_schemas(
    _SCHEMAS / "survey", ("nodes", "links", "vertices", "members")
)
"""What every lifeline carries from its survey: columns of nodes and links, and two auxiliary tables."""
LAYER_SCHEMAS: Mapping[str, Mapping[str, Schema]] = {
    ROAD: read_schemas(_SCHEMAS / ROAD, ("nodes", "links", "trips")),
    FACILITY: read_schemas(_SCHEMAS / FACILITY, ("nodes",)),
    OTHER: {
        **{
            name: replace(schema, columns=schema.columns + SURVEY_SCHEMAS[name].columns)
            for name, schema in read_schemas(_SCHEMAS / OTHER, ("nodes", "links")).items()
        },
        "vertices": SURVEY_SCHEMAS["vertices"],
        "members": SURVEY_SCHEMAS["members"],
    },
}


@dataclass(frozen=True)
class Manifest:
    """What a city data set says of itself.

    `version` names this state of the data, `history` the ones before it with what changed, newest last.
    `synthetic` says that the city is made up, and every picture of it then says so too. `notice` is a
    sentence that goes with every output. `clock_s` is the time of day (seconds after midnight) at the
    data set's time zero: patterns start there. `assumed` lists attributes that were assumed, in sentences
    for the report. `protection` switches the overload trips of its power network.
    """

    name: str
    title: str = ""
    crs: str = ""
    census_date: str = ""
    licence: str = ""
    clock_s: float = 0.0
    protection: bool = True
    assumed: tuple[str, ...] = ()
    version: str = ""
    history: tuple[str, ...] = ()
    synthetic: bool = False
    notice: str = ""
    checksums: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)


def _none(name: str) -> Table:
    return Table.empty(CITY_SCHEMAS[name])


def _nothing(layer: str) -> dict[str, Table]:
    return {name: Table.empty(schema) for name, schema in LAYER_SCHEMAS[layer].items()}


@dataclass(frozen=True, eq=False, repr=False)
class City:
    """Networks by lifeline name, the road and facility layers, and the tables that join them.

    `other` holds what a census has besides the lifelines (industrial lines, utility tunnels): it is drawn
    and shares the ground, but has no components that a run could touch.
    """

    manifest: Manifest
    networks: Mapping[str, Network]
    roads: Network = field(default_factory=lambda: Network(ROAD, _nothing(ROAD)))
    facilities: Network = field(default_factory=lambda: Network(FACILITY, _nothing(FACILITY)))
    dependencies: Table = field(default_factory=lambda: _none("dependencies"))
    agencies: Table = field(default_factory=lambda: _none("agencies"))
    depots: Table = field(default_factory=lambda: _none("depots"))
    jobs: Table = field(default_factory=lambda: _none("jobs"))
    isolation: Table = field(default_factory=lambda: _none("isolation"))
    names: Table = field(default_factory=lambda: _none("names"))
    regions: Table = field(default_factory=lambda: _none("regions"))
    relations: Table = field(default_factory=lambda: _none("relations"))
    manholes: Table = field(default_factory=lambda: _none("manholes"))
    themes: Table = field(default_factory=lambda: _none("themes"))
    other: Network = field(default_factory=lambda: Network(OTHER, _nothing(OTHER)))
    terrain: Terrain | None = None

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
