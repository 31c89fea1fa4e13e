"""`twin bench`: speed beside peers, and what grew since a baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twin.cli import names, screen, wait
from twin.cli.boundary import DIFFERS
from twin.cli.settings import settings
from twin.cli.verbs.engines import Engines
from twin.errors import InputError
from twin.text import N_, _

if TYPE_CHECKING:
    from twin.bench.baseline import Growth
    from twin.bench.cases import Case, Wish
    from twin.bench.measure import Row

HELP = N_("Measure speed, work and memory; with --baseline, exit code 1 where something grew.")


def bench(
    only: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID]...", help=N_("Which benchmarks ('drill-*'); all without.")),
    ] = None,
    city: Annotated[
        str | None,
        typer.Option("--city", help=N_("Measure a day of this city."), autocompletion=names.cities),
    ] = None,
    baseline: Annotated[Path | None, typer.Option("--baseline", help=N_("Compare with this file."))] = None,
    write_baseline: Annotated[
        Path | None, typer.Option("--write-baseline", help=N_("Write or renew this baseline file."))
    ] = None,
    counters_only: Annotated[
        bool, typer.Option("--counters-only", help=N_("Count work; measure neither time nor memory."))
    ] = False,
    history: Annotated[
        Path | None, typer.Option("--history", help=N_("Append a row each to this CSV file."))
    ] = None,
    junit: Annotated[Path | None, typer.Option("--junit", help=N_("Write the result as JUnit XML."))] = None,
    engines: Engines = None,
) -> int:
    """Measure, print, compare."""
    from twin.bench import baseline as base
    from twin.bench.cases import Wish

    before = base.read_baseline(baseline) if baseline else {}
    wish = Wish(city or "", engines)
    chosen = _chosen(only or (["city-day"] if city else []), wish)
    rows, left_out = _measured(chosen, wish, counters_only=counters_only)
    grown = [
        item for row in rows if row.id in before for item in base.growth(row, before[row.id], chosen[row.id])
    ]
    if history:
        base.append_history(history, rows)
    if write_baseline:
        base.write_baseline(write_baseline, rows)
    if junit:
        base.write_junit(junit, rows, grown, left_out)
    _show(rows, grown, left_out)
    if baseline:
        _remark(rows, before)
    return DIFFERS if grown else 0


def _chosen(only: Sequence[str], wish: Wish) -> dict[str, Case]:
    import fnmatch

    from twin.bench.cases import cases

    known = cases(wish)
    found: dict[str, Case] = {}
    for pattern in only or known:
        matching = fnmatch.filter(known, pattern)
        if not matching:
            raise InputError(
                _("there is no benchmark {name}; use one of {known}", name=pattern, known=", ".join(known))
            )
        found |= {name: known[name] for name in matching}
    return found


def _measured(
    chosen: Mapping[str, Case], wish: Wish, *, counters_only: bool
) -> tuple[list[Row], dict[str, object]]:
    from twin.bench import measure
    from twin.bench.cases import UnavailableError

    rows: list[Row] = []
    left_out: dict[str, object] = {}
    passes = sum(case.repeats for case in chosen.values())
    done = 0
    with wait.progress(_("Measuring")) as bar:

        def step() -> None:
            nonlocal done
            done += 1
            bar(done / passes)

        unit = None if counters_only else measure.calibration()
        for case in chosen.values():
            try:
                row = measure.measure(case, wish, unit, step) if unit else measure.count(case, wish)
            except UnavailableError as error:
                left_out[case.id] = error.args[0]
                continue
            rows.append(row)
    return rows, left_out


def _show(rows: Sequence[Row], grown: Sequence[Growth], left_out: Mapping[str, object]) -> None:
    if settings().json:
        screen.data(
            {
                "rows": [{**asdict(row), "ratio": row.ratio} for row in rows],
                "grown": [asdict(item) for item in grown],
                "left_out": left_out,
            }
        )
        return
    headings = (
        _("id"),
        _("size"),
        _("seconds"),
        _("peer"),
        _("its seconds"),
        _("ratio"),
        _("peak MB"),
        _("threads"),
        _("growth"),
    )
    screen.table(
        [
            (
                row.id,
                row.size,
                f"{row.seconds:.4f}",
                row.peer,
                f"{row.peer_seconds:.4f}" if row.peer else "",
                f"{row.ratio:.2f}" if row.peer else "",
                f"{row.peak_mb:.0f}" if row.peak_mb else "",
                row.threads,
                f"n^{row.exponent:.2f}" if row.exponent else "",
            )
            for row in rows
        ],
        headings,
        numbers=(1, 2, 4, 5, 6, 7, 8),
    )
    for name, reason in left_out.items():
        screen.note(_("{id} is left out: {reason}", id=name, reason=reason))
    if grown:
        screen.say("")
        screen.table(
            [
                (item.id, item.figure, f"{item.before:g}", f"{item.now:g}", f"{item.allowed:g}")
                for item in grown
            ],
            (_("what grew"), _("figure"), _("baseline"), _("now"), _("allowed")),
            numbers=(2, 3, 4),
        )


def _remark(rows: Sequence[Row], before: Mapping[str, Mapping[str, object]]) -> None:
    from twin.bench.baseline import shrunk

    for row in rows:
        if row.id not in before:
            screen.note(_("{id} is not in the baseline; add it with --write-baseline", id=row.id))
        elif shrunk(row, before[row.id]):
            screen.note(_("{id} does less work than the baseline; renew it with --write-baseline", id=row.id))
