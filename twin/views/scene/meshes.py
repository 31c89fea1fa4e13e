"""Columns as the meshes that are drawn."""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.views.scene.geometry import Floats, Lines
from twin.views.scene.rendering import pyvista
from twin.views.scene.solids import Body


def polylines(lines: Lines, exaggerate: float) -> Any:
    """A cell for each polyline."""
    mesh = pyvista().PolyData()
    mesh.points = lines.xyz * np.array([1.0, 1.0, exaggerate])
    mesh.lines = pyvista().CellArray.from_arrays(lines.offsets, np.arange(len(lines.xyz)))
    return mesh


def surface(body: Body) -> Any:
    """A body with its normals."""
    mesh = pyvista().PolyData.from_regular_faces(body.points, body.quads)
    mesh.point_data["Normals"] = body.normals.astype(np.float32)
    mesh.point_data.active_normals_name = "Normals"
    return mesh


def balls(xyz: Floats, size: Floats) -> tuple[Any, int]:
    """A ball of diameter `size` (n,) at each place (n, 3), and the number of cells of each."""
    points = pyvista().PolyData(xyz)
    points["size"] = size
    ball = pyvista().Sphere(radius=0.5, theta_resolution=14, phi_resolution=9)
    return points.glyph(scale="size", geom=ball, orient=False), int(ball.n_cells)


def sheet(x: Floats, y: Floats, z: Floats) -> Any:
    """A surface over a regular mesh, each (rows, columns), with texture coordinates from its corners."""
    found = pyvista().StructuredGrid(x, y, z).extract_surface(algorithm="dataset_surface")
    low, high = (x.min(), y.min()), (x.max(), y.max())
    share = [(found.points[:, axis] - low[axis]) / (high[axis] - low[axis]) for axis in (0, 1)]
    found.active_texture_coordinates = np.column_stack(share).astype(np.float32)
    return found


def skirt(x: Floats, y: Floats, z: Floats, floor: float) -> Any:
    """The sides of a sheet, down to its floor."""
    south, east = [each[0] for each in (x, y, z)], [each[1:, -1] for each in (x, y, z)]
    north, west = [each[-1, -2::-1] for each in (x, y, z)], [each[-2::-1, 0] for each in (x, y, z)]
    rim = np.concatenate([np.column_stack(side) for side in (south, east, north, west)])
    foot = rim * [1, 1, 0] + [0, 0, floor]
    first, count = np.arange(len(rim) - 1), len(rim)
    quads = np.column_stack([first, first + 1, first + 1 + count, first + count])
    return pyvista().PolyData.from_regular_faces(np.vstack([rim, foot]), quads)
