"""Cities as one asks for them: load, check, build from graphs, save, solve."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin import errors
from twin.api.graphs import layer_of, network_of, table_of
from twin.io import city as city_files
from twin.io.references import check_references
from twin.lifelines import instant, registry
from twin.model import city as model
from twin.model.city import CITY_SCHEMAS, FACILITY, ROAD, Manifest
from twin.model.finding import Finding, Severity, blocking
from twin.model.network import Network
from twin.text import _

if TYPE_CHECKING:
    import networkx as nx

    from twin.physics.solution import Solution

PACKAGE = Path(__file__).parent.parent
CITIES = PACKAGE / "networks"


class City(model.City):
    """A city with its networks, roads, facilities, dependencies and agencies."""

    @classmethod
    def of(cls, city: model.City) -> City:
        """The same city under this name."""
        return cls(**{name: getattr(city, name) for name in model.City.__dataclass_fields__})

    @classmethod
    def from_graphs(
        cls,
        graphs: Mapping[str, nx.Graph[Any]],
        *,
        name: str = "city",
        dependencies: Iterable[Mapping[str, object]] = (),
        facilities: Iterable[Mapping[str, object]] = (),
        agencies: Iterable[Mapping[str, object]] = (),
    ) -> City:
        """A city from NetworkX graphs, one per lifeline.

        Parameters
        ----------
        graphs
            Lifeline name to graph. A node becomes a row of `nodes` (its key is the id, its attributes the
            columns; `kind` is required), an edge a row of `links` (`id` and `kind` among its attributes).
        dependencies, facilities, agencies
            Rows as mappings, with the columns of the city data set.

        Raises
        ------
        DatasetError
            With every finding, where the tables do not fit their schemas.
        """
        findings: list[Finding] = []
        networks = {
            lifeline: network_of(lifeline, graph, findings) for lifeline, graph in sorted(graphs.items())
        }
        layers = {layer: layer_of(layer, {}, findings) for layer in (ROAD, FACILITY)}
        layers[FACILITY] = layer_of(FACILITY, {"nodes": facilities}, findings)
        tables: dict[str, Any] = {
            key: table_of(schema, rows, key, findings)
            for key, schema in CITY_SCHEMAS.items()
            for rows in ({"dependencies": dependencies, "agencies": agencies}.get(key, ()),)
        }
        city = cls(Manifest(name), networks, layers[ROAD], layers[FACILITY], **tables)
        if not blocking(findings):
            findings += check_references(city)
        city_files.usable(city, findings, name)
        return city


def list_cities() -> list[str]:
    """Names of the bundled cities."""
    return sorted(path.parent.name for path in CITIES.glob("*/manifest.yaml"))


def city_folder(city: str | Path) -> Path:
    """The folder of a city: a path given by the user wins over a bundled name."""
    path = Path(city)
    return path if path.exists() or not (CITIES / str(city)).is_dir() else CITIES / str(city)


def near(given: str | Path, bundled: Sequence[str]) -> tuple[Finding, ...]:
    """The finding for a path that does not exist but is spelt almost like a bundled name; () otherwise."""
    names = [] if Path(given).exists() else difflib.get_close_matches(str(given), bundled, 1)
    remedy = _("did you mean {near}?", near="".join(names))
    return (Finding("file.missing", Severity.ERROR, str(given), _("does not exist"), remedy),)[: len(names)]


def check(city: str | Path) -> tuple[City | None, list[Finding]]:
    """A city and every finding about it; None in its place where it cannot be used."""
    known = registry.declarations()
    schemas = {name: declaration.schemas for name, declaration in known.items()}
    folder = city_folder(city)
    if misspelt := near(folder, list_cities()):
        return None, list(misspelt)
    try:
        loaded, findings = city_files.read_city(folder, schemas)
    except errors.DatasetError as error:
        return None, list(error.findings)
    if not blocking(findings):
        for network in loaded.networks.values():
            findings += registry.check(network)
    return (None if blocking(findings) else City.of(loaded)), city_files.placed(folder, findings)


def load_city(city: str | Path | model.City, *, strict: bool = False) -> City:
    """The city in a data set folder, or the bundled one of this name.

    Raises
    ------
    DatasetError
        With all findings, where the data set cannot be used (with `strict`: where anything was found).
    """
    if isinstance(city, model.City):
        return city if isinstance(city, City) else City.of(city)
    loaded, findings = check(city)
    if loaded is None or blocking(findings, strict=strict):
        raise errors.DatasetError(
            _("{place} cannot be used", place=str(city)), blocking(findings, strict=strict)
        )
    return loaded


def save_city(city: model.City, folder: str | Path, *, overwrite: bool = False) -> Manifest:
    """Write a city as a sealed data set; whole or not at all."""
    return city_files.write_city(city, Path(folder), overwrite=overwrite)


def from_wntr(wn: Any) -> Network:
    """The water network of a WNTR `WaterNetworkModel`."""
    from twin.lifelines.water.wntr import from_wntr as convert

    return convert(wn)


def solve(city: str | Path | model.City, lifeline: str, at_s: float = 0.0) -> Solution:
    """The instantaneous solution of one undisturbed network, `at_s` seconds after its time zero."""
    loaded = load_city(city)
    if lifeline not in loaded.networks:
        raise errors.InputError(_("{city} has no network {name}", city=loaded.name, name=lifeline))
    if not registry.declaration(lifeline).binding:
        raise errors.InputError(_("{name} has no physics yet: its network is a graph", name=lifeline))
    return instant.instant(loaded, lifeline, at_s)[1]
