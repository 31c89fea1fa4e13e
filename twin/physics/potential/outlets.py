"""Where the network gives to the outside by pressure: demands, emitters and leaks as one kind of branch.

An outlet is a branch from its node to a fictitious reservoir at the height `datum` with the inverse law
`h(q) = (q / C)^(1/n)`, smoothed near zero as the links are, and bounds on its flow: a pressure-dependent
demand (Wagner, Shamir and Marks 1988) lies in [0, D], a leak in [0, inf), an emitter with backflow has none.
An outlet at a bound contributes a constant flow. Outlets add to the diagonal of the matrix only.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.physics.compiled import compiled
from twin.physics.potential.laws import power, smooth
from twin.physics.potential.network import Codes, Flags, Floats, Ints, Nodes, Options

SMALLEST_RANGE_M = 0.1
START_PRESSURE_M = 20.0
KNOT_SHARE = 1e-3
KNOT_PRESSURE_M = 1e-5
STEP_SHARE = 0.4
REST_M = 1e-9
DEMAND, EMITTER, LEAK = 0, 1, 2
BETWEEN, AT_LOWER, AT_UPPER = 0, 1, 2


class Outlets(NamedTuple):
    """Columns over the outlets: demands, then emitters, then leaks (`kind`)."""

    kind: Ints
    node: Ints
    datum: Floats
    factor: Floats
    exponent: Floats
    knot: Floats
    low_linear: Floats
    low_power: Floats
    lower: Floats
    upper: Floats
    top: Floats
    step: Floats
    start: Floats


def outlets_of(nodes: Nodes, live: Flags, options: Options) -> Outlets:
    """All outlets at the nodes that are `live`."""
    drawn = live & (nodes.demand_m3s > 0) & nodes.pressure_dependent
    d, e, leak = (
        np.flatnonzero(flag).astype(np.int32)
        for flag in (drawn, live & (nodes.emitter_coefficient > 0), live & (nodes.leak_area_m2 > 0))
    )
    span = np.maximum(nodes.p_required_m[d] - nodes.p_min_m[d], SMALLEST_RANGE_M)
    demand = nodes.demand_m3s[d]
    orifice = nodes.leak_discharge[leak] * nodes.leak_area_m2[leak] * np.sqrt(2.0 * options.gravity_ms2)
    coefficient = np.concatenate(
        (demand / span ** nodes.p_exponent[d], nodes.emitter_coefficient[e], orifice)
    )
    power_of_p = np.concatenate((nodes.p_exponent[d], nodes.emitter_exponent[e], np.full(leak.size, 0.5)))
    free = e.size + leak.size
    knot = np.concatenate(
        (KNOT_SHARE * demand, coefficient[d.size :] * KNOT_PRESSURE_M ** power_of_p[d.size :])
    )
    exponent = 1.0 / power_of_p
    factor = coefficient**-exponent
    low_linear, low_power = smooth(factor, exponent, knot)
    node = np.concatenate((d, e, leak))
    return Outlets(
        kind=np.repeat([DEMAND, EMITTER, LEAK], [d.size, e.size, leak.size]).astype(np.int32),
        node=node,
        datum=nodes.elevation_m[node] + np.concatenate((nodes.p_min_m[d], np.zeros(free))),
        factor=factor,
        exponent=exponent,
        knot=knot,
        low_linear=low_linear,
        low_power=low_power,
        lower=np.concatenate(
            (np.zeros(d.size), np.where(nodes.emitter_backflow[e], -np.inf, 0.0), np.zeros(leak.size))
        ),
        upper=np.concatenate((demand, np.full(free, np.inf))),
        top=np.concatenate((span, np.full(free, np.inf))),
        step=np.concatenate((STEP_SHARE * demand, np.full(free, np.inf))),
        start=np.concatenate((demand, coefficient[d.size :] * START_PRESSURE_M ** power_of_p[d.size :])),
    )


@compiled
def outlet_loss(outlets: Outlets, k: int, q: float) -> tuple[float, float]:
    """Inverse law of outlet k: pressure above its datum at flow q, and the slope."""
    h, g = power(
        outlets.factor[k], outlets.exponent[k], outlets.knot[k],
        outlets.low_linear[k], outlets.low_power[k], abs(q),
    )  # fmt: skip
    return (h if q >= 0.0 else -h), g


@compiled
def bound_of(outlets: Outlets, k: int, q: float, p: float) -> int:
    """Whether outlet k with flow q stands at a bound that the pressure p above its datum holds it to."""
    if q >= outlets.upper[k] and p >= outlets.top[k]:
        return AT_UPPER
    if q <= outlets.lower[k] and p < -REST_M:
        return AT_LOWER
    return BETWEEN


@compiled
def outlet_flow(outlets: Outlets, k: int, p: float) -> float:
    """Forward law of outlet k: flow at pressure p above its datum, within its bounds (unsmoothed)."""
    size = (abs(p) / outlets.factor[k]) ** (1.0 / outlets.exponent[k])
    flow = size if p >= 0.0 else -size
    return float(min(max(flow, outlets.lower[k]), outlets.upper[k]))


@compiled
def open_outlets(outlets: Outlets, head: Floats, known: Flags, outflow: Floats, bound: Codes) -> None:
    """Flow and bound of every outlet at the heads of nodes where those are `known`."""
    for k in range(outflow.size):
        v = outlets.node[k]
        if known[v]:
            p = head[v] - outlets.datum[k]
            outflow[k] = outlet_flow(outlets, k, p)
            bound[k] = bound_of(outlets, k, outflow[k], p)
