"""EPANET on one input file, as a program of its own: `python epanet_engine.py JOB.json RESULT.json`.

It imports nothing of the package it is shipped with, so that it runs in the environment of the engine
(owa-epanet 2.3). The job is an object with

    inp            path of the input file
    duration_s     length of the run; 0 is one instant; null: the file's own
    every_s        keep instants at its multiples only; null: every solve
    accuracies     relative flow changes to stop at, null for the file's own; where the first is not reached
                   all are tried, and what comes nearest to it counts if the last would take it ([1e-6, null])
    answers        how many different answers to give where the first accuracy is not reached (1)
    trials         most iterations (200); null: the file's own
    checks         how often link statuses are checked: objects {"every": CHECKFREQ, "until": MAXCHECK}, null
                   for the file's own; tried in turn at each accuracy ([null])
    demand         null: the file's own; or {"model": "dda" | "pda", "p_min_m", "p_required_m", "exponent"}

The result is in SI (m, m3/s): `nodes` and `links` (ids), `kinds` (per node and link), `steps` (one object per
instant: `t_s`, `head`, `demand` (all that leaves), `delivered`, `full_demand`, `flow`, `open`, `setting`,
`iterations`, `relative_error`, `warning`), `accuracy` and `checks` (the ones used), `reached` (the largest
relative flow change that is left), `unbalanced`, `again` (further answers: objects with `reached`, `steps`),
`version`, `error`.
"""

import json
import sys
import tempfile
import warnings
from itertools import product
from pathlib import Path
from typing import Any

from epanet import toolkit as en

CUBIC_FOOT_M3 = 0.028317
FOOT_M = 0.3048
PER_CFS = (1.0, 448.831, 0.64632, 0.5382, 1.9837, 28.317, 1699.0, 2.4466, 101.94, 2446.6, 0.028317)
FIRST_SI = 5
NODE_KINDS = ("junction", "reservoir", "tank")


class Units:
    """The SI sizes of the units of an open project."""

    def __init__(self, project: Any) -> None:
        code = en.getflowunits(project)
        metric = code >= FIRST_SI
        gravity = en.getoption(project, en.SP_GRAVITY)
        psi = 0.4333 * gravity
        per_foot = {
            en.PSI: psi,
            en.KPA: 6.895 * psi,
            en.METERS: FOOT_M,
            en.BAR: 0.068948 * psi,
            en.FEET: 1.0,
        }
        self.flow = CUBIC_FOOT_M3 / PER_CFS[code]
        self.length = 1.0 if metric else FOOT_M
        self.pressure = FOOT_M / per_foot[int(en.getoption(project, en.PRESS_UNITS))]


def values(project: Any, ask: Any, index: int, size: int, factor: float = 1.0) -> list[float]:
    """One property of all nodes or links."""
    array = en.doubleArray(size)
    ask(project, index, array)
    return [array[place] * factor for place in range(size)]


def set_up(project: Any, job: dict[str, Any], accuracy: float | None, checks: dict[str, int] | None) -> None:
    """Apply the wishes of a job to an open project."""
    if job.get("duration_s") is not None:
        en.settimeparam(project, en.DURATION, int(job["duration_s"]))
    if accuracy is not None:
        en.setoption(project, en.ACCURACY, accuracy)
    if job.get("trials", 200) is not None:
        en.setoption(project, en.TRIALS, job.get("trials", 200))
    if en.getoption(project, en.UNBALANCED) < 0:  # would stop at the first unbalanced instant
        en.setoption(project, en.UNBALANCED, 0)
    if checks is not None:
        en.setoption(project, en.CHECKFREQ, checks["every"])
        en.setoption(project, en.MAXCHECK, checks["until"])
    demand = job.get("demand")
    if demand:
        unit = Units(project).pressure
        model = en.PDA if demand["model"] == "pda" else en.DDA
        low, high = demand.get("p_min_m", 0.0) / unit, demand.get("p_required_m", 20.0) / unit
        en.setdemandmodel(project, model, low, high, demand.get("exponent", 0.5))


def solve(job: dict[str, Any], accuracy: float | None, checks: dict[str, int] | None) -> dict[str, Any]:
    """All instants of one run."""
    with tempfile.TemporaryDirectory() as folder:
        project = en.createproject()
        try:
            en.open(project, str(job["inp"]), str(Path(folder) / "report.txt"), "")
            set_up(project, job, accuracy, checks)
            return run(project, job) | {"checks": checks}
        finally:
            en.deleteproject(project)


def run(project: Any, job: dict[str, Any]) -> dict[str, Any]:
    """Run the hydraulics of an open project."""
    n, m = en.getcount(project, en.NODECOUNT), en.getcount(project, en.LINKCOUNT)
    units, every = Units(project), job.get("every_s")
    limit, most = en.getoption(project, en.ACCURACY), en.getoption(project, en.TRIALS)
    result = {
        "nodes": [en.getnodeid(project, place + 1) for place in range(n)],
        "links": [en.getlinkid(project, place + 1) for place in range(m)],
        "kinds": [NODE_KINDS[en.getnodetype(project, place + 1)] for place in range(n)],
        "accuracy": limit,
        "version": en.getversion(),
        "steps": [],
        "unbalanced": False,
        "reached": 0.0,
        "error": "",
    }
    en.openH(project)
    en.initH(project, en.INITFLOW)
    while True:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            t_s = en.runH(project)
        error = en.getstatistic(project, en.RELATIVEERROR)
        trials = en.getstatistic(project, en.ITERATIONS)
        result["unbalanced"] = result["unbalanced"] or error > limit or trials > most
        result["reached"] = max(result["reached"], error)
        if not every or t_s % every == 0:
            step = {
                "t_s": t_s,
                "head": values(project, en.getnodevalues, en.HEAD, n, units.length),
                "demand": values(project, en.getnodevalues, en.DEMAND, n, units.flow),
                "delivered": values(project, en.getnodevalues, en.DEMANDFLOW, n, units.flow),
                "full_demand": values(project, en.getnodevalues, en.FULLDEMAND, n, units.flow),
                "flow": values(project, en.getlinkvalues, en.FLOW, m, units.flow),
                "open": values(project, en.getlinkvalues, en.STATUS, m),
                "setting": values(project, en.getlinkvalues, en.SETTING, m),
                "iterations": trials,
                "relative_error": error,
                "warning": bool(caught),
            }
            result["steps"].append(step)
        if en.nextH(project) <= 0:
            return result


def answer(job: dict[str, Any]) -> dict[str, Any]:
    """The answer at the first accuracy; else the finest of all, and further ones."""
    accuracies, wanted = job.get("accuracies", [1e-6, None]), job.get("answers", 1)
    found: list[dict[str, Any]] = []
    result: dict[str, Any] = {}
    for accuracy, checks in product(accuracies, job.get("checks", [None])):
        result = solve(job, accuracy, checks)
        if not result["unbalanced"] and accuracy == accuracies[0]:
            return result | {"again": []}
        if not any(same(result, other) for other in found):
            found.append(result)
    found = sorted(
        (one for one in found if one["reached"] <= result["accuracy"]), key=lambda one: one["reached"]
    )
    again = [{key: other[key] for key in ("reached", "steps")} for other in found[1:wanted]]
    return (found[0] | {"unbalanced": False} if found else result) | {"again": again}


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two answers are equal to the last digit."""
    return [step["flow"] for step in one["steps"]] == [step["flow"] for step in other["steps"]]


def main(job_path: str, result_path: str) -> int:
    """Do the job and write the result; an engine error is part of the result."""
    job = json.loads(Path(job_path).read_text(encoding="utf-8"))
    try:
        result = answer(job)
    except Exception as error:  # whatever EPANET raises is its answer
        result = {"error": str(error) or type(error).__name__, "steps": []}
    Path(result_path).write_text(json.dumps(result), encoding="utf-8")
    return 3 if result["error"] else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
