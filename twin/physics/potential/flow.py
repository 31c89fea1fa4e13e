"""What the kernel gives back: heads, flows, statuses and how the solve ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from twin.physics.potential.network import Codes, Flags, Floats
from twin.physics.solution import Outcome, Work


class Status(IntEnum):
    """What a link does in the solution."""

    CLOSED = 0
    """Given closed, or a pump of speed 0."""
    OPEN = 1
    SHUT = 2
    """Closed by its own rule: check valve, link at a full tank, constant-power pump left without flow."""
    BEYOND_HEAD = 3
    """A pump that cannot deliver the head asked for; no flow."""
    BEYOND_FLOW = 4
    """A pump running beyond `q_max_m3s`."""
    UNREACHED = 5
    """In a part that no fixed head supplies; no flow."""


@dataclass(frozen=True)
class Residuals:
    """How exact the answer is, measured on the answer itself.

    `relative_change` is EPANET's sum |dq| / sum |q| of the last step; `head_error_m` the largest
    |loss(q) - dH| over links that carry flow and outlets between their bounds; `balance_m3s` the largest
    imbalance at a node.
    """

    relative_change: float = 0.0
    flow_change_m3s: float = 0.0
    head_error_m: float = 0.0
    balance_m3s: float = 0.0


@dataclass(frozen=True)
class Flow:
    """A solved state: columns over nodes [n] and links [m], SI.

    Attributes
    ----------
    head_m
        Never NaN: where no fixed head supplies a node it is the elevation (zero pressure).
    flow_m3s
        Positive from start to end.
    demand_m3s, emitter_m3s, leak_m3s
        What leaves at each node, demand without emitter and leak; zeros at fixed nodes.
    supply_m3s
        What a fixed node gives to the network (negative: takes); zeros elsewhere.
    status
        `Status` codes, int8[m].
    connected
        bool[n]: a fixed head can supply the node.
    outcome, reason, params
        How the solve ended; `reason` is a message id, its `params` may hold link indices (`links`).
    """

    head_m: Floats
    flow_m3s: Floats
    demand_m3s: Floats
    emitter_m3s: Floats
    leak_m3s: Floats
    supply_m3s: Floats
    status: Codes
    connected: Flags
    outcome: Outcome
    work: Work
    residuals: Residuals
    reason: str = ""
    params: Mapping[str, object] = field(default_factory=dict)
