"""A network while it is being read: rows per table, the file's units, and everything found wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from twin.lifelines.water.epanet.lines import Line, number
from twin.lifelines.water.units import FileUnits, file_units
from twin.model.finding import Finding, Severity
from twin.text import Message, _

Row = dict[str, Any]


@dataclass
class Draft:
    """Rows of the tables to be (by id where there is one) and findings, with the line each came from."""

    file: str
    lines: dict[str, list[Line]]
    nodes: dict[str, Row] = field(default_factory=dict)
    links: dict[str, Row] = field(default_factory=dict)
    patterns: dict[str, list[float]] = field(default_factory=dict)
    curves: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    curve_use: dict[str, str] = field(default_factory=dict)
    demands: dict[str, list[Row]] = field(default_factory=dict)
    vertices: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    controls: list[Row] = field(default_factory=list)
    rules: list[Row] = field(default_factory=list)
    passthrough: list[Row] = field(default_factory=list)
    options: Row = field(default_factory=dict)
    units: FileUnits = field(default_factory=lambda: file_units("GPM", "PSI"))
    clock_s: float = 0.0
    findings: list[Finding] = field(default_factory=list)
    seen: dict[tuple[str, str], int] = field(default_factory=dict)

    def section(self, name: str) -> list[Line]:
        """The lines of a section, in order."""
        return self.lines.get(name, [])

    def error(self, line: Line, rule: str, problem: Message, remedy: Message, name: str = "") -> None:
        """Note something that makes the network unusable."""
        self._find(Severity.ERROR, line, rule, problem, remedy, name)

    def warn(self, line: Line, rule: str, problem: Message, remedy: Message, name: str = "") -> None:
        """Note something that was left out or read with an assumption."""
        self._find(Severity.WARNING, line, rule, problem, remedy, name)

    def _find(
        self, severity: Severity, line: Line, rule: str, problem: Message, remedy: Message, name: str
    ) -> None:
        ids = (name,) if name else ()
        field = f"[{line.section}]"
        rule = f"epanet.{rule}"
        self.findings.append(Finding(rule, severity, self.file, problem, remedy, field, ids, line.number))

    def value(self, line: Line, place: int, default: float, *, least: float | None = None) -> float:
        """The number at a place of a line; `default` where the line is shorter, a finding where it's none."""
        if place >= len(line.tokens):
            return default
        text = line.tokens[place]
        found = number(text)
        if found is None:
            problem = _("{given} is not a number", given=text)
            self.error(line, "bad-number", problem, _("write a plain number"), line.tokens[0])
            return default
        if least is not None and found < least:
            problem = _("{value} is below {least}", value=text, least=least)
            self.error(line, "out-of-range", problem, _("correct the value"), line.tokens[0])
            return default
        return found

    def positive(self, line: Line, place: int, default: float) -> float:
        """The number at a place of a line, which must be above zero."""
        found = self.value(line, place, default)
        if found > 0:
            return found
        problem = _("{value} is not above zero", value=line.tokens[place])
        self.error(line, "out-of-range", problem, _("correct the value"), line.tokens[0])
        return default

    def new(self, line: Line, table: str, text: str) -> str | None:
        """The id of a new row of "nodes" or "links"; None and a finding where it is taken."""
        name = self.id(text)
        if name != text:
            problem = _("the id {given} holds a slash and is read as {name}", given=text, name=name)
            self.warn(line, "renamed", problem, _("rename it in the file"), name)
        if (table, name) in self.seen:
            problem = _("is defined a second time (first in line {line})", line=self.seen[table, name])
            self.error(line, "duplicate-id", problem, _("rename or remove one"), name)
            return None
        self.seen[table, name] = line.number
        return name

    def id(self, text: str) -> str:
        """An id of the file as an id of a table: a slash, which separates full ids, becomes `_`."""
        return text.replace("/", "_")

    def keep(self, lines: Iterable[Line]) -> None:
        """Keep lines as they are, for export."""
        for line in lines:
            self.passthrough.append(
                {"section": line.section, "row": len(self.passthrough), "line": line.text.strip()}
            )


def short(draft: Draft, line: Line, least: int) -> bool:
    """Whether a line has fewer than `least` entries, which is a finding."""
    if len(line.tokens) >= least:
        return False
    problem = _("has {found} entries instead of {least}", found=len(line.tokens), least=least)
    draft.error(line, "too-short", problem, _("complete or remove the line"), line.tokens[0])
    return True
