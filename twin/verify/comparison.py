"""Ours beside theirs: one verdict per quantity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.lifelines.reference import Compared
from twin.text import Message

Floats = NDArray[np.float64]
WORST = 10
AGREES, DIFFERS, INCOMPLETE = "agrees", "differs", "incomplete"


@dataclass(frozen=True)
class Pair:
    """One component's value here and there, and how far apart they are."""

    component: str
    ours: float
    theirs: float
    difference: float


@dataclass(frozen=True)
class Verdict:
    """How well one quantity agrees.

    `maximum` and `p95` are differences as `quantity` measures them: in its unit, or relative to the
    reference where `quantity.floor` is given. `worst` are the worst components, the worst first. `remark`
    says what is special about the engine's answer.
    """

    lifeline: str
    quantity: Compared
    n_total: int
    n_compared: int
    maximum: float
    p95: float
    worst: tuple[Pair, ...]
    remark: Message | None = None

    @property
    def verdict(self) -> str:
        """`agrees`, `differs`, or `incomplete` where a component could not be compared."""
        if self.maximum > self.quantity.tolerance:
            return DIFFERS
        return AGREES if self.n_compared == self.n_total else INCOMPLETE

    @property
    def good(self) -> bool:
        """Whether every component was compared and is within the tolerance."""
        return self.verdict == AGREES

    def record(self) -> dict[str, Any]:
        """The verdict as plain values."""
        return {
            "lifeline": self.lifeline,
            "quantity": self.quantity.name,
            "unit": self.quantity.unit,
            "n_total": self.n_total,
            "n_compared": self.n_compared,
            "max": self.maximum,
            "p95": self.p95,
            "worst": self.worst[0].component if self.worst else "",
            "tolerance": self.quantity.tolerance,
            "floor": self.quantity.floor,
            "verdict": self.verdict,
            "remark": str(self.remark or ""),
        }


def judge(lifeline: str, quantity: Compared, ids: Sequence[str], ours: Floats, theirs: Floats) -> Verdict:
    """The verdict on one quantity.

    A component counts as compared where both have a value, or neither has (cut off on both sides).

    Parameters
    ----------
    ids
        Full ids of the components, in the order of `ours` and `theirs` (n,); NaN: no value.
    """
    present, known = np.isfinite(ours), np.isfinite(theirs)
    both = present & known
    scale = 1.0 if quantity.floor is None else np.abs(theirs) + quantity.floor
    with np.errstate(invalid="ignore"):
        apart = np.where(both, np.abs(ours - theirs) / scale, 0.0)
    compared = both | ~(present | known)
    order = np.argsort(-apart, kind="stable")[:WORST]
    pairs = tuple(
        Pair(str(ids[row]), float(ours[row]), float(theirs[row]), float(apart[row]))
        for row in order
        if both[row]
    )
    largest = float(apart.max(initial=0.0))
    p95 = float(np.percentile(apart[both], 95)) if both.any() else 0.0
    return Verdict(lifeline, quantity, len(ours), int(compared.sum()), largest, p95, pairs)
