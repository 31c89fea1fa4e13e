"""Which cells are not what they should be: G02, G03, P01 to P06 and A01 to A11."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from twin.synthesis.defects import words
from twin.synthesis.defects.present_joints import Present
from twin.synthesis.defects.present_topology import allowed, odd_diameter
from twin.synthesis.defects.view import EPSILON, View, among, combined, translated
from twin.synthesis.survey_tables import TABLES, Mask

NO_GROUND = "DM"
SIZELESS = ("ZM", "JK", "DM", "SJ")
CABLES = ("DL", "TX")
NEAR_M, NEAR_GROUND_M = 0.10, 0.06
EARLIEST = 1900
MILEAGE_M = 0.001


def present(view: View) -> Iterator[Present]:
    """Every violation of these rules."""
    for table in TABLES:
        yield "G02", table, blank(view, table)
        yield "G03", table, unreadable(view, table)
        yield "A09", table, undated(view, table)
        yield "A11", table, unknown(view, table)
    points, lines = view.points, view.lines
    both_named = (points["map_no"] != "") & (points["id"] != "")
    yield "P01", "points", both_named & (points["map_no"] != points["id"])
    yield "P02", "points", ~view.first_of_id & (points["id"] != "")
    yield "P03", "points", same_place(view)
    yield "P04", "points", (points["feature"] == "") == (points["attachment"] == "")
    yield "P05", "points", miscoded(view)
    yield "P06", "points", view.outside
    yield "A01", "lines", off_class(view)
    numbers, texts = pd.factorize(lines["operating"])
    operating = np.array([_last_number(str(text)) for text in texts])[numbers]
    yield "A02", "lines", operating > lines["design_mpa"] + EPSILON
    yield "A03", "lines", odd_diameter(view)
    coated = ~among(lines["coating"], ("", "无", "无防腐", "/", "-"))
    yield "A04", "lines", (lines["material"] == "PE") & coated
    yield "A05", "lines", lines["real_flow_m3h"] > lines["design_flow_m3h"]
    known = among(lines["material"], words.materials()) & (view.line_class != "")
    yield "A06", "lines", known & ~allowed(view)
    span = lines["end_mileage_m"] - lines["start_mileage_m"]
    yield "A07", "lines", np.abs(lines["length_m"] - span) > MILEAGE_M + EPSILON
    yield "A08", "lines", misfiled(view)
    yield "A10", "lines", miscounted(view)


def given_text(view: View, table: str, column: str) -> Mask:
    """Number cells that hold a text."""
    found = np.zeros(len(view.draft.table(table)["id"]), dtype=np.bool_)
    for kind, row, name in view.draft.cells:
        if kind == table and name == column:
            found[row] = True
    return found


def unreadable(view: View, table: str) -> Mask:
    """Rows with a text in a number cell, or a size that is none."""
    found = np.zeros(len(view.draft.table(table)["id"]), dtype=np.bool_)
    for kind, row, _ in view.draft.cells:
        if kind == table:
            found[row] = True
    return found


def blank(view: View, table: str) -> Mask:
    """Rows with a mandatory field that is empty."""
    columns = view.draft.table(table)
    result = np.zeros(len(columns["id"]), dtype=np.bool_)
    for row in words.rows("mandatory"):
        name = row["column"]
        if row["table"] == table:
            column = columns[name]
            empty = np.isnan(column) if column.dtype.kind == "f" else column == ""
            result |= empty & ~given_text(view, table, name) & ~_optional(view, table, name)
    return result


def _optional(view: View, table: str, name: str) -> Mask:
    """Rows that need not have this mandatory field."""
    embed = view.lines["embed"]
    if table == "points" and name == "ground_m":
        found = np.zeros(len(view.points["id"]), dtype=np.bool_)
        rows = view.end_row[:, embed == NO_GROUND]
        found[rows[rows >= 0]] = True
        return found
    if table == "lines" and name.endswith("depth_m"):
        return np.asarray(embed == NO_GROUND, dtype=np.bool_)
    if table == "lines" and name == "size":
        return among(view.line_class, CABLES) & among(embed, SIZELESS)
    return np.zeros(len(view.draft.table(table)["id"]), dtype=np.bool_)


def undated(view: View, table: str) -> Mask:
    """Rows built too early, after the survey, or before their material was in use."""
    columns = view.draft.table(table)
    built = columns["built"]
    numbers, texts = pd.factorize(columns["surveyed"])
    surveyed = np.array([float(text[:4]) if text[:4].isdigit() else np.nan for text in texts])[numbers]
    result = (built < EARLIEST) | (built > surveyed)
    if table == "lines":
        first = translated(
            columns["material"], {code: year for code, (_, year) in words.materials().items()}, 0.0
        )
        result |= built < first.astype(np.float64)
    return np.asarray(result)


def unknown(view: View, table: str) -> Mask:
    """Rows with a word that no dictionary has."""
    columns = view.draft.table(table)
    dictionaries: dict[str, object] = {"category": words.categories(), "status": words.codes("statuses")}
    if table == "lines":
        dictionaries |= {"material": words.materials(), "embed": words.codes("embeddings")}
        dictionaries |= {"source": ("1", "2", "3", "4"), "flow_dir": ("+", "-")}
    result = np.zeros(len(columns["id"]), dtype=np.bool_)
    for name, known in dictionaries.items():
        result |= ~among(columns[name], known) & (columns[name] != "")
    if table == "points":
        return result | _unknown_terms(view)
    pressures = {row["pressure"] for row in words.rows("pressures")} | {"", "中压", "次高压", "高压"}
    return np.asarray(result | ((view.line_class == "RQ") & ~among(columns["pressure"], pressures)))


def _unknown_terms(view: View) -> Mask:
    result = np.zeros(len(view.points["id"]), dtype=np.bool_)
    for role in ("feature", "attachment"):
        term = view.points[role]
        numbers, pairs = combined([view.point_class, term])
        strange = [
            bool(own) and bool(word) and (role, word) not in words.terms().get(own, {}) for own, word in pairs
        ]
        result |= np.array(strange, dtype=np.bool_)[numbers]
    return result


def same_place(view: View) -> Mask:
    """Points that stand where another point of their class stands, not joined by a line."""
    points = view.points
    first = view.first_of_id | (points["id"] == "")
    use = first & ~view.outside & np.isfinite(points["ground_m"]) & (view.point_class != "")
    use &= np.isfinite(points["x_m"]) & np.isfinite(points["y_m"])
    rows = np.flatnonzero(use)
    places = shapely.points(points["x_m"][rows], points["y_m"][rows])
    pairs = shapely.STRtree(places).query(places, predicate="dwithin", distance=NEAR_M + EPSILON)
    one, two = rows[pairs[0]], rows[pairs[1]]
    near = (one != two) & (view.point_class[one] == view.point_class[two])
    near &= np.abs(points["ground_m"][one] - points["ground_m"][two]) <= NEAR_GROUND_M + EPSILON
    one, two = one[near], two[near]
    size = len(view.names)
    joined = np.isin(
        view.point_no[one] * size + view.point_no[two], view.neighbours[0] * size + view.neighbours[1]
    )
    result = np.zeros(len(points["id"]), dtype=np.bool_)
    result[one[~joined]] = True
    return result


def miscoded(view: View) -> Mask:
    """Points whose element code is not that of their feature or attachment."""
    points = view.points
    columns = [points[name] for name in ("category", "feature", "attachment", "code")]
    numbers, known = combined(columns)
    return np.array([_miscoded(*row) for row in known], dtype=np.bool_)[numbers]


def _miscoded(category: str, feature: str, attachment: str, code: str) -> bool:
    own = words.categories().get(category)
    if own is None or not code:
        return False
    known = words.terms().get(own.class_code, {})
    given = [(role, term) for role, term in (("feature", feature), ("attachment", attachment)) if term]
    if not given or any(pair not in known for pair in given):
        return False
    right = [words.element_code(category, role, term) for role, term in given]
    if category == own.class_code:
        return not any(code[:2] == good[:2] and code[4:] == good[4:] for good in right)
    return code not in right


def off_class(view: View) -> Mask:
    """Gas pipes whose design pressure is not in the band of their class."""
    bands = {row["pressure"]: row for row in words.rows("pressures")}
    pressure, design = view.lines["pressure"], view.lines["design_mpa"]
    least = translated(pressure, {name: float(row["least_mpa"]) for name, row in bands.items()}, -np.inf)
    most = translated(pressure, {name: float(row["most_mpa"]) for name, row in bands.items()}, np.inf)
    off = (design < least.astype(np.float64)) | (design > most.astype(np.float64))
    return np.asarray((view.line_class == "RQ") & off)


def _last_number(text: str) -> float:
    """The last number of `0.2-0.3`; NaN where there is none."""
    last = text.replace("~", "-").split("-")[-1].strip()
    try:
        return float(last)
    except ValueError:
        return float("nan")


def misfiled(view: View) -> Mask:
    """Lines whose facility belongs to another class."""
    columns = [view.lines["facility_code"], view.line_class, view.lines["category"]]
    numbers, known = combined(columns)
    wrong = [
        bool(code) and bool(own) and not code.startswith((own, category)) for code, own, category in known
    ]
    return np.array(wrong, dtype=np.bool_)[numbers]


def miscounted(view: View) -> npt.NDArray[np.bool_]:
    """Lines with more holes in use than there are, without a voltage, or without cables."""
    lines = view.lines
    silent = (
        (view.line_class == "DL") & np.isnan(lines["voltage_kv"]) & ~given_text(view, "lines", "voltage_kv")
    )
    bare = among(view.line_class, CABLES) & (lines["embed"] == "ZM") & (lines["cable_count"] == 0)
    return np.asarray((lines["hole_used"] > lines["hole_count"]) | silent | bare)
