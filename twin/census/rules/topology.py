"""Rules of topology: where water runs, where sections and materials change, what hangs on no source."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from twin.census.rules.data import rows_of
from twin.census.rules.hits import Floats, Hits, Ints, Mask, hits, texts
from twin.census.rules.view import View


def _directed(view: View) -> tuple[Ints, Ints, Ints]:
    """Rows of gravity drains in use with a known direction, their upper and their lower sides."""
    whole = view.ends[0] != view.ends[1]
    rows = np.flatnonzero(
        view.trait("gravity") & (view.flow != 0) & whole & (view.ends >= 0).all(axis=0) & ~view.disused
    )
    up = np.where(view.flow[rows] > 0, 0, 1)
    return rows, up, 1 - up


def uphill_drains(view: View) -> Iterator[Hits]:
    """T01: the lower end of a gravity drain is higher than the upper one by more than both limits."""
    rows, up, down = _directed(view)
    kept = view.sound[rows] & view.sure[:, rows].all(axis=0) & ~view.pressed[rows]
    kept &= ~view.marked_ends(view.marked("pump"))[up, rows]
    rows, up, down = rows[kept], up[kept], down[kept]
    rise = view.z[down, rows] - view.z[up, rows]
    bad = rise > view.limit_z[:, rows].sum(axis=0) + 1e-9
    yield hits("lines", rows[bad], "flow_dir", np.round(rise[bad], 3), "<= 0")


def stuck_flows(view: View) -> Iterator[Hits]:
    """T02: water arrives and cannot leave, leaves a plain joint it never reached, or runs in a circle."""
    joints = view.joints
    rows, up, down = _directed(view)
    tail, head = view.ends[up, rows], view.ends[down, rows]
    leaves = np.bincount(tail, minlength=joints.size) > 0
    arrives = np.bincount(head, minlength=joints.size) > 0
    unknown = _ids_of(view, view.trait("gravity") & (view.flow == 0) & ~view.disused)
    known = view.first[: joints.size] >= 0
    ends = arrives & ~leaves & ~unknown & ~_of_ids(view, view.marked("sink"))
    begins = leaves & ~arrives & ~unknown & _of_ids(view, view.plain & ~view.marked("head"))
    circles = joints.circles(tail, head)
    for said, found in (("-> .", ends & ~circles), (". ->", begins & ~circles), ("-> . ->", circles)):
        at = np.sort(view.first[np.flatnonzero(found & known)])
        yield hits("points", at, "id", [said] * len(at), "")


def _ids_of(view: View, lines: Mask) -> Mask:
    """Ids that some of `lines` name."""
    named = view.ends[:, lines].ravel()
    result = np.zeros(view.joints.size, dtype=np.bool_)
    result[named[named >= 0]] = True
    return result


def _of_ids(view: View, points: Mask) -> Mask:
    """A property of points by id; where an id stands twice that of its first row."""
    first = view.first[: view.joints.size]
    return np.asarray(np.append(points, False)[first])


def section_jumps(view: View) -> Iterator[Hits]:
    """T03: a drain narrows downstream, or a pipe changes its section without reducer or attachment."""
    found = pd.concat([_narrowing(view), _changing(view)]).drop_duplicates("at").sort_values("at")
    yield hits("points", found["at"].to_numpy(np.int64), "feature", found["said"], found["expected"].tolist())


def _found(at: Ints, said: list[str], expected: list[str]) -> pd.DataFrame:
    kept = at >= 0
    data = pd.DataFrame({"at": at, "said": said, "expected": expected}, dtype=object)
    return data[kept]


def _narrowing(view: View) -> pd.DataFrame:
    rows, up, down = _directed(view)
    area = _area(view)
    kept = np.isfinite(area[rows]) & ~view.pressed[rows]
    rows, up, down = rows[kept], up[kept], down[kept]
    into, out = np.full((2, view.joints.size), -np.inf)
    np.maximum.at(into, view.ends[down, rows], area[rows])
    np.maximum.at(out, view.ends[up, rows], area[rows])
    bad = np.isfinite(into) & np.isfinite(out) & (out < into * (1 - view.limit("section_share")))
    numbers = np.flatnonzero(bad & ~_of_ids(view, view.marked("narrowing")))
    wide, narrow = (texts(np.round(values[numbers], 3)) for values in (into, out))
    said = [f"{one} -> {two} m2" for one, two in zip(wide, narrow, strict=True)]
    return _found(view.first[numbers], said, [f">= {one} m2" for one in wide])


def _area(view: View) -> Floats:
    """Section areas in m2; a section is round where width and height agree."""
    area = view.width * view.height / 1e6
    return np.where(view.width == view.height, area * np.pi / 4, area)


def _changing(view: View) -> pd.DataFrame:
    numbers, one, other = view.joints.couples()
    slack = view.limit("section_mm")
    unlike = np.abs(view.width[one] - view.width[other]) > slack
    unlike |= np.abs(view.height[one] - view.height[other]) > slack
    unlike &= view.trait("pipe")[one]
    at = view.first[numbers]
    bad = unlike & (at >= 0) & _is_unchanging(view, at)
    sizes = view.text("lines", "size")
    said = [f"{sizes[a]} | {sizes[b]}" for a, b in zip(one[bad], other[bad], strict=True)]
    return _found(at[bad], said, ["="] * int(bad.sum()))


def _is_unchanging(view: View, at: Ints) -> Mask:
    """Points where nothing may change: neither attachment nor reducer nor change of material (often one)."""
    changing = view.marked("reducer") | view.marked("material change")
    return np.asarray(np.append(view.plain & ~changing, False)[at])


def unfed_networks(view: View) -> Iterator[Hits]:
    """T04: two or more points of one class hang together without source or outfall; at the least id."""
    joints = view.joints
    classes = _class_to_join(view)
    sources = view.marked("source") | view.points["id"].isin(_plants(view)).to_numpy(dtype=np.bool_)
    fed = np.zeros(joints.size, dtype=np.bool_)
    fed[view.number[sources & (view.number >= 0)]] = True
    known = view.first[: joints.size] >= 0
    idle = view.has("lines", "status", "1 2")
    at: list[int] = []
    counts: list[int] = []
    for number in np.flatnonzero(_with_sources(view)):
        rows = joints.lines[classes[joints.lines] == number]
        labels = joints.components(rows)
        size, has_source, working = (np.zeros(joints.size, dtype=np.int64) for _ in range(3))
        touched = np.zeros(joints.size, dtype=np.bool_)
        touched[view.ends[:, rows].ravel()] = True
        np.add.at(size, labels[touched & known], 1)
        np.add.at(has_source, labels[touched & fed], 1)
        np.add.at(working, labels[view.ends[0, rows[~idle[rows]]]], 1)
        bad = (size >= 2) & (has_source == 0) & (working > 0)
        members = np.flatnonzero(bad[labels] & touched & known)
        least = pd.DataFrame(
            {"label": labels[members], "id": view.names[members].astype(str), "number": members}
        )
        least = least.sort_values(["label", "id"]).drop_duplicates("label")
        at += view.first[least["number"].to_numpy()].tolist()
        counts += size[least["label"].to_numpy()].tolist()
    order = np.argsort(np.array(at, dtype=np.int64), kind="stable")
    yield hits(
        "points", np.array(at, dtype=np.int64)[order], "id", np.array(counts, dtype=np.int64)[order], "source"
    )


def _with_sources(view: View) -> Mask:
    having = {row["class"] for row in rows_of("check_terms") if row["use"] == "source"}
    return np.array([code in having for code in view.classes])


def _class_to_join(view: View) -> Ints:
    """Class of each line; where it is unknown that of its first point, else of its last."""
    made = view.line_class
    for points in view.end_at:
        made = np.where((made < 0) & (points >= 0), np.append(view.point_class, -1)[points], made)
    return np.asarray(made, dtype=np.int64)


def _plants(view: View) -> list[str]:
    plants = view.survey.tables.get("plants")
    return [] if plants is None else [str(point) for point in plants["point"] if point]


def material_jumps(view: View) -> Iterator[Hits]:
    """T05: two lines of different material meet at a plain point that is no change of material."""
    numbers, one, other = view.joints.couples()
    unlike = (
        (view.material[one] >= 0) & (view.material[other] >= 0) & (view.material[one] != view.material[other])
    )
    at = view.first[numbers]
    bad = unlike & (at >= 0) & _is_unchanging(view, at)
    codes = view.text("lines", "material")
    said = [f"{codes[a]} | {codes[b]}" for a, b in zip(one[bad], other[bad], strict=True)]
    yield hits("points", at[bad], "feature", said, "=")


MIXED = ("YS", "WS")
"""Subclasses that must not meet (separate sewers)."""


def mixed_sewers(view: View) -> Iterator[Hits]:
    """T06: a line of storm water and a line of sewage name the same point, which is no overflow chamber."""
    storm, foul = (_ids_of(view, view.has("lines", "category", code)) for code in MIXED)
    found = storm & foul & ~_of_ids(view, view.marked("mixing"))
    at = view.first[np.flatnonzero(found)]
    at = np.sort(at[at >= 0])
    yield hits("points", at, "category", [" | ".join(MIXED)] * len(at), "")


RULES = {
    "T01": uphill_drains,
    "T02": stuck_flows,
    "T03": section_jumps,
    "T04": unfed_networks,
    "T05": material_jumps,
    "T06": mixed_sewers,
}
