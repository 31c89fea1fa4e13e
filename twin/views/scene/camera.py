"""Two ways to look at a scene: straight down without perspective, or over it."""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.views.scene.geometry import Floats

VIEW_ANGLE = 28.0
"""Opening of the perspective camera, degrees: narrow, so that near and far streets stay comparable."""
ROOM = 1.07
"""How much wider than its content a picture is."""


def look_down(plotter: Any, corners: Floats, turn: float = 0.0, tilt: float = 90.0) -> None:
    """A plan: north at the top, no perspective, all `corners` (n, 3) in the picture."""
    camera = plotter.camera
    camera.parallel_projection = True
    middle = (corners.min(axis=0) + corners.max(axis=0)) / 2
    span = corners.max(axis=0) - corners.min(axis=0)
    wide, tall = plotter.window_size
    camera.focal_point = middle
    camera.position = middle + np.array([0.0, 0.0, 4.0 * max(span) + 10.0])
    camera.up = (0.0, 1.0, 0.0)
    camera.parallel_scale = ROOM * max(span[1], span[0] * tall / wide) / 2
    plotter.renderer.ResetCameraClippingRange()


def look_over(plotter: Any, corners: Floats, turn: float, tilt: float) -> None:
    """Perspective, looking `turn` degrees clockwise from north and `tilt` degrees down from the horizon."""
    camera = plotter.camera
    camera.parallel_projection = False
    camera.view_angle = VIEW_ANGLE
    middle = (corners.min(axis=0) + corners.max(axis=0)) / 2
    a, h = np.radians(turn), np.radians(tilt)
    forward = np.array([np.sin(a) * np.cos(h), np.cos(a) * np.cos(h), -np.sin(h)])
    right = np.array([np.cos(a), -np.sin(a), 0.0])
    up = np.cross(right, forward)
    wide, tall = plotter.window_size
    half = np.tan(np.radians(VIEW_ANGLE / 2))
    away, middle = _fitted(corners, middle, (right, up, forward), (half * wide / tall, half))
    camera.focal_point = middle
    camera.position = middle - forward * away
    camera.up = (0.0, 0.0, 1.0)
    plotter.renderer.ResetCameraClippingRange()


def _fitted(
    corners: Floats, middle: Floats, axes: tuple[Floats, Floats, Floats], half: tuple[float, float]
) -> tuple[float, Floats]:
    """Distance and centre so that the corners just fill the picture, centred upright."""
    right, up, forward = axes
    away = 0.0
    for _round in range(6):
        offset = corners - middle
        depth = offset @ forward
        away = max(
            float((np.abs(offset @ right) / half[0] - depth).max()),
            float((np.abs(offset @ up) / half[1] - depth).max()),
        ) * ROOM  # fmt: skip
        seen = (offset @ up) / (depth + away)
        across = (offset @ right) / (depth + away)
        middle = middle + up * (seen.max() + seen.min()) / 2 * away
        middle = middle + right * (across.max() + across.min()) / 2 * away
    return away, middle


def turned(plotter: Any) -> float:
    """Degrees by which north is turned clockwise from the picture's upward direction."""
    camera = plotter.camera
    forward = np.array(camera.focal_point) - np.array(camera.position)
    if np.hypot(*forward[:2]) < 1e-6 * np.linalg.norm(forward):
        forward = np.array(camera.up)
    return float(-np.degrees(np.arctan2(forward[0], forward[1])))


def beside(plotter: Any, points: Floats, right_px: float, up_px: float) -> Floats:
    """Places that appear so many pixels to the right of and above `points` (n, 3)."""
    camera = plotter.camera
    forward = np.array(camera.focal_point) - np.array(camera.position)
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, np.array(camera.up))
    right /= np.linalg.norm(right)
    tall = plotter.window_size[1]
    if camera.parallel_projection:
        step = np.full(len(points), 2 * camera.parallel_scale / tall)
    else:
        step = (points - camera.position) @ forward * 2 * np.tan(np.radians(camera.view_angle / 2)) / tall
    shift = right_px * right + up_px * np.cross(right, forward)
    return np.asarray(points + step[:, None] * shift, dtype=np.float64)
