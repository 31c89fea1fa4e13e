"""One folder of InfraRisk as a city: networks, roads, dependency table, crews, what isolates what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from twin.errors import DatasetError
from twin.importers.infrarisk import files, repairs, water
from twin.importers.tntp import read_tntp
from twin.io.files import refuse
from twin.lifelines.power.pandapower_json import read_pandapower
from twin.lifelines.water.epanet import read_inp
from twin.model.city import CITY_SCHEMAS, LAYER_SCHEMAS, ROAD, City, Manifest
from twin.model.finding import Finding, Severity, errors
from twin.model.table import Table
from twin.text import N_, _

DEPENDENCY_FILES = ("dependencies.csv", "dependecies.csv")
LETTERS = {"water": "W_", "power": "P_", ROAD: "T_"}
AGENCIES = {"water company": "water", "power company": "power", N_("road authority"): ROAD}
SUPPLIES = {"pump": "power", "generator": "water"}
"""What a dependent component needs: pumps need power, generators need water."""
_RULES = {
    True: N_("The pump rules of the water file act."),
    False: N_("Pump rules were left out."),
}
_TRAFFIC = {
    True: N_("Roads carry their trips."),
    False: N_("Crews drive on empty roads."),
}


def read_infrarisk(
    folder: Path | str, variant: Mapping[str, str] | None = None
) -> tuple[City, list[Finding]]:
    """The city in an InfraRisk folder and what was found on the way (warnings only).

    Ids stay as they are: pipe `W_P21` becomes `water/pipe/W_P21`. A pipe that a disruption file of the
    folder names is cut in its middle, at junction `W_P21_leak_node`, as InfraRisk does it.

    Parameters
    ----------
    folder
        Such as `infrarisk/data/networks/micropolis`.
    variant
        Choices by name (see `files.Choices`), such as `{"water": "med", "power": "low", "roads": "high"}`.

    Raises
    ------
    DatasetError
        Where a variant is not known, a file is missing or unusable, or values make no city.
    """
    folder = Path(folder)
    if not folder.is_dir():
        remedy = _("give the folder of one of InfraRisk's networks")
        raise refuse("infrarisk.missing", folder, _("is no folder"), remedy)
    choices = files.choose(folder, variant or {})
    places = {name: files.place(folder, name, getattr(choices, name)) for name in files.FOLDERS}
    city, findings = _networks(folder, places, choices)
    known = bare_ids(city)
    city = replace(
        city,
        dependencies=_built("dependencies", _dependencies(folder, known, findings), findings),
        agencies=_built("agencies", _agencies(int(choices.crews)), findings),
        depots=_built("depots", _depots(city, choices.depot, findings), findings),
        isolation=_built("isolation", _isolation(places, known, findings), findings),
    )
    if errors(findings):
        raise DatasetError(_("{path} cannot be used", path=str(folder)), tuple(findings))
    jobs, found = repairs.jobs(city, _disruptions(folder), known)
    return replace(city, jobs=jobs), findings + found


def _built(name: str, raw: Mapping[str, list[Any]], findings: list[Finding]) -> Table:
    table, found = Table.build(CITY_SCHEMAS[name], raw)
    findings += found
    return table


def _disruptions(folder: Path) -> list[files.Disruption]:
    paths = files.disruption_files(folder).values()
    return [row for path in paths for row in files.read_disruptions(path)]


def bare_ids(city: City) -> dict[str, str]:
    """The full id of every component that InfraRisk could name, by InfraRisk's id."""
    found = {}
    for name in city.refs:
        layer, _kind, bare = name.split("/", 2)
        if bare.startswith(LETTERS.get(layer, "/")):
            found[bare] = name
    return found


def _networks(folder: Path, places: Mapping[str, Path], choices: files.Choices) -> tuple[City, list[Finding]]:
    reading = read_inp(files.needed(places["water"], "water.inp"))
    power, power_findings = read_pandapower(files.needed(places["power"], "power.json"))
    parts = [files.needed(places["roads"], f"transpo_{part}.tntp") for part in files.ROAD_PARTS]
    roads, road_findings = read_tntp(*parts)
    if choices.traffic == "free":
        empty = Table.empty(LAYER_SCHEMAS[ROAD]["trips"])
        roads = replace(roads, tables={**roads.tables, "trips": empty})
    damaged = dict.fromkeys(row.component for row in _disruptions(folder))
    networks = {
        "power": power,
        "water": water.prepare(reading.network, damaged, rules=choices.rules == "kept"),
    }
    manifest = Manifest(
        name=folder.resolve().name,
        title=f"InfraRisk test-bed {folder.resolve().name}",
        licence="MIT",
        clock_s=reading.clock_s,
        protection=False,
        assumed=_assumed(choices),
    )
    return City(manifest, networks, roads), [*reading.findings, *power_findings, *road_findings]


def _assumed(choices: files.Choices) -> tuple[str, ...]:
    return (
        f"Water demand is met in full from {water.P_REQUIRED_M:g} m of pressure and not at all at "
        f"{water.P_MIN_M:g} m, as in InfraRisk; the network is solved every {water.STEP_S:g} s.",
        _RULES[choices.rules == "kept"],
        N_("Nothing trips by overload: branches are above their rating in the undisturbed state."),
        N_("Pumps stop and start at once with the motor that drives them."),
        f"Each network has {choices.crews} crew(s) at road node {choices.depot}, ready after 10 minutes.",
        N_("Repairs take InfraRisk's hours for the kind of component times the share that is damaged."),
        _TRAFFIC[choices.traffic == "loaded"],
    )


def _dependencies(folder: Path, known: Mapping[str, str], findings: list[Finding]) -> dict[str, list[Any]]:
    """Rows supplier, consumer, kind: a pump needs its motor, a generator its reservoir."""
    path = next((folder / name for name in DEPENDENCY_FILES if (folder / name).is_file()), None)
    rows: dict[str, list[Any]] = {"supplier": [], "consumer": [], "kind": [], "source": []}
    if path is None:
        return rows
    raw = files.columns(path, ("water_id", "power_id"))
    strangers = []
    for pair in zip(map(str, raw["water_id"]), map(str, raw["power_id"]), strict=True):
        ends = [known.get(name, "//") for name in pair]
        consumers = [end for end in ends if end.split("/")[1] in SUPPLIES]
        if "//" in ends or len(consumers) != 1:
            strangers.append(" - ".join(pair))
            continue
        consumer = consumers[0]
        rows["consumer"].append(consumer)
        rows["supplier"].append(ends[1 - ends.index(consumer)])
        rows["kind"].append(SUPPLIES[consumer.split("/")[1]])
        rows["source"].append(f"InfraRisk {path.name}")
    if strangers:
        problem = _("names pairs that are no pump and motor, or no generator and reservoir, of this city")
        findings.append(_warning("infrarisk.dependency", path.name, problem, strangers))
    return rows


def _warning(rule: str, file: str, problem: Any, ids: Iterable[str]) -> Finding:
    return Finding(rule, Severity.WARNING, file, problem, _("left out; correct the ids"), ids=tuple(ids))


def _agencies(crews: int) -> dict[str, list[Any]]:
    names = list(AGENCIES)
    return {
        "id": names,
        "layers": list(AGENCIES.values()),
        "crews": [str(crews)] * len(names),
        "depot": ["depot"] * len(names),
    }


def _depots(city: City, node: str, findings: list[Finding]) -> dict[str, list[Any]]:
    nodes = city.roads.tables["nodes"]
    row = nodes.rows.get(node)
    if row is None:
        problem, remedy = _("{node} is no road node", node=node), _("choose with --variant depot=...")
        findings.append(Finding("infrarisk.depot", Severity.ERROR, "transpo_node.tntp", problem, remedy))
        return {"id": []}
    place = {name: [repr(float(nodes[name][row]))] for name in ("x", "y")}
    return {"id": ["depot"], "name": [f"Depot at {node}"], "road_node": [node], **place}


def _isolation(
    places: Mapping[str, Path], known: Mapping[str, str], findings: list[Finding]
) -> dict[str, list[Any]]:
    """Which valves isolate a pipe and which switches a line, from InfraRisk's two maps."""
    rows: dict[str, list[Any]] = {"component": [], "device": []}
    for network, name, column in (
        ("water", "pipe_to_valve_map.csv", "pipe"),
        ("power", "line_to_switch_map.csv", "line"),
    ):
        pairs = files.device_map(files.packed_or_plain(places[network], name), column)
        for component, device in pairs:
            if {component, device} <= set(known):
                rows["component"].append(known[component])
                rows["device"].append(known[device])
        if strangers := sorted({name for pair in pairs for name in pair} - set(known)):
            problem = _("names components that this variant of the network does not have")
            findings.append(_warning("infrarisk.isolation", name, problem, strangers))
    return rows
