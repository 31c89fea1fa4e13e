"""What power is to the rest of the house: kinds, tables, quantities and verbs; no physics."""

from __future__ import annotations

from pathlib import Path

from twin.lifelines.base import Declaration, Kind, Quantity
from twin.lifelines.census import read_census
from twin.lifelines.schemas import lifeline_schemas
from twin.model.state import read_state_columns
from twin.text import N_

_FOLDER = Path(__file__).parent

KINDS = {
    "bus": Kind("nodes", "carrier", N_("busbar"), "bus"),
    "terminal": Kind("nodes", "carrier", N_("terminal"), "point"),
    "star": Kind("nodes", "carrier", N_("star point"), "point"),
    "line": Kind("links", "carrier", N_("line"), "line"),
    "transformer": Kind("links", "carrier", N_("transformer"), "transformer"),
    "winding": Kind("links", "carrier", N_("transformer winding"), "transformer"),
    "impedance": Kind("links", "carrier", N_("impedance"), "line"),
    "switch": Kind("links", "device", N_("switch"), "switch"),
    "load": Kind("devices", "consumer", N_("load"), "load"),
    "motor": Kind("devices", "consumer", N_("motor"), "motor"),
    "storage": Kind("devices", "store", N_("storage"), "storage"),
    "static_generator": Kind("devices", "source", N_("static generator"), "generator"),
    "generator": Kind("devices", "source", N_("generator"), "generator"),
    "external_grid": Kind("devices", "source", N_("external grid"), "source"),
    "shunt": Kind("devices", "device", N_("shunt"), "device"),
}

DECLARATION = Declaration(
    name="power",
    label=N_("Power"),
    colour="#ff0000",
    schemas=lifeline_schemas(_FOLDER / "schema", ("nodes", "links", "devices")),
    state=read_state_columns(_FOLDER / "state.csv"),
    kinds=KINDS,
    census=read_census(_FOLDER / "census"),
    consumers="devices",
    quantities=(
        Quantity("voltage", "nodes", "voltage_pu", "share"),
        Quantity("energised", "nodes", "energised", "truth"),
        Quantity("flow", "links", "p_from_w", "power"),
        Quantity("current", "links", "current_a", "current"),
        Quantity("loading", "links", "loading", "share"),
        Quantity("power", "devices", "p_w", "power"),
        Quantity("demand", "devices", "required_w", "power"),
    ),
    binding="twin.lifelines.power.binding:bind",
    survey="twin.lifelines.power.survey:tables",
    checks="twin.lifelines.power.checks:check",
    verbs={
        "cut power": (("isolated", True),),
        "restore power": (("isolated", False), ("tripped", False)),
        "open": (("closed", False),),
        "close": (("closed", True), ("tripped", False)),
        "stop": (("on", False),),
        "start": (("on", True), ("isolated", False), ("tripped", False)),
        "trip": (("tripped", True),),
        "set": (("tap", "amount"),),
        "scale": (("factor", "amount"),),
    },
)
