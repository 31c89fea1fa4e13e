"""What water is to the rest of the house: kinds, tables, quantities and verbs; no physics."""

from __future__ import annotations

from pathlib import Path

from twin.lifelines.base import Declaration, Kind, Quantity
from twin.lifelines.census import read_census
from twin.lifelines.schemas import lifeline_schemas
from twin.model.state import read_state_columns
from twin.text import N_

_FOLDER = Path(__file__).parent
TABLES = (
    "nodes",
    "links",
    "demands",
    "patterns",
    "curves",
    "controls",
    "rules",
    "options",
    "passthrough",
)

KINDS = {
    "junction": Kind("nodes", "consumer", N_("junction"), "point"),
    "reservoir": Kind("nodes", "source", N_("reservoir"), "source"),
    "tank": Kind("nodes", "store", N_("tank"), "tank"),
    "pipe": Kind("links", "carrier", N_("pipe"), "line"),
    "pump": Kind("links", "device", N_("pump"), "pump"),
    "valve": Kind("links", "device", N_("valve"), "valve"),
}
_AS_NEW = (
    ("failed", False),
    ("isolated", False),
    ("tripped", False),
    ("damage", 0.0),
    ("leak_area_m2", 0.0),
)

DECLARATION = Declaration(
    name="water",
    label=N_("Water"),
    colour="#00ffff",
    schemas=lifeline_schemas(_FOLDER / "schema", TABLES),
    state=read_state_columns(_FOLDER / "state.csv"),
    kinds=KINDS,
    census=read_census(_FOLDER / "census"),
    consumers="nodes",
    quantities=(
        Quantity("head", "nodes", "head_m", "length"),
        Quantity("pressure", "nodes", "pressure_pa", "pressure"),
        Quantity("level", "nodes", "level_m", "length"),
        Quantity("demand", "nodes", "demand_m3s", "flow"),
        Quantity("leak", "nodes", "leak_m3s", "flow"),
        Quantity("flow", "links", "flow_m3s", "flow"),
        Quantity("velocity", "links", "velocity_ms", "speed"),
        Quantity("headloss", "links", "headloss_m", "length"),
        Quantity("status", "links", "status", "count"),
    ),
    binding="twin.lifelines.water.binding:bind",
    survey="twin.lifelines.water.survey:tables",
    checks="twin.lifelines.water.checks:check",
    verbs={
        "open": (("open", True),),
        "close": (("open", False),),
        "break": (("failed", True), ("leak_area_m2", "bore")),
        "leak": (("leak_area_m2", "amount"),),
        "recover": _AS_NEW,
        "repair": _AS_NEW,
        "set": (("setting", "amount"),),
        "scale": (("demand_factor", "amount"),),
    },
)
