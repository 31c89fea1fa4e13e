"""`twin verify`: the user's own network in the reference engine of its field."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twin.cli import kernels, names, screen, times, wait
from twin.cli.boundary import DIFFERS
from twin.cli.settings import settings
from twin.cli.verbs.engines import Engines
from twin.errors import InputError
from twin.text import N_, Message, _

if TYPE_CHECKING:
    from twin.verify.comparison import Verdict

HELP = N_("Compare a network, component by component, with the reference engine of its field.")
VERDICTS = {"agrees": N_("agrees"), "differs": N_("differs"), "incomplete": N_("incomplete")}


def verify(
    what: Annotated[
        str,
        typer.Argument(
            metavar="CITY|RUN",
            help=N_("A city or the folder of a run."),
            autocompletion=names.cities_and_runs,
        ),
    ],
    lifeline: Annotated[
        str | None,
        typer.Argument(
            help=N_("One lifeline; all of a run where it is left out."), autocompletion=names.lifelines
        ),
    ] = None,
    at: names.At = None,
    engines: Engines = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help=N_("Write the verdicts to this JSON file."))
    ] = None,
    worst: Annotated[
        bool, typer.Option("--worst", help=N_("List the ten worst components of quantities that agree too."))
    ] = False,
) -> int:
    """Compare and judge: 0 only where every component was compared and is within tolerance."""
    is_run = (Path(what) / "run.json").is_file()
    if lifeline is None and not is_run:
        raise InputError(_("name a lifeline of {city}: twin verify {city} LIFELINE", city=what))
    with wait.working(_("Asking the reference engine")), kernels.watched():
        found = _of_run(what, lifeline, at, engines) if is_run else _of_city(what, str(lifeline), at, engines)
    records = [verdict.record() for verdict in found]
    if output is not None:
        from twin.io.files import write_text

        write_text(output, json.dumps(records, ensure_ascii=False, indent=1) + "\n")
    if settings().json:
        screen.data(records)
    else:
        _show(found, listed=[verdict for verdict in found if worst or not verdict.good])
    return 0 if found and all(verdict.good for verdict in found) else DIFFERS


def _of_city(what: str, lifeline: str, at: str | None, engines: Path | None) -> Sequence[Verdict]:
    from twin import api
    from twin.verify import environment, verdicts

    city = api.load_city(what, strict=settings().strict)
    at_s = times.seconds(at, city.manifest.clock_s)
    return verdicts.of_city(city, lifeline, at_s, environment.place(engines))


def _of_run(what: str, lifeline: str | None, at: str | None, engines: Path | None) -> Sequence[Verdict]:
    from twin import api
    from twin.verify import environment, verdicts

    run = api.open_run(what)
    chosen = run.stored.lifelines() if lifeline is None else (lifeline,)
    return verdicts.of_run(run.stored, run.city, chosen, times.seconds(at), environment.place(engines))


def _show(found: Sequence[Verdict], listed: Sequence[Verdict]) -> None:
    headings = (
        _("network"),
        _("quantity"),
        _("compared"),
        _("largest"),
        _("95 %"),
        _("tolerance"),
        _("verdict"),
        _("largest at"),
    )
    rows = [
        (
            verdict.lifeline,
            verdict.quantity.name,
            f"{verdict.n_compared}/{verdict.n_total}",
            _amount(verdict.maximum, verdict),
            _amount(verdict.p95, verdict),
            _amount(verdict.quantity.tolerance, verdict),
            Message(VERDICTS[verdict.verdict]),
            verdict.worst[0].component if verdict.worst else "",
        )
        for verdict in found
    ]
    screen.table(rows, headings, numbers=(2, 3, 4, 5))
    for remark in dict.fromkeys(str(verdict.remark) for verdict in found if verdict.remark):
        screen.say(remark)
    for verdict in listed:
        screen.say("")
        screen.say(
            _("{lifeline}, {quantity}: the worst", lifeline=verdict.lifeline, quantity=verdict.quantity.name)
        )
        worst = [
            (
                f"  {pair.component}",
                f"{pair.ours:.8g}",
                f"{pair.theirs:.8g}",
                _amount(pair.difference, verdict),
            )
            for pair in verdict.worst
        ]
        screen.table(worst, ("", _("ours"), _("theirs"), _("difference")), numbers=(1, 2, 3))


def _amount(value: float, verdict: Verdict) -> str:
    return f"{value:.3g} {verdict.quantity.unit}".rstrip()
