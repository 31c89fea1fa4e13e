"""Runs as one asks for them: play a scenario, open a run, read what happened and why."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin import errors
from twin.api.cities import PACKAGE, City, load_city, near, save_city
from twin.api.interrupts import Progress, between_events
from twin.io.runs import RunWriter, StoredRun, amend
from twin.io.runs import open_run as open_folder
from twin.model import city as model
from twin.model.finding import Finding, blocking
from twin.model.journal import Event
from twin.text import _
from twin.text.system import told

if TYPE_CHECKING:
    import pandas as pd

    from twin.drills.exercise import Exercise
    from twin.drills.schema import Scenario

SCENARIOS = PACKAGE / "scenarios"
RUNS = Path("runs")
OWN_CITY = "city"
"""Where a run folder keeps a city that was given as an object, not as a data set."""


def list_scenarios() -> list[str]:
    """Names of the bundled scenarios."""
    return sorted(path.stem for path in SCENARIOS.rglob("*.yaml"))


def scenario_file(scenario: str | Path) -> Path:
    """The file of a scenario: a path given by the user wins over a bundled name."""
    path = Path(scenario)
    if path.exists():
        return path
    found = sorted(SCENARIOS.rglob(f"{scenario}.yaml"))
    return found[0] if found else path


class Run:
    """A finished run: what was asked, what happened, who was served, and why."""

    def __init__(self, stored: StoredRun) -> None:
        self.stored = stored
        self.folder = stored.folder
        self.summary: Mapping[str, Any] = stored.summary
        self.journal = stored.journal

    def __repr__(self) -> str:
        return f"<Run {self.folder}: {self.status}, {len(self.journal)} events>"

    @property
    def status(self) -> str:
        """`done`, `interrupted`, `failed` or `killed`."""
        return str(self.summary["status"])

    @property
    def events(self) -> pd.DataFrame:
        """The journal as a frame: `event, t_s, lifeline, component, kind, value, cause, rule, text_id`."""
        return self.journal.frame()

    @property
    def service(self) -> pd.DataFrame:
        """Service over time: `t_s, lifeline, zone, served, demand` (zone "" is the whole network)."""
        import pandas as pd

        return pd.DataFrame(self.stored.service())

    @property
    def expectations(self) -> pd.DataFrame:
        """One row per expectation with its verdict, margin and evidence."""
        import pandas as pd

        return pd.DataFrame(list(self.summary.get("expectations", [])))

    @property
    def city(self) -> City:
        """The city the run was made on, read again from where it was (the run folder keeps made-up ones)."""
        place = str(self.stored.request["city"])
        return load_city(self.folder / OWN_CITY if place == OWN_CITY else place)

    def results(self, lifeline: str, quantity: str) -> pd.DataFrame:
        """A result over time: one row per solve (index `t_s`), one column per component id.

        `quantity` is a result column such as `head_m` or `flow_m3s`.
        """
        import pandas as pd

        times, columns = self.stored.results(lifeline)
        found = [name for name in columns if name.split(".", 1)[1] == quantity or name == quantity]
        if not found:
            known = ", ".join(sorted({name.split(".", 1)[1] for name in columns}))
            raise KeyError(f"{quantity!r} is not among {known}")
        network = self.city.networks[lifeline]
        ids = network.ids(found[0].split(".", 1)[0])
        return pd.DataFrame(columns[found[0]], index=pd.Index(times, name="t_s"), columns=ids)

    def why(self, component: str, t_s: float | None = None) -> tuple[Event, ...]:
        """The chain of causes of the last event about a component (up to `t_s`), back to its root."""
        from twin.analysis.causes import why

        return tuple(why(self.journal, component, t_s))

    def report(self, path: str | Path | None = None) -> Path:
        """Write the report, one self-contained HTML file, and return its path."""
        from twin.views.report import write_report

        target = Path(path) if path is not None else self.folder / "report.html"
        write_report(self.stored, self.city, target)
        return target


def open_run(folder: str | Path) -> Run:
    """The run in a folder; one that was killed is sealed first."""
    return Run(open_folder(Path(folder)))


def run(
    scenario: str | Path | Scenario,
    city: str | Path | model.City | None = None,
    *,
    seed: int | None = None,
    variant: str | None = None,
    overrides: Sequence[str] = (),
    out: str | Path | None = None,
    overwrite: bool = False,
    strict: bool = False,
    progress: Progress | None = None,
) -> Run:
    """Run a scenario on a city and return the finished run.

    Parameters
    ----------
    scenario
        A file, the name of a bundled one, or a scenario read before.
    city
        A data set folder, a bundled name or a city; None: the one that the scenario names.
    seed, variant, overrides
        Changes to the scenario: its seed, a named variant, `key=value` settings.
    out
        The run folder; None: `runs/<scenario>-<n>`.
    progress
        Called with (run time, end) as the run goes on.

    Raises
    ------
    ScenarioError, DatasetError
        Where the input cannot be used; nothing was written.
    RunError
        Where the run could not go on; its folder keeps everything up to then.
    """
    from twin.drills.exercise import Exercise
    from twin.drills.resolver import in_city

    asked = read_scenario(scenario, variant, overrides)
    place = city if city is not None else asked.city
    loaded = load_city(place)
    asked = in_city(asked, loaded)
    findings = check_scenario(asked, loaded)
    if bad := blocking(findings, strict=strict):
        raise errors.ScenarioError(_("{name} cannot be run", name=asked.title), bad)
    name = Path(scenario).stem if isinstance(scenario, str | Path) else "scenario"
    folder = Path(out) if out is not None else _free_folder(name)
    request = _request(asked, name, place, loaded, seed, variant, overrides)
    writer = RunWriter(folder, request, overwrite=overwrite)
    try:
        if isinstance(place, model.City):
            save_city(loaded, folder / OWN_CITY)
        exercise = Exercise(asked, loaded, sink=writer, seed=seed)
        _play(writer, exercise, loaded, findings, name, progress)
    except OSError as error:
        reason = told(error)
        raise errors.RunError(
            _("{folder} cannot be written any more ({reason})", folder=str(folder), reason=reason)
        ) from error
    finally:
        writer.close()
    return open_run(folder)


def _play(
    writer: RunWriter,
    exercise: Exercise,
    city: City,
    findings: Sequence[Finding],
    name: str,
    progress: Progress | None,
) -> None:
    """Play to the end, or to where it cannot go on, and seal the run folder."""
    try:
        with between_events(progress) as watched:
            status = exercise.run(watched)
    except errors.TwinError:
        _seal(writer, exercise, "failed", city, findings, name)
        raise
    _seal(writer, exercise, status, city, findings, name)


def _seal(
    writer: RunWriter, exercise: Exercise, status: str, city: City, findings: Sequence[Finding], name: str
) -> None:
    summary = exercise.summary(status)
    summary["scenario"]["name"] = name
    summary["versions"] = versions()
    summary["findings"] = [finding.record() for finding in findings]
    writer.seal(summary)
    amend(writer.folder, {"resilience": _resilience(open_folder(writer.folder), city)})


def _resilience(stored: StoredRun, city: City) -> dict[str, Any]:
    from twin.analysis import resilience, service
    from twin.views.measures import consumers

    end = float(stored.summary["end_s"])
    curves = service.curves(stored.service(), end)
    cut = resilience.interruptions(service.outages(stored.journal, end), consumers(stored, city))
    return resilience.record(map(resilience.resilience, curves), cut)


def _free_folder(name: str) -> Path:
    number = 1
    while (RUNS / f"{name}-{number}").exists():
        number += 1
    return RUNS / f"{name}-{number}"


def _request(
    scenario: Scenario,
    name: str,
    place: str | Path | model.City,
    city: City,
    seed: int | None,
    variant: str | None,
    overrides: Sequence[str],
) -> dict[str, Any]:
    return {
        "scenario": name,
        "title": scenario.title,
        "city": _place(place),
        "city_version": city.manifest.version,
        "city_tables": dict(sorted(city.manifest.checksums.items())),
        "seed": scenario.seed if seed is None else seed,
        "variant": variant or "",
        "overrides": list(overrides),
        "offset_s": (scenario.start.second_of_day - city.manifest.clock_s) % 86_400,
    }


def _place(city: str | Path | model.City) -> str:
    """How a run names its city: a bundled name, or an absolute path that holds from any folder."""
    if isinstance(city, model.City):
        return OWN_CITY
    return Path(city).resolve().as_posix() if Path(city).exists() else str(city)


def read_scenario(
    scenario: str | Path | Scenario, variant: str | None = None, overrides: Sequence[str] = ()
) -> Scenario:
    """The scenario in a file or the bundled one of this name, with a variant and settings laid over it."""
    from twin.drills.reader import read_scenario as read
    from twin.drills.schema import Scenario

    if isinstance(scenario, Scenario):
        return scenario
    file = scenario_file(scenario)
    if misspelt := near(file, list_scenarios()):
        raise errors.ScenarioError(_("{file} is not a scenario that can be used", file=str(file)), misspelt)
    return read(file, [variant] if variant else [], overrides)


def check_scenario(scenario: Scenario, city: City) -> list[Finding]:
    """What does not fit between a scenario and a city."""
    from twin.drills.city_check import check_against
    from twin.drills.resolver import CityResolver, in_city

    return list(check_against(in_city(scenario, city), CityResolver(city)))


def versions() -> dict[str, str]:
    """Versions of everything that numbers may depend on."""
    names = ("lifeline-twin", "numpy", "scipy", "numba", "qdldl", "power-grid-model", "simpy", "pyarrow")
    return {"python": platform.python_version()} | {name: version(name) for name in names}
