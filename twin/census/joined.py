"""Joined tables of a delivery: checked against their schemas, kept as frames."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from twin.census import cells
from twin.census.formats.delimited import read_delimited
from twin.census.survey import JOINED, frame
from twin.errors import InputError
from twin.io import tables
from twin.model.finding import Finding, Severity, errors
from twin.model.schema import Schema
from twin.model.table import Table
from twin.text import _

_MENDED = frozenset({"table.bad-value"})
"""Rules whose cells are emptied while the table is kept."""


def read_joined(files: Mapping[str, Path]) -> tuple[dict[str, pd.DataFrame], list[Finding]]:
    """The joined tables by name, and all that is wrong with them; tables with errors are left out."""
    made: dict[str, pd.DataFrame] = {}
    findings: list[Finding] = []
    for name, path in sorted(files.items()):
        shown = f"joined/{path.name}"
        schema = JOINED.get(name)
        if schema is None:
            near = difflib.get_close_matches(name, list(JOINED), 1)
            remedy = (
                _("did you mean {near}?", near=near[0])
                if near
                else _("use one of {names}", names=", ".join(JOINED))
            )
            findings.append(
                Finding(
                    "census.unknown-table",
                    Severity.WARNING,
                    shown,
                    _("is no joined table; it was not read"),
                    remedy,
                )
            )
            continue
        try:
            table, found = Table.build(schema, _raw(path, schema, shown, findings), shown)
        except InputError as error:
            findings += error.findings
            continue
        found = [replace(one, severity=Severity.WARNING) if one.rule in _MENDED else one for one in found]
        findings += found
        if not errors(found):
            made[name] = frame(schema, dict(table.columns), len(table))
    return made, findings


def _raw(path: Path, schema: Schema, shown: str, findings: list[Finding]) -> dict[str, Any]:
    """The columns of a file; those of plain numbers as numbers."""
    if path.suffix != ".csv":
        return dict(tables.read_raw(path))
    source = read_delimited(path, shown)
    findings += source.findings
    result: dict[str, Any] = {}
    for header, column in zip(source.headers, source.columns, strict=True):
        kind = schema.by_name[header].type if header in schema.by_name else "text"
        read = cells.numbers(column, "") if kind == "float" else None
        plain = read is not None and not len(read.bad) and not len(read.adapted)
        result[header] = read.values if read is not None and plain else cells.texts_of(column).to_pylist()
    return {
        name: np.asarray(values) if isinstance(values, np.ndarray) else values
        for name, values in result.items()
    }
