"""The benchmarks: what each one does, in one process, and what stands beside it."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twin.errors import InputError
from twin.text import N_, Message, _
from twin.verify import environment

DATA = "TWIN_DATA"
DAY_S = 86_400.0
WARM_UP = "pump-blackout"
VARIANT = "water=med,power=low,roads=high"
SCRIPTS = Path(__file__).parent / "scripts"


class UnavailableError(InputError):
    """A benchmark needs something that is not there; it is left out, and the reason is shown."""


@dataclass(frozen=True)
class Wish:
    """What the user asked of the benchmarks: a city of their own, where the engines are."""

    city: str = ""
    engines: Path | None = None


@dataclass(frozen=True)
class Outcome:
    """What one pass of a benchmark took.

    Attributes
    ----------
    seconds, cpu_s
        Wall time and processor time of the measured part.
    size
        What it worked on: components, events, modules.
    counters
        Exact work counters; equal on every machine with the same versions.
    elsewhere
        Whether the work was done in processes of its own, whose memory counts.
    exponent
        Exponent of time over size, fitted to several sizes; 0 where there was one size.
    """

    seconds: float
    cpu_s: float
    size: int
    counters: Mapping[str, int]
    elsewhere: bool = False
    exponent: float = 0.0


@dataclass(frozen=True)
class Case:
    """One benchmark.

    Attributes
    ----------
    id, what
        Its name and what it measures (a message id).
    measure
        One pass; raises `UnavailableError` where something is missing.
    peer, peer_name
        One pass of the peer, in seconds; None without a peer.
    repeats
        Passes; the median counts.
    slower, larger
        How far calibrated time and memory may grow before it is a failure, as shares.
    steepest
        Largest exponent of time over size.
    """

    id: str
    what: str
    measure: Callable[[Wish], Outcome]
    peer: Callable[[Wish], float] | None = None
    peer_name: str = ""
    repeats: int = 5
    slower: float = 0.5
    larger: float = 0.25
    steepest: float = math.inf


@contextmanager
def stopwatch() -> Iterator[list[float]]:
    """Wall and processor seconds of the block, in the list that it gives."""
    taken: list[float] = []
    wall, cpu = time.perf_counter(), time.process_time()
    yield taken
    taken += [time.perf_counter() - wall, time.process_time() - cpu]


def cases(wish: Wish) -> dict[str, Case]:
    """All benchmarks by id: the fixed ones, one per bundled drill, one for a city of the user's own."""
    from twin.bench import census

    fixed = [
        Case(
            "import-twin",
            N_("import twin, beside starting Python"),
            import_twin,
            _bare_python,
            "python",
            9,
            1.0,
        ),
        Case("events", N_("state changes with causes, beside bare SimPy"), events, _bare_simpy, "simpy"),
        Case("water-ky10-24h", N_("24 hours of the network ky10"), ky10, _epanet_ky10, "epanet", slower=0.6),
        Case(
            "micropolis-drill",
            N_("InfraRisk's micropolis, scenario track1"),
            micropolis,
            repeats=3,
            slower=0.6,
        ),
        *census.cases(),
    ]
    found = {case.id: case for case in fixed}
    for name in _bundled_drills():
        found[f"drill-{name}"] = Case(
            f"drill-{name}", N_("a bundled drill, from files to a sealed run folder"), _Drill(name), repeats=9
        )
    if wish.city:
        found["city-day"] = Case("city-day", N_("24 undisturbed hours of your city"), city_day, repeats=3)
    return found


def _bundled_drills() -> list[str]:
    from twin import api

    known = set(api.list_cities())
    return [name for name in api.list_scenarios() if api.read_scenario(name).city in known]


def import_twin(wish: Wish) -> Outcome:
    """`import twin` in a fresh interpreter, less the start of that interpreter."""
    counted = "import sys; import twin; print(sum(n.split('.')[0] == 'twin' for n in sys.modules))"
    modules = int(environment.call([sys.executable, "-c", counted]))
    before = os.times()
    with stopwatch() as taken:
        _start("import twin")
    after = os.times()
    cpu_s = after.children_user + after.children_system - before.children_user - before.children_system
    return Outcome(taken[0], cpu_s or taken[0], modules, {"modules": modules}, elsewhere=True)


def _start(statement: str) -> None:
    subprocess.run([sys.executable, "-c", statement], check=True)


def _bare_python(wish: Wish) -> float:
    with stopwatch() as taken:
        _start("pass")
    return taken[0]


EVENTS, PLACES = 20_000, 500


def events(wish: Wish) -> Outcome:
    """State changes at instants of their own: through the one door, journalled, settled, no network."""
    from twin.engine.coordinator import Coordinator
    from twin.engine.door import change
    from twin.engine.world import make_world

    city = _facilities(PLACES)
    world = make_world(city, seed=1)
    coordinator = Coordinator(world)
    refs = sorted(city.refs.values())

    def life(row: int) -> Iterator[Any]:
        for number in range(EVENTS // PLACES):
            yield world.env.timeout(1.0 + row / PLACES)
            change(world, refs[row], "failed", number % 2 == 0, kind="incident")
            coordinator.request()

    coordinator.start()
    for row in range(PLACES):
        world.env.process(life(row))  # type: ignore[arg-type]
    with stopwatch() as taken:
        world.env.run()
    return Outcome(taken[0], taken[1], EVENTS, work(world))


def _facilities(count: int) -> Any:
    from twin import api

    rows = [{"id": f"F{number:04d}", "kind": "hospital"} for number in range(count)]
    return api.City.from_graphs({}, name="events", facilities=rows)


def _bare_simpy(wish: Wish) -> float:
    """The same instants as bare SimPy processes that flip a flag and note it in a list."""
    return _script(sys.executable, "simpy_events.py", str(PLACES), str(EVENTS))


def _script(python: str, name: str, *arguments: str) -> float:
    """The seconds that a peer's standalone script prints."""
    return float(environment.call([python, str(SCRIPTS / name), *arguments]))


def work(world: Any) -> dict[str, int]:
    """The exact counters of a world, flat."""
    counters = world.counters
    found = {
        "events": len(world.journal),
        "instants": counters.instants,
        "rounds": counters.rounds,
        "state_writes": world.state.writes,
    }
    for name, done in sorted(counters.work.items()):
        found |= {f"{name}.{key}": value for key, value in vars(done).items()}
    return found


def day(city: Any) -> Outcome:
    """24 undisturbed hours of a city, in memory."""
    from twin.engine.coordinator import Coordinator
    from twin.engine.world import make_world

    def play() -> Any:
        world = make_world(city, seed=1)
        Coordinator(world).start()
        world.env.run(until=DAY_S)
        return world

    play()
    with stopwatch() as taken:
        world = play()
    return Outcome(taken[0], taken[1], len(city.refs), work(world))


def city_day(wish: Wish) -> Outcome:
    """24 undisturbed hours of the user's city."""
    from twin import api

    return day(api.load_city(wish.city))


def ky10(wish: Wish) -> Outcome:
    """24 hours of ky10: binding and running, without reading the file."""
    from twin.importers.formats import import_city

    return day(import_city("epanet", _ky10_file(wish))[0])


def _ky10_file(wish: Wish) -> Path:
    folder = environment.place(wish.engines)
    found = sorted(folder.glob("**/wntr/library/networks/ky10.inp")) if folder.is_dir() else []
    if not found:
        raise UnavailableError(_("ky10.inp comes with the reference engines: run 'twin engines install'"))
    return found[0]


def _epanet_ky10(wish: Wish) -> float:
    python = environment.interpreter(environment.place(wish.engines))
    return _script(str(python), "epanet_day.py", str(_ky10_file(wish)))


def micropolis(wish: Wish) -> Outcome:
    """InfraRisk's micropolis, imported once, scenario track1 from files to a sealed run folder."""
    from twin import api
    from twin.importers.formats import import_city

    source = Path(os.environ.get(DATA, "")) / "interdependent" / "infrarisk" / "micropolis"
    if not os.environ.get(DATA) or not source.is_dir():
        raise UnavailableError(_("micropolis is not in the folder that TWIN_DATA names"))
    variant = dict(part.split("=") for part in VARIANT.split(","))
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "micropolis"
        api.save_city(import_city("infrarisk", source, variant)[0], place)
        return _drill("micropolis-track1", place)


class _Drill:
    """One pass of a bundled drill."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, wish: Wish) -> Outcome:
        return _drill(self.name, None)


def _drill(name: str, city: Path | None) -> Outcome:
    """One pass with everything loaded and compiled: a small drill comes first, unmeasured."""
    from twin import api

    with tempfile.TemporaryDirectory() as folder:
        api.run(WARM_UP, out=Path(folder) / "warm-up")
        with stopwatch() as taken:
            run = api.run(name, city, out=Path(folder) / "run")
        size = len(run.city.refs)
        return Outcome(taken[0], taken[1], size, flat(run.summary["counters"]))


def flat(counters: Mapping[str, Any], prefix: str = "") -> dict[str, int]:
    """Nested counters with dotted names."""
    found: dict[str, int] = {}
    for name, value in counters.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = int(value)
    return found


def title(case: Case) -> Message:
    """What a benchmark measures, in the language in use."""
    return Message(case.what)
