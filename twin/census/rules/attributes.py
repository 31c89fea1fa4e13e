"""Rules of attributes: values that contradict each other or a dictionary."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from twin.census.rules.data import rows_of
from twin.census.rules.format import UNKNOWN, cells_with
from twin.census.rules.hits import Floats, Hits, hits, texts
from twin.census.rules.view import View, series
from twin.census.vocabulary import vocabulary

SOURCES = ("1", "2", "3", "4")
DIRECTIONS = ("+", "-")


def pressures_off_class(view: View) -> Iterator[Hits]:
    """A01: the design pressure is outside the band of its pressure class (`pressure_classes.csv`)."""
    design = view.numbers("lines", "design_mpa")
    for row in rows_of("pressure_classes"):
        low, high = float(row["low_mpa"]), float(row["high_mpa"])
        below = design <= low if row["low_open"] == "true" else design < low
        above = design >= high if row["high_open"] == "true" else design > high
        own = view.has("lines", "pressure", row["pressure"]) & (
            view.line_class == view.classes.index(row["class"])
        )
        found = own & (below | above)
        yield hits("lines", found, "design_mpa", design[found], f"{low:g}-{high:g}")


def overpressures(view: View) -> Iterator[Hits]:
    """A02: the operating pressure (the last number of what was surveyed) is above the design pressure."""
    yield from _above(view, "operating_mpa", "design_mpa")


def overflows(view: View) -> Iterator[Hits]:
    """A05: the real flow is above the design flow."""
    yield from _above(view, "real_flow_m3h", "design_flow_m3h")


def _above(view: View, column: str, bound: str) -> Iterator[Hits]:
    value, most = view.numbers("lines", column), view.numbers("lines", bound)
    found = value > most + 1e-9
    yield hits("lines", found, column, value[found], [f"<= {one}" for one in texts(most[found])])


def odd_sizes(view: View) -> Iterator[Hits]:
    """A03: a round pipe of steel or plastic, or a steel wall, is in no series (`diameters.csv`)."""
    width, wall = view.numbers("lines", "width_mm"), view.numbers("lines", "wall_mm")
    materials = view.text("lines", "material")
    found = view.odd_diameter
    near = [
        _nearest(value, series(name, "width"))
        for value, name in zip(width[found], materials[found], strict=True)
    ]
    yield hits("lines", found, "width_mm", width[found], near)
    for material in sorted({row["material"] for row in rows_of("diameters") if row["measure"] == "wall"}):
        known = series(material, "wall")
        judged = view.trait("series") & view.has("lines", "material", material) & np.isfinite(wall)
        odd = judged & ~np.isin(wall, known)
        yield hits("lines", odd, "wall_mm", wall[odd], [_nearest(value, known) for value in wall[odd]])


def _nearest(value: float, known: Floats) -> float:
    return float(known[np.argmin(np.abs(known - value))])


def coated_plastic(view: View) -> Iterator[Hits]:
    """A04: a plastic pipe has protection against corrosion."""
    bare = [row["term"] for row in rows_of("check_terms") if row["use"] == "bare"]
    found = (
        view.has("lines", "material", "PE")
        & view.filled("lines", "coating")
        & ~view.has("lines", "coating", bare)
    )
    yield hits("lines", found, "coating", view.lines["coating"][found], "")


def foreign_materials(view: View) -> Iterator[Hits]:
    """A06: a known material that the class of the line does not use (`classes` of `materials.csv`)."""
    found = view.wrong_material
    allowed = [
        " ".join(code for code, row in vocabulary().materials.items() if name in row["classes"].split())
        for name in (view.classes[number] for number in view.line_class[found])
    ]
    yield hits("lines", found, "material", view.lines["material"][found], allowed)


def odd_mileages(view: View) -> Iterator[Hits]:
    """A07: the length is not the difference of the mileages."""
    length = view.numbers("lines", "length_m")
    run = view.numbers("lines", "end_mileage_m") - view.numbers("lines", "start_mileage_m")
    found = np.abs(length - run) > view.limit("mileage_m") + 1e-6
    yield hits("lines", found, "length_m", length[found], np.round(run[found], 3))


def foreign_facilities(view: View) -> Iterator[Hits]:
    """A08: the facility's code begins neither with the class nor with the category of the line."""
    pairs = view.lines[["category", "facility_code"]]
    kinds = pairs.drop_duplicates()
    bad = [
        bool(facility.strip()) and bool(code) and not facility.startswith((code, category))
        for category, facility in kinds.itertuples(index=False, name=None)
        for code in [vocabulary().class_of(category)]
    ]
    wrong = kinds[np.array(bad, dtype=np.bool_)].assign(found=True)
    found = pairs.merge(wrong, on=["category", "facility_code"], how="left")["found"].notna().to_numpy()
    expected = [f"{view.classes[number]}..." for number in view.line_class[found]]
    yield hits("lines", found, "facility_code", view.lines["facility_code"][found], expected)


def odd_years(view: View) -> Iterator[Hits]:
    """A09: built before 1900, after the survey, or (lines) before its material was made."""
    latest = _survey_year(view)
    first = {code: float(row["first_year"] or "nan") for code, row in vocabulary().materials.items()}
    known, order = np.array([*first.values(), np.nan]), list(first)
    for table in ("points", "lines"):
        built = np.floor(view.numbers(table, "built"))
        year = _years(getattr(view, table)["surveyed"])
        until = np.where(np.isnan(year), latest, year)
        since = np.full(len(built), view.limit("earliest_year"))
        if table == "lines":
            number = view.coded(table, "material", lambda text: order.index(text) if text in order else -1)
            since = np.fmax(since, known[number])
        found = (built < since) | (built > until)
        span = [f"{low}-{high}" for low, high in zip(texts(since[found]), texts(until[found]), strict=True)]
        yield hits(table, found, "built", built[found], span)


def _years(dates: pd.Series) -> Floats:
    """The years of ISO dates; NaN where there is none."""
    return np.asarray(pd.to_numeric(dates.str.slice(0, 4), errors="coerce"), dtype=np.float64)


def _survey_year(view: View) -> float:
    """The year of the survey as `meta` says, else the latest of its rows; NaN where nothing says."""
    stated = _years(pd.Series([view.survey.meta.get("census_date", "")], dtype="string"))[0]
    if np.isfinite(stated):
        return float(stated)
    years = np.concatenate([_years(view.points["surveyed"]), _years(view.lines["surveyed"])])
    return float(np.nanmax(years)) if np.isfinite(years).any() else float("nan")


def odd_counts(view: View) -> Iterator[Hits]:
    """A10: more holes used than there are, a cable line without voltage, no cable in the ground."""
    used, holes = view.numbers("lines", "hole_used"), view.numbers("lines", "hole_count")
    found = used > holes
    yield hits("lines", found, "hole_used", used[found], [f"<= {one}" for one in texts(holes[found])])
    found = view.trait("voltage") & ~view.filled("lines", "voltage_kv")
    found[_unread(view, "voltage_kv")] = False
    yield hits("lines", found, "voltage_kv", [""] * int(found.sum()), "> 0")
    cables = view.numbers("lines", "cable_count")
    found = view.trait("cable") & view.laid("ZM") & (cables == 0)
    yield hits("lines", found, "cable_count", cables[found], ">= 1")


def _unread(view: View, column: str) -> np.ndarray:
    cells = view.survey.cells
    own = cells[(cells["table"] == "lines") & (cells["column"] == column)]
    return np.asarray(view.lines["row"].isin(own["row"]), dtype=np.bool_)


def unknown_codes(view: View) -> Iterator[Hits]:
    """A11: a code that its dictionary does not have, in the tables or among the unread cells."""
    words = vocabulary()
    known: dict[tuple[str, str], Callable[[str], bool]] = {
        ("points", "category"): lambda text: text in words.categories,
        ("points", "status"): lambda text: text in words.statuses,
        ("lines", "category"): lambda text: text in words.categories,
        ("lines", "material"): lambda text: text in words.materials,
        ("lines", "embed"): lambda text: text in words.embeddings,
        ("lines", "status"): lambda text: text in words.statuses,
        ("lines", "source"): lambda text: text in SOURCES,
        ("lines", "flow_dir"): lambda text: text in DIRECTIONS,
    }
    for (table, column), test in known.items():
        found = view.coded(table, column, lambda text, test=test: bool(text) and not test(text)).astype(bool)  # type: ignore[misc]
        yield hits(table, found, column, getattr(view, table)[column][found], "")
    pressures = {row["pressure"] for row in rows_of("pressure_classes")}
    unlike = view.coded("lines", "pressure", lambda text: int(text not in {"", *pressures})) > 0
    found = view.trait("pressure") & unlike
    yield hits("lines", found, "pressure", view.lines["pressure"][found], " ".join(sorted(pressures)))
    yield from _unknown_terms(view)
    yield from cells_with(view, UNKNOWN, "")


def _unknown_terms(view: View) -> Iterator[Hits]:
    for role in ("feature", "attachment"):
        found = np.zeros(len(view.points), dtype=np.bool_)
        for number, code in enumerate(view.classes):
            terms = {term.term for term in vocabulary().classes[code].terms if term.role == role}
            odd = view.coded("points", role, lambda text, terms=terms: int(bool(text) and text not in terms))  # type: ignore[misc]
            found |= (view.point_class == number) & (odd > 0)
        yield hits("points", found, role, view.points[role][found], "")


RULES = {
    "A01": pressures_off_class,
    "A02": overpressures,
    "A03": odd_sizes,
    "A04": coated_plastic,
    "A05": overflows,
    "A06": foreign_materials,
    "A07": odd_mileages,
    "A08": foreign_facilities,
    "A09": odd_years,
    "A10": odd_counts,
    "A11": unknown_codes,
}
