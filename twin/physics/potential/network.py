"""What the kernel is given: topology, link and node columns, options. SI units throughout."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.errors import SolveError

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Codes = NDArray[np.int8]
Flags = NDArray[np.bool_]

FOOT_M = 0.3048
CUBIC_FOOT_M3 = 0.028317
"""Size of a cubic foot in EPANET's own conversions (the exact one is 0.0283168466). Flows that come from a
file in US units agree with EPANET to rounding when they are converted with this value."""


class Law(IntEnum):
    """How the head loss of a link depends on its flow; `q` in m3/s from start to end, `h` in m."""

    HW = 0
    """Hazen-Williams pipe: `roughness` C, `length_m`, `diameter_m`, `minor_loss`."""
    DW = 1
    """Darcy-Weisbach pipe: `roughness` in m, `length_m`, `diameter_m`, `minor_loss`."""
    CM = 2
    """Chezy-Manning pipe: `roughness` n, `length_m`, `diameter_m`, `minor_loss`."""
    MINOR = 3
    """Open valve: `h = minor_loss q|q|`, 0 allowed; `diameter_m` (0 if unknown)."""
    POWER = 4
    """`h = resistance |q|^(exponent-1) q + minor_loss q|q|`, whatever stands behind it."""
    PUMP = 5
    """Pump `gain = shutoff_head_m w^2 - resistance w^(2-exponent) q^exponent`, w = `speed`."""
    PUMP_CURVE = 6
    """Pump with a piecewise linear curve `curve`, both end segments extrapolated: `gain = w^2 f(q / w)`."""
    PUMP_POWER = 7
    """Pump of constant power: `gain = w^3 power_w / (specific weight q)`."""


@dataclass(frozen=True)
class Topology:
    """Who is joined to whom: the analysis of a kernel depends on this alone.

    Attributes
    ----------
    n_nodes
        Number of nodes, n.
    start, end
        Node index of each link's ends, int32[m]. Parallel links and links from a node to itself are allowed.
    fixed
        bool[n], True where the head is given (reservoir, tank).
    """

    n_nodes: int
    start: Ints
    end: Ints
    fixed: Flags

    def __post_init__(self) -> None:
        for name, kind in (("start", np.int32), ("end", np.int32), ("fixed", np.bool_)):
            object.__setattr__(self, name, np.ascontiguousarray(getattr(self, name), dtype=kind))
        if self.start.shape != self.end.shape or self.start.ndim != 1:
            raise SolveError(
                f"start has {self.start.shape} entries, end {self.end.shape}: give both for each link"
            )
        if self.fixed.shape != (self.n_nodes,):
            raise SolveError(f"fixed must have {self.n_nodes} entries, not {self.fixed.shape}")
        for name in ("start", "end"):
            ends = getattr(self, name)
            if ends.size and (ends.min() < 0 or ends.max() >= self.n_nodes):
                raise SolveError(f"{name} names a node outside 0..{self.n_nodes - 1}")

    @property
    def n_links(self) -> int:
        """Number of links, m."""
        return int(self.start.size)


def _none() -> NDArray[Any]:
    """A column left out."""
    return np.empty(0)


@dataclass(frozen=True)
class Links:
    """Columns over the links, each [m]; a column left empty takes its default in every row.

    Attributes
    ----------
    law
        `Law` codes, int8.
    roughness
        Hazen-Williams C (-), Darcy-Weisbach roughness height (m) or Manning n, by law.
    length_m, diameter_m
        Length and inner diameter. The diameter also scales the flow below which a law is smoothed.
    minor_loss
        m in h = m q|q|, s2/m5 (`minor_loss_s2_m5` makes it of the usual coefficient and a diameter).
    resistance, exponent
        r and n of `POWER` and `PUMP`; exponent default 2.
    shutoff_head_m, speed, power_w
        Pump data; relative speed default 1, a pump of speed 0 is closed.
    q_max_m3s
        Flow above which a pump is reported `BEYOND_FLOW` (it still runs); default infinite.
    curve
        Row of the shared curves of a `PUMP_CURVE`, int32, default -1.
    direction
        int8: 0 both ways, +1 only from start to end, -1 only from end to start. Pumps are always +1; one
        given -1 stands still.
    open
        bool, default True; a closed link carries nothing and connects nothing.
    curve_start, curve_flow_m3s, curve_head_m
        Shared curves: points `curve_start[c] : curve_start[c+1]`, flow rising, head falling.
    """

    law: Codes
    roughness: Floats = field(default_factory=_none)
    length_m: Floats = field(default_factory=_none)
    diameter_m: Floats = field(default_factory=_none)
    minor_loss: Floats = field(default_factory=_none)
    resistance: Floats = field(default_factory=_none)
    exponent: Floats = field(default_factory=_none)
    shutoff_head_m: Floats = field(default_factory=_none)
    speed: Floats = field(default_factory=_none)
    power_w: Floats = field(default_factory=_none)
    q_max_m3s: Floats = field(default_factory=_none)
    curve: Ints = field(default_factory=_none)
    direction: Codes = field(default_factory=_none)
    open: Flags = field(default_factory=_none)
    curve_start: Ints = field(default_factory=_none)
    curve_flow_m3s: Floats = field(default_factory=_none)
    curve_head_m: Floats = field(default_factory=_none)

    def __post_init__(self) -> None:
        _fill(self, np.size(self.law))


@dataclass(frozen=True)
class Nodes:
    """Columns over the nodes, each [n]; a column left empty takes its default in every row.

    Attributes
    ----------
    head_m
        Given head, read where the topology is fixed.
    elevation_m
        Where the pressure is zero.
    demand_m3s
        Full demand, negative for an inflow. Ignored at fixed nodes, as are emitters and leaks there.
    emitter_coefficient, emitter_exponent
        q = C p^e with p in m; C in m3/s per m^e, exponent default 0.5.
    emitter_backflow
        bool, default True: below zero pressure water comes in by the same law (as EPANET does).
    leak_area_m2, leak_discharge
        Orifice q = Cd A sqrt(2 g p) for p > 0; Cd default 0.75.
    pressure_dependent
        True: positive demands follow the pressure, q = D ((p - p_min) / (p_required - p_min))^p_exponent
        between the two pressures (Wagner, Shamir and Marks 1988), nothing below, D above.
    p_min_m, p_required_m, p_exponent
        Defaults 0, 20 m and 0.5. The range is at least 0.1 m.
    """

    head_m: Floats
    elevation_m: Floats = field(default_factory=_none)
    demand_m3s: Floats = field(default_factory=_none)
    emitter_coefficient: Floats = field(default_factory=_none)
    emitter_exponent: Floats = field(default_factory=_none)
    emitter_backflow: Flags = field(default_factory=_none)
    leak_area_m2: Floats = field(default_factory=_none)
    leak_discharge: Floats = field(default_factory=_none)
    pressure_dependent: bool = False
    p_min_m: Floats = field(default_factory=_none)
    p_required_m: Floats = field(default_factory=_none)
    p_exponent: Floats = field(default_factory=_none)

    def __post_init__(self) -> None:
        _fill(self, np.size(self.head_m))


_DEFAULT: dict[str, float] = {
    "exponent": 2.0,
    "speed": 1.0,
    "q_max_m3s": np.inf,
    "curve": -1,
    "open": True,
    "emitter_exponent": 0.5,
    "emitter_backflow": True,
    "leak_discharge": 0.75,
    "p_required_m": 20.0,
    "p_exponent": 0.5,
}
_KIND: dict[str, type[np.generic]] = {
    "law": np.int8,
    "curve": np.int32,
    "direction": np.int8,
    "open": np.bool_,
    "emitter_backflow": np.bool_,
    "curve_start": np.int32,
}


def _fill(table: Links | Nodes, size: int) -> None:
    """Give every column of `table` its type and its default where it was left out; check lengths."""
    for item in fields(table):
        if item.name == "pressure_dependent":
            continue
        given = np.asarray(getattr(table, item.name))
        if not item.name.startswith("curve_"):
            if given.size == 0 and size:
                given = np.full(size, _DEFAULT.get(item.name, 0.0))
            if given.shape != (size,):
                raise SolveError(f"column {item.name} must have {size} entries, not {given.shape}")
        object.__setattr__(
            table, item.name, np.ascontiguousarray(given, dtype=_KIND.get(item.name, np.float64))
        )


@dataclass(frozen=True)
class Options:
    """Physical constants and when to stop.

    Attributes
    ----------
    viscosity_m2s
        Kinematic viscosity (Darcy-Weisbach only); default EPANET's 1.1e-5 ft2/s.
    gravity_ms2
        Default EPANET's 32.2 ft/s2.
    specific_weight_nm3
        Turns pump power into head times flow; default EPANET's 62.4 lbf/ft3.
    accuracy
        Relative: sum |dq| / sum |q| over links and outlets, as EPANET's ACCURACY.
    head_error_m, flow_change_m3s
        Local: largest |loss(q) - (H_start - H_end)| of a link, largest |dq|. All three must hold.
        The last is widened by `accuracy` times the largest flow.
    max_iterations
        Linear solves after which a solve gives up.
    """

    viscosity_m2s: float = 1.1e-5 * FOOT_M**2
    gravity_ms2: float = 32.2 * FOOT_M
    specific_weight_nm3: float = 1000.0 * 0.7457 / (8.814 * FOOT_M * CUBIC_FOOT_M3)
    accuracy: float = 1e-6
    head_error_m: float = 1e-5
    flow_change_m3s: float = 1e-8
    max_iterations: int = 200


def minor_loss_s2_m5(coefficient: Floats, diameter_m: Floats) -> Floats:
    """Loss factor m of h = m q|q|, from a minor loss coefficient (times v2/2g), with EPANET's 0.02517."""
    si = 0.02517 * FOOT_M**5 / CUBIC_FOOT_M3**2
    return np.asarray(si * coefficient / np.asarray(diameter_m, dtype=np.float64) ** 4, dtype=np.float64)
