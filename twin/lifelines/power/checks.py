"""What makes a power network wrong or only roughly simulated, beyond what its schemas say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from twin.lifelines.power.binding import PowerModel
from twin.lifelines.power.declaration import DECLARATION
from twin.lifelines.power.electrical import is_transformer, rated_v, series_ohm
from twin.model.city import Manifest
from twin.model.finding import Finding, Severity
from twin.model.network import Network
from twin.model.state import State
from twin.physics.solution import Outcome
from twin.text import Message, _

RATIO_OFF = 1.3
"""A transformer's rated voltage further from its bus's than this factor is a slip of the pen."""


def check(network: Network) -> list[Finding]:
    """Findings about references, voltages, impedances, generators and the undisturbed power flow."""
    findings = list(_references(network))
    if findings:
        return findings
    return [
        *_voltages(network),
        *_impedances(network),
        *_devices(network),
        *_undisturbed(network),
    ]


def _noted(
    table: str,
    field: str,
    rule: str,
    problem: Message,
    remedy: Message,
    ids: Iterable[object],
    severity: Severity = Severity.WARNING,
) -> Iterator[Finding]:
    """A finding where `ids` names anything."""
    if named := tuple(str(name) for name in ids):
        yield Finding(f"power.{rule}", severity, f"power/{table}", problem, remedy, field, named)


def _references(network: Network) -> Iterator[Finding]:
    known = set(network.tables["nodes"]["id"])
    for table, column in (("links", "start"), ("links", "end"), ("devices", "node")):
        rows = network.tables[table]
        bad = [name for name, node in zip(rows["id"], rows[column], strict=True) if node not in known]
        problem = _("names nodes that do not exist")
        remedy = _("correct the node or add it")
        yield from _noted(table, column, "dangling", problem, remedy, bad, Severity.ERROR)


def _voltages(network: Network) -> Iterator[Finding]:
    links = network.tables["links"]
    rated = rated_v(network)
    start, end = (rated[ends] for ends in network.ends)
    turned = is_transformer(links)
    unequal = ~turned & ~np.isclose(start, end, rtol=1e-3)
    problem = _("joins nodes of different rated voltage")
    yield from _noted(
        "links", "start", "voltages", problem, _("put a transformer between them"), links["id"][unequal]
    )
    for column, side in (("vn_hv_kv", start), ("vn_lv_kv", end)):
        factor = np.where(turned, links[column] * 1e3, side) / side
        off = (factor > RATIO_OFF) | (factor < 1 / RATIO_OFF)
        problem = _("is far from the rated voltage of the node it is joined to")
        remedy = _("check the winding, or whether start and end are exchanged")
        yield from _noted("links", column, "winding", problem, remedy, links["id"][off])


def _impedances(network: Network) -> Iterator[Finding]:
    links = network.tables["links"]
    kind = links["kind"].astype(str)
    joined = (series_ohm(network) == 0) & (kind != "switch")
    problem = _("is 0 over the whole length: simulated as an ideal connection")
    remedy = _("give resistance and reactance, or make it a switch")
    yield from _noted("links", "r_ohm_per_km", "no-impedance", problem, remedy, links["id"][joined])
    free = is_transformer(links) & (links["vk_percent"] == 0)
    problem = _("is 0: simulated as 0.0001 %")
    yield from _noted(
        "links", "vk_percent", "no-impedance", problem, _("give the short-circuit voltage"), links["id"][free]
    )


def _devices(network: Network) -> Iterator[Finding]:
    devices = network.tables["devices"]
    kind = devices["kind"].astype(str)
    gens = (kind == "generator") & devices["in_service"]
    problem = _("holds a voltage in reality; simulated as feeding in p_mw at no reactive power")
    remedy = _("expect other voltages around it, or mark it as slack if it feeds a network alone")
    yield from _noted(
        "devices", "kind", "generator", problem, remedy, devices["id"][gens & ~devices["slack"]]
    )
    for law in ("p", "q"):
        over = (devices[f"const_z_{law}_percent"] + devices[f"const_i_{law}_percent"]) > 100
        problem = _("adds up to more than 100 %")
        remedy = _("reduce one of the parts")
        column = f"const_z_{law}_percent"
        yield from _noted("devices", column, "parts", problem, remedy, devices["id"][over], Severity.ERROR)
    yield from _rival_sources(network, (kind == "external_grid") & devices["in_service"])


def _rival_sources(network: Network, sources: NDArray[np.bool_]) -> Iterator[Finding]:
    """External grids at one node that want different voltages there."""
    devices = network.tables["devices"]
    held: dict[int, tuple[float, float]] = {}
    rivals = []
    for row in np.flatnonzero(sources):
        wish = (float(devices["vm_pu"][row]), float(devices["va_degree"][row]))
        if held.setdefault(int(network.device_nodes[row]), wish) != wish:
            rivals.append(devices["id"][row])
    problem = _("wants another voltage at its node than the source before it, whose voltage holds")
    yield from _noted("devices", "vm_pu", "rival-source", problem, _("give one voltage"), rivals)


def _undisturbed(network: Network) -> Iterator[Finding]:
    """What the power flow of the undisturbed network shows."""
    devices, links = network.tables["devices"], network.tables["links"]
    model = PowerModel(network, Manifest("check"))
    solution = model.solve(State({network.lifeline: network}, {network.lifeline: DECLARATION.state}), 0.0)
    if not solution.tables["nodes"]["energised"].any():
        problem = _("holds no external grid and no generator that feeds alone: nothing is energised")
        remedy = _("add an external_grid at the bus that the network is fed from")
        yield from _noted("devices", "kind", "no-source", problem, remedy, ("external_grid",))
        return
    dark = devices["id"][(solution.required > 0) & (solution.supplied == 0)]
    problem = _("stands at a node that no source reaches in the undisturbed network")
    yield from _noted("devices", "node", "dark", problem, _("close a switch or add a line"), dark)
    if solution.outcome is not Outcome.CONVERGED:
        problem = _("has no solution for the undisturbed network: service is by connectivity only")
        remedy = _("check impedances and loads: is a unit wrong?")
        yield from _noted("links", "", "no-solution", problem, remedy, ("power flow",))
        return
    over = np.flatnonzero(model.exempt)
    loading = np.asarray(solution.tables["links"]["loading"], dtype=np.float64)
    named = [
        f"{links['id'][row]}: {100 * float(loading[row]):.0f} %" for row in over[np.argsort(-loading[over])]
    ]
    problem = _("is exceeded in the undisturbed network; these links are exempt from overload trips")
    yield from _noted("links", "max_i_ka", "overloaded", problem, _("check ratings and loads"), named)
