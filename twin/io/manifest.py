"""The manifest of a city data set: what it says of itself, and the checksums of its tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from twin.io.files import read_text, refuse, replacing
from twin.model.city import Manifest
from twin.text import _

FILE = "manifest.yaml"
FORMAT = 1
_TEXTS = ("name", "title", "crs", "census_date", "licence")
_KEYS = frozenset({"format", *_TEXTS, "clock_s", "protection", "assumed", "tables"})
LIMIT = 64 * 1024**2


def read_manifest(folder: Path) -> Manifest:
    """The manifest in `folder`; DatasetError where it is missing or malformed."""
    path = folder / FILE
    try:
        data = YAML(typ="safe", pure=True).load(read_text(path, LIMIT))
    except YAMLError as error:
        problem = _("is no well-formed YAML ({reason})", reason=" ".join(str(error).split())[:200])
        raise refuse("manifest.broken", path, problem, _("correct it")) from None
    return _manifest(path, data)


def _manifest(path: Path, data: Any) -> Manifest:
    if not isinstance(data, dict) or not isinstance(data.get("name"), str):
        raise refuse("manifest.broken", path, _("has no name"), _("add a line 'name: ...'"))
    if unknown := sorted(str(key) for key in data if key not in _KEYS):
        problem = _("has unknown keys: {keys}", keys=", ".join(unknown))
        raise refuse("manifest.unknown-key", path, problem, _("remove them"))
    if data.get("format", FORMAT) != FORMAT:
        problem = _(
            "has format {found}; this version reads format {known}", found=data["format"], known=FORMAT
        )
        raise refuse("manifest.format", path, problem, _("update twin"))
    tables = data.get("tables") or {}
    clock, assumed = data.get("clock_s", 0.0), data.get("assumed") or []
    entries = isinstance(tables, dict) and all(
        isinstance(entry, dict) and {"sha256", "rows"} <= set(entry) for entry in tables.values()
    )
    if not entries or not isinstance(clock, int | float) or not isinstance(assumed, list):
        problem = _("has a malformed value under tables, clock_s or assumed")
        raise refuse("manifest.broken", path, problem, _("run 'twin seal' on the folder"))
    return Manifest(
        **{key: str(data.get(key) or "") for key in _TEXTS},
        clock_s=float(clock),
        protection=bool(data.get("protection", True)),
        assumed=tuple(str(sentence) for sentence in assumed),
        checksums={str(name): str(entry["sha256"]) for name, entry in tables.items()},
        rows={str(name): int(entry["rows"]) for name, entry in tables.items()},
    )


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, whole or not at all."""
    data: dict[str, Any] = {"format": FORMAT}
    data |= {key: getattr(manifest, key) for key in _TEXTS if getattr(manifest, key)}
    data |= {"clock_s": manifest.clock_s, "protection": manifest.protection}
    if manifest.assumed:
        data["assumed"] = list(manifest.assumed)
    data["tables"] = {
        name: {"sha256": digest, "rows": manifest.rows[name]}
        for name, digest in sorted(manifest.checksums.items())
    }
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    with replacing(folder / FILE, "w", encoding="utf-8", newline="\n") as file:
        yaml.dump(data, file)
