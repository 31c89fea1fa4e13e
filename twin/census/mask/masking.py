"""Masking from end to end: filter, guard, move, rename, prove, attack, record; nothing is written half."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from twin.census.mask import attack, guard, scan
from twin.census.mask import field as fields
from twin.census.mask.bending import Bent, bent
from twin.census.mask.columns import coordinates, elevations
from twin.census.mask.elevation import elevation_map
from twin.census.mask.field import Field, Floor
from twin.census.mask.filters import Removed, filtered
from twin.census.mask.key import Key, read_key, write_key
from twin.census.mask.policy import Policy
from twin.census.mask.proof import HYDRAULICS, Claim, ProofError, failed, prove
from twin.census.mask.record import NOTICE, Context, digest, manifest_of, record_of, write_records
from twin.census.mask.treat import Masker
from twin.errors import DatasetError
from twin.io.city import read_city, usable, write_city
from twin.io.files import refuse
from twin.io.manifest import FILE
from twin.lifelines import registry
from twin.model.city import City
from twin.text import _
from twin.text.system import told

ATTEMPTS = (1.0, 0.25, 0.05, 0.0)
"""Shares of the policy's stretch and quantum of elevations that are tried until hydraulic results hold."""
Report = Callable[[float], None]


@dataclass(frozen=True)
class Places:
    """The files that masking touches; `key` and `approval` may be missing."""

    out: Path
    ledger: Path
    key: Path | None = None
    approval: Path | None = None


@dataclass(frozen=True)
class Masked:
    """What came of it: the folder, what was proven, what an attacker is left with, the audit record."""

    folder: Path
    claims: list[Claim]
    residuals: list[attack.Residual]
    record: Mapping[str, Any]


def mask(
    city: City,
    policy: Policy,
    places: Places,
    context: Context,
    *,
    overwrite: bool = False,
    report: Report = lambda share: None,
) -> Masked:
    """Write the masked city.

    Raises
    ------
    DatasetError
        Where the city is too small to hide, the area needs an approval, or a file cannot be used.
    ProofError
        Where the result would not keep what it must, or give away what it must not.
    """
    _check_places(places, overwrite)
    key = read_key(places.key) if places.key and places.key.exists() else Key.fresh()
    approval = guard.read_approval(places.approval) if places.approval else None
    kept, removed = filtered(city, policy)
    if not kept.networks:
        problem = _("has no network left after the filters of the policy")
        raise refuse("mask.empty", city.name, problem, _("there is nothing to mask"))
    own = guard.coverage(kept, policy)
    with guard.locked(places.ledger):
        entries = guard.read_ledger(places.ledger)
        area = guard.measure(own, entries, policy.guard.gap_m)
        guard.check_area(area, policy.guard, approval, city.name)
        report(0.1)
        places.out.parent.mkdir(parents=True, exist_ok=True)
        holder = Path(tempfile.mkdtemp(dir=places.out.parent, prefix=f".{places.out.name}."))
        try:
            work = _Work(city, kept, removed, policy, key, holder / "city", places.out.name)
            made = work.run(report)
            record = record_of(
                digest(city), made.digest, policy.digest, context, area, approval, made.details
            )
            write_records(work.folder, record, made.claims, made.residuals, made.scan)
            if places.key:
                write_key(work.key, places.key)
            told_ledger = {"time": context.time, "city": city.name, "operator": context.operator,
                           "input_sha256": record["input_sha256"], "output_sha256": made.digest}  # fmt: skip
            guard.append(places.ledger, entries, guard.entry_of(own, told_ledger))
            if places.out.exists():
                shutil.rmtree(places.out)
            work.folder.replace(places.out)
        except OSError as error:
            problem = _("cannot be written ({reason})", reason=told(error))
            raise refuse(
                "output.unwritable", places.out, problem, _("free space or choose another")
            ) from None
        finally:
            shutil.rmtree(holder, ignore_errors=True)
    report(1.0)
    return Masked(places.out, made.claims, made.residuals, record)


def _check_places(places: Places, overwrite: bool) -> None:
    """Refuse to replace what is no city, and to lay secrets among what is given away."""
    out = places.out.resolve()
    for path in (places.key, places.ledger, places.approval):
        if path is not None and path.resolve().is_relative_to(out):
            problem = _("lies in the folder that is to be given away")
            raise refuse("mask.place", path, problem, _("keep it on the classified side"))
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not overwrite:
        raise refuse(
            "output.exists", out, _("exists and is not empty"), _("give another folder or --overwrite")
        )
    if not (out / FILE).is_file():
        raise refuse("output.foreign", out, _("exists and is no city data set"), _("give another folder"))


@dataclass(frozen=True)
class _Made:
    digest: str
    claims: list[Claim]
    residuals: list[attack.Residual]
    scan: dict[str, Any]
    details: dict[str, Any]


class _Work:
    """One masking in its temporary folder."""

    def __init__(
        self, city: City, kept: City, removed: Removed, policy: Policy, key: Key, folder: Path, name: str
    ) -> None:
        self.city, self.kept, self.removed = city, kept, removed
        self.policy, self.key, self.folder, self.name = policy, key, folder, name
        self.secrets = scan.secrets(city, policy)

    def run(self, report: Report) -> _Made:
        field, floor = self._field()
        report(0.25)
        bending = bent(self.kept, field, self.policy.field)
        report(0.4)
        for share in ATTEMPTS:
            masker, after, claims = self._attempt(bending, field, share)
            if {claim.name for claim in claims if not claim.holds} != {HYDRAULICS}:
                break
        if not all(claim.holds for claim in claims):
            raise failed(claims)
        report(0.8)
        names = dict(masker.components)
        residuals, found = self._attacked(bending.city, after, names, field)
        details = self._details(field, floor, bending, share, masker)
        return _Made(digest(after), claims, residuals, found, details)

    def _field(self) -> tuple[Field, Floor]:
        """The field of the key, or a new one that the key then keeps."""
        everything = _ground(self.kept)
        if not len(everything):
            problem = _("has no coordinates")
            raise refuse("mask.small", self.city.name, problem, _("there is nothing to mask"))
        rng = self.key.rng("field")
        if self.key.field is not None:
            field = self.key.field
            floor = fields.floor_of(field, everything, self.policy.field, rng)
            fields.check(field, floor, everything, self.policy.field)
            return field, floor
        field, floor = fields.design(everything, self.policy.field, rng)
        values = elevations(self.kept)
        values = values[np.isfinite(values)]
        low, span = (float(values.min()), float(np.ptp(values))) if len(values) else (0.0, 1.0)
        self.key = self.key.used(field, low, span)
        return field, floor

    def _attempt(self, bending: Bent, field: Field, share: float) -> tuple[Masker, City, list[Claim]]:
        """The masked city written, read back and compared; `share` of the policy's elevation noise."""
        wish = self.policy.elevation
        wish = replace(wish, stretch=wish.stretch * share, quantum_m=wish.quantum_m * share)
        levels = elevation_map(
            elevations(bending.city), wish, self.key.rng("elevation"), self.key.low_m, self.key.range_m
        )
        masker = Masker(bending.city, self.key, field, levels, self.policy, self.secrets)
        made = masker.masked()
        made = replace(made, manifest=manifest_of(self.city, self.name, self.secrets))
        shutil.rmtree(self.folder, ignore_errors=True)
        write_city(made, self.folder)
        schemas = {name: declared.schemas for name, declared in registry.declarations().items()}
        after, findings = read_city(self.folder, schemas)
        usable(after, findings, self.name)
        claims = prove(bending.city, after, masker.components, self.policy, self.key.rng("breaks"))
        return masker, after, claims

    def _attacked(
        self, before: City, after: City, names: dict[str, str], field: Field
    ) -> tuple[list[attack.Residual], dict[str, Any]]:
        """The re-identification check; a ProofError where a secret or a true place is found."""
        true, masked = scan.places(before, after, names)
        settings = self.policy.attack
        residuals = attack.residuals(
            true, masked, settings.control_points, settings.draws, self.key.rng("attack")
        )
        found = scan.leaks(self.folder, after, self.secrets, self.policy)
        if found:
            raise ProofError(
                _("a secret would leave in {places}; nothing was written", places="; ".join(found))
            )
        moved = float(np.linalg.norm(masked - true, axis=1).min()) if len(true) else 0.0
        same = scan.same_places(before, after)
        if same or moved < 0.99 * self.policy.field.shift_m:
            raise ProofError(_("{count} true places would leave; nothing was written", count=same))
        return residuals, {
            "secrets_searched": len(self.secrets),
            "found": 0,
            "true_places_found": same,
            "least_move_m": round(moved, 1),
        }

    def _details(
        self, field: Field, floor: Floor, bending: Bent, share: float, masker: Masker
    ) -> dict[str, Any]:
        low, high = fields.box(_ground(self.kept))
        return {
            "strain": round(field.strain(low, high), 6),
            "floor": {
                "affine": floor.affine,
                "piecewise_affine": floor.piecewise,
                "extent_m": floor.extent_m,
            },
            "vertices_added": bending.added,
            "elevation_share": share,
            "removed": {"areas": self.removed.areas, "rows": dict(self.removed.rows)},
            "networks": {
                name: {"before": network.size(), "after": self.kept.networks[name].size()}
                if name in self.kept.networks
                else {"before": network.size(), "after": ""}
                for name, network in self.city.networks.items()
            },
            "cleared_columns": sorted(masker.cleared),
        }


def _ground(city: City) -> fields.Floats:
    """All places of a city, with the corners of its terrain and the outlines of its regions."""
    import shapely

    found = [coordinates(city)]
    if (ground := city.terrain) is not None:
        rows, columns = ground.z.shape
        corner = np.array([ground.x0, ground.y0])
        found.append(np.array([corner, corner + ground.cell_m * np.array([columns, rows])]))
    texts = [text for text in city.regions["wkt"].tolist() if text]
    try:
        shapes = shapely.from_wkt(texts)
    except shapely.GEOSException as error:
        problem = _("holds an outline that is no well-known text ({reason})", reason=str(error)[:100])
        raise refuse("mask.area", "regions", problem, _("correct it")) from None
    found.append(np.asarray(shapely.get_coordinates(shapes)).reshape(-1, 2))
    return np.concatenate(found)


__all__ = ["NOTICE", "Context", "DatasetError", "Masked", "Places", "mask"]
