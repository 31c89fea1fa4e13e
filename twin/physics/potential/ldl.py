"""Numeric Cholesky factorisation P A P' = L D L' on a fixed pattern, up-looking, and its solve.

The pattern comes from `analysis`; nothing is searched at run time. Indices are unsigned
throughout: signed ones cost a test for wrap-around at each access.
"""

from __future__ import annotations

import numpy as np

from twin.physics.compiled import compiled
from twin.physics.potential.analysis import Pattern
from twin.physics.potential.network import Floats


@compiled
def factorise(pattern: Pattern, off: Floats, diagonal: Floats, l_value: Floats, d_inverse: Floats) -> int:
    """Fill `l_value` and `d_inverse` of the core from its entries; -1, or the row without a pivot."""
    size = np.uint32(pattern.l_start.size - 1)
    a_start, a_row = pattern.a_start, pattern.a_row
    l_start, l_row = pattern.l_start, pattern.l_row
    r_start, r_col, r_place = pattern.r_start, pattern.r_col, pattern.r_place
    y = np.zeros(size)
    for j in range(size):
        for t in range(a_start[j], a_start[j + np.uint32(1)]):
            y[a_row[t]] = off[t]
        d = diagonal[j]
        for t in range(r_start[j], r_start[j + np.uint32(1)]):
            i = r_col[t]
            place = r_place[t]
            value = y[i]
            y[i] = 0.0
            for s in range(l_start[i], place):
                y[l_row[s]] -= l_value[s] * value
            entry = value * d_inverse[i]
            d -= entry * value
            l_value[place] = entry
        if not d > 0.0:
            return int(np.int64(j))
        d_inverse[j] = 1.0 / d
    return -1


@compiled
def substitute(pattern: Pattern, l_value: Floats, d_inverse: Floats, x: Floats) -> None:
    """Solve L D L' x = b in place; `x` holds b in permuted order."""
    size = np.uint32(pattern.l_start.size - 1)
    l_start, l_row = pattern.l_start, pattern.l_row
    for j in range(size):
        value = x[j]
        for t in range(l_start[j], l_start[j + np.uint32(1)]):
            x[l_row[t]] -= l_value[t] * value
    for back in range(size):
        k = np.uint32(size - np.uint32(1) - np.uint32(back))
        value = x[k] * d_inverse[k]
        for t in range(l_start[k], l_start[k + np.uint32(1)]):
            value -= l_value[t] * x[l_row[t]]
        x[k] = value
