"""The data that the rules go by: thresholds, dictionaries of the check, the register of rules."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from twin.text import language

_RULES = Path(__file__).parent
_DICTIONARIES = _RULES.parent / "dictionaries"


@dataclass(frozen=True)
class Rule:
    """One row of the register.

    Attributes
    ----------
    id, order, family
        Its name, when it runs, and the module it stands in.
    scope
        `row`, or `file` where it judges a whole source table.
    table
        Table its findings are about: points, lines, both or headers.
    severity
        `error` or `warning`; single findings of some rules are milder or graver.
    repairable
        Whether some of its findings can be repaired without a person.
    text, text_zh, remedy, remedy_zh
        What is wrong, and what to do, in both languages.
    source, verified
        Where the rule comes from, and whether that was seen.
    """

    id: str
    order: int
    family: str
    scope: str
    table: str
    severity: str
    repairable: bool
    text: str
    text_zh: str
    remedy: str
    remedy_zh: str
    source: str
    verified: bool

    @property
    def told(self) -> str:
        """What is wrong, in the language in use."""
        return self.text_zh if language() == "zh" else self.text

    @property
    def advice(self) -> str:
        """What to do, in the language in use."""
        return self.remedy_zh if language() == "zh" else self.remedy


@cache
def register() -> Mapping[str, Rule]:
    """Every rule by id, in the order they run."""
    made = [_rule(row) for row in _rows(_RULES / "register.csv")]
    return {rule.id: rule for rule in sorted(made, key=lambda rule: rule.order)}


def _rule(row: Mapping[str, str]) -> Rule:
    texts = {name: row[name] for name in ("text", "text_zh", "remedy", "remedy_zh", "source")}
    return Rule(
        row["id"],
        int(row["order"]),
        row["family"],
        row["scope"],
        row["table"],
        row["severity"],
        row["repairable"] == "true",
        verified=row["verified"] == "true",
        **texts,
    )


@cache
def thresholds() -> Mapping[str, float]:
    """Thresholds by name, in the units of the file."""
    return {row["name"]: float(row["value"]) for row in _rows(_RULES / "thresholds.csv")}


@cache
def rows_of(name: str) -> tuple[Mapping[str, str], ...]:
    """The rows of a dictionary of the check."""
    return tuple(_rows(_DICTIONARIES / f"{name}.csv"))


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
