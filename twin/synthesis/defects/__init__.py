"""Defects with labels: what is planted, what follows from it, and what errors of measurement make.

For every rule there is a function that plants it. What a planted defect brings about under other rules is
found by small evaluators of our own over the survey before and after; nothing of the census is imported.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from numpy.random import Generator

from twin.synthesis.defects import present_attributes, present_joints, present_topology
from twin.synthesis.defects.garden import Garden, Label
from twin.synthesis.defects.plant_cells import CELLS
from twin.synthesis.defects.plant_files import g01
from twin.synthesis.defects.plant_rows import ROWS
from twin.synthesis.defects.plant_shapes import SHAPES
from twin.synthesis.defects.present_crossings import Solids, conflicts
from twin.synthesis.defects.view import View
from twin.synthesis.survey_tables import TABLES, Draft, Mask, Rows

LEAST = 30
"""Defects of each row rule, where there is room."""
FILES = 0.4
"""Share of the files that get a defect of their own."""
RULES = {**SHAPES, **ROWS, **CELLS}
"""The planting function of every row rule, in the order of planting."""


def plant(draft: Draft, rate: float, rng: Generator) -> tuple[Draft, pd.DataFrame]:
    """A survey with defects, and every violation in it.

    Parameters
    ----------
    draft
        The survey without defects; it is not changed.
    rate
        Share of the rows that get a defect; 0 for none at all.
    rng
        Source of where and what.

    Returns
    -------
    The survey, and `rule,table,id,origin` of every violation: `planted`, `consequence` of something planted,
    or `noise` (there before anything was planted).
    """
    before = View(draft)
    solids = Solids(before)
    noise = dict(_present(before))
    near = conflicts(solids)
    found = set(_labels(before, noise)) | _crossings(before, near)
    if rate == 0:
        return draft, _table(dict.fromkeys(found, "noise"))
    garden = Garden(draft.copy(), before, _spoiled(noise, near), rng)
    rows = sum(len(draft.table(table)["id"]) for table in TABLES)
    count = max(LEAST, round(rate * rows / len(RULES)))
    for function in RULES.values():
        function(garden, count)
    g01(garden, FILES)
    changed, origin = garden.finish()
    after = View(changed)
    still = set(_labels(after, dict(_present(after))))
    still |= _crossings(after, _conflicts_after(Solids(after), solids, origin["lines"], near))
    origins = {label: "noise" if label in found else "consequence" for label in sorted(still)}
    return changed, _table(origins | dict.fromkeys(garden.labels, "planted"))


def _present(view: View) -> Iterator[tuple[tuple[str, str], Mask]]:
    """The rows that break each rule, by rule and table (without G01, C01 and C02)."""
    for family in (present_attributes, present_joints, present_topology):
        for rule, table, mask in family.present(view):
            yield (rule, table), mask


def _labels(view: View, present: dict[tuple[str, str], Mask]) -> Iterator[Label]:
    for (rule, table), mask in present.items():
        yield from ((rule, table, str(name)) for name in view.draft.table(table)["id"][mask])


def _crossings(view: View, near: pd.DataFrame) -> set[Label]:
    names = view.lines["id"]
    return {
        (str(rule), "lines", str(names[row]))
        for side in ("one", "two")
        for rule, row in zip(near["rule"], near[side], strict=True)
    }


def _spoiled(noise: dict[tuple[str, str], Mask], near: pd.DataFrame) -> Iterator[tuple[str, Rows]]:
    """Rows that break a rule before anything is planted."""
    for (_, table), mask in noise.items():
        yield table, np.flatnonzero(mask)
    for side in ("one", "two"):
        yield "lines", near[side].to_numpy(dtype=np.intp)


def _conflicts_after(now: Solids, then: Solids, origin: Rows, near: pd.DataFrame) -> pd.DataFrame:
    """Lines too near each other, judged again only where something has changed; `origin`: row before."""
    kept = origin >= 0
    touched = np.ones(len(origin), dtype=np.bool_)
    touched[kept] = False
    for new, old in zip(now.signature(), then.signature(), strict=True):
        differs = _differs(new[kept], old[origin[kept]])
        touched[np.flatnonzero(kept)[differs]] = True
    row_now = np.full(len(then.use), -1, dtype=np.intp)
    row_now[origin[kept]] = np.flatnonzero(kept)
    one, two = (row_now[near[side].to_numpy(dtype=np.intp)] for side in ("one", "two"))
    same = (one >= 0) & (two >= 0) & ~touched[one] & ~touched[two]
    old_pairs = pd.DataFrame({"rule": near["rule"].to_numpy()[same], "one": one[same], "two": two[same]})
    return pd.concat([old_pairs, conflicts(now, touched)], ignore_index=True)


def _differs(new: npt.NDArray[Any], old: npt.NDArray[Any]) -> Mask:
    if new.dtype.kind == "f":
        unequal = ~((new == old) | (np.isnan(new) & np.isnan(old)))
        return np.asarray(unequal.any(axis=1) if unequal.ndim > 1 else unequal)
    return np.asarray(new != old, dtype=np.bool_)


def _table(origins: dict[Label, str]) -> pd.DataFrame:
    rows = [(*label, origin) for label, origin in sorted(origins.items())]
    return pd.DataFrame(rows, columns=["rule", "table", "id", "origin"], dtype=object)
