"""Colours: those that lifelines declare, toned for paper and dark screens, safe for every colour vision.

Declared colours follow the survey standards and are meant for drawings on black. `ink` gives each the tone
of `palette.csv` that is nearest to it (spread in lightness so that no two meet for a viewer without red or
green cones); a colour far from all of them keeps its hue and takes a readable lightness. Every mark has a
second sign besides its colour (a symbol, a dash, a word).
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from twin.analysis.kinds import Sort

FAR = 0.22
"""Distance in OKLab beyond which no tone of the table stands for a colour."""


@dataclass(frozen=True)
class Ink:
    """One colour as `#rrggbb`: on light and on dark ground."""

    light: str
    dark: str


GOOD = Ink("#0f6fb3", "#5eb4ec")
BAD = Ink("#b3261e", "#ff8a75")
WAIT = Ink("#b26a00", "#f0b04a")
QUIET = Ink("#6b7076", "#9aa1a9")
ROAD = Ink("#b9b4a8", "#4a4d52")
FACILITY = Ink("#3f3a56", "#c3bedf")

SORTS: Mapping[Sort, tuple[str, Ink]] = {
    Sort.INCIDENT: ("▼", BAD),
    Sort.LOSS: ("●", BAD),
    Sort.BACKUP: ("◐", WAIT),
    Sort.RETURN: ("○", GOOD),
    Sort.CONTROL: ("⚙", QUIET),
    Sort.PEOPLE: ("▲", FACILITY),
    Sort.SCRIPT: ("◆", FACILITY),
    Sort.VERDICT: ("■", FACILITY),
    Sort.RUN: ("!", WAIT),
    Sort.OTHER: ("·", QUIET),
}
"""Sign and colour of each sort of event."""


VERDICTS: Mapping[str, tuple[str, Ink]] = {
    "met": ("✓", GOOD),
    "missed": ("✕", BAD),
    "not_exercised": ("–", QUIET),
    "person_judges": ("?", WAIT),
}
"""Sign and colour of each verdict."""

RAMP = ("#fde725", "#90d743", "#35b779", "#21918c", "#31688e", "#443983", "#440154")
"""Viridis (van der Walt and Smith 2015) from light to dark: for quantities, readable in grey."""


STEPS = 9
"""Steps that a quantity is shown in."""


def step(part: float) -> int:
    """The step of `part` (0 to 1), from 0 to `STEPS` - 1."""
    return round(min(max(part, 0.0), 1.0) * (STEPS - 1))


def steps() -> tuple[Ink, ...]:
    """Colours of the steps: the first stands out most, dark on light ground and light on dark ground."""
    parts = [number / (STEPS - 1) for number in range(STEPS)]
    return tuple(Ink(ramp(1.0 - 0.85 * part), ramp(0.75 * part)) for part in parts)


@cache
def ink(colour: str) -> Ink:
    """The tones of a declared colour `#rrggbb`."""
    with files("twin.views").joinpath("palette.csv").open(encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    lab = oklab(colour)
    distance, nearest = min((math.dist(lab, oklab(row["near"])), row["near"]) for row in rows)
    if distance <= FAR:
        row = next(row for row in rows if row["near"] == nearest)
        return Ink(row["light"], row["dark"])
    return Ink(_hex((0.52, *_calm(lab))), _hex((0.75, *_calm(lab))))


def _calm(lab: tuple[float, float, float]) -> tuple[float, float]:
    """The hue of a colour at a chroma that every screen shows."""
    chroma = math.hypot(lab[1], lab[2])
    scale = min(1.0, 0.11 / chroma) if chroma else 1.0
    return lab[1] * scale, lab[2] * scale


def ramp(part: float) -> str:
    """The colour of the ramp at `part` (0 to 1), interpolated."""
    place = min(max(part, 0.0), 1.0) * (len(RAMP) - 1)
    low = min(int(place), len(RAMP) - 2)
    pairs = zip(_rgb(RAMP[low]), _rgb(RAMP[low + 1]), strict=True)
    return _text(tuple(a + (b - a) * (place - low) for a, b in pairs))


def _rgb(colour: str) -> tuple[float, ...]:
    return tuple(int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))


def _text(rgb: tuple[float, ...]) -> str:
    return "#" + "".join(f"{round(255 * min(max(part, 0.0), 1.0)):02x}" for part in rgb)


def linear(colour: str) -> tuple[float, ...]:
    """Linear-light RGB of `#rrggbb` (IEC 61966-2-1)."""
    return tuple(
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _rgb(colour)
    )


def oklab(colour: str) -> tuple[float, float, float]:
    """Lightness and the two opponent axes of OKLab (Ottosson 2020)."""
    r, g, b = linear(colour)
    long = math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    medium = math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    short = math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def _hex(lab: tuple[float, float, float]) -> str:
    light, a, b = lab
    long = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (light - 0.0894841775 * a - 1.2914855480 * b) ** 3
    rgb = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    return _text(
        tuple(
            12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055
            for part in (max(p, 0) for p in rgb)
        )
    )
