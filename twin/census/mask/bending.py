"""Straight lines under a field that bends: cut until the same ones cross as before."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twin.census.mask.field import Field
from twin.census.mask.geometry import Crossings, Polylines, crossings, joined, polylines, with_vertices
from twin.census.mask.policy import FieldPolicy
from twin.model.city import OTHER, City
from twin.model.network import Network

ROUNDS = 8


@dataclass(frozen=True)
class Bent:
    """A city whose polylines have vertices enough, and what was compared.

    `added` counts the vertices put in, `crossings` the pairs of links that cross for sure, `changed` those
    whose crossing changed all the same.
    """

    city: City
    added: int
    crossings: int
    changed: int


def drawn(city: City) -> dict[str, Network]:
    """The networks whose links are drawn as polylines with vertices of their own."""
    own = {**city.networks, OTHER: city.other}
    return {
        name: network
        for name, network in own.items()
        if {"links", "vertices"} <= network.tables.keys() and len(network.tables["links"])
    }


def tolerance(policy: FieldPolicy) -> float:
    """Distance at which a crossing is a matter of rounding, m."""
    return max(0.002, 2 * 10.0**-policy.decimals)


def all_lines(city: City) -> tuple[Polylines, int]:
    """The polylines of all networks, links numbered through, and the number of links."""
    return joined([(polylines(network), len(network.tables["links"])) for network in drawn(city).values()])


def compared(city: City, policy: FieldPolicy) -> tuple[Crossings, Polylines, int]:
    """The crossings of all polylines of a city, the polylines and the number of links."""
    lines, count = all_lines(city)
    return crossings(lines, count, tolerance(policy)), lines, count


def bent(city: City, field: Field, policy: FieldPolicy) -> Bent:
    """Cut the links of a city until the field keeps every crossing; still in the city's own coordinates.

    A straight segment of length L bends by no more than L^2/8 times the field's second derivative: first all
    are cut to stay within the policy's `sagitta_m`, then those whose crossings changed are halved again.
    """
    before, lines, count = compared(city, policy)
    longest = np.sqrt(8 * policy.sagitta_m / max(field.bend, 1e-15))
    cut = lines.cut(lines.parts(longest))
    changed = np.zeros(0, dtype=np.int64)
    for _round in range(ROUNDS):
        moved = replace(cut, xy=np.round(field.apply(cut.xy), policy.decimals))
        changed = before.lost(crossings(moved, count, tolerance(policy)))
        if not len(changed):
            break
        touched = np.union1d(changed // count, changed % count)
        cut = cut.cut(1 + np.isin(cut.link[cut.segments], touched).astype(np.int64))
    return Bent(_rebuilt(city, lines, cut), len(cut.link) - len(lines.link), len(before.sure), len(changed))


def _rebuilt(city: City, lines: Polylines, cut: Polylines) -> City:
    """The city with the cut polylines in its tables of vertices; networks that did not change stay."""
    offset, made = 0, {}
    for name, network in drawn(city).items():
        count = len(network.tables["links"])
        own = _between(cut, offset, offset + count)
        same = len(own.link) == len(_between(lines, offset, offset + count).link)
        made[name] = network if same else with_vertices(network, own)
        offset += count
    networks = {name: made.get(name, network) for name, network in city.networks.items()}
    return replace(city, networks=networks, other=made.get(OTHER, city.other))


def _between(lines: Polylines, first: int, last: int) -> Polylines:
    rows: NDArray[np.bool_] = (lines.link >= first) & (lines.link < last)
    return Polylines(lines.link[rows] - first, lines.xy[rows], lines.z[rows], lines.source[rows])
