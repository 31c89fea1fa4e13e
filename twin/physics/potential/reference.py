"""Every compiled kernel once more in plain NumPy and SciPy: slow, short, and what the tests compare with."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import spsolve

from twin.physics.potential.laws import DARCY, FLATTEST, HYPERBOLA, PIECES, POWER, STEEPEST, Laws
from twin.physics.potential.network import Codes, Flags, Floats, Topology
from twin.physics.potential.newton import FLOWING, OFF, State
from twin.physics.potential.outlets import BETWEEN, Outlets


def power_law(r: Floats, n: Floats, knot: Floats, a: Floats, b: Floats, q: Floats) -> tuple[Floats, Floats]:
    """Smoothed power law and slope at flows q >= 0."""
    c = np.maximum(3.0, n + 1.0)
    high = q >= knot
    safe = np.maximum(q, knot)
    h = np.where(high, r * safe**n, a * q + b * q**c)
    g = np.where(high, n * r * safe ** (n - 1.0), a + c * b * q ** (c - 1.0))
    return h, g


def friction_factor(e: Floats, reynolds: Floats) -> tuple[Floats, Floats]:
    """Friction factor and its derivative by Re for Re >= 2000, by EPANET's formulas."""
    y1 = 5.74 / reynolds**0.9
    y3 = -2.0 * np.log10(e / 3.7 + y1)
    rough = 1.0 / y3**2
    rough_slope = rough * 2.0 / y3 * 2.0 / np.log(10.0) / (e / 3.7 + y1) * -0.9 * y1 / reynolds
    y2 = e / 3.7 + 5.74 / 4000.0**0.9
    y3 = -2.0 * np.log10(y2)
    fa = y3**-2.0
    fb = fa * (2.0 - 3.6 / np.log(10.0) * 5.74 / 4000.0**0.9 / (y2 * y3))
    t = reynolds / 2000.0
    x1, x2 = 7.0 * fa - fb, 0.128 - 17.0 * fa + 2.5 * fb
    x3, x4 = -0.128 + 13.0 * fa - 2.0 * fb, t * (0.032 - 3.0 * fa + 0.5 * fb)
    between = x1 + t * (x2 + t * (x3 + x4))
    between_slope = (x2 + t * (2.0 * x3 + 3.0 * x4)) / 2000.0
    turbulent = reynolds >= 4000.0
    return np.where(turbulent, rough, between), np.where(turbulent, rough_slope, between_slope)


def darcy(r: Floats, minor: Floats, e: Floats, s: Floats, q: Floats) -> tuple[Floats, Floats]:
    """Darcy-Weisbach loss and slope at flows q >= 0."""
    reynolds = 4.0 / np.pi * q / s
    laminar = 16.0 * np.pi * s * r
    f, df = friction_factor(e, np.maximum(reynolds, 2000.0))
    slow = reynolds <= 2000.0
    h = np.where(slow, laminar * q, f * r * q**2) + minor * q**2
    g = np.where(slow, laminar, 2.0 * f * r * q + df * 4.0 / (np.pi * s) * r * q**2) + 2.0 * minor * q
    return h, g


def losses(laws: Laws, q: Floats) -> tuple[Floats, Floats]:
    """Head loss and slope of every link."""
    h, g = np.zeros(q.size), np.ones(q.size)
    size, sign = np.abs(q), np.where(q < 0, -1.0, 1.0)
    k = laws.kind == POWER
    part = (laws.resistance, laws.exponent, laws.knot, laws.low_linear, laws.low_power, size)
    friction, slope = power_law(*(column[k] for column in part))
    h[k] = sign[k] * (friction + laws.minor[k] * size[k] ** 2 + laws.linear[k] * size[k]) - laws.gain[k]
    g[k] = slope + 2.0 * laws.minor[k] * size[k] + laws.linear[k]
    k = laws.kind == DARCY
    loss, g[k] = darcy(laws.resistance[k], laws.minor[k], laws.roughness[k], laws.viscosity[k], size[k])
    h[k] = sign[k] * loss
    for i in np.flatnonzero(laws.kind == PIECES):
        piece = slice(laws.first[i], laws.last[i] + 1)
        j = min(int(np.searchsorted(laws.piece_end[piece], q[i])), laws.last[i] - laws.first[i])
        g[i] = laws.piece_slope[piece][j]
        h[i] = g[i] * q[i] - laws.piece_gain[piece][j]
    k = laws.kind == HYPERBOLA
    c = laws.resistance[k]
    at = np.clip(q[k], np.sqrt(c / STEEPEST), np.sqrt(c / FLATTEST))
    g[k] = c / at**2
    h[k] = -c / at + g[k] * (q[k] - at)
    return h, g


def outlet_losses(outlets: Outlets, q: Floats) -> tuple[Floats, Floats]:
    """Pressure above the datum and slope of every outlet."""
    part = (outlets.factor, outlets.exponent, outlets.knot, outlets.low_linear, outlets.low_power)
    h, g = power_law(*part, np.abs(q))
    return np.where(q < 0, -h, h), g


def heads(topology: Topology, live: Flags, outlets: Outlets, state: State) -> Floats:
    """Heads that one linear step gives, from losses and slopes in `state`."""
    n = topology.n_nodes
    runs = (state.mode != OFF) & (topology.start != topology.end)
    flowing = (state.mode == FLOWING) & runs
    p = np.where(flowing, 1.0 / state.slope, np.where(runs, state.hold, 0.0))
    s = np.where(flowing, state.flow - state.loss * p, 0.0)
    m = topology.n_links
    incidence = sp.csr_matrix(
        (
            np.concatenate((np.ones(m), -np.ones(m))),
            (np.tile(np.arange(m), 2), np.concatenate((topology.start, topology.end))),
        ),
        shape=(m, n),
    )
    matrix = (incidence.T @ sp.diags(p) @ incidence).tolil()
    right = -state.demand - incidence.T @ s
    between = state.bound == BETWEEN
    conductance = np.where(between, 1.0 / state.outlet_slope, 0.0)
    constant = state.outflow - np.where(between, state.outlet_loss * conductance, 0.0)
    np.add.at(right, outlets.node, -(constant - conductance * outlets.datum))
    matrix.setdiag(matrix.diagonal() + np.bincount(outlets.node, weights=conductance, minlength=n))
    given = topology.fixed | ~live
    free = np.flatnonzero(~given)
    matrix = sp.csr_matrix(matrix)
    head = state.head.copy()
    right -= matrix @ np.where(given, head, 0.0)
    if free.size:
        head[free] = spsolve(sp.csc_matrix(matrix[free][:, free]), right[free])
    return head


def supplied(topology: Topology, way: Codes, running: Flags) -> Flags:
    """Nodes that flow can reach from a fixed one over running links along their direction."""
    reached = topology.fixed.copy()
    while True:
        forth = running & (way >= 0) & reached[topology.start] & ~reached[topology.end]
        back = running & (way <= 0) & reached[topology.end] & ~reached[topology.start]
        if not (forth.any() or back.any()):
            return reached
        reached[topology.end[forth]] = True
        reached[topology.start[back]] = True


def floating(topology: Topology, flowing: Flags) -> Flags:
    """Nodes that no flowing link joins to a fixed head."""
    ends = (topology.start[flowing], topology.end[flowing])
    graph = sp.coo_matrix((np.ones(ends[0].size), ends), shape=(topology.n_nodes,) * 2)
    part = connected_components(graph, directed=False)[1]
    return np.asarray(~np.isin(part, part[topology.fixed]), dtype=np.bool_)
