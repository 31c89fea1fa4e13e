"""From an EPANET file to a network, with everything found on the way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from twin.errors import DatasetError
from twin.lifelines.water.checks import check
from twin.lifelines.water.declaration import DECLARATION
from twin.lifelines.water.epanet import components, operation, options, placing, rules
from twin.lifelines.water.epanet.draft import Draft, Row
from twin.lifelines.water.epanet.lines import Line, lines, number, read_inp_text
from twin.lifelines.water.units import CURVE_UNITS
from twin.model.finding import Finding, errors
from twin.model.network import Network
from twin.model.table import Table
from twin.text import _

UNSIMULATED = ("LEAKAGE", "QUALITY", "SOURCES", "REACTIONS", "MIXING", "ENERGY")
KEPT = ("TITLE", *UNSIMULATED, "REPORT", "LABELS", "BACKDROP")


@dataclass(frozen=True)
class Reading:
    """What an EPANET file holds.

    Attributes
    ----------
    network
        The water network; all numbers in the units its schemas state.
    findings
        What was read with an assumption, left out, or is not simulated: warnings only.
    clock_s
        Time of day at the data set's time zero (EPANET's START CLOCKTIME), for the manifest.
    title
        The lines of `[TITLE]`.
    """

    network: Network
    findings: tuple[Finding, ...]
    clock_s: float = 0.0
    title: str = ""


def read_inp(path: Path | str, encoding: str = "") -> Reading:
    """The network in an EPANET 1 to 2.3 file, plain or `.gz`.

    Raises
    ------
    DatasetError
        With all findings, where any of them is an error.
    """
    return parse_inp(read_inp_text(Path(path), encoding), str(path))


def parse_inp(text: str, file: str = "network.inp") -> Reading:
    """The network in the text of an EPANET file; `file` is how findings call it. Raises as `read_inp`."""
    draft = _draft(text, file)
    tables, findings = _tables(draft)
    network = Network(DECLARATION.name, tables)
    if not errors(findings):
        findings += [_placed(draft, finding) for finding in check(network)]
    if errors(findings):
        raise DatasetError(_("{path} cannot be used", path=file), tuple(findings))
    title = "\n".join(line.text for line in draft.section("TITLE"))
    return Reading(network, tuple(findings), draft.clock_s, title)


def _draft(text: str, file: str) -> Draft:
    by_section: dict[str, list[Line]] = defaultdict(list)
    for line in lines(text):
        by_section[line.section].append(line)
    draft = Draft(file, by_section)
    for line in draft.section("?"):
        problem = _("{name} is no section of EPANET: left out", name=line.tokens[0])
        draft.warn(line, "unknown-section", problem, _("remove it"))
    for name in KEPT:
        draft.keep(line for line in draft.section(name) if not _is_rejected(draft, line))
    for read in (
        options.read_options,
        options.read_times,
        operation.read_patterns,
        operation.read_curves,
        components.read_junctions,
        components.read_reservoirs_and_tanks,
        components.read_pipes,
        components.read_pumps,
        components.read_valves,
        placing.read_demands,
        placing.read_emitters,
        placing.read_status,
        placing.read_places,
        placing.read_tags,
        operation.read_controls,
        rules.read_rules,
    ):
        read(draft)
    _report_unsimulated(draft)
    return draft


def _report_unsimulated(draft: Draft) -> None:
    for name in UNSIMULATED:
        if found := [line for line in draft.section(name) if not _is_default(line)]:
            problem = _("is not simulated ({count} lines are kept for export)", count=len(found))
            draft.warn(found[0], "not-simulated", problem, _("nothing to do"))
    for line in draft.section("ROUGHNESS")[:1]:
        draft.warn(line, "not-simulated", _("is not used, as in EPANET 2: left out"), _("nothing to do"))


def _is_rejected(draft: Draft, line: Line) -> bool:
    """Whether EPANET 2 would refuse the whole file because of this line, which is a finding."""
    orders = ("BULK", "WALL", "TANK")
    if line.section != "REACTIONS" or not line.has(0, "ORDER") or any(line.has(1, word) for word in orders):
        return False
    problem = _("{given} is no reaction order: left out", given=" ".join(line.tokens))
    draft.warn(line, "bad-reaction", problem, _("remove the line"))
    return True


def _is_default(line: Line) -> bool:
    """Whether a line of [REACTIONS] or [ENERGY] only says what EPANET assumes anyway."""
    value = number(line.tokens[-1])
    if line.has(0, "ORDER") or line.has(1, "EFFI"):
        return True
    return line.section in ("REACTIONS", "ENERGY") and value == 0


def _tables(draft: Draft) -> tuple[dict[str, Table], list[Finding]]:
    findings = list(draft.findings)
    rows: dict[str, list[Row]] = {
        "nodes": [{"id": name} | row for name, row in draft.nodes.items()],
        "links": [{"id": name} | row for name, row in draft.links.items()],
        "demands": [
            {"junction": name, "number": place} | row
            for name, found in draft.demands.items()
            for place, row in enumerate(found)
        ],
        "patterns": [
            {"pattern": name, "step": step, "factor": factor}
            for name, factors in draft.patterns.items()
            for step, factor in enumerate(factors)
        ],
        "curves": _curve_rows(draft),
        "controls": draft.controls,
        "rules": draft.rules,
        "vertices": [
            {"link": name, "point": point, "x": x, "y": y}
            for name, places in draft.vertices.items()
            for point, (x, y) in enumerate(places)
        ],
        "options": [draft.options],
        "passthrough": draft.passthrough,
    }
    tables = {}
    for name, schema in DECLARATION.schemas.items():
        raw = _columns(rows.get(name, []), schema.names)
        tables[name], found = Table.build(schema, raw, f"{draft.file} ({name})")
        findings += found
    return tables, findings


def _columns(rows: list[Row], names: tuple[str, ...]) -> Mapping[str, list[Any]]:
    """Rows as columns; a column that no row has is left to its default."""
    used = {name for row in rows for name in row}
    return {name: [row.get(name) for row in rows] for name in names if name in used or not rows}


def _curve_rows(draft: Draft) -> list[Row]:
    rows = []
    for name, points in draft.curves.items():
        use = draft.curve_use.get(name, "generic")
        x_unit, y_unit = (getattr(draft.units, unit, 1.0) for unit in CURVE_UNITS.get(use, ("", "")))
        rows += [
            {"curve": name, "point": point, "use": use, "x": x * x_unit, "y": y * y_unit}
            for point, (x, y) in enumerate(points)
        ]
    return rows


def _placed(draft: Draft, finding: Finding) -> Finding:
    """A finding of the network's own checks with the line of its first component."""
    table = "links" if finding.file.endswith("links") else "nodes"
    line = draft.seen.get((table, finding.ids[0]), 0) if finding.ids else 0
    return replace(finding, file=draft.file, line=line)
