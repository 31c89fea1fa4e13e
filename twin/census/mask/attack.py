"""The attacker: who knows k true places and fits a map from masked coordinates back to true ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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


def _affine_left(masked: Floats, true: Floats, chosen: Rows) -> Floats:
    """What an affine least-squares fit to the control points leaves, as vectors."""
    middle = masked[chosen].mean(axis=0)
    terms = np.column_stack((masked - middle, np.ones(len(masked))))
    coefficients = np.linalg.lstsq(terms[chosen], true[chosen] - middle, rcond=None)[0]
    return np.asarray(true - middle - terms @ coefficients)


def affine(masked: Floats, true: Floats, chosen: Rows) -> Floats:
    """Residuals of the affine fit at all places, m."""
    return np.asarray(np.linalg.norm(_affine_left(masked, true, chosen), axis=1))


def piecewise(masked: Floats, true: Floats, chosen: Rows) -> Floats:
    """Residuals of the affine fit on each triangle of control points (the global one outside), m."""
    from scipy.interpolate import LinearNDInterpolator
    from scipy.spatial import QhullError

    left = _affine_left(masked, true, chosen)
    try:
        known = LinearNDInterpolator(masked[chosen], left[chosen], fill_value=0.0)(masked)
    except QhullError:
        return _along_line(masked, left, chosen)
    return np.asarray(np.linalg.norm(left - known, axis=1))


def _along_line(masked: Floats, left: Floats, chosen: Rows) -> Floats:
    """The same where all control points lie on one line: linear between neighbours on it."""
    spread = masked[chosen] - masked[chosen].mean(axis=0)
    direction = np.linalg.svd(spread, full_matrices=False)[2][0]
    order = np.argsort(masked[chosen] @ direction)
    at = (masked[chosen] @ direction)[order]
    known = [np.interp(masked @ direction, at, left[chosen][order, axis]) for axis in (0, 1)]
    return np.asarray(np.linalg.norm(left - np.stack(known, axis=1), axis=1))


def thin_plate(masked: Floats, true: Floats, chosen: Rows) -> Floats:
    """Residuals of a thin-plate spline through the control points, m."""
    from scipy.interpolate import RBFInterpolator

    left = _affine_left(masked, true, chosen)
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
    "piecewise-affine": piecewise,
    "thin-plate": thin_plate,
}


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
