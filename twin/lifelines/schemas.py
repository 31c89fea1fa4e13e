"""The tables of a lifeline: its own, and what every lifeline carries from the survey it was made from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from twin.model.city import SURVEY_SCHEMAS
from twin.model.schema import Schema, read_schemas


def lifeline_schemas(folder: Path, names: Iterable[str]) -> Mapping[str, Schema]:
    """The schemas `names` in `folder`, with the survey's columns behind those of nodes and links.

    The auxiliary tables `vertices` and `members` of the survey come last.
    """
    own = read_schemas(folder, names)
    for name in ("nodes", "links"):
        own[name] = replace(own[name], columns=own[name].columns + SURVEY_SCHEMAS[name].columns)
    return own | {name: SURVEY_SCHEMAS[name] for name in ("vertices", "members")}
