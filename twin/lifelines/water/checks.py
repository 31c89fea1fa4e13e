"""What makes a water network wrong or only partly simulated, beyond what its schemas say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from twin.lifelines.water.series import Curve, curves, patterns, power_curve
from twin.model.finding import Finding, Severity
from twin.model.network import Network
from twin.text import Message, _

THINNEST_MM = 1e-9
ACTIVE_VALVES = ("PRV", "PSV", "PBV", "FCV", "GPV")
"""Valves that regulate; this version lets water through them as if they were open."""


def check(network: Network) -> list[Finding]:
    """Findings about references, tanks, pumps, valves and operation of a water network."""
    return [
        *_references(network),
        *_curves(network),
        *_tanks(network),
        *_sizes(network),
        *_pumps(network),
        *_valves(network),
        *_operation(network),
        *_whole(network),
    ]


def _found(
    table: str, field: str, rule: str, problem: Message, remedy: Message, ids: Iterable[str]
) -> Finding:
    return Finding(f"water.{rule}", Severity.ERROR, f"water/{table}", problem, remedy, field, tuple(ids))


def _noted(
    table: str, field: str, rule: str, problem: Message, remedy: Message, ids: Iterable[str]
) -> Finding:
    return Finding(f"water.{rule}", Severity.WARNING, f"water/{table}", problem, remedy, field, tuple(ids))


def _references(network: Network) -> Iterator[Finding]:
    """Patterns and curves that do not exist."""
    known = {"pattern": set(patterns(network)), "curve": set(curves(network))}
    for table, key in (("nodes", "id"), ("links", "id"), ("demands", "junction")):
        rows = network.tables[table]
        for column, names in known.items():
            if column not in rows:
                continue
            used = zip(rows[key], rows[column], strict=True)
            if bad := [f"{name} -> {wanted}" for name, wanted in used if wanted and wanted not in names]:
                problem = _("names a {column} that does not exist", column=column)
                yield _found(table, column, f"unknown-{column}", problem, _("correct or add it"), bad)
    rows = network.tables["demands"]
    junctions = set(network.tables["nodes"]["id"][network.tables["nodes"].of_kind("junction")])
    if bad := sorted({str(name) for name in rows["junction"] if name not in junctions}):
        problem = _("names rows that are no junctions")
        yield _found("demands", "junction", "no-junction", problem, _("correct or remove them"), bad)


def _curves(network: Network) -> Iterator[Finding]:
    bad = [name for name, curve in curves(network).items() if (np.diff(curve.x) <= 0).any()]
    if bad:
        problem = _("must rise from point to point")
        yield _found("curves", "x", "curve-order", problem, _("sort or correct the points"), bad)


def _tanks(network: Network) -> Iterator[Finding]:
    nodes, known = network.tables["nodes"], curves(network)
    rows = nodes.of_kind("tank")
    level, low, high = (nodes[name][rows] for name in ("level_m", "level_min_m", "level_max_m"))
    wrong = ~((low <= level) & (level <= high))
    if wrong.any():
        problem = _("must lie between level_min_m and level_max_m")
        yield _found(
            "nodes", "level_m", "tank-level", problem, _("correct the levels"), nodes["id"][rows[wrong]]
        )
    bare = (nodes["curve"][rows] == "") & ~(nodes["diameter_m"][rows] > 0)
    if bare.any():
        problem = _("must be above zero where a tank has no curve")
        yield _found("nodes", "diameter_m", "tank-size", problem, _("give one"), nodes["id"][rows[bare]])
    outside = [
        str(nodes["id"][row])
        for row in rows
        if (curve := known.get(str(nodes["curve"][row])))
        and not curve.x[0] - 1e-6
        <= nodes["level_min_m"][row]
        <= nodes["level_max_m"][row]
        <= curve.x[-1] + 1e-6
    ]
    if outside:
        problem = _("does not reach from level_min_m to level_max_m")
        yield _found("nodes", "curve", "tank-curve", problem, _("extend the curve"), outside)


def _sizes(network: Network) -> Iterator[Finding]:
    links = network.tables["links"]
    rows = links.of_kind("pipe", "valve")
    thin = rows[links["diameter_mm"][rows] < THINNEST_MM]
    if len(thin):
        problem = _("must be at least {least}", least=THINNEST_MM)
        yield _found("links", "diameter_mm", "diameter", problem, _("correct the value"), links["id"][thin])


def _pumps(network: Network) -> Iterator[Finding]:
    links, known = network.tables["links"], curves(network)
    bare, bad = [], []
    for row in links.of_kind("pump"):
        name, curve = str(links["id"][row]), known.get(str(links["curve"][row]))
        if curve is not None and not _falls(curve):
            bad.append(name)
        elif not links["curve"][row] and np.isnan(links["power_kw"][row]):
            bare.append(name)
    if bare:
        problem = _("is missing, and so is power_kw")
        yield _found("links", "curve", "pump-without-curve", problem, _("give the pump one of them"), bare)
    if bad:
        problem = _("is no pump curve: heads must fall with rising flow")
        yield _found("links", "curve", "pump-curve", problem, _("correct the points"), bad)


def _falls(curve: Curve) -> bool:
    try:
        power_curve(curve)
    except ValueError:
        return False
    return bool((np.diff(curve.y) < 0).all())


def _valves(network: Network) -> Iterator[Finding]:
    links = network.tables["links"]
    rows = links.of_kind("valve")
    kinds = links["valve_type"][rows].astype(str)
    bare = rows[(kinds == "GPV") & (links["curve"][rows] == "")]
    if len(bare):
        problem = _("is missing on a valve of type GPV")
        yield _found("links", "curve", "valve-curve", problem, _("give the valve a curve"), links["id"][bare])
    acting = rows[np.isin(kinds, ACTIVE_VALVES) & links["open"][rows] & ~links["fixed"][rows]]
    if len(acting):
        problem = _("is not simulated yet: these valves act as open")
        remedy = _("set `fixed` and `open` where a valve stays closed")
        yield _noted("links", "valve_type", "active-valve", problem, remedy, links["id"][acting])


def _operation(network: Network) -> Iterator[Finding]:
    known = {name: set(network.tables[f"{name}s"]["id"]) for name in ("node", "link")}
    controls, rules = network.tables["controls"], network.tables["rules"]
    level = np.isin(controls["trigger"].astype(str), ("above", "below"))
    if bad := [
        str(controls["number"][row])
        for row in np.flatnonzero(level)
        if controls["node"][row] not in known["node"]
    ]:
        problem = _("is no node")
        yield _found("controls", "node", "control-node", problem, _("correct the id"), bad)
    unset = (controls["status"] == "active") & np.isnan(controls["setting"])
    if unset.any():
        problem = _("is missing where status is active")
        numbers = controls["number"][unset].astype(str)
        yield _found("controls", "setting", "control-setting", problem, _("give a setting"), numbers)
    objects = rules["object"].astype(str)
    bad = [
        f"{rules['rule'][row]}: {rules['id'][row]}"
        for row in range(len(rules))
        if objects[row] in known and rules["id"][row] not in known[objects[row]]
    ]
    if bad:
        yield _found("rules", "id", "rule-id", _("is unknown"), _("correct the id"), bad)
    clauses = rules["clause"].astype(str)
    bad = [
        f"{rules['rule'][row]}: {rules['id'][row]}"
        for row in range(len(rules))
        if clauses[row] in ("then", "else") and objects[row] != "link"
    ]
    if bad:
        problem = _("must be a link in a then or else clause")
        yield _found("rules", "object", "rule-action", problem, _("correct the clause"), bad)


def _whole(network: Network) -> Iterator[Finding]:
    nodes = network.tables["nodes"]
    if len(nodes) and not len(nodes.of_kind("reservoir", "tank")):
        problem = _("has neither reservoir nor tank: nothing can be supplied")
        yield _noted("nodes", "kind", "no-source", problem, _("add a source"), ())
    if len(network.tables["options"]) > 1:
        yield _found("options", "", "options", _("must have one row"), _("remove the others"), ())
    start, end = network.ends
    linked = np.zeros(len(nodes), dtype=bool)
    linked[start] = linked[end] = True
    if not linked.all():
        problem = _("stand alone: no link ends there")
        yield _noted("nodes", "id", "unlinked", problem, _("connect or remove them"), nodes["id"][~linked])
