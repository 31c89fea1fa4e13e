"""Lines as bodies: tubes at their true diameter, boxes at their true section, shafts of manholes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.views.scene.geometry import Floats, Ints, Lines

SIDES = 16
BOX = 8
"""Points around a box."""
SLIMMEST_M = 0.1
"""Width of what has none or less, m: a cable would not be seen."""


@dataclass(frozen=True)
class Body:
    """A surface: points (n, 3), outward normals (n, 3), quads (m, 4), and what polyline each quad shows."""

    points: Floats
    normals: Floats
    quads: Ints
    owner: Ints


def swept(lines: Lines, exaggerate: float = 1.0, slimmest_m: float = SLIMMEST_M) -> Body:
    """Every polyline as a tube (or a box where width and height differ), elevations exaggerated.

    Sections are never exaggerated, so that pipes stay round.
    """
    boxed = lines.boxed
    found = [
        _swept(lines, np.flatnonzero(chosen), profile, exaggerate, slimmest_m)
        for chosen, profile in ((~boxed, _circle()), (boxed, _square()))
    ]
    shift = len(found[0].points)
    return Body(
        np.vstack([each.points for each in found]),
        np.vstack([each.normals for each in found]),
        np.vstack([found[0].quads, found[1].quads + shift]),
        np.concatenate([each.owner for each in found]),
    )


Profile = tuple[Floats, Floats]
"""Points around a section of width and height 1, shape (sides, 2), and their outward normals."""


def _circle() -> Profile:
    angle = np.arange(SIDES) * 2 * np.pi / SIDES
    normal = np.column_stack([np.cos(angle), np.sin(angle)])
    return normal / 2, normal


def _square() -> Profile:
    """Each corner twice, so that edges stay sharp."""
    corner = np.array([[0.5, -0.5], [0.5, 0.5], [0.5, 0.5], [-0.5, 0.5],
                       [-0.5, 0.5], [-0.5, -0.5], [-0.5, -0.5], [0.5, -0.5]])  # fmt: skip
    side = np.repeat(np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]]), 2, axis=0)
    return corner, side


def _swept(lines: Lines, chosen: Ints, profile: Profile, exaggerate: float, slimmest_m: float) -> Body:
    part = lines.take(chosen)
    xyz = part.xyz * np.array([1.0, 1.0, exaggerate])
    sideways, upwards = _frame(xyz, part.offsets)
    owner = part.owner()
    width = np.maximum(np.nan_to_num(part.width_m), slimmest_m)[owner]
    height = np.maximum(np.nan_to_num(part.height_m), slimmest_m)[owner]
    around, outward = profile
    shape = (len(xyz), len(around), 3)
    ring = (
        xyz[:, None, :]
        + (around[:, 0] * width[:, None])[..., None] * sideways[:, None, :]
        + (around[:, 1] * height[:, None])[..., None] * upwards[:, None, :]
    )
    normals = outward[None, :, :1] * sideways[:, None, :] + outward[None, :, 1:] * upwards[:, None, :]
    first = np.flatnonzero(owner[:-1] == owner[1:]) if len(owner) else np.empty(0, dtype=np.int64)
    sides = len(around)
    here = np.arange(sides)
    beside = (here + 1) % sides
    corner = (first * sides)[:, None]
    quads = np.stack(
        [corner + here, corner + beside, corner + sides + beside, corner + sides + here], axis=-1
    ).reshape(-1, 4)
    covered = _lids(part, sides) if profile[0].shape[0] == BOX else np.empty((0, 4), dtype=np.int64)
    quads = np.vstack([quads, covered])
    ring, normals = ring.reshape(np.prod(shape[:2]), 3), normals.reshape(np.prod(shape[:2]), 3)
    return Body(
        ring,
        normals,
        quads,
        np.concatenate(
            [np.repeat(chosen[owner[first]], sides), np.tile(chosen, len(covered) // max(len(part), 1))]
        ),
    )


def _lids(part: Lines, sides: int) -> Ints:
    """The two ends of each box, all first ends before all last ones."""
    corners = np.array([0, 2, 4, 6])
    ends = np.concatenate([part.offsets[:-1], part.offsets[1:] - 1])
    return np.asarray(ends[:, None] * sides + corners, dtype=np.int64)


def _frame(xyz: Floats, offsets: Ints) -> tuple[Floats, Floats]:
    """At each point two unit vectors across the line: one level, one upwards."""
    forward = np.zeros_like(xyz)
    inner = np.ones(len(xyz), dtype=bool)
    if len(offsets) > 1:
        inner[offsets[1:] - 1] = False
        step = np.diff(xyz, axis=0, append=xyz[-1:])
        length = np.linalg.norm(step, axis=1, keepdims=True)
        step = np.divide(step, length, out=np.zeros_like(step), where=length > 0) * inner[:, None]
        forward += step
        forward[1:] += step[:-1]
    level = np.column_stack([-forward[:, 1], forward[:, 0], np.zeros(len(xyz))])
    size = np.linalg.norm(level, axis=1, keepdims=True)
    fallback = np.tile([1.0, 0.0, 0.0], (len(xyz), 1))
    sideways = np.where(size > 1e-9, level / np.maximum(size, 1e-9), fallback)
    upwards = np.cross(forward, sideways)
    size = np.linalg.norm(upwards, axis=1, keepdims=True)
    upright = np.tile([0.0, 0.0, 1.0], (len(xyz), 1))
    return sideways, np.where(size > 1e-9, upwards / np.maximum(size, 1e-9), upright)


def upright(layer: str, xy: Floats, top: Floats, bottom: Floats, width_m: Floats) -> Lines:
    """Vertical two-point lines, each (n,): the shafts of manholes."""
    count = len(xy)
    xyz = np.empty((2 * count, 3))
    xyz[0::2] = np.column_stack([xy, bottom])
    xyz[1::2] = np.column_stack([xy, top])
    return Lines(layer, xyz, np.arange(count + 1) * 2, np.arange(count), width_m, width_m)
