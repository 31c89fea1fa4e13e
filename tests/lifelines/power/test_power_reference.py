"""Our power flow beside pandapower's: its own files read by both, and our states exported to it."""

from __future__ import annotations

import gzip
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import twin.verify
from twin.lifelines.power.binding import PowerModel
from twin.lifelines.power.declaration import DECLARATION
from twin.lifelines.power.pandapower_job import job
from twin.lifelines.power.pandapower_json import read_pandapower
from twin.lifelines.power.reference import read
from twin.model.city import Manifest
from twin.model.network import Ref
from twin.model.state import State
from twin.physics.solution import Outcome

SCRIPT = Path(twin.verify.__file__).parent / "scripts" / "pandapower_engine.py"
ZOO = Path(__file__).with_name("zoo.py")
INFRARISK = {
    "in2": "in2/power/power.json",
    "micropolis-low": "micropolis/power/low/power.json.gz",
    "micropolis-med": "micropolis/power/med/power.json.gz",
}
SIMBENCH = ("1-LV-rural1--0-sw", "1-MV-rural--0-sw", "1-HV-mixed--0-sw")
MORE_SIMBENCH = (
    *(f"1-LV-{name}--0-sw" for name in ("rural2", "rural3", "semiurb4", "semiurb5", "urban6")),
    *(f"1-MV-{name}--0-sw" for name in ("semiurb", "urban", "comm")),
    "1-HV-urban--0-sw",
)
TOLERANCE_PU = 1e-6


def run(engines: Path, *arguments: object) -> None:
    """Let the engine do what the arguments say."""
    command = [str(engines), "-I", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")
    assert done.returncode == 0, done.stderr


def theirs(engines: Path, folder: Path, files: dict[str, Path], codes: tuple[str, ...]) -> dict[str, Any]:
    """pandapower's results by name: of files, and of SimBench grids that are written into `folder` first."""
    arguments: list[object] = []
    for code in codes:
        files[code] = folder / f"{code}.json"
        arguments += ["simbench", code, files[code]]
    for name, path in files.items():
        arguments += ["run", path, folder / f"{name}-result.json"]
    run(engines, SCRIPT, *arguments)
    return {name: json.loads((folder / f"{name}-result.json").read_text(encoding="utf-8")) for name in files}


Case = tuple[Path, dict[str, Any]]


@pytest.fixture(scope="module")
def cases(data: Path, engines: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Case]:
    """Files and pandapower's results for them."""
    folder = tmp_path_factory.mktemp("pandapower")
    files = {}
    for name, place in INFRARISK.items():
        source = data / "interdependent" / "infrarisk" / place
        content = source.read_bytes()
        files[name] = folder / f"{name}.json"
        files[name].write_bytes(gzip.decompress(content) if source.suffix == ".gz" else content)
    files["zoo"] = folder / "zoo.json"
    run(engines, ZOO, files["zoo"])
    results = theirs(engines, folder, files, SIMBENCH)
    return {name: (files[name], results[name]) for name in files}


def solved(path: Path):
    network, _ = read_pandapower(path)
    model = PowerModel(network, Manifest("case", protection=False))
    state = State({"power": network}, {"power": DECLARATION.state})
    return model, state, model.solve(state, 0.0)


def numbers(values: list[float | None]) -> np.ndarray:
    return np.array([np.nan if value is None else value for value in values], dtype=float)


def assert_equal(path: Path, result: dict[str, Any]) -> None:
    """Voltages, angles, loadings and powers of a file, beside pandapower's own reading of it."""
    model, _, solution = solved(path)
    assert solution.outcome is Outcome.CONVERGED
    tables = model.network.tables
    rows = {table: columns.rows for table, columns in tables.items()}
    buses = [rows["nodes"][name] for name in result["bus"]["name"]]
    vm, va = numbers(result["bus"]["vm_pu"]), np.radians(numbers(result["bus"]["va_degree"]))
    known = np.isfinite(vm)
    assert known.any()
    ours = solution.tables["nodes"]
    assert np.abs(ours["voltage_pu"][buses] - vm)[known].max() < TOLERANCE_PU
    turn = np.exp(1j * (ours["voltage_angle_rad"][buses] - va))[known]
    assert np.abs(np.angle(turn)).max() < 1e-6
    assert not ours["energised"][buses][~known].any()
    for element, kind in (("line", "line"), ("trafo", "transformer"), ("impedance", "impedance")):
        links = [rows["links"][name] for name in result[element]["name"]]
        assert (tables["links"]["kind"][links] == kind).all()
        compare_links(solution, result[element], links, "hv" if element == "trafo" else "from")
    for element in ("load", "motor", "sgen", "shunt"):
        devices = [rows["devices"][name] for name in result[element]["name"]]
        power = np.nan_to_num(numbers(result[element]["p_mw"])) * 1e6
        assert solution.tables["devices"]["p_w"][devices] == pytest.approx(power, rel=1e-6, abs=0.1)


def compare_links(solution, result: dict[str, Any], links: list[int], start: str) -> None:
    ours = solution.tables["links"]
    for column, name, factor in (
        ("p_from_w", f"p_{start}_mw", 1e6),
        ("q_from_var", f"q_{start}_mvar", 1e6),
        ("loading", "loading_percent", 0.01),
    ):
        if name in result:
            values = np.nan_to_num(numbers(result[name])) * factor
            assert ours[column][links] == pytest.approx(values, rel=1e-6, abs=1e-6 * factor)


@pytest.mark.parametrize("name", [*INFRARISK, *SIMBENCH, "zoo"])
def test_files_of_pandapower_give_pandapowers_results(cases, name):
    assert_equal(*cases[name])


@pytest.mark.verify
def test_more_simbench_grids_give_pandapowers_results(engines, tmp_path):
    files: dict[str, Path] = {}
    results = theirs(engines, tmp_path, files, MORE_SIMBENCH)
    for name, path in files.items():
        assert_equal(path, results[name])


def disturb(model: PowerModel, state: State, draw: np.random.Generator) -> None:
    """Fail, cut and change a few components of every table."""
    tables = model.network.tables

    def some(table: str, count: int) -> list[Ref]:
        chosen = draw.choice(len(tables[table]), min(count, len(tables[table]) // 4), replace=False)
        return [Ref("power", table, int(row)) for row in chosen]

    for table, count, column in (("links", 6, "failed"), ("nodes", 2, "failed"), ("devices", 4, "isolated")):
        for ref in some(table, count):
            if tables[table]["kind"][ref.row] != "external_grid":
                state.write(ref, column, True)
    for ref in some("devices", 5):
        state.write(ref, "factor", 1.3)
    for row in tables["links"].of_kind("transformer")[:2]:
        state.write(Ref("power", "links", int(row)), "tap", float(tables["links"]["tap_pos"][row]) + 1)


def test_disturbed_states_agree_with_pandapower_when_exported(cases, engines, tmp_path):
    arguments: list[object] = []
    waiting: list[Callable[[], None]] = []
    for seed, name in enumerate([*INFRARISK, *SIMBENCH, "zoo"]):
        model, state, _ = solved(cases[name][0])
        disturb(model, state, np.random.default_rng(seed))
        asked, answered = tmp_path / f"{name}-job.json", tmp_path / f"{name}-answer.json"
        asked.write_text(json.dumps(job(model, state)), encoding="utf-8")
        arguments += ["solve", asked, answered]
        solution = model.solve(state, 0.0)
        assert solution.outcome is Outcome.CONVERGED
        waiting.append(lambda n=model.network, s=solution, a=answered: agrees(n, s, a))
    run(engines, SCRIPT, *arguments)
    for compare in waiting:
        compare()


def agrees(network, solution, answered: Path) -> None:
    answer = read(network, solution, json.loads(answered.read_text(encoding="utf-8")))
    for table, column, tolerance in (
        ("nodes", "voltage_pu", TOLERANCE_PU),
        ("links", "p_from_w", 1.0),
        ("links", "q_to_var", 1.0),
        ("devices", "p_w", 1.0),
        ("devices", "q_var", 1.0),
    ):
        values = answer[table][column]
        known = np.isfinite(values)
        apart = np.abs(solution.tables[table][column] - values)[known]
        assert apart.max() < tolerance, (table, column)


def test_micropolis_has_a_line_at_511_percent_undisturbed(data):
    path = data / "interdependent" / "infrarisk" / INFRARISK["micropolis-med"]
    model, _, solution = solved(path)
    assert solution.tables["links"]["loading"].max() == pytest.approx(5.112, abs=1e-3)
    assert model.exempt.sum() == 52
