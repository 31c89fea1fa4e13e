"""The manifest of a city data set: what it says of itself, and the checksums of its tables."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import CollectionEndEvent, CollectionStartEvent

from twin.errors import DatasetError
from twin.io.files import read_text, refuse, replacing
from twin.model.city import Manifest
from twin.text import Message, _

FILE = "manifest.yaml"
FORMAT = 1
_TEXTS = ("name", "title", "version", "crs", "census_date", "licence", "notice")
_SENTENCES = ("assumed", "history")
_KEYS = frozenset({"format", *_TEXTS, "clock_s", "protection", "synthetic", *_SENTENCES, "tables"})
LIMIT = 1_000_000
"""Largest manifest that is read."""
DEEPEST = 8
"""How deep lists and mappings may stand in each other."""


def read_manifest(folder: Path) -> Manifest:
    """The manifest in `folder`; DatasetError where it is missing or malformed."""
    path = folder / FILE
    text = read_text(path, LIMIT)
    try:
        _check_plain(path, text)
        data = YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError) as error:
        problem = _("is no well-formed YAML ({reason})", reason=" ".join(str(error).split())[:200])
        raise _broken(path, problem) from None
    return _manifest(path, data)


def _check_plain(path: Path, text: str) -> None:
    """Refuse what a manifest has no need of and what could blow it up: aliases, tags, deep nesting."""
    depth = 0
    for event in YAML(typ="safe", pure=True).parse(text):
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > DEEPEST:
            raise _broken(path, _("stands more than {limit} lists and mappings deep", limit=DEEPEST))
        if getattr(event, "anchor", None) or getattr(event, "ctag", None):
            raise _broken(path, _("uses an alias, an anchor or a tag"))


def _broken(path: Path, problem: Message) -> DatasetError:
    return refuse("manifest.broken", path, problem, _("correct it"))


def _manifest(path: Path, data: Any) -> Manifest:
    if not isinstance(data, dict) or not isinstance(data.get("name"), str) or not data["name"].strip():
        raise refuse("manifest.broken", path, _("has no name"), _("add a line 'name: ...'"))
    if unknown := sorted(str(key) for key in data if key not in _KEYS):
        problem = _("has unknown keys: {keys}", keys=", ".join(unknown))
        raise refuse("manifest.unknown-key", path, problem, _("remove them"))
    if data.get("format", FORMAT) != FORMAT:
        problem = _(
            "has format {found}; this version reads format {known}", found=data["format"], known=FORMAT
        )
        raise refuse("manifest.format", path, problem, _("update twin"))
    bad = [key for key, fits in _FITS.items() if data.get(key) is not None and not fits(data[key])]
    if bad:
        problem = _("has a malformed value under {keys}", keys=", ".join(bad))
        raise refuse("manifest.broken", path, problem, _("correct it, or run 'twin seal' on the folder"))
    tables = data.get("tables") or {}
    texts: dict[str, Any] = {key: str(data.get(key) or "") for key in _TEXTS}
    sentences: dict[str, Any] = {key: tuple(data.get(key) or ()) for key in _SENTENCES}
    return Manifest(
        **texts,
        **sentences,
        clock_s=float(data.get("clock_s") or 0.0),
        protection=data.get("protection") is not False,
        synthetic=data.get("synthetic") is True,
        checksums={name: entry["sha256"] for name, entry in tables.items()},
        rows={name: entry["rows"] for name, entry in tables.items()},
    )


def _is_text(value: Any) -> bool:
    return not isinstance(value, dict | list | bool)


def _is_clock(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _are_sentences(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(sentence, str) for sentence in value)


def _are_tables(value: Any) -> bool:
    """Whether each table comes with its digest and its number of rows."""
    return isinstance(value, dict) and all(
        isinstance(name, str)
        and isinstance(entry, dict)
        and isinstance(entry.get("sha256"), str)
        and type(entry.get("rows")) is int
        for name, entry in value.items()
    )


_FITS: Mapping[str, Callable[[Any], bool]] = {
    **dict.fromkeys(_TEXTS, _is_text),
    "clock_s": _is_clock,
    **dict.fromkeys(("protection", "synthetic"), lambda value: isinstance(value, bool)),
    **dict.fromkeys(_SENTENCES, _are_sentences),
    "tables": _are_tables,
}
"""What the value of each key must be."""


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, whole or not at all."""
    data: dict[str, Any] = {"format": FORMAT}
    data |= {key: getattr(manifest, key) for key in _TEXTS if getattr(manifest, key)}
    data |= {"clock_s": manifest.clock_s, "protection": manifest.protection}
    if manifest.synthetic:
        data["synthetic"] = True
    data |= {key: list(getattr(manifest, key)) for key in _SENTENCES if getattr(manifest, key)}
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
