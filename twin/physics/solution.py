"""How a solve ends: the result arrays, the outcome with its sentence, and the work it took."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Outcome(StrEnum):
    """The ways a solve can end."""

    CONVERGED = "converged"
    FALLBACK = "fallback"
    FAILED = "failed"


@dataclass(frozen=True)
class Work:
    """Exact, noise-free counters of one solve; they add up over a run and are compared in CI."""

    solves: int = 0
    analyses: int = 0
    factorisations: int = 0
    iterations: int = 0

    def __add__(self, other: Work) -> Work:
        return Work(
            self.solves + other.solves,
            self.analyses + other.analyses,
            self.factorisations + other.factorisations,
            self.iterations + other.iterations,
        )


@dataclass(frozen=True)
class Solution:
    """The instantaneous state of one network, in SI units.

    Attributes
    ----------
    outcome, reason
        How the solve ended. `reason` is a message id of `twin.text` with `params`; empty when converged.
    tables
        Result columns per component table, each of the table's length: `tables["nodes"]["head_m"]`.
    share
        Per component table, the share of its function each component gives, 0 to 1: a consumer's
        supplied over required (1 where nothing is required and supply is there), a carrier's 1 when it
        is in service and reached from a source.
    required, supplied
        Demand and what is delivered of it, per row of the declaration's consumer table
        (m3/s, kg/s or W; zeros where a row is no consumer).
    memory
        What the binding keeps for a warm start and for `advance`; opaque to everyone else.
    """

    outcome: Outcome
    tables: Mapping[str, Mapping[str, NDArray[np.generic]]]
    share: Mapping[str, Floats]
    required: Floats
    supplied: Floats
    work: Work = Work()
    reason: str = ""
    params: Mapping[str, object] = field(default_factory=dict)
    memory: object = field(default=None, repr=False)
