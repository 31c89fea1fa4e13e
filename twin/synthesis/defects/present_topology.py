"""Which points and lines break the order of a network: T01 to T06 and S01."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from twin.synthesis.defects import words
from twin.synthesis.defects.present_joints import Present
from twin.synthesis.defects.view import EPSILON, View, among, combined
from twin.synthesis.survey_tables import Floats, Mask, Rows

SINKS = frozenset(
    (
        "出水口",
        "出水闸",
        "污水处理场",
        "泵站",
        "渗水井",
        "溢流井",
        "化粪池",
        "沉淀池",
        "净化池",
        "隔油池",
        "非普查",
        "预留口",
    )
)
HEADS = frozenset(("起点", "进水口", "预留口", "非普查", "入户", "盖堵", "出地"))
OPEN_ENDS = frozenset(("预留口", "盖堵", "停止塞", "非普查", "入户", "出地", "起点"))
CHANGES = ("变径", "变材")
PIPES = ("JS", "PS", "RQ", "RL", "GY")
UNBOUND = ("GY", "QT", "")
DRAINS = "PS"
SMALLER, SECTION_MM = 0.02, 1.0
NEAR_M, NEAR_Z_M = 0.5, 0.3


def present(view: View) -> Iterator[Present]:
    """Every violation of these rules."""
    yield "T01", "lines", uphill(view)
    yield "T02", "points", stuck(view)
    yield "T03", "points", narrowed(view) | resized(view)
    yield "T04", "points", unfed(view)
    yield "T05", "points", changed(view)
    yield "T06", "points", mixed(view)
    yield "S01", "points", missed(view)


def pressurised(view: View) -> Mask:
    """Lines that are said to stand under pressure."""
    lines = view.lines
    return np.asarray(
        (lines["pressure"] != "") | (lines["operating"] != "") | np.isfinite(lines["design_mpa"])
    )


def directed(view: View) -> tuple[Mask, Rows]:
    """Drains in use with a known direction, and the side (0 or 1) of their upper end."""
    direction = view.lines["flow_dir"]
    drains = (view.line_class == DRAINS) & view.proper & (view.lines["status"] != "1")
    return np.asarray(drains & among(direction, ("+", "-"))), np.where(direction == "-", 1, 0)


def uphill(view: View) -> Mask:
    """Drains that rise in the direction of their flow, beyond doubt."""
    known, upper = directed(view)
    every = np.arange(len(upper))
    rise = view.z[1 - upper, every] - view.z[upper, every]
    pump = view.at_ends(view.points["attachment"] == "泵站", False).astype(np.bool_)[upper, every]
    usable = known & view.usable & view.trusted.all(axis=0) & ~pressurised(view) & ~pump
    return np.asarray(usable & (rise > view.limit_z.sum(axis=0) + EPSILON))


def stuck(view: View) -> Mask:
    """Points that drains only lead to, or only lead away from, or that lie on a cycle."""
    known, upper = directed(view)
    unknown = (view.line_class == DRAINS) & view.proper & (view.lines["status"] != "1") & ~known
    size = len(view.names)
    every = np.arange(len(upper))
    leaving, arriving = view.end_no[upper, every][known], view.end_no[1 - upper, every][known]
    out, into = np.bincount(leaving, minlength=size) > 0, np.bincount(arriving, minlength=size) > 0
    vague = np.zeros(size, dtype=np.bool_)
    vague[view.end_no[:, unknown]] = True
    graph = coo_array((np.ones(len(leaving), dtype=np.int8), (leaving, arriving)), shape=(size, size))
    _, part = connected_components(graph, directed=True, connection="strong")
    cycle = np.bincount(part)[part] > 1
    points, no = view.points, view.point_no
    sink = among(points["feature"], SINKS) | among(points["attachment"], SINKS)
    head = among(points["feature"], HEADS) | ~view.bare
    plain = ~vague[no]
    ends = into[no] & ~out[no] & plain & ~sink
    begins = out[no] & ~into[no] & plain & ~head
    return np.asarray(ends | begins | cycle[no])


def _areas(view: View) -> Floats:
    width, height = view.sections
    return np.asarray(np.where(view.round_pipe, np.pi / 4, 1.0) * width * height)


def narrowed(view: View) -> Mask:
    """Points where the largest drain that leaves is smaller than the largest that arrives."""
    known, upper = directed(view)
    area = _areas(view)
    use = known & np.isfinite(area) & ~pressurised(view)
    every = np.arange(len(upper))
    largest = []
    for side in (upper, 1 - upper):
        most = np.zeros(len(view.names))
        np.maximum.at(most, view.end_no[side, every][use], area[use])
        largest.append(most[view.point_no])
    leaving, arriving = largest
    exempt = among(view.points["attachment"], ("泵站", "溢流井"))
    both = (leaving > 0) & (arriving > 0)
    return np.asarray(both & (leaving < arriving * (1 - SMALLER) - EPSILON) & ~exempt)


def _pairs(view: View) -> tuple[Rows, Rows, Rows]:
    """Points of degree two without attachment where just two lines of one class meet, and those lines."""
    side, line = np.nonzero(view.proper & (view.end_row >= 0) & (view.line_class != ""))
    at = view.end_row[side, line]
    keep = view.bare[at] & (view.degree[at] == 2)
    line, at = line[keep], at[keep]
    order = np.argsort(at, kind="stable")
    line, at = line[order], at[order]
    count = np.bincount(at, minlength=len(view.bare))
    first = np.flatnonzero((np.diff(at, prepend=-1) != 0) & (count[at] == 2))
    same = view.line_class[line[first]] == view.line_class[line[first + 1]]
    first = first[same]
    return at[first], line[first], line[first + 1]


def odd_diameter(view: View) -> Mask:
    """Round pipes whose diameter is in no series of their material (A03)."""
    width = view.sections[0]
    judged = among(view.line_class, ("JS", "RQ", "RL", "GY")) & view.round_pipe & np.isfinite(width)
    odd = np.zeros(len(width), dtype=np.bool_)
    for material in ("G", "PE"):
        odd |= (view.lines["material"] == material) & ~np.isin(width, list(words.diameters(material)))
    return np.asarray(judged & odd)


def resized(view: View) -> Mask:
    """Points where the section changes and that are no reducer."""
    point, one, two = _pairs(view)
    width, height = view.sections
    odd = odd_diameter(view)
    differs = (np.abs(width[one] - width[two]) > SECTION_MM) | (
        np.abs(height[one] - height[two]) > SECTION_MM
    )
    bad = differs & ~odd[one] & ~odd[two] & among(view.line_class[one], PIPES)
    bad &= ~among(view.points["feature"][point], CHANGES)
    result = np.zeros(len(view.bare), dtype=np.bool_)
    result[point[bad]] = True
    return result


def allowed(view: View) -> Mask:
    """Lines whose material is known and is for their class."""
    numbers, known = combined([view.lines["material"], view.line_class])
    good = [
        material in words.materials() and own in words.materials()[material][0] for material, own in known
    ]
    return np.array(good, dtype=np.bool_)[numbers]


def changed(view: View) -> Mask:
    """Points where the material changes and that are no change of material."""
    point, one, two = _pairs(view)
    good = allowed(view)
    material = view.lines["material"]
    bad = (material[one] != material[two]) & good[one] & good[two]
    bad &= ~among(view.points["feature"][point], CHANGES)
    result = np.zeros(len(view.bare), dtype=np.bool_)
    result[point[bad]] = True
    return result


def mixed(view: View) -> Mask:
    """Points that both a storm drain and a sewer name."""
    named = []
    for category in ("YS", "WS"):
        has = np.zeros(len(view.names), dtype=np.bool_)
        has[view.end_no[:, view.lines["category"] == category]] = True
        named.append(has[view.point_no])
    return np.asarray(named[0] & named[1] & (view.points["attachment"] != "溢流井"))


def unfed(view: View) -> Mask:
    """The point with the smallest id of each component that no source feeds and no outfall drains."""
    line_class = view.line_class.copy()
    for side in (0, 1):
        unknown = line_class == ""
        line_class[unknown] = view.at_ends(view.point_class, "")[side][unknown]
    result = np.zeros(len(view.bare), dtype=np.bool_)
    for own in sorted(set(line_class) - set(UNBOUND)):
        result |= _unfed(view, (line_class == own) & view.proper, own)
    return result


def _unfed(view: View, mine: Mask, own: str) -> Mask:
    """Of the components that lines of one class make (also by way of ids that no point has)."""
    ends = view.end_no[:, mine]
    size = len(view.names)
    graph = coo_array((np.ones(ends.shape[1], dtype=np.int8), (ends[0], ends[1])), shape=(size, size))
    count, part = connected_components(graph, directed=False)
    points = view.points
    plants = view.draft.tables.get("plants")
    terms = {term for class_code, term in words.sources() if class_code == own}
    fed = among(points["feature"], terms | {"非普查"}) | among(points["attachment"], terms)
    if plants is not None and len(plants):
        fed |= among(points["id"], set(plants["point"].astype(str)))
    alive = np.zeros(count, dtype=np.bool_)
    alive[part[ends[0][~among(view.lines["status"][mine], ("1", "2"))]]] = True
    alive[part[view.point_no[fed]]] = False
    known = np.bincount(part[view.row_of >= 0], minlength=count)
    members = view.row_of[np.flatnonzero((alive & (known > 1))[part] & (view.row_of >= 0))]
    label = part[view.point_no[members]]
    smallest = pd.Series(points["id"][members]).groupby(label).min()
    chosen = pd.Series(points["id"][members]).isin(smallest).to_numpy()
    result = np.zeros(len(view.bare), dtype=np.bool_)
    result[members[chosen]] = True
    return result


def missed(view: View) -> Mask:
    """Ends that stop short of a line they should join."""
    points = view.points
    loose = (view.degree == 1) & view.bare & ~among(points["feature"], OPEN_ENDS) & ~view.outside
    loose &= np.isfinite(points["x_m"]) & np.isfinite(points["y_m"])
    result = np.zeros(len(view.bare), dtype=np.bool_)
    candidates = np.flatnonzero(loose)
    lines = np.flatnonzero(view.usable)
    if not len(candidates) or not len(lines):
        return result
    ends = np.stack([view.x[:, lines], view.y[:, lines]], axis=-1).transpose(1, 0, 2)
    tree = shapely.STRtree(shapely.linestrings(ends))
    places = shapely.points(points["x_m"][candidates], points["y_m"][candidates])
    which, found = tree.query(places, predicate="dwithin", distance=NEAR_M)
    which, found = candidates[which], lines[found]
    keep = _own_category(view, which) == view.lines["category"][found]
    which, found = which[keep], found[keep]
    neighbour = dict(zip(*view.neighbours, strict=True))
    other = np.array([neighbour[view.point_no[row]] for row in which], dtype=np.intp)
    apart = (view.end_no[:, found] != view.point_no[which]) & (view.end_no[:, found] != other)
    keep = apart.all(axis=0) & _level(view, which, found)
    result[which[keep]] = True
    return result


def _own_line(view: View, rows: Rows) -> Rows:
    """The line that names each of these points."""
    number = np.full(len(view.names), -1, dtype=np.intp)
    for side in (1, 0):
        number[view.end_no[side, view.proper]] = np.flatnonzero(view.proper)
    return number[view.point_no[rows]]


def _own_category(view: View, rows: Rows) -> npt.NDArray[Any]:
    return np.asarray(view.lines["category"][_own_line(view, rows)])


def _level(view: View, rows: Rows, lines: Rows) -> Mask:
    """Whether the lines pass the loose ends at the same elevation, where both are known."""
    own = _own_line(view, rows)
    side = np.where(view.end_no[0, own] == view.point_no[rows], 0, 1)
    z, limit = view.z[side, own], view.limit_z[side, own]
    ax, ay = view.x[0, lines], view.y[0, lines]
    dx, dy = view.x[1, lines] - ax, view.y[1, lines] - ay
    share = (view.points["x_m"][rows] - ax) * dx + (view.points["y_m"][rows] - ay) * dy
    share = np.clip(share / np.maximum(dx**2 + dy**2, EPSILON), 0, 1)
    there = view.z[0, lines] + share * (view.z[1, lines] - view.z[0, lines])
    most = NEAR_Z_M + limit + view.limit_z[:, lines].max(axis=0)
    known = view.trusted[side, own] & view.trusted[:, lines].all(axis=0)
    return np.asarray(~known | (np.abs(z - there) <= most))
