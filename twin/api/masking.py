"""Masked cities, as one asks for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from twin.api.cities import city_folder, load_city

if TYPE_CHECKING:
    from twin.census.mask import Masked
    from twin.model.city import City


def mask_city(
    city: str | Path | City,
    out: Path | str,
    *,
    policy: Path | str | None = None,
    key_file: Path | str | None = None,
    ledger: Path | str | None = None,
    approval: Path | str | None = None,
    operator: str = "",
    approver: str = "",
    at: str = "",
    overwrite: bool = False,
    report: Callable[[float], None] = lambda share: None,
) -> Masked:
    """Mask a city for sharing; it replaces no legal declassification and no approval.

    Parameters
    ----------
    city
        A city, its folder or a bundled name.
    out
        The folder to write; it appears whole or not at all.
    policy
        A YAML file laid over the bundled policy.
    key_file
        Where the key is kept (made where there is none, readable by its owner alone); none: the key is
        thrown away, and no later delivery can be joined with this one.
    ledger
        What was exported so far; none: the user's own ledger.
    approval
        The record of an approval for more area than the policy's limit.
    operator, approver, at
        For the audit record; `at` is a time in ISO 8601, empty for now.
    overwrite
        Whether a masked city at `out` may be replaced.
    report
        Told the share of the work that is done.

    Raises
    ------
    twin.errors.InputError
        Where the city is too small to hide, the area needs an approval, or a file cannot be used.
    twin.census.mask.ProofError
        Where the result would not keep what it must, or give away what it must not.
    """
    from twin.census.mask import Context, Places, default_ledger, mask, read_policy
    from twin.io.files import refuse
    from twin.text import _

    if isinstance(city, str | Path) and _overlaps(city_folder(city), Path(out)):
        raise refuse(
            "mask.place", out, _("is the true city, or lies in it or around it"), _("give another folder")
        )
    places = Places(
        out=Path(out),
        ledger=Path(ledger) if ledger else default_ledger(),
        key=Path(key_file) if key_file else None,
        approval=Path(approval) if approval else None,
    )
    return mask(
        load_city(city),
        read_policy(Path(policy) if policy else None),
        places,
        Context(operator, approver, at),
        overwrite=overwrite,
        report=report,
    )


def _overlaps(first: Path, second: Path) -> bool:
    one, two = first.resolve(), second.resolve()
    return one.is_relative_to(two) or two.is_relative_to(one)
