"""Whatever happens to the files of a city: findings come out, or a city that can be solved."""

from __future__ import annotations

import csv
import io
import math
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twin import api
from twin.errors import DatasetError
from twin.lifelines import registry
from twin.lifelines.instant import instant
from twin.model.city import City
from twin.model.finding import blocking
from twin.physics.solution import Outcome

QUARTER = api.CITIES / "quarter"
FILES = sorted(path.relative_to(QUARTER).as_posix() for path in QUARTER.rglob("*.csv"))
CONTENT = {name: (QUARTER / name).read_bytes() for name in FILES}
KINDS = [
    "pump",
    "tank",
    "reservoir",
    "junction",
    "valve",
    "line",
    "switch",
    "transformer",
    "impedance",
    "winding",
]
CELLS = (
    st.sampled_from(
        ["", "nan", "inf", "-1", "0", "1e999", "1e15", "-1e15", "1e-30", "9" * 400, "true", "J-1", "a/b"]
    )
    | st.sampled_from(KINDS)
    | st.floats().map(repr)
    | st.integers().map(str)
    | st.text(max_size=8)
)
BLOW_S = 5 * 3600 + 1.0


def rows_of(content: bytes) -> list[list[str]]:
    """The rows of a table, as far as it can be read."""
    try:
        return [row for row in csv.reader(io.StringIO(content.decode("utf-8"))) if row]
    except (UnicodeDecodeError, csv.Error):
        return []


@st.composite
def damage(draw: st.DrawFn, content: bytes) -> bytes:
    """The content of a table after one blow."""
    rows = rows_of(content)
    what = draw(st.sampled_from(["bytes", "cell", "cell", "cell", "swap", "row", "column", "again", "name"]))
    if len(rows) < 2 or what == "bytes":
        at = draw(st.integers(0, len(content)))
        return content[:at] + draw(st.binary(max_size=3)) + content[at + draw(st.integers(0, 2)) :]
    row, other = (draw(st.integers(1, len(rows) - 1)) for _ in range(2))
    place = draw(st.integers(0, min(map(len, rows)) - 1))
    if what == "cell":
        rows[row][place] = draw(CELLS)
    elif what == "swap":
        rows[row], rows[other] = [*rows[other][:place], *rows[row][place:]], rows[row]
    elif what == "row":
        del rows[row]
    elif what == "again":
        rows.insert(other, rows[row])
    elif what == "column":
        rows = [[*cells[:place], *cells[place + 1 :]] for cells in rows]
    else:
        rows[0][place] = draw(CELLS)
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode("utf-8", "replace")


@st.composite
def cities(draw: st.DrawFn) -> Mapping[str, bytes]:
    """The damaged files of a city by name."""
    damaged: dict[str, bytes] = {}
    for name in draw(st.lists(st.sampled_from(FILES), min_size=1, max_size=3)):
        damaged[name] = draw(damage(damaged.get(name, CONTENT[name])))
    return damaged


def solve_all(city: City) -> None:
    """Every network at two instants and one step on; numbers, shares and horizons stay sane."""
    for name, network in city.networks.items():
        model = registry.bind(network, city.manifest)
        for t_s in (0.0, BLOW_S):
            state, solution = instant(city, name, t_s)
            if solution.outcome is Outcome.CONVERGED:
                for results in solution.tables.values():
                    for values in results.values():
                        assert np.isfinite(np.asarray(values, dtype=float)).all()
            for share in solution.share.values():
                assert ((share >= 0) & (share <= 1)).all()
            seconds = model.horizon(state, solution, t_s).seconds
            assert seconds >= 0
            model.advance(state, solution, t_s, 900.0 if math.isinf(seconds) else seconds)
            model.react(state, solution)


@given(cities())
@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_a_damaged_city_gives_findings_or_can_be_solved(damaged: Mapping[str, bytes]):
    with tempfile.TemporaryDirectory() as place:
        folder = Path(shutil.copytree(QUARTER, Path(place) / "city"))
        manifest = (folder / "manifest.yaml").read_text(encoding="utf-8").split("tables:")[0]
        (folder / "manifest.yaml").write_text(manifest, encoding="utf-8")
        for name, content in damaged.items():
            (folder / name).write_bytes(content)
        known = {name: declaration.schemas for name, declaration in registry.declarations().items()}
        city, found = api.cities.city_files.read_city(folder, known, verify=False)
    if not blocking(found):
        for network in city.networks.values():
            found += registry.check(network)
    if not blocking(found):
        solve_all(city)
    for one in found:
        assert str(one.problem)
        assert str(one.remedy)
        assert one.record()["file"]


@given(st.binary(max_size=80) | st.text(max_size=60).map(str.encode), st.integers(0, 300))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_a_damaged_manifest_is_refused_or_read(junk: bytes, at: int):
    original = (QUARTER / "manifest.yaml").read_bytes()
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "manifest.yaml").write_bytes(original[:at] + junk + original[at + len(junk) // 2 :])
        try:
            manifest = api.cities.city_files.read_manifest(Path(place))
        except DatasetError as error:
            assert error.findings
        else:
            assert manifest.name
            assert math.isfinite(manifest.clock_s)
