"""The proof: what the masked city keeps of the one it was made from, read back from its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.census.mask.bending import compared
from twin.census.mask.columns import treated
from twin.census.mask.policy import Policy
from twin.errors import TwinError
from twin.lifelines import registry
from twin.lifelines.instant import instant
from twin.model.city import OTHER, City
from twin.model.network import Network
from twin.physics.solution import Solution
from twin.text import Message, _

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
SMALL = 0.05
"""Flows and pressures are compared with at least this share of the largest one of their network."""


class ProofError(TwinError):
    """The masked city does not keep what it must, or gives away what it must not: nothing was written."""


@dataclass(frozen=True)
class Claim:
    """One thing that was compared: `name` in a `layer`, before and after, and whether it holds."""

    name: str
    layer: str
    before: Any
    after: Any
    holds: bool

    def record(self) -> dict[str, Any]:
        """The claim as plain values."""
        return {
            "claim": self.name,
            "layer": self.layer,
            "before": self.before,
            "after": self.after,
            "holds": self.holds,
        }


COUNTS = "counts"
PARTS = "connected components"
DEGREES = "degree of every node"
DIRECTIONS = "direction of every link"
SLOPES = "rise or fall of every link"
SIZES = "diameters and sections"
CROSSINGS = "crossings in plan"
ZONES = "isolation zones of random breaks"
HYDRAULICS = "flows and pressures"
REFERENCES = "dependencies and other references"
LABELS: Mapping[str, Message] = {
    COUNTS: _("counts"),
    PARTS: _("connected components"),
    DEGREES: _("degree of every node"),
    DIRECTIONS: _("direction of every link"),
    SLOPES: _("rise or fall of every link"),
    SIZES: _("diameters and sections"),
    CROSSINGS: _("crossings in plan"),
    ZONES: _("isolation zones of random breaks"),
    HYDRAULICS: _("flows and pressures"),
    REFERENCES: _("dependencies and other references"),
}
"""What the claims are called, by the names that the files use."""


@dataclass(frozen=True)
class Pair:
    """A network before and after, and which row of each component table became which."""

    before: Network
    after: Network
    rows: Mapping[str, Ints]

    @classmethod
    def of(cls, before: Network, after: Network, names: Mapping[str, str]) -> Pair:
        """The pair, by the new full id of each old one; KeyError where a component is missing."""
        refs = after.refs
        rows = {
            table: np.array([refs[names[str(old)]].row for old in before.ids(table)], dtype=np.int64)
            for table in before.components
        }
        return cls(before, after, rows)


def prove(
    before: City, after: City, names: Mapping[str, str], policy: Policy, rng: np.random.Generator
) -> list[Claim]:
    """Everything that masking must keep, compared between the filtered city and the masked one.

    Parameters
    ----------
    before, after
        The city in its own coordinates (after filters and cutting), and the masked one.
    names
        New full id of each component by its old one.
    rng
        Chooses the breaks.
    """
    layers = {**before.layers, OTHER: before.other}
    others = {**after.layers, OTHER: after.other}
    claims = []
    for layer, network in layers.items():
        claims.append(_counts(layer, network, others[layer]))
        if not claims[-1].holds or "links" not in network.components or not len(network.tables["links"]):
            continue
        try:
            pair = Pair.of(network, others[layer], names)
        except KeyError:
            claims.append(Claim(REFERENCES, layer, "", "", False))
            continue
        claims += [_parts(layer, pair), _degrees(layer, pair), _directions(layer, pair), _sizes(layer, pair)]
        if slopes := _slopes(layer, pair, before):
            claims.append(slopes)
        if layer in before.networks:
            claims.append(_zones(layer, pair, policy.proof.breaks, rng))
            if solved := _hydraulics(layer, before, after, pair, policy.proof.tolerance):
                claims.append(solved)
    claims.append(_crossings(before, after, names, policy))
    claims.append(_references(before, after, names))
    return claims


def _counts(layer: str, before: Network, after: Network) -> Claim:
    sizes = [{name: len(table) for name, table in each.components.items()} for each in (before, after)]
    kinds = [
        {name: sorted(table["kind"].tolist()) for name, table in each.components.items()}
        for each in (before, after)
    ]
    return Claim(COUNTS, layer, sizes[0], sizes[1], sizes[0] == sizes[1] and kinds[0] == kinds[1])


def _labels(network: Network, links: NDArray[np.bool_] | None = None) -> tuple[int, Ints]:
    """Connected components over all links (or some of them): their number and that of each node."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    start, end = network.ends
    if links is not None:
        start, end = start[links], end[links]
    size = len(network.tables["nodes"])
    graph = coo_array((np.ones(len(start)), (start, end)), shape=(size, size))
    count, labels = connected_components(graph, directed=False)
    return int(count), np.asarray(labels, dtype=np.int64)


def _same_groups(before: Ints, after: Ints) -> bool:
    """Whether two labellings of the same things group them alike."""
    pairs = len(np.unique(np.stack((before, after), axis=1), axis=0))
    return bool(pairs == len(np.unique(before)) == len(np.unique(after)))


def _parts(layer: str, pair: Pair) -> Claim:
    (first, before), (second, after) = _labels(pair.before), _labels(pair.after)
    return Claim(PARTS, layer, first, second, _same_groups(before, after[pair.rows["nodes"]]))


def _degrees(layer: str, pair: Pair) -> Claim:
    degrees = [
        np.bincount(np.concatenate(each.ends), minlength=len(each.tables["nodes"]))
        for each in (pair.before, pair.after)
    ]
    same = bool((degrees[0] == degrees[1][pair.rows["nodes"]]).all())
    most = [int(each.max(initial=0)) for each in degrees]
    return Claim(DEGREES, layer, most[0], most[1], same)


def _directions(layer: str, pair: Pair) -> Claim:
    rows = pair.rows["links"]
    same = [
        pair.rows["nodes"][old] == new[rows]
        for old, new in zip(pair.before.ends, pair.after.ends, strict=True)
    ]
    kept = int((same[0] & same[1]).sum())
    return Claim(DIRECTIONS, layer, len(rows), kept, kept == len(rows))


def _slopes(layer: str, pair: Pair, city: City) -> Claim | None:
    """Signs of all differences of elevation along links, by nodes' columns and by links' pairs of columns."""
    columns = [(name, column) for own, name, _table, column in treated(city, "elevation") if own == layer]
    kept = total = 0
    links = pair.rows["links"]
    start, end = pair.before.ends
    for name, column in columns:
        old, new = pair.before.tables[name], pair.after.tables[name]
        if name == "nodes":
            moved = new[column][pair.rows["nodes"]]
            signs = [np.sign(values[end] - values[start]) for values in (old[column], moved)]
        elif name == "links" and column.startswith("start_"):
            other = column.replace("start_", "end_", 1)
            moved = new[other][links] - new[column][links]
            signs = [np.sign(old[other] - old[column]), np.sign(moved)]
        else:
            continue
        known = np.isfinite(signs[0])
        total += int(known.sum())
        kept += int((signs[0][known] == signs[1][known]).sum())
    return Claim(SLOPES, layer, total, kept, total == kept) if total else None


def _sizes(layer: str, pair: Pair) -> Claim:
    """Every diameter, width and height as it was."""
    kept = total = 0
    for name in pair.rows:
        old, new = pair.before.tables[name], pair.after.tables[name]
        for column in old.schema.names:
            if column.endswith("_mm"):
                values, moved = old[column], new[column][pair.rows[name]]
                total += len(values)
                kept += int(((values == moved) | (np.isnan(values) & np.isnan(moved))).sum())
    return Claim(SIZES, layer, total, kept, kept == total)


def devices(network: Network) -> dict[str, NDArray[np.bool_]]:
    """Which nodes and links are devices (valves, switches, pumps): what bounds an isolation zone."""
    declared = registry.declarations()[network.lifeline].kinds
    kinds = [kind for kind, what in declared.items() if what.role == "device"]
    return {name: np.isin(network.tables[name]["kind"].astype(str), kinds) for name in ("nodes", "links")}


def zone(
    network: Network, labels: Ints, device: Mapping[str, NDArray[np.bool_]], link: int
) -> frozenset[str]:
    """What has to be taken out of service when a link breaks: all up to and with the next devices."""
    start, end = network.ends
    inside = np.zeros(len(network.tables["nodes"]), dtype=bool)
    for node in {int(start[link]), int(end[link])}:
        inside |= labels == labels[node] if not device["nodes"][node] else np.arange(len(labels)) == node
    nodes = network.ids("nodes")[inside]
    links = network.ids("links")[inside[start] | inside[end]]
    return frozenset(map(str, (*nodes, *links)))


def _zone_labels(network: Network, device: Mapping[str, NDArray[np.bool_]]) -> Ints:
    start, end = network.ends
    open_ = ~device["links"] & ~device["nodes"][start] & ~device["nodes"][end]
    return _labels(network, open_)[1]


def _zones(layer: str, pair: Pair, breaks: int, rng: np.random.Generator) -> Claim:
    known = [devices(each) for each in (pair.before, pair.after)]
    labels = [
        _zone_labels(each, device) for each, device in zip((pair.before, pair.after), known, strict=True)
    ]
    links = pair.rows["links"]
    names = {
        str(new): str(old)
        for table, rows in pair.rows.items()
        for old, new in zip(pair.before.ids(table), pair.after.ids(table)[rows], strict=True)
    }
    chosen = np.sort(rng.choice(len(links), min(breaks, len(links)), replace=False))
    same = 0
    for row in chosen:
        first = zone(pair.before, labels[0], known[0], int(row))
        second = zone(pair.after, labels[1], known[1], int(links[row]))
        same += first == frozenset(names[name] for name in second)
    return Claim(ZONES, layer, len(chosen), same, same == len(chosen))


def is_hydraulic(layer: str) -> bool:
    """Whether a network has physics with pressures."""
    declared = registry.declarations()[layer]
    return bool(declared.binding) and any(each.dimension == "pressure" for each in declared.quantities)


def _hydraulics(layer: str, before: City, after: City, pair: Pair, tolerance: float) -> Claim | None:
    """The largest change of a flow or pressure, as a share of it (at least of `SMALL` of the largest)."""
    if not is_hydraulic(layer):
        return None
    first, second = (instant(city, layer, 0.0)[1] for city in (before, after))
    worst = _worst(layer, first, second, pair)
    same = first.outcome == second.outcome
    shown = {"outcome": str(second.outcome), "largest_change": worst}
    return Claim(HYDRAULICS, layer, {"outcome": str(first.outcome)}, shown, same and worst <= tolerance)


def _worst(layer: str, first: Solution, second: Solution, pair: Pair) -> float:
    worst = 0.0
    for quantity in registry.declarations()[layer].quantities:
        if quantity.dimension not in ("flow", "pressure"):
            continue
        old = np.asarray(first.tables[quantity.table][quantity.column], dtype=np.float64)
        new = np.asarray(second.tables[quantity.table][quantity.column], dtype=np.float64)
        new = new[pair.rows[quantity.table]]
        scale = np.maximum(np.abs(old), SMALL * np.abs(old).max(initial=0.0))
        change = np.abs(new - old)
        part = np.divide(change, scale, out=np.where(change > 0, np.inf, 0.0), where=scale > 0)
        worst = max(worst, float(part.max(initial=0.0)))
    return worst


def _crossings(before: City, after: City, names: Mapping[str, str], policy: Policy) -> Claim:
    """Pairs of links that cross, before and after; a touch is no crossing."""
    (old, _lines, count), (new, _moved, _count) = (
        compared(before, policy.field),
        compared(after, policy.field),
    )
    order = _link_rows(before, after, names)
    back = np.empty(len(order), dtype=np.int64)
    back[order] = np.arange(len(order))

    def translated(pairs: Ints) -> Ints:
        one, two = back[pairs // count], back[pairs % count]
        return np.unique(np.minimum(one, two) * count + np.maximum(one, two))

    moved = type(new)(translated(new.sure), translated(new.near))
    changed = len(old.lost(moved))
    return Claim(
        CROSSINGS, "", len(old.sure), len(old.sure) if not changed else f"{changed} changed", not changed
    )


def _link_rows(before: City, after: City, names: Mapping[str, str]) -> Ints:
    """Number after of each link before, counted through all drawn networks."""
    from twin.census.mask.bending import drawn

    rows, offset = [np.zeros(0, dtype=np.int64)], 0
    others = drawn(after)
    for name, network in drawn(before).items():
        rows.append(Pair.of(network, others[name], names).rows["links"] + offset)
        offset += len(network.tables["links"])
    return np.concatenate(rows)


def _references(before: City, after: City, names: Mapping[str, str]) -> Claim:
    """Dependencies, isolation, jobs and relations name the same components as before."""
    kept = total = 0
    for table, columns in (
        ("dependencies", ("supplier", "consumer", "kind")),
        ("isolation", ("component", "device")),
        ("jobs", ("component",)),
        ("relations", ("component", "other", "kind")),
    ):
        old, new = getattr(before, table), getattr(after, table)
        total += len(old)
        rows = {tuple(row) for row in zip(*(new[column].tolist() for column in columns), strict=True)}
        for row in zip(*(old[column].tolist() for column in columns), strict=True):
            kept += tuple(names.get(text, text) for text in row) in rows
        kept -= abs(len(old) - len(new))
    return Claim(REFERENCES, "", total, kept, total == kept)


def failed(claims: list[Claim]) -> ProofError:
    """The error that names what is not kept."""
    lost = (claim for claim in claims if not claim.holds)
    bad = [": ".join(filter(None, (claim.layer, str(LABELS[claim.name])))) for claim in lost]
    return ProofError(_("masking does not keep {what}; nothing was written", what="; ".join(bad)))
