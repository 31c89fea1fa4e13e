"""Synthetic cities: a census of any size from a seed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any


def synth(
    area_km2: float,
    seed: int = 1,
    defects: float = 0.0,
    out: Path | str = "raw",
    *,
    overwrite: bool = False,
    report: Callable[[float], None] | None = None,
) -> dict[str, Any]:
    """Write the census of a synthetic city as a surveyor delivers it.

    Parameters
    ----------
    area_km2, seed
        Size of the city and what it grows from; equal numbers give equal bytes.
    defects
        Share of the rows that get a defect; `defects.csv` lists every violation there is.
    out
        Folder to write.
    overwrite
        Whether a synthetic survey that is there may be replaced.
    report
        Called with the share of the work that is done.

    Returns
    -------
    dict
        `folder`, `points`, `lines`, `violations` by origin.

    Raises
    ------
    twin.errors.InputError
        Where a number is out of its range, or the folder is not to be written.
    """
    from twin.synthesis.deliver import deliver

    tell = report or (lambda share: None)
    made = deliver(area_km2, seed, Path(out), defects=defects, overwrite=overwrite, report=tell)
    return made.record()
