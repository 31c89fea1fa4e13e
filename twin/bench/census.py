"""Benchmarks of the census: a synthetic city is made, read and checked, and built, in three sizes.

Each pass works on one, ten and a hundred parts of 278 km2; the time of the largest counts, and the growth
over the size is fitted to all three. The deliveries are made once and kept in the system's temporary folder.
"""

from __future__ import annotations

import hashlib
import math
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import twin
from twin.bench.cases import Case, Outcome, Wish, stopwatch
from twin.text import N_

AREA_KM2 = 278.0
SHARES = (0.01, 0.1, 1.0)
SEED = 1
STEEPEST = 1.15
"""Largest exponent of time over size."""


def cases() -> tuple[Case, ...]:
    """The benchmarks of the census."""
    reading = N_("reading and checking it, beside reading the files with pandas")
    return (
        Case("synth-278", N_("a synthetic census of 278 km2"), synthesise, repeats=1, steepest=STEEPEST),
        Case("census-read-check", reading, read_and_check, _pandas, "pandas", repeats=1, steepest=STEEPEST),
        Case("census-build", N_("building the city"), build, repeats=1, steepest=STEEPEST),
    )


def synthesise(wish: Wish) -> Outcome:
    """From the seed to the files."""
    with tempfile.TemporaryDirectory(prefix="twin-bench-") as folder:
        return _growing(lambda share: _made(share, Path(folder) / f"raw-{share}"))


def read_and_check(wish: Wish) -> Outcome:
    """From the files to canonical tables, and from those to findings."""
    from twin import api

    places = {share: _delivery(share) for share in SHARES}
    with tempfile.TemporaryDirectory(prefix="twin-bench-") as folder:

        def work(share: float) -> dict[str, int]:
            census = Path(folder) / f"{share}.gpkg"
            survey, found = api.read_census(places[share], census)
            _frame, summary = api.check_survey(census, Path(folder) / f"findings-{share}")
            rows = {"points": len(survey.points), "lines": len(survey.lines), "findings": len(found)}
            return rows | {"errors": summary["errors"], "warnings": summary["warnings"]}

        return _growing(work)


def build(wish: Wish) -> Outcome:
    """From canonical tables to a city on disk."""
    from twin import api

    with tempfile.TemporaryDirectory(prefix="twin-bench-") as folder:
        for share in SHARES:
            api.read_census(_delivery(share), Path(folder) / f"{share}.gpkg")

        def work(share: float) -> dict[str, int]:
            api.build_census(Path(folder) / f"{share}.gpkg", Path(folder) / f"city-{share}")
            manifest = (Path(folder) / f"city-{share}" / "manifest.yaml").read_text(encoding="utf-8")
            return {"tables": manifest.count("sha256:")} | _size_of(_delivery(share))

        return _growing(work)


def _growing(work: Callable[[float], dict[str, int]]) -> Outcome:
    """The work in all sizes: counters and time of the largest, and the exponent over all."""
    sizes, seconds = [], []
    counters: dict[str, int] = {}
    for share in SHARES:
        with stopwatch() as taken:
            counters = work(share)
        sizes.append(counters["points"] + counters["lines"])
        seconds.append(taken[0])
    return Outcome(taken[0], taken[1], sizes[-1], counters, exponent=_exponent(sizes, seconds))


def _exponent(sizes: list[int], seconds: list[float]) -> float:
    """Slope of log time over log size, by least squares."""
    x, y = [math.log(size) for size in sizes], [math.log(value) for value in seconds]
    middle, height = sum(x) / len(x), sum(y) / len(y)
    above = sum((a - middle) * (b - height) for a, b in zip(x, y, strict=True))
    return above / sum((a - middle) ** 2 for a in x)


def _made(share: float, folder: Path) -> dict[str, int]:
    from twin import api

    made = api.synth(AREA_KM2 * share, SEED, 0.0, folder)
    return {"points": made["points"], "lines": made["lines"]}


def _delivery(share: float) -> Path:
    """The delivery of a size; it is made anew where the synthesis has changed."""
    sources = sorted(path for path in (Path(twin.__file__).parent / "synthesis").rglob("*") if path.is_file())
    state = hashlib.sha256(b"".join(path.read_bytes() for path in sources if path.suffix != ".pyc"))
    folder = Path(tempfile.gettempdir()) / "twin-bench-deliveries" / state.hexdigest()[:16] / str(share)
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=folder.parent)) / "raw"
        _made(share, draft)
        draft.replace(folder)
        shutil.rmtree(draft.parent)
    return folder


def _size_of(folder: Path) -> dict[str, int]:
    """Rows of a delivery: lines of text but for the headings."""
    found = {}
    for name, pattern in (("points", "*POINT.csv"), ("lines", "*LINE.csv")):
        found[name] = sum(path.read_bytes().count(b"\n") - 1 for path in sorted(folder.glob(pattern)))
    return found


def _pandas(wish: Wish) -> float:
    """Reading the same files as texts with pandas: what no census can be read without."""
    import pandas as pd

    begun = time.perf_counter()
    for path in sorted(_delivery(SHARES[-1]).glob("*[TE].csv")):
        pd.read_csv(path, dtype=str, encoding="utf-8-sig")
    return time.perf_counter() - begun
