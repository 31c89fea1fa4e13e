"""`twin census mask`: a city whose topology stays and whose places and secrets do not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twin.cli import names, screen, wait
from twin.cli.settings import settings
from twin.text import N_, _

if TYPE_CHECKING:
    from twin.census.mask import Claim, Masked

HELP = N_("Mask a city for sharing: topology kept, places and secrets not. It replaces no approval.")


def mask(
    city: Annotated[
        str,
        typer.Argument(
            metavar="CITY", help=N_("A city folder or a bundled name."), autocompletion=names.cities
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help=N_("The folder of the masked city."))],
    policy: Annotated[
        Path | None,
        typer.Option("--policy", metavar="FILE", help=N_("What masking does (default: the bundled policy).")),
    ] = None,
    key_file: Annotated[
        Path | None,
        typer.Option(
            "--key-file",
            metavar="FILE",
            help=N_("Keep the key here, on the classified side: one key gives equal ids in all deliveries."),
        ),
    ] = None,
    ledger: Annotated[
        Path | None,
        typer.Option(
            "--ledger", metavar="FILE", help=N_("What was exported so far (default: the user's own ledger).")
        ),
    ] = None,
    approval: Annotated[
        Path | None,
        typer.Option(
            "--approval", metavar="FILE", help=N_("The record of an approval for more area than the limit.")
        ),
    ] = None,
    operator: Annotated[str, typer.Option("--operator", help=N_("Who masks, for the audit record."))] = "",
    approver: Annotated[str, typer.Option("--approver", help=N_("Who is responsible, for the record."))] = "",
    at: Annotated[
        str, typer.Option("--at", metavar="TIME", help=N_("The time of the audit record (default: now)."))
    ] = "",
    overwrite: names.Overwrite = False,
) -> None:
    """Mask, prove, attack, record; 2 where it is refused, 3 where the proof fails."""
    from twin import api

    with wait.progress(_("Masking {name}", name=city)) as bar:
        made = api.mask_city(
            city,
            output,
            policy=policy,
            key_file=key_file,
            ledger=ledger,
            approval=approval,
            operator=operator,
            approver=approver,
            at=at,
            overwrite=overwrite,
            report=bar,
        )
    if settings().json:
        screen.data(_record(made))
        return
    _show(made)
    screen.say(_("Written: {path}", path=output))


def _record(made: Masked) -> dict[str, Any]:
    return {
        "written": str(made.folder),
        "record": dict(made.record),
        "claims": [claim.record() for claim in made.claims],
        "residuals": [vars(each) for each in made.residuals],
    }


def _show(made: Masked) -> None:
    """What was proven, what an attacker is left with, how much area it is, and what it does not replace."""
    from twin.census.mask import attack, proof

    screen.table(
        [(proof.LABELS[claim.name], claim.layer, *_shown(claim), _("kept") if claim.holds else _("lost"))
         for claim in made.claims],
        (_("claim"), _("layer"), _("in the city"), _("in the masked one"), ""),
    )  # fmt: skip
    rows = [
        (
            attack.LABELS[each.fit],
            each.points,
            f"{each.rms_m:.2f}",
            f"{each.median_m:.2f}",
            f"{each.largest_m:.2f}",
        )
        for each in made.residuals
    ]
    heads = (_("attack"), _("known places"), _("rms m"), _("median m"), _("largest m"))
    screen.table(rows, heads, numbers=(1, 2, 3, 4))
    record = made.record
    screen.say(
        _(
            "strain {strain:.2%}; floor {affine:.1e} (affine), {pieces:.1e} (pieces) of {extent:.0f} m",
            strain=record["strain"],
            affine=record["floor"]["affine"],
            pieces=record["floor"]["piecewise_affine"],
            extent=record["floor"]["extent_m"],
        )
    )
    area = record["area_km2"]
    screen.say(
        _(
            "area {own:.2f} km2, cumulative {all:.2f} km2",
            own=area["contiguous"],
            all=area["cumulative"],
        )
    )
    if removed := record["removed"]["rows"]:
        screen.table(sorted(removed.items()), (_("taken out"), _("rows")), numbers=(1,))
    screen.say(_("Masking does not replace a legal declassification or its approval (不替代审批)."))


def _shown(claim: Claim) -> tuple[str, str]:
    """Both sides of a claim in a few words."""
    before, after = (_words(value) for value in (claim.before, claim.after))
    return before, after


def _words(value: Any) -> str:
    if not isinstance(value, dict):
        return str(value)
    parts = (f"{each:.2g}" if isinstance(each, float) else str(each) for each in value.values())
    return ", ".join(parts)
