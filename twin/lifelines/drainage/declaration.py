"""What drainage is to the rest of the house: kinds, tables and verbs; no physics."""

from __future__ import annotations

from pathlib import Path

from twin.lifelines.base import Declaration, Kind
from twin.lifelines.census import read_census
from twin.lifelines.schemas import lifeline_schemas
from twin.model.state import read_state_columns
from twin.text import N_

_FOLDER = Path(__file__).parent

KINDS = {
    "manhole": Kind("nodes", "consumer", N_("manhole"), "point"),
    "inlet": Kind("nodes", "consumer", N_("inlet"), "point"),
    "storage": Kind("nodes", "store", N_("storage tank"), "tank"),
    "outfall": Kind("nodes", "device", N_("outfall"), "source"),
    "plant": Kind("nodes", "device", N_("sewage works"), "source"),
    "conduit": Kind("links", "carrier", N_("conduit"), "line"),
    "pump": Kind("links", "device", N_("pump"), "pump"),
    "gate": Kind("links", "device", N_("gate"), "valve"),
    "weir": Kind("links", "device", N_("weir"), "valve"),
    "orifice": Kind("links", "device", N_("orifice"), "valve"),
}
_AS_NEW = (("failed", False), ("isolated", False), ("tripped", False), ("damage", 0.0))

DECLARATION = Declaration(
    name="drainage",
    label=N_("Drainage"),
    colour="#4c3926",
    schemas=lifeline_schemas(_FOLDER / "schema", ("nodes", "links")),
    state=read_state_columns(_FOLDER / "state.csv"),
    kinds=KINDS,
    census=read_census(_FOLDER / "census"),
    consumers="nodes",
    quantities=(),
    binding="",
    survey="twin.lifelines.drainage.survey:tables",
    verbs={
        "open": (("open", True),),
        "close": (("open", False),),
        "break": (("failed", True),),
        "recover": _AS_NEW,
        "repair": _AS_NEW,
    },
)
