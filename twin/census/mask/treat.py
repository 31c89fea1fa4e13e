"""The treatments: a city's tables with places moved, ids renamed, attributes coarsened, names taken away."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.census.mask.columns import CITY, CLEAR, listed, treatment
from twin.census.mask.elevation import Elevations
from twin.census.mask.field import Field
from twin.census.mask.filters import owner_class
from twin.census.mask.key import Key
from twin.census.mask.policy import Policy
from twin.errors import DatasetError
from twin.io.files import refuse
from twin.model.city import CITY_SCHEMAS, OTHER, City
from twin.model.finding import errors
from twin.model.network import Network
from twin.model.schema import Column
from twin.model.table import Table
from twin.model.terrain import Terrain
from twin.text import _

Array = NDArray[Any]
Floats = NDArray[np.float64]


@dataclass
class Masker:
    """Everything the treatments need, and what they have done.

    `secrets` are texts that no new name may be equal to (`twin.census.mask.scan`).
    `cleared` lists the text columns that no list names and that were therefore cleared, as `table.column`.
    """

    city: City
    key: Key
    field: Field
    elevations: Elevations
    policy: Policy
    secrets: frozenset[str] = frozenset()
    cleared: set[str] = dataclasses.field(default_factory=set)

    @cached_property
    def components(self) -> Mapping[str, str]:
        """New full id of each component by its old one."""
        result: dict[str, str] = {}
        for layer, network in {**self.city.layers, OTHER: self.city.other}.items():
            for name, table in network.components.items():
                bare = self.key.tokens(f"{layer}/{name}", table["id"])
                pairs = zip(network.ids(name), table["kind"], bare, strict=True)
                result |= {str(old): f"{layer}/{kind}/{new}" for old, kind, new in pairs}
        return result

    def masked(self) -> City:
        """The masked city, its tables built and checked anew."""
        networks = {name: self._network(network) for name, network in self.city.networks.items()}
        joined: dict[str, Any] = {name: self._table(CITY, getattr(self.city, name)) for name in CITY_SCHEMAS}
        result = replace(
            self.city,
            networks=networks,
            roads=self._network(self.city.roads),
            facilities=self._network(self.city.facilities),
            other=self._network(self.city.other),
            terrain=self._terrain(),
            **joined,
        )
        return self._with_heads(result)

    def _network(self, network: Network) -> Network:
        layer = network.lifeline
        return Network(layer, {name: self._table(layer, table) for name, table in network.tables.items()})

    def _table(self, layer: str, table: Table) -> Table:
        if not len(table) or self._left_out(layer, table):
            return Table.empty(table.schema)
        raw = {column.name: self._column(layer, table, column) for column in table.schema.columns}
        raw |= self._places(layer, table)
        made, findings = Table.build(table.schema, raw, f"{layer}/{table.name}")
        if bad := errors(findings):
            raise DatasetError(_("{table} cannot be masked", table=f"{layer}/{table.name}"), bad)
        return made

    def _left_out(self, layer: str, table: Table) -> bool:
        """Whether a table does not leave: it cannot be judged, or the policy drops all it says."""
        if table.name == "names" and layer == CITY and self.policy.names.spoken == "drop":
            return True
        return any(treatment(layer, table.name, column).what == "none" for column in table.schema.columns)

    def _column(self, layer: str, table: Table, column: Column) -> Array:
        values = table[column.name]
        todo = treatment(layer, table.name, column)
        if todo == CLEAR and column.type == "text" and listed(layer, table.name, column.name) is None:
            self.cleared.add(f"{layer}/{table.name}.{column.name}")
        texts: Mapping[str, Callable[[], Array]] = {
            "label": lambda: self.key.tokens(todo.detail, values),
            "labels": lambda: self._each(values, lambda text: self._labels(todo.detail, text)),
            "component": lambda: self._each(values, lambda text: self.components[text]),
            "reference": lambda: self.key.tokens(todo.detail, values),
            "name": lambda: self._names(todo.detail, table),
            "clause": lambda: self._clauses(layer, table, column.name),
            "owner": lambda: self._owners(values),
            "date": lambda: self._each(values, lambda text: self._year_text(str(text))),
            "wkt": lambda: self._outlines(table),
            "drop": lambda: self._cleared(layer, table, column),
        }
        made = texts.get(todo.what)
        return made() if made else self._number(todo.what, values, column.name)

    def _number(self, what: str, values: Array, column: str) -> Array:
        attributes = self.policy.attributes
        match what:
            case "elevation":
                return np.round(self.elevations.apply(values), 6)
            case "length":
                return rounded_length(values, attributes.length_m / (1000 if column.endswith("_km") else 1))
            case "digits":
                return significant(values, attributes.digits)
            case "year":
                step = {"year": 1.0, "decade": 10.0}.get(attributes.year)
                return np.full(len(values), np.nan) if step is None else np.floor(values / step) * step
            case "zero":
                return np.zeros_like(values)
        return values.copy()

    def _cleared(self, layer: str, table: Table, column: Column) -> Array:
        """Empty texts, or labels where the column must not be empty."""
        if column.default is None:
            return self.key.tokens(f"{layer}/{table.name}.{column.name}", table[column.name])
        return np.full(len(table), "", dtype=object)

    def _each(self, values: Array, change: Any) -> Array:
        """The change of each distinct text; the empty text stays."""
        known = {text: change(text) for text in set(values.tolist()) if text != ""}
        return np.array([known.get(text, "") for text in values.tolist()], dtype=object)

    def _labels(self, domain: str, text: str) -> str:
        return "; ".join(self.key.token(domain, part.strip()) for part in text.split(";") if part.strip())

    def _owners(self, values: Array) -> Array:
        match self.policy.attributes.owner:
            case "keep":
                return values.copy()
            case "class":
                return self._each(values, owner_class)
            case "hash":
                return self.key.tokens("owner", values)
        return np.full(len(values), "", dtype=object)

    def _year_text(self, text: str) -> str:
        year = text.strip()[:4]
        if not year.isdigit() or self.policy.attributes.year == "drop":
            return ""
        return f"{year[:3]}0" if self.policy.attributes.year == "decade" else year

    def _clauses(self, layer: str, table: Table, column: str) -> Array:
        """Ids and levels in the clauses of rules: what they name says their `object`."""
        if column == "id":
            homes = {"node": f"{layer}/nodes", "link": f"{layer}/links"}
            pairs = zip(table["object"].tolist(), table["id"].tolist(), strict=True)
            return np.array(
                [self.key.token(homes[what], name) if name and what in homes else "" for what, name in pairs],
                dtype=object,
            )
        heads = table["variable"].astype(str) == "head"
        return np.where(heads, np.round(self.elevations.apply(table["value"]), 6), table["value"])

    def _names(self, detail: str, table: Table) -> Array:
        """Names as the policy wants them: kept, dropped, or the kind with a number."""
        which, _colon, noun = detail.partition(":")
        values = table["name"]
        wish = getattr(self.policy.names, which)
        if wish == "keep":
            return values.copy()
        if wish == "drop":
            return np.full(len(values), "", dtype=object)
        if which == "spoken":
            named = table["component"].tolist()
            kinds = [str(name).split("/")[1] for name in named]
            order = np.argsort(np.array([self.components[name] for name in named], dtype=str), kind="stable")
        else:
            kinds = table["kind"].tolist() if "kind" in table else [noun] * len(table)
            ids = self.key.tokens("order", table["id"]).astype(str)
            order = np.argsort(ids, kind="stable")
        return _numbered(kinds, values, order, self.secrets)

    def _places(self, layer: str, table: Table) -> dict[str, Array]:
        """The moved coordinates of a table that has any."""
        what = {treatment(layer, table.name, column).what: column.name for column in table.schema.columns}
        if "east" not in what:
            return {}
        places = np.stack((table[what["east"]], table[what["north"]]), axis=1)
        known = np.isfinite(places).all(axis=1)
        moved = np.full_like(places, np.nan)
        moved[known] = np.round(self.field.apply(places[known]), self.policy.field.decimals)
        return {what["east"]: moved[:, 0], what["north"]: moved[:, 1]}

    def _outlines(self, table: Table) -> Array:
        """Outlines in well-known text, cut where they would bend, then moved."""
        import shapely

        longest = np.sqrt(8 * self.policy.field.sagitta_m / max(self.field.bend, 1e-15))
        result = np.array(["" for _row in range(len(table))], dtype=object)
        for row, text in enumerate(table["wkt"].tolist()):
            if not text:
                continue
            try:
                shape = shapely.segmentize(shapely.from_wkt(text), longest)
            except shapely.GEOSException as error:
                problem = _("holds an outline that is no well-known text ({reason})", reason=str(error)[:100])
                raise refuse("mask.area", table.name, problem, _("correct it")) from None
            moved = shapely.transform(shape, self.field.apply)
            result[row] = shapely.to_wkt(moved, rounding_precision=self.policy.field.decimals)
        return result

    def _terrain(self) -> Terrain | None:
        """The terrain on a grid over the moved ground, sampled where each cell came from."""
        ground = self.city.terrain
        if ground is None:
            return None
        rows, columns = ground.z.shape
        low = np.array([ground.x0, ground.y0])
        high = low + ground.cell_m * np.array([columns, rows])
        edge = np.linspace(low, high, 65)
        frame = np.array([(x, y) for x in edge[:, 0] for y in edge[:, 1]])
        moved = self.field.apply(frame)
        first = np.floor(moved.min(axis=0) / ground.cell_m) * ground.cell_m
        size = np.ceil((moved.max(axis=0) - first) / ground.cell_m).astype(int)
        x, y = (first[axis] + (np.arange(size[axis]) + 0.5) * ground.cell_m for axis in (0, 1))
        z = np.empty((size[1], size[0]))
        for row, north in enumerate(y):
            came = self.field.inverse(np.stack((x, np.full(len(x), north)), axis=1))
            z[row] = ground.at(came[:, 0], came[:, 1])
        return Terrain(float(first[0]), float(first[1]), ground.cell_m, self.elevations.apply(z))

    def _with_heads(self, city: City) -> City:
        """The city where fixed levels that follow a pattern have patterns that fit their new level.

        Such a level is z f(t): after the map it has to be m(z f(t)), so that each gets a pattern of its own
        with the factors m(z f) / m(z).
        """
        networks = dict(city.networks)
        for name, network in networks.items():
            column = network.tables["nodes"].schema.by_name.get("elevation_m")
            if column is None or treatment(name, "nodes", column).detail != "pattern":
                continue
            networks[name] = self._network_with_heads(self.city.networks[name], network)
        return replace(city, networks=networks)

    def _network_with_heads(self, old: Network, new: Network) -> Network:
        nodes, patterns = old.tables["nodes"], old.tables["patterns"]
        fixed = np.flatnonzero((nodes["kind"] == "reservoir") & (nodes["pattern"] != ""))
        masked = {key: values.copy() for key, values in new.tables["nodes"].columns.items()}
        added: dict[str, list[Any]] = {"pattern": [], "step": [], "factor": []}
        tokens = self.key.tokens(f"{old.lifeline}/nodes", nodes["id"][fixed])
        for row, token in zip(fixed, tokens, strict=True):
            mine = patterns["pattern"] == nodes["pattern"][row]
            if not mine.any():
                continue
            at = new.tables["nodes"].rows[str(token)]
            level = masked["elevation_m"][at] if abs(masked["elevation_m"][at]) > 1e-3 else 1.0
            label = self.key.token("pattern", f"level of {nodes['id'][row]}")
            masked["elevation_m"][at], masked["pattern"][at] = level, label
            heads = self.elevations.apply(nodes["elevation_m"][row] * patterns["factor"][mine])
            added["pattern"] += [label] * int(mine.sum())
            added["step"] += patterns["step"][mine].tolist()
            added["factor"] += (heads / level).tolist()
        if not added["pattern"]:
            return new
        old_rows = new.tables["patterns"].columns
        raw = {key: [*old_rows[key].tolist(), *values] for key, values in added.items()}
        built, _findings = Table.build(new.tables["patterns"].schema, raw)
        node_table = Table("nodes", nodes.schema, masked)
        return Network(new.lifeline, {**new.tables, "nodes": node_table, "patterns": built})


def _numbered(kinds: list[Any], names: Array, order: NDArray[np.intp], taken: frozenset[str]) -> Array:
    """`kind 1`, `kind 2`, ... in the given order, for those that had a name; no new name is an old one."""
    counts = dict.fromkeys(kinds, 0)
    result = np.array([""] * len(names), dtype=object)
    for row in order:
        if names[row] == "":
            continue
        kind = kinds[row]
        counts[kind] += 1
        while f"{kind} {counts[kind]}" in taken:
            counts[kind] += 1
        result[row] = f"{kind} {counts[kind]}"
    return result


def rounded_length(values: Floats, step: float) -> Floats:
    """Lengths to a step, short ones to a smaller power of ten that changes them by 1 % at most."""
    with np.errstate(divide="ignore", invalid="ignore"):
        fine = 10.0 ** np.floor(np.log10(0.02 * values))
        steps = np.minimum(step, np.where(values > 0, fine, step))
        return np.asarray(np.where(values > 0, np.round(np.round(values / steps) * steps, 9), values))


def significant(values: Floats, digits: int) -> Floats:
    """Numbers to so many significant digits; zero and what is missing stay."""
    with np.errstate(divide="ignore", invalid="ignore"):
        step = 10.0 ** (np.floor(np.log10(np.abs(values))) - digits + 1)
        return np.asarray(
            np.where(np.isfinite(step) & (step > 0), np.round(np.round(values / step) * step, 12), values)
        )
