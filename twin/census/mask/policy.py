"""The policy of masking: what is moved, rounded, renamed, taken out and proven; every key has a default."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from twin.errors import DatasetError
from twin.io.files import refuse
from twin.io.yaml_file import read_yaml
from twin.model.finding import Finding, Severity
from twin.text import Message, _

_FOLDER = Path(__file__).parent
DEFAULT = _FOLDER / "policy.yaml"
FORMAT = 1
_MOST_WORDS = 1000


@dataclass(frozen=True)
class FieldPolicy:
    """The displacement: how much it may strain, how much it must hide."""

    strain: float
    floor: float
    control_points: int
    floor_m: float
    shift_m: float
    rotation_deg: float
    sagitta_m: float
    decimals: int


@dataclass(frozen=True)
class ElevationPolicy:
    """The map of elevations: shift, stretch and quantisation."""

    shift_m: float
    stretch: float
    quantum_m: float


@dataclass(frozen=True)
class AttributePolicy:
    """How exact attributes stay."""

    length_m: float
    digits: int
    year: str
    owner: str


@dataclass(frozen=True)
class NamePolicy:
    """What becomes of names: `keep`, `class` (the kind and a number) or `drop`."""

    components: str
    facilities: str
    agencies: str
    regions: str
    spoken: str


@dataclass(frozen=True)
class FilterPolicy:
    """What is taken out before anything else."""

    owner_classes: tuple[str, ...]
    owners: tuple[str, ...]
    kinds: tuple[str, ...]
    region_kinds: tuple[str, ...]
    areas: str
    buffer_m: float


@dataclass(frozen=True)
class GuardPolicy:
    """How much area may leave without an approval record."""

    area_km2: float
    tile_m: float
    gap_m: float


@dataclass(frozen=True)
class ProofPolicy:
    """What has to be shown of the result."""

    breaks: int
    tolerance: float


@dataclass(frozen=True)
class AttackPolicy:
    """The attackers of the re-identification check."""

    control_points: tuple[int, ...]
    draws: int


@dataclass(frozen=True)
class Policy:
    """All of it; `folder` is where relative paths in it begin."""

    field: FieldPolicy
    elevation: ElevationPolicy
    attributes: AttributePolicy
    names: NamePolicy
    filters: FilterPolicy
    guard: GuardPolicy
    proof: ProofPolicy
    attack: AttackPolicy
    folder: Path = _FOLDER

    @property
    def digest(self) -> str:
        """SHA-256 over every value of the policy."""
        values = {name: asdict(getattr(self, name)) for name in _SECTIONS}
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


_SECTIONS: Mapping[str, type] = {
    "field": FieldPolicy,
    "elevation": ElevationPolicy,
    "attributes": AttributePolicy,
    "names": NamePolicy,
    "filters": FilterPolicy,
    "guard": GuardPolicy,
    "proof": ProofPolicy,
    "attack": AttackPolicy,
}


@cache
def _fields() -> Mapping[tuple[str, str], tuple[str, str]]:
    """Type and bounds of each key by section and key."""
    with (_FOLDER / "policy_fields.csv").open(encoding="utf-8", newline="") as file:
        return {(row["section"], row["key"]): (row["type"], row["bounds"]) for row in csv.DictReader(file)}


def read_policy(path: Path | None = None) -> Policy:
    """The policy in a YAML file, laid over the default one; the default where no file is given.

    Raises
    ------
    DatasetError
        With every unknown key and every value out of its bounds.
    """
    default = _read(DEFAULT)
    given = default if path is None else _read(path)
    findings: list[Finding] = []
    values: dict[str, dict[str, Any]] = {name: {} for name in _SECTIONS}
    for section in given:
        if section != "format" and section not in _SECTIONS:
            findings.append(_finding(path or DEFAULT, str(section), _("is no section of a policy")))
        elif section != "format" and not isinstance(given[section], dict):
            findings.append(_finding(path or DEFAULT, str(section), _("must be a mapping")))
    for section, key in _keys(default, given, findings, path or DEFAULT):
        own = given.get(section)
        own = own if isinstance(own, dict) else {}
        value = own.get(key, default[section][key])
        values[section][key] = _value(path or DEFAULT, section, key, value, findings)
    if findings:
        raise DatasetError(_("{path} is no policy that can be used", path=str(path)), tuple(findings))
    made: dict[str, Any] = {name: kind(**values[name]) for name, kind in _SECTIONS.items()}
    return Policy(**made, folder=(path or DEFAULT).resolve().parent)


def _read(path: Path) -> dict[str, Any]:
    data = read_yaml(path)
    if not isinstance(data, dict):
        raise refuse("mask.policy", path, _("is no mapping"), _("write 'section:' and below it 'key: value'"))
    if data.get("format", FORMAT) != FORMAT:
        problem = _("has format {found}; this version reads {known}", found=data["format"], known=FORMAT)
        raise refuse("mask.policy", path, problem, _("update twin"))
    return data


def _keys(
    default: Mapping[str, Any], given: Mapping[str, Any], findings: list[Finding], path: Path
) -> list[tuple[str, str]]:
    for section, own in given.items():
        if section in _SECTIONS and isinstance(own, dict):
            for key in own:
                if (section, key) not in _fields():
                    findings.append(_finding(path, f"{section}.{key}", _("is no key of a policy")))
    return [(section, key) for section, key in _fields() if key in default[section]]


def _finding(path: Path, field: str, problem: Message) -> Finding:
    remedy = _("see the default policy in the manual")
    return Finding("mask.policy", Severity.ERROR, str(path), problem, remedy, field=field)


def _value(path: Path, section: str, key: str, value: Any, findings: list[Finding]) -> Any:
    """A value of the type and within the bounds of its key; else a finding."""
    kind, bounds = _fields()[section, key]
    field = f"{section}.{key}"
    if kind.startswith("choice:"):
        choices = kind.removeprefix("choice:").split("|")
        if value not in choices:
            problem = _("is {value}, not one of {choices}", value=str(value), choices=", ".join(choices))
            findings.append(_finding(path, field, problem))
        return value
    if kind in ("text", "texts"):
        return _words(path, field, kind, value, findings)
    many = value if kind == "ints" and isinstance(value, list) else [value]
    low, high = (float(part) for part in bounds.split(".."))
    for one in many:
        number = isinstance(one, int | float) and not isinstance(one, bool)
        whole = kind == "float" or isinstance(one, int)
        if not (number and whole and low <= one <= high):
            problem = _("is {value}, not within {low} to {high}", value=str(one), low=low, high=high)
            findings.append(_finding(path, field, problem))
    return tuple(many) if kind == "ints" else value


def _words(path: Path, field: str, kind: str, value: Any, findings: list[Finding]) -> Any:
    many = value if kind == "texts" else [value]
    if not isinstance(many, list) or len(many) > _MOST_WORDS or not all(isinstance(one, str) for one in many):
        wanted = _("must be a list of texts") if kind == "texts" else _("must be a text")
        findings.append(_finding(path, field, wanted))
        return () if kind == "texts" else ""
    return tuple(many) if kind == "texts" else value
