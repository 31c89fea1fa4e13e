"""`twin solve`: the state of one network at one instant."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twin.cli import kernels, names, screen, times, wait
from twin.cli.boundary import FAILED
from twin.cli.settings import settings
from twin.text import N_, Message, _

if TYPE_CHECKING:
    import pandas as pd

HELP = N_("Solve one network of a city at one instant and print every component.")


def solve(
    city: names.CityName,
    lifeline: names.LifelineName,
    at: names.At = None,
    csv: Annotated[
        Path | None,
        typer.Option("--csv", "--output", "-o", help=N_("Write the table to this CSV file; - prints it.")),
    ] = None,
) -> int:
    """Solve and print; 3 where the solve failed."""
    from twin import api
    from twin.lifelines.frame import solution_frame
    from twin.physics.solution import Outcome

    loaded = api.load_city(city, strict=settings().strict)
    at_s = times.seconds(at, loaded.manifest.clock_s)
    with wait.working(_("Solving {name}", name=lifeline)), kernels.watched():
        solution = api.solve(loaded, lifeline, at_s)
    frame = solution_frame(loaded.networks[lifeline], solution)
    if csv == Path("-"):
        typer.echo(_text(frame), nl=False)
    elif csv is not None:
        _write(frame, csv)
        screen.say(_("Table: {path}", path=csv))
    elif settings().json:
        screen.data(frame.to_dict("records"))
    else:
        numbers = [index for index, kind in enumerate(frame.dtypes) if kind.kind == "f"]
        screen.table(_cells(frame), list(frame.columns), numbers=numbers)
    if solution.outcome is not Outcome.CONVERGED:
        reason = Message(solution.reason, dict(solution.params))
        screen.note(_("outcome {outcome}: {reason}", outcome=solution.outcome, reason=reason))
    return FAILED if solution.outcome is Outcome.FAILED else 0


def _write(frame: pd.DataFrame, path: Path) -> None:
    from twin.io.files import write_text

    write_text(path, _text(frame))


def _text(frame: pd.DataFrame) -> str:
    from twin.io.tables import csv_text

    return csv_text({str(name): frame[name].to_numpy() for name in frame.columns})


def _cells(frame: pd.DataFrame) -> list[tuple[str, ...]]:
    return [tuple(_cell(value) for value in row) for row in frame.itertuples(index=False)]


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "" if value != value else f"{value:.6g}"  # noqa: PLR0124 (NaN)
    return str(value)
