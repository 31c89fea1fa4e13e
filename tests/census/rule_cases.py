"""What each rule finds and what it leaves alone, on a survey written by hand.

`BAD` holds changes with the ids that must then be found, `GOOD` changes after which the rule must be silent.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from tests.census.small_survey import GROUND, Draft

Change = Callable[[Draft], object]
BAD: dict[str, list[tuple[str, Change, set[str]]]] = {}
GOOD: dict[str, list[tuple[str, Change]]] = {}


def bad(rule: str, told: str, change: Change, *ids: str) -> None:
    """After this change the rule names these ids."""
    BAD.setdefault(rule, []).append((told, change, set(ids)))


def good(rule: str, told: str, change: Change) -> None:
    """After this change the rule is silent."""
    GOOD.setdefault(rule, []).append((told, change))


def point(name: str, **values: object) -> Change:
    """Change cells of a point."""
    return lambda draft: draft.points[name].update(values)


def line(name: str, **values: object) -> Change:
    """Change cells of a line."""
    return lambda draft: draft.lines[name].update(values)


def both(*changes: Change) -> Change:
    """One change after the other."""
    return lambda draft: [change(draft) for change in changes]


def again(table: str, name: str, **values: object) -> Change:
    """Append a copy of a row with some cells changed."""
    return lambda draft: draft.more[table].append({**getattr(draft, table)[name], **values})


def header(problem: str) -> Change:
    return lambda draft: draft.headers.append(("raw/JSPOINT.csv", 3, "X", "points", "y_m", problem))


def cell(table: str, row: int, column: str, value: str, problem: str) -> Change:
    return lambda draft: draft.cells.append((table, row, column, value, problem))


def depths(name: str, start: float, end: float) -> Change:
    return lambda draft: draft.at(name, start, end)


def pipe(name: str, x: float, *, depth: float = 1.0, gap: float = 0.0, **values: object) -> Change:
    """Add a line across the water main at `x`, or beside it at a distance `gap`."""

    def change(draft: Draft) -> None:
        a, b = ((x, gap), (x + 30, gap)) if gap else ((x, -9), (x, 9))
        draft.point(f"{name}1", "TR", *a, feature="转折点")
        draft.point(f"{name}2", "TR", *b, feature="转折点")
        draft.line(f"{name}1", f"{name}2", "TR", **values)
        draft.at(f"{name}1-{name}2", depth, depth)

    return change


bad("G01", "a header stands twice", header("duplicate"), "JSPOINT.csv")
bad("G01", "a header is empty", header("empty"), "JSPOINT.csv")
good("G01", "all headers are named", header(""))
bad("G02", "a blank is empty", line("J1-J2", owner="  "), "J1-J2")
bad("G02", "no ground elevation", point("J2", ground_m=float("nan")), "J2")
bad("G02", "a duct without a size", line("D1-D2", size=""), "D1-D2")
good(
    "G02",
    "laid on the ground there is none",
    both(point("J1", ground_m=float("nan")), line("J1-J2", embed="DM")),
)
good("G02", "a cable in the earth has no size", line("D1-D2", size="", embed="ZM"))
good(
    "G02",
    "an unreadable cell is not empty",
    both(point("J2", ground_m=float("nan")), cell("points", 1, "ground_m", "3O.0", "not a number")),
)
bad("G03", "a letter among the digits", cell("points", 1, "ground_m", "3O.0", "not a number"), "J2")
bad("G03", "a size that is none", cell("lines", 0, "size", "abc", "unreadable size"), "J1-J2")
good("G03", "an unknown code is another rule's", cell("points", 1, "status", "9", "unknown code"))

bad("P01", "the numbers differ", point("J2", map_no="J9"), "J2")
good("P01", "a blank behind it does not matter", point("J2", map_no="J2 "))
bad("P02", "the same row twice", again("points", "J2"), "J2")
bad("P02", "one id for two points", again("points", "J2", x_m=70.0, y_m=20.0), "J2")
good("P02", "an empty id is no id", both(again("points", "J2", id=""), again("points", "J3", id="")))
bad("P03", "two points at one place", lambda d: d.point("J9", "JP", 50, 0, feature="弯头"), "J2", "J9")
bad("P03", "all but one place", lambda d: d.point("J9", "JP", 50.06, 0.05, feature="弯头"), "J2", "J9")
good("P03", "beyond the accuracy of a survey", lambda d: d.point("J9", "JP", 50.11, 0, feature="弯头"))
good("P03", "another class shares the place", lambda d: d.point("G9", "TR", 50, 0, feature="转折点"))
good(
    "P03",
    "joined by a line",
    lambda d: (d.point("J9", "JP", 50, 0, feature="出地"), d.line("J2", "J9", "JP")),
)
bad("P04", "both filled", point("J3", attachment="阀门"), "J3")
bad("P04", "both empty", point("J3", feature=""), "J3")
good("P04", "one of them", point("J3", feature="", attachment="阀门"))
bad("P05", "the code of something else", point("J3", code="51042101"), "J3")
bad("P05", "the code of another subclass", point("J3", code="51012102"), "J3")
bad("P05", "nine digits", point("J3", code="510421020"), "J3")
good("P05", "either will do where both are filled", point("J3", attachment="阀门", code="51042202"))
good("P05", "any subclass where only the class is known", point("J3", category="JS", code="51032102"))
good("P05", "an unknown term has no code", point("J3", feature="三叉", code="51042102"))
bad(
    "P06",
    "outside the area",
    both(lambda d: d.areas("POLYGON((-9 -99,200 -99,200 99,-9 99,-9 -99))"), point("J2", x_m=900.0)),
    "J2",
)
bad("P06", "far from all others where no area is known", point("J2", x_m=99_000.0), "J2")
good(
    "P06",
    "on the border",
    both(lambda d: d.areas("POLYGON((-9 -99,200 -99,200 99,-9 99,-9 -99))"), point("J4", x_m=200.5)),
)

bad("L01", "no end", line("J1-J2", end=""), "J1-J2")
good("L01", "an end that no point has is another rule's", line("J1-J2", end="J77"))
bad("L02", "a line to itself", line("J1-J2", end="J1"), "J1-J2")
good("L02", "two empty ends are not the same", line("J1-J2", start="", end=""))
bad("L03", "the same ends", again("lines", "J1-J2", id="again"), "again")
bad("L03", "reversed ends", again("lines", "J1-J2", id="again", start="J2", end="J1"), "again")
good("L03", "of another class", again("lines", "J1-J2", id="again", category="TR"))
bad("L04", "deeper than its class lies", depths("J1-J2", 7.0, 1.2), "J1-J2")
good("L04", "within the noise of the deepest", depths("J1-J2", 6.8, 1.2))
good("L04", "drilled", both(depths("J1-J2", 12.0, 12.0), line("J1-J2", embed="DG")))
bad("L05", "two elevations at one point", depths("J3-J4", 2.2, 2.2), "J3")
good("L05", "within two errors of a hidden point", depths("J3-J4", 1.5, 1.5))
good(
    "L05",
    "a manhole takes a drop",
    both(point("Y2", feature="", attachment="雨水井"), depths("Y1-Y2", 1.7, 1.7)),
)
good(
    "L05",
    "legal at a drop manhole",
    both(point("Y2", feature="", attachment="跌水井"), depths("Y1-Y2", 1, 1)),
)
good(
    "L05",
    "a pumping station lifts",
    both(point("Y2", feature="", attachment="泵站"), depths("Y1-Y2", 11, 11)),
)
bad(
    "L05",
    "a drop beyond any drop manhole",
    both(point("Y2", feature="", attachment="跌水井"), depths("Y2-Y3", 11, 11)),
    "Y2",
)
good("L05", "an elevation that J03 doubts", line("J3-J4", start_z_m=20.0))

bad("J01", "an end that no point has", line("J1-J2", start="J77"), "J1-J2")
good("J01", "an empty end is another rule's", line("J1-J2", start=""))
bad("J02", "no line names it", lambda d: d.point("J9", "JP", 70, 70, feature="弯头"), "J9")
good(
    "J02",
    "named by a line whose other end is missing",
    lambda d: (d.point("J9", "JP", 70, 70, feature="弯头"), d.line("J9", "J77", "JP")),
)
bad("J03", "ground is not depth plus elevation", line("J1-J2", end_z_m=28.0), "J1-J2")
good("J03", "within the tolerance", line("J1-J2", end_z_m=28.84))
good("J03", "laid on the ground", line("J1-J2", end_z_m=28.0, embed="DM"))
good(
    "J03",
    "overhead with a positive depth",
    line("J1-J2", start_depth_m=5, start_z_m=35, end_depth_m=5, end_z_m=35, embed="JK"),
)
bad("J04", "too long", point("J4", x_m=180.0), "J3-J4")
bad("J04", "too short", point("J4", x_m=100.01), "J3-J4")
good("J04", "a hair too long is noise", point("J4", x_m=175.15))
good("J04", "overhead", both(point("J4", x_m=300.0), line("J3-J4", embed="JK")))
bad("J05", "steep", both(point("J4", x_m=104.0), depths("J3-J4", 1.2, 5.0)), "J3-J4")
good("J05", "steep by no more than errors", both(point("J4", x_m=102.0), depths("J3-J4", 1.2, 2.6)))
good("J05", "rising to the surface", both(point("J4", x_m=104.0, feature="出地"), depths("J3-J4", 1.2, 5.0)))
bad("J06", "a tee with two lines", lambda d: d.lines.pop("J3-J4"), "J3")
good(
    "J06",
    "an attachment takes any number",
    both(lambda d: d.lines.pop("J3-J4"), point("J3", attachment="阀门")),
)
good("J06", "a duplicate line does not count", again("lines", "J3-J4", id="again"))
bad("J07", "turns back", point("J6", x_m=70.0, y_m=5.0), "J5")
good("J07", "a right angle", line("J5-J6"))
good(
    "J07",
    "anything may meet at a chamber",
    both(point("J6", x_m=70.0, y_m=5.0), point("J5", feature="", attachment="阀门")),
)

bad("T01", "uphill", both(depths("Y1-Y2", 2.5, 1.0), depths("Y2-Y3", 1.0, 2.5)), "Y1-Y2")
good("T01", "uphill within two errors", both(depths("Y1-Y2", 2.5, 2.2), depths("Y2-Y3", 2.2, 2.5)))
good("T01", "pumped", both(depths("Y1-Y2", 2.5, 1.0), line("Y1-Y2", operating="0.2", operating_mpa=0.2)))
good("T01", "not in use", both(depths("Y1-Y2", 2.5, 1.0), line("Y1-Y2", status="1")))
bad("T02", "water cannot leave", point("Y3", feature="弯头"), "Y3")
bad("T02", "water begins in a bend", point("Y1", feature="弯头", attachment=""), "Y1")
bad("T02", "in a circle", lambda d: d.line("Y2", "Y1", "YS"), "Y1", "Y2")
good("T02", "unknown where it runs", both(point("Y3", feature="弯头"), line("Y2-Y3", flow_dir="")))
good("T02", "goes on beyond the survey", point("Y3", feature="非普查"))
bad("T03", "a drain narrows", line("Y2-Y3", width_mm=400, height_mm=400), "Y2")
bad("T03", "a pipe changes at a bend", line("J5-J6", width_mm=150, height_mm=150), "J5")
good("T03", "a pipe changes at a reducer", both(line("J5-J6", width_mm=150), point("J5", feature="变径")))
good(
    "T03",
    "a drain widens at a manhole",
    both(line("Y2-Y3", width_mm=800, height_mm=800), point("Y2", feature="", attachment="雨水井")),
)
good("T03", "a tee may reduce", line("J3-J4", width_mm=100, height_mm=100))
bad("T04", "no plant", point("J1", attachment="阀门"), "J1")
bad("T04", "no outfall", point("Y3", feature="盖堵"), "Y1")
good(
    "T04",
    "the table of plants knows one",
    both(point("J1", attachment="阀门"), lambda d: d.plants("J4", "JS")),
)
good(
    "T04",
    "out of use",
    both(point("G1", attachment="阀门"), line("G1-G2", status="1"), line("G2-G3", status="2")),
)
bad("T05", "steel goes on as iron", line("J5-J6", material="G"), "J5")
good("T05", "where the material changes", both(line("J5-J6", material="G"), point("J5", feature="变材")))
good("T05", "a reducer may be both", both(line("J5-J6", material="G"), point("J5", feature="变径")))
good("T05", "an unknown material", line("J5-J6", material="??"))
bad("T06", "storm water meets sewage", line("Y2-Y3", category="WS"), "Y2")
good("T06", "combined sewers may", line("Y2-Y3", category="HS"))
good("T06", "at an overflow chamber", both(line("Y2-Y3", category="WS"), point("Y2", attachment="溢流井")))

bad("C01", "through the water main", pipe("G7", 25, depth=1.2), "J1-J2", "G71-G72")
good("C01", "well below it", pipe("G7", 25, depth=2.5))
good("C01", "an overlap that both errors explain", pipe("G7", 25, depth=1.45))
good("C01", "in a tunnel", pipe("G7", 25, depth=1.2, embed="ZH"))
bad("C02", "along the water main", pipe("G7", 10, gap=0.3), "J1-J2", "G71-G72")
good("C02", "far enough", pipe("G7", 10, gap=1.2))
good("C02", "below the minimum by no more than errors", pipe("G7", 10, gap=0.55))
good("C02", "in a tunnel", pipe("G7", 10, gap=0.3, embed="ZH"))
bad(
    "S01",
    "an end beside the main",
    lambda d: (
        d.point("J8", "JP", 25, 0.3, feature="弯头"),
        d.point("J9", "JP", 25, 20, feature="弯头"),
        d.line("J8", "J9", "JP"),
    ),
    "J8",
)
good(
    "S01",
    "a stub is meant to end",
    lambda d: (
        d.point("J8", "JP", 25, 0.3, feature="预留口"),
        d.point("J9", "JP", 25, 20, feature="弯头"),
        d.line("J8", "J9", "JP"),
    ),
)
good(
    "S01",
    "far below it",
    lambda d: (
        d.point("J8", "JP", 25, 0.3, feature="弯头"),
        d.point("J9", "JP", 25, 20, feature="弯头"),
        d.line("J8", "J9", "JP"),
        d.at("J8-J9", 3.5, 3.5),
    ),
)

bad("A01", "above its class", line("G1-G2", design_mpa=0.6), "G1-G2")
bad("A01", "below its class", line("G1-G2", design_mpa=0.2), "G1-G2")
good("A01", "at its upper end", line("G1-G2", design_mpa=0.4))
bad("A02", "above the design", line("G1-G2", operating="0.3-0.5", operating_mpa=0.5), "G1-G2")
good("A02", "at the design", line("G1-G2", operating="0.4", operating_mpa=0.4))
bad("A03", "no such pipe", line("G1-G2", width_mm=165, height_mm=165), "G1-G2")
bad("A03", "no such wall", line("J1-J2", material="G", wall_mm=6.7), "J1-J2")
good("A03", "steel by its nominal diameter", line("J1-J2", material="G", wall_mm=6.3))
good("A03", "iron has no series here", line("J1-J2", width_mm=165, height_mm=165))
bad("A04", "coated plastic", line("G1-G2", coating="三层PE"), "G1-G2")
good("A04", "said to have none", line("G1-G2", coating="无"))
good("A04", "coated steel", line("G1-G2", coating="三层PE", material="G"))
bad("A05", "more than designed", line("G1-G2", real_flow_m3h=120, design_flow_m3h=100), "G1-G2")
good("A05", "as designed", line("G1-G2", real_flow_m3h=100, design_flow_m3h=100))
bad("A06", "masonry for water", line("J1-J2", material="ZS"), "J1-J2")
good("A06", "unknown is another rule's", line("J1-J2", material="??"))
bad("A07", "does not add up", line("J1-J2", length_m=50, start_mileage_m=100, end_mileage_m=151), "J1-J2")
good("A07", "adds up", line("J1-J2", length_m=50.0005, start_mileage_m=100, end_mileage_m=150))
bad("A08", "of another class", line("J1-J2", facility_code="RQ-001"), "J1-J2")
good("A08", "of its class", line("J1-J2", facility_code="JS-001"))
good("A08", "of its subclass", line("J1-J2", facility_code="JP-001"))
bad("A09", "built after the survey", line("J1-J2", built=2024), "J1-J2")
bad("A09", "before the material", line("G1-G2", built=1940), "G1-G2")
bad("A09", "too old", point("J1", built=1850), "J1")
good("A09", "in the year of the survey", line("J1-J2", built=2023))
bad("A10", "more holes used than there are", line("D1-D2", hole_used=8), "D1-D2")
bad("A10", "no voltage", line("D1-D2", voltage_kv=float("nan")), "D1-D2")
bad("A10", "no cable in the earth", line("D1-D2", cable_count=0, embed="ZM"), "D1-D2")
good("A10", "all holes used", line("D1-D2", hole_used=6))
bad("A11", "no such material", line("J1-J2", material="??"), "J1-J2")
bad("A11", "no such category", point("J2", category="J5"), "J2")
bad("A11", "no such term", point("J3", feature="三叉"), "J3")
bad("A11", "a term of another class", point("J2", attachment="门站"), "J2")
bad("A11", "unreadable to the reader", cell("lines", 0, "flow_dir", "?", "unknown code"), "J1-J2")
good("A11", "no status at all", line("J1-J2", status=""))


# On either side of each threshold.


def beside(gap: float, *, turn: float = 0.0, length: float = 30.0) -> Change:
    """Add a line beside the water main that turns away from it by some degrees."""

    def change(draft: Draft) -> None:
        pipe("G7", 10, gap=gap)(draft)
        angle = math.radians(turn)
        draft.points["G72"].update(x_m=10 + length * math.cos(angle), y_m=gap + length * math.sin(angle))

    return change


def stray(gap: float, depth: float = 1.2) -> Change:
    """Add a line that ends beside the water main."""

    def change(draft: Draft) -> None:
        draft.point("J8", "JP", 25, gap, feature="弯头")
        draft.point("J9", "JP", 25, 20, feature="弯头")
        draft.line("J8", "J9", "JP")
        draft.at("J8-J9", depth, depth)

    return change


def turned(length: float, degrees: float) -> Change:
    """Lead the line that leaves J5 back towards J3 at an angle."""
    angle = math.radians(degrees)
    return point("J6", x_m=100 - length * math.sin(angle), y_m=50 - length * math.cos(angle))


AREA = "POLYGON((-9 -99,200 -99,200 99,-9 99,-9 -99))"
WELL = point("Y2", feature="", attachment="雨水井")
DROP = point("Y2", feature="", attachment="跌水井")

good(
    "P03",
    "higher by more than errors",
    lambda d: d.point("J9", "JP", 50, 0, feature="弯头", ground_m=GROUND + 0.07),
)
bad(
    "P03",
    "higher by an error",
    lambda d: d.point("J9", "JP", 50, 0, feature="弯头", ground_m=GROUND + 0.05),
    "J2",
    "J9",
)
bad("P06", "beyond the margin of the area", both(lambda d: d.areas(AREA), point("J4", x_m=201.5)), "J4")
bad("P06", "farther than the least distance", point("J4", x_m=2500), "J4")
good("P06", "nearer than the least distance", point("J4", x_m=900))
bad("L04", "deeper than one drills", both(depths("J1-J2", 36, 1.2), line("J1-J2", embed="DG")), "J1-J2")
good("L05", "both limits at an open point", depths("J1-J2", 1.2, 1.35))
bad("L05", "more than both limits at an open point", depths("J1-J2", 1.2, 1.37), "J2")
good("L05", "deep open points are measured less well", both(depths("J1-J2", 5, 5), depths("J2-J3", 5.2, 1.2)))
bad("L05", "even deep", both(depths("J1-J2", 5, 5), depths("J2-J3", 5.25, 1.2)), "J2")
good(
    "L05",
    "shallow pipes are detected as if a metre deep",
    both(depths("G1-G2", 0.5, 0.5), depths("G2-G3", 0.8, 0.8)),
)
bad("L05", "even shallow", both(depths("G1-G2", 0.5, 0.5), depths("G2-G3", 0.85, 0.85)), "G2")
good("L05", "what a manhole takes", both(WELL, depths("Y1-Y2", 1.4, 1.4)))
bad("L05", "more than a manhole takes", both(WELL, depths("Y1-Y2", 1.2, 1.2)), "Y2")
good("L05", "what a drop manhole takes", both(DROP, depths("Y2-Y3", 8.4, 8.4)))
bad("L05", "more than a drop manhole takes", both(DROP, depths("Y2-Y3", 8.6, 8.6)), "Y2")
bad("J03", "just beyond the tolerance", line("J1-J2", end_z_m=28.86), "J1-J2")
bad("J04", "too long for noise", point("J4", x_m=175.25), "J3-J4")
bad("J04", "too long for a span", both(point("J4", x_m=700.0), line("J3-J4", embed="JK")), "J3-J4")
good("J04", "drilled", both(point("J4", x_m=1090.0), line("J3-J4", embed="DG")))
bad("J04", "too long to drill", both(point("J4", x_m=1110.0), line("J3-J4", embed="DG")), "J3-J4")
bad("J04", "just too short", point("J4", x_m=100.04), "J3-J4")
good("J04", "just long enough", point("J4", x_m=100.06))
bad("J07", "sharp beyond the errors of a short line", turned(2.0, 50), "J5")
good("J07", "sharp within the errors of a short line", turned(0.6, 50))
bad("J07", "a short line is judged", turned(0.6, 20), "J5")
good("J07", "a very short line is not", turned(0.4, 5))
good("T03", "the same drain", both(WELL, line("Y2-Y3", width_mm=596, height_mm=596)))
bad("T03", "a smaller drain", both(WELL, line("Y2-Y3", width_mm=590, height_mm=590)), "Y2")
good("T03", "the same pipe", line("J5-J6", width_mm=200.8, height_mm=200.8))
bad("T03", "another pipe", line("J5-J6", width_mm=202, height_mm=202), "J5")
good("C02", "as near as errors allow", beside(0.39))
bad("C02", "nearer than errors allow", beside(0.36), "J1-J2", "G71-G72")
bad("C02", "all but parallel", beside(0.2, turn=10), "J1-J2", "G71-G72")
good("C02", "not parallel", beside(0.2, turn=20))
bad("C02", "just long enough to matter", beside(0.2, length=2.5), "J1-J2", "G71-G72")
good("C02", "too short to matter", beside(0.2, length=1.5))
bad("S01", "just within reach", stray(0.45), "J8")
good("S01", "just out of reach", stray(0.55))
bad("S01", "level within the errors", stray(0.3, 1.7), "J8")
good("S01", "deeper than the errors", stray(0.3, 2.0))
bad(
    "A07",
    "just beyond the tolerance",
    line("J1-J2", length_m=50.002, start_mileage_m=100, end_mileage_m=150),
    "J1-J2",
)
