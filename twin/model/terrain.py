"""The ground: elevations on a regular grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Terrain:
    """Ground elevations at the centres of square cells.

    Attributes
    ----------
    x0, y0
        East and north coordinate of the south-west corner of the grid, m.
    cell_m
        Size of a cell, m.
    z
        Elevations, m, shape (rows, columns); row 0 is the southernmost.
    """

    x0: float
    y0: float
    cell_m: float
    z: NDArray[np.float64]

    def at(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Elevations at places of shape (n,), bilinear between cell centres, constant beyond."""
        rows, columns = self.z.shape
        u = np.clip((np.asarray(x) - self.x0) / self.cell_m - 0.5, 0.0, columns - 1.0)
        v = np.clip((np.asarray(y) - self.y0) / self.cell_m - 0.5, 0.0, rows - 1.0)
        i, j = (np.minimum(np.floor(w).astype(int), max(n - 2, 0)) for w, n in ((u, columns), (v, rows)))
        i2, j2 = np.minimum(i + 1, columns - 1), np.minimum(j + 1, rows - 1)
        a, b = u - i, v - j
        south = self.z[j, i] * (1 - a) + self.z[j, i2] * a
        north = self.z[j2, i] * (1 - a) + self.z[j2, i2] * a
        return np.asarray(south * (1 - b) + north * b, dtype=np.float64)
