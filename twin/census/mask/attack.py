"""The attacker: who knows k true places and fits a map from masked coordinates back to true ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.text import Message, _

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]
SAMPLE = 500
"""Places that residuals are taken at."""
_GRID = 16


@dataclass(frozen=True)
class Residual:
    """How far from the truth an attacker stays: `fit` from `points` control points, m."""

    fit: str
    points: int
    rms_m: float
    median_m: float
    largest_m: float


def sample(places: Floats, rng: np.random.Generator, points: int) -> Floats:
    """Places to attack: some of the city's, or a grid over it where it has few of them."""
    distinct = np.unique(np.round(places, 3), axis=0)
    if len(distinct) < 4 * points:
        low, high = places.min(axis=0), places.max(axis=0)
        x, y = (np.linspace(a, b, _GRID) for a, b in zip(low, high, strict=True))
        distinct = np.unique(np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2), axis=0)
    if len(distinct) <= SAMPLE:
        return np.asarray(distinct)
    return np.asarray(distinct[np.sort(rng.choice(len(distinct), SAMPLE, replace=False))])


def choices(places: Floats, points: int, rng: np.random.Generator, draws: int) -> list[Rows]:
    """Choices of control points: one spread out evenly, the others at random."""
    points = min(points, len(places))
    spread = [int(np.argmax(((places - places.mean(axis=0)) ** 2).sum(axis=1)))]
    distance = ((places - places[spread[0]]) ** 2).sum(axis=1)
    while len(spread) < points:
        spread.append(int(distance.argmax()))
        distance = np.minimum(distance, ((places - places[spread[-1]]) ** 2).sum(axis=1))
    random = [rng.choice(len(places), points, replace=False) for _draw in range(draws - 1)]
    return [np.array(spread, dtype=np.intp), *random]


def rms(residuals: Floats) -> float:
    """Root of the mean square."""
    return float(np.sqrt((residuals**2).mean()))


@dataclass(frozen=True)
class Fit:
    """A fit through control points as matrices: what it leaves of a displacement is linear in it.

    Attributes
    ----------
    terms, solver
        Terms of the affine map at all places, shape (n, 3), and its least-squares solution from the control
        points, shape (3, k).
    weights
        Weight of each control point in the linear interpolation at each place, shape (n, k), zero outside
        of their triangles; None for the affine fit alone.
    chosen
        Rows of the control points.
    """

    terms: Floats
    solver: Floats
    weights: Floats | None
    chosen: Rows

    @classmethod
    def of(cls, places: Floats, chosen: Rows, *, pieces: bool) -> Fit:
        """The fit for places, shape (n, 2), that are known at the rows `chosen`."""
        middle = places[chosen].mean(axis=0)
        scale = max(float(np.ptp(places, axis=0).max()), 1.0)
        terms = np.column_stack(((places - middle) / scale, np.ones(len(places))))
        weights = _weights(places, places[chosen]) if pieces else None
        return cls(terms, np.linalg.pinv(terms[chosen]), weights, chosen)

    def left(self, moves: Floats) -> Floats:
        """What is left, as vectors, of displacements of all places, shape (n, 2)."""
        left = moves - self.terms @ (self.solver @ moves[self.chosen])
        return np.asarray(left if self.weights is None else left - self.weights @ left[self.chosen])


def _weights(places: Floats, known: Floats) -> Floats:
    """Barycentric weights of places in the Delaunay triangles of known ones; zero outside."""
    from scipy.spatial import Delaunay, QhullError

    try:
        corners = Delaunay(known - known.mean(axis=0)).simplices
    except QhullError:
        return _weights_on_line(places, known)
    a, b, c = (known[corners[:, number]] for number in range(3))
    area = _cross(b - a, c - a)
    to = [corner[None] - places[:, None] for corner in (a, b, c)]
    three = np.stack([_cross(to[1], to[2]), _cross(to[2], to[0]), _cross(to[0], to[1])], axis=-1)
    three = np.divide(
        three, area[None, :, None], out=np.full_like(three, -1.0), where=area[None, :, None] != 0
    )
    best = three.min(axis=-1).argmax(axis=1)
    rows = np.flatnonzero(three[np.arange(len(places)), best].min(axis=-1) >= -1e-9)
    weights = np.zeros((len(places), len(known)))
    weights[rows[:, None], corners[best[rows]]] = three[rows, best[rows]]
    return weights


def _cross(first: Floats, second: Floats) -> Floats:
    return np.asarray(first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0])


def _weights_on_line(places: Floats, known: Floats) -> Floats:
    """The same where all known places lie on one line: linear between neighbours on it."""
    direction = np.linalg.svd(known - known.mean(axis=0), full_matrices=False)[2][0]
    at = known @ direction
    order = np.argsort(at, kind="stable")
    unit = np.eye(len(known))[:, order]
    return np.stack([np.interp(places @ direction, at[order], row) for row in unit], axis=1)


def affine(masked: Floats, true: Floats, chosen: Rows) -> Floats:
    """Residuals of the affine fit at all places, m."""
    left = Fit.of(masked, chosen, pieces=False).left(true - masked)
    return np.asarray(np.linalg.norm(left, axis=1))


def piecewise(masked: Floats, true: Floats, chosen: Rows) -> Floats:
    """Residuals of the affine fit on each triangle of control points (the global one outside), m."""
    left = Fit.of(masked, chosen, pieces=True).left(true - masked)
    return np.asarray(np.linalg.norm(left, axis=1))


def thin_plate(masked: Floats, true: Floats, chosen: Rows) -> Floats:
    """Residuals of a thin-plate spline through the control points, m."""
    from scipy.interpolate import RBFInterpolator

    left = Fit.of(masked, chosen, pieces=False).left(true - masked)
    scale = float(np.ptp(masked, axis=0).max())
    try:
        known = RBFInterpolator(masked[chosen] / scale, left[chosen], kernel="thin_plate_spline")(
            masked / scale
        )
    except (np.linalg.LinAlgError, ValueError):
        return np.asarray(np.linalg.norm(left, axis=1))
    return np.asarray(np.linalg.norm(left - known, axis=1))


FITS: Mapping[str, Callable[[Floats, Floats, Rows], Floats]] = {
    "affine": affine,
    "piecewise affine": piecewise,
    "thin plate": thin_plate,
}
LABELS: Mapping[str, Message] = {
    "affine": _("affine"),
    "piecewise affine": _("piecewise affine"),
    "thin plate": _("thin plate"),
}
"""What the fits are called, by the names that the files use."""


def residuals(
    true: Floats, masked: Floats, points: tuple[int, ...], draws: int, rng: np.random.Generator
) -> list[Residual]:
    """The best of each attacker over several choices of control points, at up to `SAMPLE` places.

    Parameters
    ----------
    true, masked
        Places before and after, m, shape (n, 2), row by row the same.
    points
        Numbers of control points; those the city has too few places for are left out.
    draws
        Choices of control points that each attacker tries.
    """
    rows = np.sort(rng.choice(len(true), min(SAMPLE, len(true)), replace=False))
    true, masked = true[rows], masked[rows]
    found = []
    for count in points:
        if count >= len(true):
            continue
        chosen = choices(true, count, rng, draws)
        for name, fit in FITS.items():
            best = min((fit(masked, true, rows) for rows in chosen), key=rms)
            found.append(Residual(name, count, rms(best), float(np.median(best)), float(best.max())))
    return found
