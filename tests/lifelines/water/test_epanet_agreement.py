"""Heads, flows and levels beside EPANET 2.3, network by network; exclusions are named in `exclusions.csv`."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import DATA
from tests.lifelines.water.made import NETWORKS, Instant, Reference, reference, run
from twin.lifelines.water.binding import WaterModel
from twin.lifelines.water.epanet import Reading, read_inp
from twin.lifelines.water.options import WaterOptions, read_options
from twin.physics.solution import Outcome

DAY_S = 86_400.0
HEAD_M, LEVEL_M = 0.01, 0.05
FLOW_RELATIVE, FLOW_M3S = 1e-3, 1e-6
ON_SIX = ("Net1", "Net3", "ky4", "Richmond_skeleton", "MICROPOLIS_v1", "NorthPenn_NPCL-1")


def exclusions() -> dict[tuple[str, str], str]:
    path = Path(__file__).parent / "exclusions.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return {(row["network"], row["check"]): row["reason"] for row in csv.DictReader(file)}


EXCLUDED = exclusions()
OURS = sorted(DATA.joinpath("water").rglob("*.inp")) + sorted(
    DATA.joinpath("interdependent").rglob("water.inp*")
)
LIBRARY = ("Net1", "Net2", "Net3", "Net6", "ky4", "ky10")


def name_of(path: Path) -> str:
    """The network's name: the file's, or for `.../<city>/water/.../water.inp` the city's."""
    return (
        path.parts[path.parts.index("infrarisk") + 1]
        if "infrarisk" in path.parts
        else path.name.removesuffix(".inp")
    )


PATHS = {name_of(path): path for path in OURS}
NAMES = sorted({*PATHS, *LIBRARY})


def covered(check: str) -> list[str]:
    return [name for name in NAMES if not {(name, check), (name, "*")} & EXCLUDED.keys()]


def path_of(name: str, python: Path) -> Path:
    """The file of a network, in the reference data or in the library of WNTR."""
    if name in PATHS:
        return PATHS[name]
    found = sorted(python.parent.parent.rglob(f"wntr/library/networks/{name}.inp"))
    if not found:
        pytest.skip(f"no library network {name}")
    return found[0]


def with_model(options: WaterOptions, demand_model: str) -> WaterOptions:
    return replace(options, demand_model=demand_model, p_min_m=0.0, p_required_m=20.0, p_exponent=0.5)


def writable(options: WaterOptions, reading: Reading) -> WaterOptions:
    """In US units where there are pumps of constant power, which EPANET 2.3.5 misreads in metric files."""
    if np.isfinite(reading.network.tables["links"]["power_kw"]).any():
        return replace(options, flow_units="GPM", pressure_units="PSI")
    return options


def compare(one: Instant, theirs: Reference, t_s: int) -> None:
    """Within the tolerances; of flows on which EPANET's own answers differ, outside of their range."""
    reached = one.solution.tables["nodes"]["reached"] > 0
    head, flow = one.solution.tables["nodes"]["head_m"], one.solution.tables["links"]["flow_m3s"]
    assert one.solution.outcome is Outcome.CONVERGED
    np.testing.assert_allclose(head[reached], theirs.steps[t_s]["head"][reached], rtol=0, atol=HEAD_M)
    np.testing.assert_allclose(flow, theirs.flow(t_s, flow), rtol=FLOW_RELATIVE, atol=FLOW_M3S)


def one_instant(name: str, demand_model: str, python: Path, folder: Path) -> None:
    reading = read_inp(path_of(name, python))
    options = writable(with_model(read_options(reading.network), demand_model), reading)
    theirs = reference(python, folder, reading, options, 0)
    bound = WaterModel(reading.network, reading.clock_s, options)
    compare(next(run(bound, 0.0)), theirs, 0)


def a_day(
    options: WaterOptions | None, name: str, python: Path, folder: Path, duration_s: float = DAY_S
) -> None:
    """Heads and flows at common instants (a tank may act a second earlier here or there), hourly levels."""
    reading = read_inp(path_of(name, python) if name in NAMES else NETWORKS / f"{name}.inp")
    options = options or writable(read_options(reading.network), reading)
    theirs = reference(python, folder, reading, options, duration_s)
    bound = WaterModel(reading.network, reading.clock_s, options)
    instants = {round(one.t_s): one for one in run(bound, duration_s)}
    common = instants.keys() & theirs.steps.keys()
    assert len(common) > duration_s / 3600
    assert abs(len(instants) - len(theirs.steps)) <= 1
    for t_s in common:
        compare(instants[t_s], theirs, t_s)
    levels(bound, instants, theirs, duration_s)


def levels(bound: WaterModel, instants: dict[int, Instant], theirs: Reference, duration_s: float) -> None:
    """Between solves levels move evenly, so every hour can be compared."""
    hours = np.arange(0, duration_s + 1, 3600)
    our_times, their_times = sorted(instants), sorted(theirs.steps)
    for tank in bound.hydraulics.tanks:
        ours = [instants[t_s].level_m[tank.row] for t_s in our_times]
        given = [theirs.steps[t_s]["head"][tank.row] - tank.bottom_m for t_s in their_times]
        apart = np.interp(hours, our_times, ours) - np.interp(hours, their_times, given)
        assert np.abs(apart).max() < LEVEL_M


def test_every_exclusion_names_a_network_and_a_check():
    known = {"instant_dda", "instant_pda", "day", "*"}
    if DATA.is_dir():
        assert {name for name, _check in EXCLUDED} <= set(NAMES)
    assert {check for _name, check in EXCLUDED} <= known
    assert all(EXCLUDED.values())


@pytest.mark.parametrize(
    ("name", "demand_model"), [(name, kind) for kind in ("dda", "pda") for name in covered(f"instant_{kind}")]
)
def test_one_instant_agrees_with_epanet(name, demand_model, engines, tmp_path):
    one_instant(name, demand_model, engines, tmp_path)


@pytest.mark.parametrize("name", ON_SIX)
def test_a_day_agrees_with_epanet(name, engines, tmp_path):
    a_day(None, name, engines, tmp_path)


@pytest.mark.verify
@pytest.mark.parametrize("name", [name for name in covered("day") if name not in ON_SIX])
def test_another_day_agrees_with_epanet(name, engines, tmp_path):
    a_day(None, name, engines, tmp_path)


@pytest.mark.parametrize(("demand_model", "multiplier"), [("dda", 2.6), ("pda", 3.5)])
def test_two_days_of_the_operated_town_agree_with_epanet(demand_model, multiplier, engines, tmp_path):
    reading = read_inp(NETWORKS / "operated.inp")
    options = replace(
        read_options(reading.network),
        demand_model=demand_model,
        p_min_m=2.0,
        p_required_m=42.0,
        p_exponent=0.6,
        demand_multiplier=multiplier,
    )
    a_day(options, "operated", engines, tmp_path, 2 * DAY_S)
    rules = {
        rule
        for one in run(WaterModel(reading.network, reading.clock_s, options), 2 * DAY_S)
        for rule in one.rules
    }
    assert len(rules) > 8
