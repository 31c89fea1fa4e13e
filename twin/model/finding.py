"""Findings: what is wrong with data, where, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from twin.text import Message, _

SHOWN_IDS = 5


class Severity(StrEnum):
    """Errors block; warnings block only under `--strict`."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Finding:
    """One defect: rule, place, what is wrong and the remedy.

    `ids` holds all offending component ids; `str()` shows the first five and the count.
    `line` and `column` are 1-based and 0 where the file has none.
    """

    rule: str
    severity: Severity
    file: str
    problem: Message
    remedy: Message
    field: str = ""
    ids: tuple[str, ...] = ()
    line: int = 0
    column: int = 0

    @property
    def place(self) -> str:
        """`file`, `file:line` or `file:line:column`."""
        parts = [self.file, *(str(number) for number in (self.line, self.column) if number)]
        return ":".join(parts)

    def __str__(self) -> str:
        named = ", ".join(self.ids[:SHOWN_IDS])
        if len(self.ids) > SHOWN_IDS:
            named += _(" and {count} more", count=len(self.ids) - SHOWN_IDS).__str__()
        where = (f"{self.place}: " if self.place else "") + (f"{self.field} " if self.field else "")
        told: object = self.problem
        if named:
            told = _("{problem} ({ids})", problem=told, ids=named)
        return where + str(_("{problem}: {remedy}", problem=told, remedy=self.remedy))

    def record(self) -> dict[str, object]:
        """The finding as a plain mapping, in the language in use."""
        return {
            "rule": self.rule,
            "severity": str(self.severity),
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "field": self.field,
            "ids": list(self.ids),
            "problem": str(self.problem),
            "remedy": str(self.remedy),
        }


def errors(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those findings that block."""
    return tuple(finding for finding in findings if finding.severity is Severity.ERROR)


def blocking(findings: Sequence[Finding], *, strict: bool = False) -> tuple[Finding, ...]:
    """The findings that stop the work: the errors, and with `strict` the warnings too."""
    return tuple(findings) if strict else errors(findings)
