"""The ground: surveyed elevations as a triangulated surface, sampled on a grid."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.model.terrain import Terrain

CELL_M = 20.0
MOST_CELLS = 4_000_000
"""Above this number of cells the grid gets coarser."""
FEWEST = 4
TINY_M2 = 1e-6
"""A triangle of less (twice its area) is a line."""
Floats = NDArray[np.float64]


def terrain(points: pd.DataFrame, cell_m: float = CELL_M) -> Terrain | None:
    """The terrain under the points with a ground elevation; None where there are too few.

    Linear in the triangles of Delaunay (1934) between the points; cells outside of them have the elevation
    of the nearest point. Many points in one cell count as one, at their mean.
    """
    from scipy.spatial import KDTree

    xyz = points[["x_m", "y_m", "ground_m"]].to_numpy(dtype=np.float64)
    xyz = xyz[np.isfinite(xyz).all(axis=1)]
    if len(xyz) < FEWEST or (np.ptp(xyz[:, :2], axis=0) < cell_m / 100).any():
        return None
    low, high = xyz[:, :2].min(axis=0), xyz[:, :2].max(axis=0)
    while np.prod(np.ceil((high - low) / cell_m) + 1) > MOST_CELLS:
        cell_m *= 2
    x0, y0 = np.floor(low / cell_m) * cell_m
    columns, rows = (int(n) for n in np.ceil((high - (x0, y0)) / cell_m).clip(1))
    xyz = _thinned(xyz, x0, y0, cell_m / 2)
    x, y = np.meshgrid(x0 + (np.arange(columns) + 0.5) * cell_m, y0 + (np.arange(rows) + 0.5) * cell_m)
    place = np.column_stack([x.ravel(), y.ravel()])
    nearest = xyz[KDTree(xyz[:, :2]).query(place)[1], 2]
    z = nearest.copy()
    if len(xyz) >= FEWEST and np.linalg.matrix_rank(xyz[:, :2] - xyz[0, :2], tol=1e-6) == 2:
        cells, found = _interpolated(xyz - (x0, y0, 0.0), place - (x0, y0))
        z[cells] = found
    return Terrain(float(x0), float(y0), float(cell_m), np.round(z, 3).reshape(rows, columns))


def _interpolated(xyz: Floats, place: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Which places lie in a triangle, and the elevation there, linear in barycentric coordinates.

    Triangles are looked up in a tree: walking from one to the next gets lost among the slivers between
    points that stand in rows along streets.
    """
    import shapely
    from scipy.spatial import Delaunay

    corners = Delaunay(xyz[:, :2]).simplices
    triangles = shapely.polygons(xyz[corners, :2])
    number, cells = shapely.STRtree(shapely.points(place)).query(triangles, predicate="intersects")
    a, b, c = (xyz[corners[number, corner]] for corner in range(3))
    u, v, w = b[:, :2] - a[:, :2], c[:, :2] - a[:, :2], place[cells] - a[:, :2]
    area = u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]
    flat = np.abs(area) < TINY_M2
    safe = np.where(flat, 1.0, area)
    second = (w[:, 0] * v[:, 1] - w[:, 1] * v[:, 0]) / safe
    third = (u[:, 0] * w[:, 1] - u[:, 1] * w[:, 0]) / safe
    found = a[:, 2] + second * (b[:, 2] - a[:, 2]) + third * (c[:, 2] - a[:, 2])
    cells, first = np.unique(cells[~flat], return_index=True)
    return cells.astype(np.int64), np.asarray(found[~flat][first], dtype=np.float64)


def _thinned(xyz: Floats, x0: float, y0: float, cell_m: float) -> Floats:
    """One point a cell: the means of the points in it, in order of cell."""
    column = np.floor((xyz[:, 0] - x0) / cell_m).astype(np.int64)
    row = np.floor((xyz[:, 1] - y0) / cell_m).astype(np.int64)
    cell = np.unique(row * (column.max() + 1) + column, return_inverse=True)[1]
    count = np.bincount(cell)
    return np.column_stack([np.bincount(cell, weights=values) / count for values in xyz.T])
