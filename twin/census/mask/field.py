"""The displacement of the plane: a few long shear waves, a turn and a shift, the same for everything."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.census.mask import attack
from twin.census.mask.policy import FieldPolicy
from twin.errors import DatasetError
from twin.model.finding import Finding, Severity
from twin.text import Message, _

Floats = NDArray[np.float64]
WAVES = (2, 3, 3)
"""Numbers of waves that are tried, their directions spread over the half turn."""
BANDS = ((0.5, 0.8), (0.6, 1.0), (0.8, 1.3))
"""Ranges of wave lengths that are tried, as shares of the extent."""
DRAWS = 240
"""Fields that are tried; the one that hides most is taken."""
BATCHES = 6
"""How often that is repeated where the best one hides too little."""
MARGIN = 1.15
"""Over the floor, for other control points than those tried."""
_GRID = 200
"""Cells along the longer side of the grid that the strain is bounded on."""
_INVERSE_STEPS = 60


@dataclass(frozen=True)
class Field:
    """A map of the plane: p -> c + R (p - c + sum_i a_i sin(k_i.p + f_i)) + t.

    Each wave is transverse (a_i at right angles to k_i): for a given strain a shear wave moves places
    twice as far as a compression wave of the same length.

    Attributes
    ----------
    centre, shift
        c and t, m.
    turn_rad
        Angle of R.
    waves
        Wave vectors k, rad/m, shape (n, 2), as nested tuples.
    moves
        Amplitudes a, m, shape (n, 2).
    phases
        f, rad, shape (n,).
    """

    centre: tuple[float, float]
    shift: tuple[float, float]
    turn_rad: float
    waves: tuple[tuple[float, float], ...]
    moves: tuple[tuple[float, float], ...]
    phases: tuple[float, ...]

    def displacement(self, places: Floats) -> Floats:
        """What the waves add at places of shape (n, 2), before turn and shift, m."""
        waves, moves, phases = self._arrays()
        local = places - np.array(self.centre)
        return np.asarray(np.sin(local @ waves.T + phases) @ moves)

    def apply(self, places: Floats) -> Floats:
        """Where places of shape (n, 2) come to lie."""
        centre = np.array(self.centre)
        moved = (places - centre + self.displacement(places)) @ self._turn().T
        return np.asarray(moved + centre + np.array(self.shift))

    def inverse(self, places: Floats) -> Floats:
        """Where places came from: the fixed point of p = q - u(p), which contracts by the strain."""
        centre = np.array(self.centre)
        target = (places - centre - np.array(self.shift)) @ self._turn() + centre
        result = target
        for _step in range(_INVERSE_STEPS):
            before, result = result, target - self.displacement(result)
            if np.abs(result - before).max(initial=0.0) < 1e-9:
                break
        return np.asarray(result)

    def stretches(self, places: Floats) -> Floats:
        """The two principal stretches (singular values of the gradient) at places, shape (n, 2)."""
        waves, moves, phases = self._arrays()
        wave = np.cos((places - np.array(self.centre)) @ waves.T + phases)
        j = np.einsum("pn,ni,nj->pij", wave, moves, waves) + np.eye(2)
        mean = np.hypot(j[:, 0, 0] + j[:, 1, 1], j[:, 1, 0] - j[:, 0, 1]) / 2
        half = np.hypot(j[:, 0, 0] - j[:, 1, 1], j[:, 1, 0] + j[:, 0, 1]) / 2
        return np.stack((mean + half, mean - half), axis=1)

    @property
    def bend(self) -> float:
        """A bound of the second derivative in any direction, 1/m: sum of |a| |k|^2."""
        waves, moves, _phases = self._arrays()
        return float((np.linalg.norm(moves, axis=1) * (waves**2).sum(axis=1)).sum())

    def strain(self, low: Floats, high: Floats) -> float:
        """A bound of the strain |stretch - 1| over the box from `low` to `high`.

        The largest value on a dense grid plus what it can rise by up to half a diagonal of a cell away.
        """
        cell = max(float((high - low).max()), 1.0) / _GRID
        x, y = (np.arange(a, b + cell, cell) for a, b in zip(low, high, strict=True))
        grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
        return float(np.abs(self.stretches(grid) - 1).max() + self.bend * cell / np.sqrt(2))

    def scaled(self, factor: float) -> Field:
        """The field with `factor` times the waves."""
        moves = tuple((x * factor, y * factor) for x, y in self.moves)
        return Field(self.centre, self.shift, self.turn_rad, self.waves, moves, self.phases)

    def record(self) -> dict[str, Any]:
        """The field as plain values: secret, for the key file alone."""
        return asdict(self)

    @classmethod
    def of(cls, record: Any) -> Field:
        """The field in a record; KeyError, TypeError or ValueError where it is none."""
        pairs = {name: tuple((float(x), float(y)) for x, y in record[name]) for name in ("waves", "moves")}
        phases = tuple(float(value) for value in record["phases"])
        x, y = record["centre"]
        east, north = record["shift"]
        found = cls(
            (float(x), float(y)),
            (float(east), float(north)),
            float(record["turn_rad"]),
            **pairs,
            phases=phases,
        )
        if not len(found.waves) == len(found.moves) == len(found.phases) or not np.isfinite(found.bend):
            raise ValueError("waves, moves and phases differ in number")
        return found

    def _turn(self) -> Floats:
        c, s = np.cos(self.turn_rad), np.sin(self.turn_rad)
        return np.array([[c, -s], [s, c]])

    def _arrays(self) -> tuple[Floats, Floats, Floats]:
        return np.array(self.waves), np.array(self.moves), np.array(self.phases)


@dataclass(frozen=True)
class Floor:
    """What a field hides: residuals (root mean square) of the best fits, as shares of the extent."""

    extent_m: float
    affine: float
    piecewise: float

    @property
    def least(self) -> float:
        """The smaller of the two."""
        return min(self.affine, self.piecewise)


def box(places: Floats) -> tuple[Floats, Floats]:
    """South-west and north-east corner of places."""
    return places.min(axis=0), places.max(axis=0)


def floor_of(field: Field, places: Floats, policy: FieldPolicy, rng: np.random.Generator) -> Floor:
    """What a field hides of places from who knows the policy's number of them."""
    sample = attack.sample(places, rng, policy.control_points)
    low, high = box(places)
    choices = attack.choices(sample, policy.control_points, rng, 8)
    return _Attackers(sample, choices).floor(field, float((high - low).max()))


class _Attackers:
    """All places known for the affine fit, some choices of control points for the piecewise one.

    They fit the displacement over the true places. An attacker has the masked ones, but both differ by far
    less than the distance of control points.
    """

    def __init__(self, sample: Floats, choices: list[NDArray[np.intp]]) -> None:
        self.sample = sample
        self.affine = attack.Fit.of(sample, np.arange(len(sample)), pieces=False)
        self.pieces = [attack.Fit.of(sample, chosen, pieces=True) for chosen in choices]

    def floor(self, field: Field, extent: float) -> Floor:
        """What the best of them leave, as shares of the extent."""
        moves = field.displacement(self.sample)
        affine, *pieces = (_rms(fit.left(moves)) for fit in (self.affine, *self.pieces))
        return Floor(extent, affine / extent, min(pieces) / extent)


def _rms(vectors: Floats) -> float:
    return float(np.sqrt((vectors**2).sum(axis=1).mean()))


def design(places: Floats, policy: FieldPolicy, rng: np.random.Generator) -> tuple[Field, Floor]:
    """The field for a city: as strong as the strain allows, and of many draws the one that hides most.

    Parameters
    ----------
    places
        All places of the city, m, shape (n, 2).
    policy
        Bounds of strain and floor.
    rng
        Where the secret comes from.

    Raises
    ------
    DatasetError
        Where no draw leaves the floor within the strain, or the city is too small to hide anything.
    """
    low, high = box(places)
    _refuse_small(float((high - low).max()), policy)
    found: list[tuple[Field, Floor]] = []
    while len(found) < BATCHES and (not found or found[-1][1].least < MARGIN * policy.floor):
        field = _best(places, policy, rng)
        field = field.scaled(0.999 * policy.strain / max(field.strain(low, high), policy.strain * 1e-3))
        field = _shifted(field, high - low, policy, rng)
        found.append((field, floor_of(field, places, policy, rng)))
    field, hidden = max(found, key=lambda pair: pair[1].least)
    check(field, hidden, places, policy)
    return field, hidden


def _best(places: Floats, policy: FieldPolicy, rng: np.random.Generator) -> Field:
    """Of many draws, each as strong as the strain allows, the one that hides most."""
    low, high = box(places)
    extent = float((high - low).max())
    sample = attack.sample(places, rng, policy.control_points)
    attackers = _Attackers(sample, attack.choices(sample, policy.control_points, rng, 12))
    grid = _coarse(low, high)
    draws = (
        _limited(_draw_waves((low + high) / 2, extent, rng), policy.strain, grid) for _draw in range(DRAWS)
    )
    return max(draws, key=lambda field: attackers.floor(field, extent).least)


def check(field: Field, hidden: Floor, places: Floats, policy: FieldPolicy) -> None:
    """Refuse a field that strains more, or hides less, than the policy says."""
    low, high = box(places)
    _refuse_small(hidden.extent_m, policy)
    strain = field.strain(low, high)
    if strain > policy.strain:
        problem = _(
            "strains this city by {found:.3g}, more than {most:.3g}", found=strain, most=policy.strain
        )
        raise _refused("mask.strain", problem, _("use a new key, or raise field.strain in the policy"))
    if hidden.least < policy.floor:
        problem = _(
            "can hide {found:.2g} of the extent within this strain, less than {floor:.2g}",
            found=hidden.least,
            floor=policy.floor,
        )
        remedy = _("raise field.strain, or lower field.floor or field.control_points in the policy")
        raise _refused("mask.floor", problem, remedy)


def _refuse_small(extent: float, policy: FieldPolicy) -> None:
    if extent <= 0 or policy.floor * extent < policy.floor_m:
        problem = _("is too small: {floor:g} of its {extent:.0f} m is less than {least:g} m",
                    floor=policy.floor, extent=extent, least=policy.floor_m)  # fmt: skip
        raise _refused("mask.small", problem, _("mask a larger city, or lower field.floor_m in the policy"))


def _refused(rule: str, problem: Message, remedy: Message) -> DatasetError:
    finding = Finding(rule, Severity.ERROR, "city", problem, remedy)
    return DatasetError(_("the city cannot be masked"), (finding,))


def _coarse(low: Floats, high: Floats) -> Floats:
    x, y = (np.linspace(a, b, 24) for a, b in zip(low, high, strict=True))
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)


def _draw_waves(centre: Floats, extent: float, rng: np.random.Generator) -> Field:
    count = WAVES[int(rng.integers(len(WAVES)))]
    angles = rng.uniform(0, np.pi) + np.arange(count) * np.pi / count + rng.uniform(-0.2, 0.2, count)
    lengths = extent * rng.uniform(*BANDS[int(rng.integers(len(BANDS)))], count)
    across = np.stack((np.cos(angles), np.sin(angles)), axis=1)
    along = np.stack((-np.sin(angles), np.cos(angles)), axis=1)
    waves, moves = (
        across * (2 * np.pi / lengths)[:, None],
        along * (lengths * rng.uniform(0.3, 1, count))[:, None],
    )
    return Field(
        (float(centre[0]), float(centre[1])),
        (0.0, 0.0),
        0.0,
        tuple((float(x), float(y)) for x, y in waves),
        tuple((float(x), float(y)) for x, y in moves * 1e-4),
        tuple(float(phase) for phase in rng.uniform(0, 2 * np.pi, count)),
    )


def _limited(field: Field, strain: float, grid: Floats) -> Field:
    """The field scaled so that its strain on a grid is the one wanted."""
    for _step in range(3):
        field = field.scaled(strain / max(float(np.abs(field.stretches(grid) - 1).max()), 1e-12))
    return field


def _shifted(field: Field, size: Floats, policy: FieldPolicy, rng: np.random.Generator) -> Field:
    """The field with a turn, and a shift so long that no place stays within `shift_m` of where it was."""
    turn = float(rng.uniform(-1, 1)) * np.deg2rad(policy.rotation_deg)
    reach = float(np.linalg.norm(np.array(field.moves), axis=1).sum())
    reach += 2 * np.sin(abs(turn) / 2) * float(np.hypot(*size)) / 2
    length = (policy.shift_m + reach) * float(rng.uniform(1.05, 1.6))
    angle = float(rng.uniform(0, 2 * np.pi))
    shift = (length * float(np.cos(angle)), length * float(np.sin(angle)))
    return Field(field.centre, shift, float(turn), field.waves, field.moves, field.phases)
