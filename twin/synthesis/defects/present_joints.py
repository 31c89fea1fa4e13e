"""Which lines and joints are not what they should be: L01 to L05, J01 to J07."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from twin.synthesis.defects import words
from twin.synthesis.defects.view import EPSILON, SIDES, View, among, combined
from twin.synthesis.survey_tables import Floats, Mask, Rows

Present = tuple[str, str, Any]
"""Rule, table and the rows that break it."""
RISERS = ("出地", "入户")
DROPS = ("跌水井",)
LIFT = "泵站"
MANHOLE_DROP_M, DROP_WELL_M = 1.0, 6.0
STEEPEST, SHARPEST = np.tan(np.deg2rad(30)), np.deg2rad(60)
SHORT_M, ANGLE_NOISE_M = 0.5, 0.14


def present(view: View) -> Iterator[Present]:
    """Every violation of these rules."""
    points = view.points
    yield "L01", "lines", ~view.named.all(axis=0)
    yield "L02", "lines", view.named.all(axis=0) & (view.end_no[0] == view.end_no[1])
    yield "L03", "lines", repeated(view)
    yield "L04", "lines", view.too_deep.any(axis=0)
    yield "L05", "points", apart(view)
    yield "J01", "lines", (view.named & (view.end_row < 0)).any(axis=0)
    used = np.zeros(len(view.names), dtype=np.bool_)
    used[view.end_no[view.named]] = True
    yield "J02", "points", ~used[view.point_no] & (points["id"] != "")
    yield "J03", "lines", view.unequal.any(axis=0)
    yield "J04", "lines", view.odd_length
    yield "J05", "lines", steep(view)
    wanted = lines_wanted(view)
    yield "J06", "points", view.bare & (view.degree > 0) & (wanted > 0) & (view.degree != wanted)
    yield "J07", "points", sharp(view)


def repeated(view: View) -> Mask:
    """Lines that join the same ends as an earlier line of their class."""
    ends = np.sort(view.end_no, axis=0)
    keys = pd.DataFrame({"a": ends[0], "b": ends[1], "class": view.line_class})
    return np.asarray(keys.duplicated().to_numpy() & view.proper & (view.line_class != ""))


def lines_wanted(view: View) -> Rows:
    """How many lines the feature of each point asks for; 0 for any number."""
    numbers, known = combined([view.point_class, view.points["feature"]])
    wanted = []
    for class_code, feature in known:
        term = words.terms().get(class_code, {}).get(("feature", feature))
        wanted.append(term.lines if term else 0)
    return np.array(wanted, dtype=np.intp)[numbers]


def has_riser(view: View) -> Mask:
    """Points where a line comes up or goes into a house."""
    return among(view.points["feature"], RISERS)


def is_pole(view: View) -> Mask:
    """Points with a riser pole or something that has a height."""
    tall = {
        term.term
        for known in words.terms().values()
        for term in known.values()
        if term.well == "height" and term.role == "attachment"
    }
    return among(view.points["attachment"], tall | {"上杆"})


def apart(view: View) -> Mask:
    """Points in which lines of one class meet at different elevations."""
    use = (
        view.trusted
        & view.proper
        & (view.end_row >= 0)
        & (view.lines["embed"] != "JN")
        & (view.line_class != "")
    )
    side, line = np.nonzero(use)
    ends = pd.DataFrame(
        {
            "point": view.end_row[side, line],
            "class": view.line_class[line],
            "z": view.z[side, line],
            "limit": view.limit_z[side, line],
            "height": np.nan_to_num(view.sections[1][line]) / 1000,
        }
    )
    groups = ends.sort_values("limit").groupby(["point", "class"], sort=False)
    found = groups.agg(
        z_low=("z", "min"), z_high=("z", "max"), low=("height", "min"), high=("height", "max"),
        widest=("limit", "last"), count=("z", "size"),
    )  # fmt: skip
    second = groups["limit"].nth(-2)
    keys = ends.loc[second.index, ["point", "class"]]
    limits = pd.Series(second.to_numpy(), index=pd.MultiIndex.from_frame(keys)).reindex(found.index)
    point = found.index.get_level_values(0).to_numpy()
    drains = found.index.get_level_values(1).to_numpy() == "PS"
    allowed = found["widest"] + limits.fillna(0) + found["high"] - found["low"]
    allowed += np.where(drains & ~view.bare[point], MANHOLE_DROP_M, 0.0)
    drop = among(view.points["attachment"], DROPS)[point]
    bad = np.where(drop, DROP_WELL_M, allowed) + EPSILON < (found["z_high"] - found["z_low"])
    result = np.zeros(len(view.points["id"]), dtype=np.bool_)
    result[point[np.asarray(bad)]] = True
    exempt = is_pole(view) | (view.points["feature"] == "出地") | (view.points["attachment"] == LIFT)
    return np.asarray(result & ~exempt)


def steep(view: View) -> Mask:
    """Lines that are steeper than a line may be, beyond doubt."""
    rise = np.abs(view.z[1] - view.z[0]) - view.limit_z.sum(axis=0)
    exempt = among(view.lines["embed"], ("JK", "SJ", "JN"))
    exempt |= view.at_ends(has_riser(view) | is_pole(view), False).astype(np.bool_).any(axis=0)
    usable = view.usable & view.trusted.all(axis=0) & ~exempt
    return np.asarray(usable & (rise > view.plan_length * STEEPEST + EPSILON))


def sharp(view: View) -> Mask:
    """Points that two lines of one class leave at a sharp angle."""
    risers = has_riser(view)
    use = view.usable & ~among(view.lines["embed"], ("JN", "JK")) & (view.line_class != "")
    use &= view.plan_length >= SHORT_M
    use &= ~view.at_ends(risers, False).astype(np.bool_).any(axis=0)
    side, line = np.nonzero(np.broadcast_to(use, (2, len(use))))
    at = view.end_row[side, line]
    keep = view.bare[at]
    side, line, at = side[keep], line[keep], at[keep]
    order = np.lexsort((line, view.line_class[line].astype(str), at))
    side, line, at = side[order], line[order], at[order]
    ways = _directions(view, side, line)
    result = np.zeros(len(view.points["id"]), dtype=np.bool_)
    other = view.end_no[1 - side, line]
    for step in range(1, int(np.bincount(at).max(initial=1))):
        same = (at[step:] == at[:-step]) & (view.line_class[line[step:]] == view.line_class[line[:-step]])
        same &= other[step:] != other[:-step]
        cosine = np.clip((ways[:, step:] * ways[:, :-step]).sum(axis=0), -1, 1)
        doubt = ANGLE_NOISE_M / view.plan_length[line]
        angle = np.arccos(cosine) + doubt[step:] + doubt[:-step]
        result[at[step:][same & (angle < SHARPEST)]] = True
    return result


def _directions(view: View, side: Rows, line: Rows) -> Floats:
    """Unit vectors along the lines, away from the given end."""
    rise = np.where(view.trusted.all(axis=0), view.z[1] - view.z[0], 0.0)[line]
    way = np.stack([view.x[1 - side, line] - view.x[side, line], view.y[1 - side, line] - view.y[side, line],
                    np.where(side == 0, rise, -rise)])  # fmt: skip
    return np.asarray(way / np.linalg.norm(way, axis=0))


def doubtful(view: View) -> Mask:
    """Points whose elevations, lengths or angles a surveyor would measure again."""
    from twin.synthesis.defects.present_topology import uphill

    found = apart(view) | sharp(view)
    lines = steep(view) | view.odd_length | uphill(view)
    for side in range(len(SIDES)):
        rows = view.end_row[side, lines]
        found[rows[rows >= 0]] = True
    return found
