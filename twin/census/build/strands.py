"""Strands: the links that chains make, with the polyline and the attributes of the lines they are made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.census.build.chains import Chains
from twin.census.build.intake import Intake, text
from twin.census.build.meetings import Meetings, line_levels
from twin.census.build.rules import rule

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
SAME = ("category", "material", "embed", "pressure", "road", "owner", "status", "source")
"""Texts that a link has from its first line."""
NUMBERS = ("width_mm", "height_mm", "voltage_kv", "cable_count", "hole_count", "hole_used")
"""Numbers that a link has from its first line."""


@dataclass(frozen=True, eq=False)
class Strands:
    """Links of all layers.

    Attributes
    ----------
    links
        One row a link: `layer`, `s` and `t` (nodes), attributes.
    vertices
        `strand` (row of links), `point` (number), `x, y, z_m, source_id`.
    members
        `strand, number, source_id, row, start, end, reversed`.
    """

    links: pd.DataFrame
    vertices: pd.DataFrame
    members: pd.DataFrame


def strands(intake: Intake, meetings: Meetings, chains: Chains) -> Strands:
    """The links of all layers; `chains` is made of `Intake.taken`."""
    rows = intake.taken[chains.order]
    lines = intake.lines
    firsts = rows[chains.offsets[:-1]]
    link = chains.link
    length, begin, finish = _profile(intake, rows, chains.turned)
    links = pd.DataFrame({"layer": intake.layer[firsts], "s": chains.start, "t": chains.end})
    links["length_m"] = np.round(np.bincount(link, weights=length, minlength=len(links)), 3)
    links["source_id"] = text(lines, "id")[firsts]
    for name in SAME:
        links[name] = text(lines, name)[firsts]
    links["note"] = _agreed(text(lines, "note")[rows], link, chains.offsets)
    for name in NUMBERS:
        links[name] = lines[name].to_numpy(dtype=np.float64)[firsts]
    links["level"] = line_levels(intake)[firsts]
    links["start_z_m"], links["end_z_m"] = begin[chains.offsets[:-1]], finish[chains.offsets[1:] - 1]
    links["flow"] = _flow(meetings.sense[chains.order], chains.turned, link, len(links))
    links["class"] = intake.line_class[firsts]
    for name, worst in (("built", np.fmin), ("design_mpa", np.fmin), ("operating_mpa", np.fmax)):
        values = lines[name].to_numpy(dtype=np.float64)[rows]
        links[name] = worst.reduceat(values, chains.offsets[:-1]) if len(values) else values
    links["repaired"] = _repaired(text(lines, "repaired")[rows], link, len(links))
    return Strands(links, _vertices(intake, meetings, chains, begin, finish), _members(intake, rows, chains))


def _profile(intake: Intake, rows: Ints, turned: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats]:
    """Length of each line, and the elevation of its axis at both ends in the direction of its link.

    Surveys give the top of pressure pipes and cables, the invert of drains, the bottom of trenches (DOMAIN
    2.5); the axis lies half the height of the section below or above. A missing elevation is ground - depth.
    """
    lines = intake.lines
    height = np.nan_to_num(lines["height_mm"].to_numpy(dtype=np.float64)[rows]) / 1000
    width = np.nan_to_num(lines["width_mm"].to_numpy(dtype=np.float64)[rows]) / 1000
    reference = dict(zip(rule("classes")["class"], rule("classes")["reference"], strict=True))
    top = np.array([reference.get(code, "top") == "top" for code in intake.line_class[rows]], dtype=bool)
    offset = np.where(height > 0, height, width) / 2 * np.where(top, -1, 1)
    ground = intake.points["ground_m"].to_numpy(dtype=np.float64)
    z, place = [], []
    xy = intake.points[["x_m", "y_m"]].to_numpy(dtype=np.float64)
    for side, ends in (("start", intake.start[rows]), ("end", intake.end[rows])):
        given = lines[f"{side}_z_m"].to_numpy(dtype=np.float64)[rows]
        depth = lines[f"{side}_depth_m"].to_numpy(dtype=np.float64)[rows]
        z.append(np.where(np.isfinite(given), given, ground[ends] - depth) + offset)
        place.append(xy[ends])
    rise = np.nan_to_num(z[1] - z[0])
    run = np.hypot(*(place[1] - place[0]).T)
    rise = np.where(np.abs(rise) > run, 0.0, rise)
    low, high = (np.round(values, 4) for values in z)
    return np.hypot(run, rise), np.where(turned, high, low), np.where(turned, low, high)


def _flow(sense: Ints, turned: NDArray[np.bool_], link: Ints, links: int) -> Ints:
    """1 where something is known to flow from start to end of a link, -1 against it, 0 unknown."""
    total = np.bincount(link, weights=np.where(turned, -sense, sense), minlength=links)
    return np.sign(total).astype(np.int64)


def _agreed(words: NDArray[np.object_], link: Ints, offsets: Ints) -> NDArray[np.object_]:
    """What all lines of each link say; "" where they differ."""
    first = words[offsets[:-1]]
    differ = np.bincount(link, weights=words != first[link], minlength=len(first)) > 0
    return np.where(differ, "", first)


def _repaired(fields: NDArray[np.object_], link: Ints, links: int) -> NDArray[np.object_]:
    """The fields that were repaired in any line of each link, separated by blanks."""
    result = np.full(links, "", dtype=object)
    for row in np.flatnonzero(fields.astype(str) != ""):
        known = result[link[row]].split()
        result[link[row]] = " ".join([*known, *(name for name in fields[row].split() if name not in known)])
    return result


def _vertices(
    intake: Intake, meetings: Meetings, chains: Chains, begin: Floats, finish: Floats
) -> pd.DataFrame:
    closing = np.zeros(len(chains.order), dtype=bool)
    closing[chains.offsets[1:] - 1] = True
    inside = np.flatnonzero(~closing)
    rows = meetings.point[chains.inner]
    before, after = finish[inside], begin[inside + 1] if len(inside) else begin[inside]
    z = np.where(np.isnan(before), after, np.where(np.isnan(after), before, (before + after) / 2))
    return pd.DataFrame(
        {
            "strand": chains.link[inside],
            "point": chains.number[inside],
            "x": intake.points["x_m"].to_numpy(dtype=np.float64)[rows],
            "y": intake.points["y_m"].to_numpy(dtype=np.float64)[rows],
            "z_m": np.round(z, 4),
            "source_id": text(intake.points, "id")[rows],
        }
    )


def _members(intake: Intake, rows: Ints, chains: Chains) -> pd.DataFrame:
    lines = intake.lines
    return pd.DataFrame(
        {
            "strand": chains.link,
            "number": chains.number,
            "source_id": text(lines, "id")[rows],
            "row": lines["row"].to_numpy(dtype=np.int64)[rows],
            "start": text(lines, "start")[rows],
            "end": text(lines, "end")[rows],
            "reversed": chains.turned,
        }
    )
