"""What the power-flow kernel is given and gives back: columns over buses [n] and links [m], SI units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.errors import SolveError
from twin.physics.solution import Outcome, Work

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]
Ints = NDArray[np.int32]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Topology:
    """Who is joined to whom.

    Attributes
    ----------
    n_buses
        Number of buses, n.
    start, end
        Bus index of each link's ends, int32[m].
    joint
        bool[m]: an ideal connection; its two buses are one while it is closed.
    """

    n_buses: int
    start: Ints
    end: Ints
    joint: Flags

    def __post_init__(self) -> None:
        if not self.start.shape == self.end.shape == self.joint.shape:
            raise SolveError("start, end and joint must have one entry for each link")
        for name in ("start", "end"):
            ends = getattr(self, name)
            if ends.size and (ends.min() < 0 or ends.max() >= self.n_buses):
                raise SolveError(f"{name} names a bus outside 0..{self.n_buses - 1}")

    @property
    def n_links(self) -> int:
        """Number of links, m."""
        return int(self.start.size)


@dataclass(frozen=True)
class Branches:
    """Electrical columns of the links, each complex[m]; joints have zeros and ratio 1.

    From the start: an ideal transformer of ratio `ratio` (start voltage over end voltage, V/V, with the
    phase shift as its angle), then on the end's voltage level the shunt `y_start_s`, the series impedance
    `z_ohm`, the shunt `y_end_s`.
    """

    z_ohm: Complexes
    y_start_s: Complexes
    y_end_s: Complexes
    ratio: Complexes


@dataclass(frozen=True)
class Operation:
    """What holds at the moment of a solve.

    Attributes
    ----------
    bus_on
        bool[n]: a bus that is off is dead, and what ends at it is open there.
    link_on
        bool[m]: closed or in service.
    power_va, current_va, impedance_va
        complex[n]: demand (generation negative) at rated voltage that stays constant, goes with the voltage,
        goes with its square.
    source_pu
        complex[n]: voltage that a source holds at the bus, 0 where there is none.
    """

    bus_on: Flags
    link_on: Flags
    power_va: Complexes
    current_va: Complexes
    impedance_va: Complexes
    source_pu: Complexes


@dataclass(frozen=True)
class Residuals:
    """How exact the answer is, measured on the answer itself.

    `balance_va` is the largest difference between what flows into a bus and what is drawn from it;
    `source_pu` the largest distance of a bus with a source from the voltage the source holds.
    """

    balance_va: float = 0.0
    source_pu: float = 0.0


@dataclass(frozen=True)
class Flow:
    """A solved state.

    Attributes
    ----------
    voltage_v
        complex[n], line to line; 0 where nothing is energised, NaN where it is unknown.
    energised
        bool[n]: a source reaches the bus.
    start_va, end_va
        complex[m]: power into the link at its start and at its end. Through a joint it follows from the
        balance of its buses; where joints form a ring it is shared as between equal resistances.
    demand_va, source_va
        complex[n]: what is drawn at the actual voltage, what a source gives.
    outcome, reason, params
        How the solve ended; `reason` is a message id.
    """

    voltage_v: Complexes
    energised: Flags
    start_va: Complexes
    end_va: Complexes
    demand_va: Complexes
    source_va: Complexes
    outcome: Outcome
    work: Work
    residuals: Residuals
    reason: str = ""
    params: Mapping[str, object] = field(default_factory=dict)


def check_columns(columns: Branches | Operation, sizes: Mapping[str, int]) -> None:
    """Raise `SolveError` where a column has not the size that `sizes` gives for its name (or for "")."""
    for item in fields(columns):
        array: NDArray[Any] = getattr(columns, item.name)
        size = sizes.get(item.name, sizes[""])
        if array.shape != (size,):
            raise SolveError(f"column {item.name} must have {size} entries, not {array.shape}")
