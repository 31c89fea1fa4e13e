"""Small YAML files that people write: no aliases, anchors or tags, and of bounded size and depth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import CollectionEndEvent, CollectionStartEvent

from twin.io.files import read_text, refuse
from twin.text import _

LIMIT = 1_000_000
"""Largest file that is read, in bytes."""
DEEPEST = 8
"""How deep lists and mappings may stand in each other."""


def read_yaml(path: Path) -> Any:
    """What stands in a YAML file, as plain values; DatasetError where it is none or is no plain one."""
    text = read_text(path, LIMIT)
    try:
        depth = 0
        for event in YAML(typ="safe", pure=True).parse(text):
            depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
            if depth > DEEPEST or getattr(event, "anchor", None) or getattr(event, "ctag", None):
                problem = _("uses an alias, an anchor or a tag, or is more than {limit} deep", limit=DEEPEST)
                raise refuse("yaml.broken", path, problem, _("write it out plainly"))
        return YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError) as error:
        problem = _("is no well-formed YAML ({reason})", reason=" ".join(str(error).split())[:200])
        raise refuse("yaml.broken", path, problem, _("correct it")) from None
