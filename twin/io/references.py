"""References between tables: link ends, devices' nodes, suppliers and consumers, instant cycles."""

from __future__ import annotations

from collections.abc import Iterable

import networkx as nx

from twin.model.city import City
from twin.model.finding import Finding, Severity
from twin.model.network import Network
from twin.model.table import Table
from twin.text import Message, _


def check_references(city: City) -> list[Finding]:
    """Dangling references of a city and cycles of dependencies without any delay."""
    findings: list[Finding] = []
    for layer in (*city.layers.values(), city.other):
        for name, table in layer.tables.items():
            findings += _dangling(layer, name, table)
    for table, column in (
        (city.dependencies, "supplier"),
        (city.dependencies, "consumer"),
        (city.jobs, "component"),
        (city.isolation, "component"),
        (city.isolation, "device"),
        (city.names, "component"),
        (city.relations, "component"),
        (city.relations, "other"),
    ):
        findings += _unknown(city, table, column)
    findings += _homeless(city)
    return findings or _cycles(city)


def _dangling(layer: Network, name: str, table: Table) -> list[Finding]:
    findings = []
    for column in table.schema.columns:
        if column.type != "ref":
            continue
        known = set(layer.tables[column.target]["id"])
        values = table[column.name]
        rows = [row for row, value in enumerate(values) if value not in known and value != ""]
        if column.default is None:
            rows += [row for row, value in enumerate(values) if value == ""]
        if rows:
            names = table.columns.get("id", values)
            named = [f"{names[row]} -> {values[row] or '?'}" for row in sorted(rows)]
            problem = _("names rows that {target} does not have", target=column.target)
            findings.append(
                _error("reference.dangling", f"{layer.lifeline}/{name}", column.name, problem, named)
            )
    return findings


def _unknown(city: City, table: Table, column: str) -> list[Finding]:
    missing = sorted({str(name) for name in table[column] if name not in city.refs})
    if not missing:
        return []
    problem = _("names components that this city does not have")
    return [_error("reference.unknown", table.name, column, problem, missing)]


def _homeless(city: City) -> list[Finding]:
    """Agencies whose depot, and depots whose road node, does not exist."""
    findings = []
    for table, column, known in (
        (city.agencies, "depot", city.depots),
        (city.depots, "road_node", city.roads.tables["nodes"]),
    ):
        pairs = zip(table["id"], table[column], strict=True)
        if named := [f"{name} -> {place}" for name, place in pairs if place and place not in known.rows]:
            problem = _("names rows that {target} does not have", target=known.name)
            findings.append(_error("reference.dangling", table.name, column, problem, named))
    return findings


def _cycles(city: City) -> list[Finding]:
    graph: nx.DiGraph[str] = nx.DiGraph()
    table = city.dependencies
    instant = (table["backup_min"] == 0) & (table["restart_min"] == 0)
    for row in instant.nonzero()[0]:
        graph.add_edge(str(table["supplier"][row]), str(table["consumer"][row]))
    loops = [sorted(part) for part in nx.strongly_connected_components(graph) if len(part) > 1]
    loops += [[name] for name in sorted(nx.nodes_with_selfloops(graph))]
    if not loops:
        return []
    problem = _("need each other without any backup or restart time")
    remedy = _("give one of the rows a backup_min, or remove it")
    return [
        Finding("dependency.cycle", Severity.ERROR, "dependencies", problem, remedy, ids=tuple(loop))
        for loop in sorted(loops)
    ]


def _error(rule: str, file: str, field: str, problem: Message, ids: Iterable[str]) -> Finding:
    remedy = _("correct the id or add the row")
    return Finding(rule, Severity.ERROR, file, problem, remedy, field=field, ids=tuple(ids))
