"""Canonical rows: what all points and lines of a census carry besides their own attributes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.synthesis.ground import ORIGIN, Floats, Ints, Texts
from twin.synthesis.lanes import element_codes, wells
from twin.synthesis.laying import Laid
from twin.synthesis.people import Register
from twin.synthesis.streets import Streets
from twin.synthesis.town import Built, Spot, Town

_TEXTS = ("material", "size", "embed", "pressure", "operating", "flow_dir", "casing_material", "casing_size")
_TEXTS_MORE = ("coating", "facility_code", "note", "status")
_NUMBERS = ("width_mm", "height_mm", "cable_count", "hole_count", "hole_used", "design_mpa", "operating_mpa")
_NUMBERS_MORE = ("voltage_kv", "wall_mm", "design_flow_m3h", "real_flow_m3h", "built")


def point_ids(laid: Laid, first: int) -> Texts:
    """Ids of a lane's points, counted from `first` behind the lane's prefix."""
    numbers = np.arange(first, first + len(laid.x)).astype(str).astype(object)
    return np.asarray(laid.lane.prefix + numbers, dtype=object)


def point_frame(
    laid: Laid, ids: Texts, streets: Streets, section: Ints, register: Register, rng: np.random.Generator
) -> pd.DataFrame:
    """Points of a lane in canonical columns.

    Parameters
    ----------
    laid
        The lane as it lies.
    ids
        Ids of its points.
    streets, section
        The streets, and the section of each row of the lane's route.
    register
        Names of roads, owners, surveyors.
    rng
        For covers, map sheets and dates.
    """
    number = len(laid.x)
    lines = line_of_point(laid)
    street = _streets_of_points(laid, streets, section, lines)
    sheet = map_sheets(laid.x, laid.y)
    who = register.surveyor_of(sheet)
    pit = np.isin(laid.attachment.astype(str), sorted(wells(laid.lane, "depth")))
    pole = np.isin(laid.attachment.astype(str), sorted(wells(laid.lane, "height")))
    bottom = np.round(np.maximum(laid.depth, 0.0) + rng.uniform(0.25, 0.6, number), 2)
    built = laid.values["built"][lines]
    return pd.DataFrame(
        {
            "id": ids,
            "map_no": ids,
            "category": np.full(number, laid.lane.category, dtype=object),
            "feature": laid.feature,
            "attachment": laid.attachment,
            "x_m": np.round(laid.x + ORIGIN[0], 3),
            "y_m": np.round(laid.y + ORIGIN[1], 3),
            "ground_m": np.round(laid.ground, 3),
            "code": element_codes(laid.lane, laid.feature, laid.attachment),
            "well_depth_m": np.where(pit, bottom, np.nan),
            "height_m": np.where(pole, np.round(rng.choice([8.0, 10.0, 12.0], number), 1), np.nan),
            **_covers(laid, pit, rng),
            "defect": np.full(number, "", dtype=object),
            "status": np.full(number, "0", dtype=object),
            "road": register.road(street),
            "owner": register.owner(laid.lane.name, number),
            "contact": register.contact(laid.lane.name, number),
            "built": built,
            "surveyor": who,
            "surveyed": register.survey_date(sheet),
            "map_sheet": sheet,
            "rotation_deg": np.zeros(number),
            "note": np.full(number, "", dtype=object),
        }
    )


def _covers(laid: Laid, pit: NDArray[np.bool_], rng: np.random.Generator) -> dict[str, Texts]:
    number = len(laid.x)
    box = laid.lane.class_code in ("DL", "TX")
    size = "1200*600" if box else "700"
    material = rng.choice(
        np.array(["球墨铸铁", "球墨铸铁", "球墨铸铁", "复合材料", "混凝土"], dtype=object), number
    )
    kind = rng.choice(np.array(["D400", "C250", "B125"], dtype=object), number, p=[0.6, 0.3, 0.1])
    return {
        "cover_size": np.where(pit, size, "").astype(object),
        "cover_material": np.where(pit, material, "").astype(object),
        "cover_type": np.where(pit, kind, "").astype(object),
    }


def line_of_point(laid: Laid) -> Ints:
    """A line at each point (the last of those that meet there)."""
    made = np.zeros(len(laid.x), dtype=np.int64)
    numbers = np.arange(len(laid.start))
    made[laid.end] = numbers
    made[laid.start] = numbers
    return made


def _streets_of_points(laid: Laid, streets: Streets, section: Ints, lines: Ints) -> Ints:
    row = np.where(laid.row >= 0, laid.row, laid.line_row[lines])
    return np.where(row >= 0, streets.street[section[row]], -1)


def line_frame(
    laid: Laid, ids: Texts, streets: Streets, section: Ints, register: Register, depths: tuple[Floats, Floats]
) -> pd.DataFrame:
    """Lines of a lane in canonical columns; `depths` are those at their starts and ends."""
    number = len(laid.start)
    middle = (laid.x[laid.start] + laid.x[laid.end]) / 2, (laid.y[laid.start] + laid.y[laid.end]) / 2
    sheet = map_sheets(*middle)
    street = np.where(laid.line_row >= 0, streets.street[section[laid.line_row]], -1)
    known: dict[str, Any] = {name: _text(laid.values, name, number) for name in (*_TEXTS, *_TEXTS_MORE)}
    known |= {name: _number(laid.values, name, number) for name in (*_NUMBERS, *_NUMBERS_MORE)}
    start, end = depths
    known["embed"] = _embedding(laid, known["embed"], start, end)
    known["status"] = np.where(known["status"] == "", "0", known["status"])
    return pd.DataFrame(
        {
            "id": ids[laid.start] + "-" + ids[laid.end],
            "category": np.full(number, laid.lane.category, dtype=object),
            "start": ids[laid.start],
            "end": ids[laid.end],
            "start_depth_m": np.round(start, 3),
            "end_depth_m": np.round(end, 3),
            "start_z_m": np.round(laid.ground[laid.start], 3) - np.round(start, 3),
            "end_z_m": np.round(laid.ground[laid.end], 3) - np.round(end, 3),
            **known,
            "owner": register.owner(laid.lane.name, number),
            "contact": register.contact(laid.lane.name, number),
            "road": register.road(street),
            "source": np.full(number, "1", dtype=object),
            "surveyor": register.surveyor_of(sheet),
            "surveyed": register.survey_date(sheet),
            "map_sheet": sheet,
        }
    )


def _embedding(laid: Laid, under: Texts, start: Floats, end: Floats) -> Texts:
    """How lines are laid: on bridges overhead, at their ends rising to it."""
    if laid.lane.class_code == "PS":
        return under
    over = (start < 0).astype(np.int64) + (end < 0)
    return np.asarray(np.where(over == 2, "JK", np.where(over == 1, "SJ", under)), dtype=object)


def map_sheets(x: Floats, y: Floats) -> Texts:
    """Numbers of the 1:500 map sheets (250 m square) by their south-west corner in km, north before east."""
    north = np.floor((y + ORIGIN[1]) / 250.0) * 0.25
    east = np.floor((x + ORIGIN[0]) / 250.0) * 0.25
    key = np.round(north * 4).astype(np.int64) * 1_000_000 + np.round(east * 4).astype(np.int64)
    unique, back = np.unique(key, return_inverse=True)
    names = [f"{(k // 1_000_000) / 4:.2f}-{(k % 1_000_000) / 4:.2f}" for k in unique.tolist()]
    return np.array(names, dtype=object)[back]


def _text(values: Mapping[str, NDArray[Any]], name: str, number: int) -> Texts:
    return values[name].astype(object) if name in values else np.full(number, "", dtype=object)


def _number(values: Mapping[str, NDArray[Any]], name: str, number: int) -> Floats:
    return values[name].astype(np.float64) if name in values else np.full(number, np.nan)


def links(town: Town, built: list[Built]) -> list[pd.DataFrame]:
    """Lines between points of two lanes: one frame for each lane whose attributes they take."""
    works = {work.laid.lane.name: work for work in built}
    made = []
    for lane in sorted({second.lane for _, second in town.links}):
        own = [(first, second) for first, second in town.links if second.lane == lane]
        made.append(_link_frame(own, works, town))
    return made


def _link_frame(pairs: list[tuple[Spot, Spot]], works: dict[str, Built], town: Town) -> pd.DataFrame:
    other, own = works[pairs[0][0].lane], works[pairs[0][1].lane]
    a = np.array([first.point for first, _ in pairs])
    b = np.array([second.point for _, second in pairs])
    laid, model = own.laid, line_of_point(own.laid)[b]
    number, nowhere = 2 * len(a), np.full(2 * len(a), -1)
    both = Laid(
        lane=laid.lane,
        x=np.concatenate([other.laid.x[a], laid.x[b]]),
        y=np.concatenate([other.laid.y[a], laid.y[b]]),
        ground=np.concatenate([other.laid.ground[a], laid.ground[b]]),
        depth=np.concatenate([other.laid.depth[a], laid.depth[b]]),
        junction=nowhere,
        row=nowhere,
        distance=np.zeros(number),
        zone=nowhere,
        feature=np.full(number, "", dtype=object),
        attachment=np.full(number, "", dtype=object),
        start=np.arange(len(a)),
        end=np.arange(len(a), number),
        line_row=laid.line_row[model],
        values={name: values[model] for name, values in laid.values.items()},
        at_junction=nowhere,
    )
    if other.ids is None or own.ids is None:
        raise ValueError("points have no ids yet")
    ids = np.concatenate([other.ids[a], own.ids[b]])
    ends = both.depth[both.start], both.depth[both.end]
    return line_frame(both, ids, town.streets, own.route.section, town.register, ends)
