"""What the shell may complete: cities, scenarios, runs, lifelines; bundled names and paths."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from twin.text import N_


def _paths(incomplete: str, wanted: Callable[[Path], bool]) -> Iterator[str]:
    """Paths that go on from `incomplete` and are wanted, or are folders on the way."""
    typed = Path(incomplete)
    folder = typed if incomplete.endswith(("/", "\\")) or not incomplete else typed.parent
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or not str(path).startswith(incomplete.removeprefix("./")):
            continue
        if wanted(path):
            yield path.as_posix()
        elif path.is_dir():
            yield f"{path.as_posix()}/"


def _beginning(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]


def _is_city(path: Path) -> bool:
    return (path / "manifest.yaml").is_file()


def _is_run(path: Path) -> bool:
    return (path / "run.json").is_file()


def _is_scenario(path: Path) -> bool:
    return path.suffix in (".yaml", ".yml", ".xlsx") and path.name != "manifest.yaml"


def cities(incomplete: str) -> list[str]:
    """Bundled cities and city folders."""
    from twin import api

    return [*_beginning(api.list_cities(), incomplete), *_paths(incomplete, _is_city)]


def scenarios(incomplete: str) -> list[str]:
    """Bundled scenarios and scenario files."""
    from twin import api

    return [*_beginning(api.list_scenarios(), incomplete), *_paths(incomplete, _is_scenario)]


def runs(incomplete: str) -> list[str]:
    """Run folders: those under `runs/`, and paths."""
    made = [path.as_posix() for path in sorted(Path("runs").glob("*")) if _is_run(path)]
    found = [*_beginning(made, incomplete), *_paths(incomplete, _is_run)]
    return list(dict.fromkeys(found))


def cities_and_scenarios(incomplete: str) -> list[str]:
    """What can be checked."""
    return list(dict.fromkeys([*cities(incomplete), *scenarios(incomplete)]))


def cities_and_runs(incomplete: str) -> list[str]:
    """What can be verified."""
    return list(dict.fromkeys([*cities(incomplete), *runs(incomplete)]))


def everything(incomplete: str) -> list[str]:
    """What can be shown."""
    return list(dict.fromkeys([*cities_and_scenarios(incomplete), *runs(incomplete)]))


def lifelines(incomplete: str) -> list[str]:
    """Registered lifelines."""
    from importlib.metadata import entry_points

    return _beginning(sorted(point.name for point in entry_points(group="twin.lifelines")), incomplete)


CityName = Annotated[
    str,
    typer.Argument(
        metavar="CITY", help=N_("A city data set, or the name of a bundled one."), autocompletion=cities
    ),
]
LifelineName = Annotated[
    str, typer.Argument(metavar="LIFELINE", help=N_("One of its lifelines."), autocompletion=lifelines)
]
RunFolder = Annotated[
    Path, typer.Argument(metavar="RUN", help=N_("The folder of a run."), autocompletion=runs)
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help=N_("Replace what is there."))]
At = Annotated[
    str | None,
    typer.Option("--at", metavar="T", help=N_("The instant: '6 h', 'T+6 h', '17:30' or seconds.")),
]
