"""What gas is to the rest of the house: kinds, tables and verbs; no physics."""

from __future__ import annotations

from pathlib import Path

from twin.lifelines.base import Declaration, Kind
from twin.lifelines.census import read_census
from twin.lifelines.schemas import lifeline_schemas
from twin.model.state import read_state_columns
from twin.text import N_

_FOLDER = Path(__file__).parent

KINDS = {
    "junction": Kind("nodes", "consumer", N_("junction"), "point"),
    "gate": Kind("nodes", "source", N_("gate station"), "source"),
    "storage": Kind("nodes", "store", N_("storage station"), "tank"),
    "pipe": Kind("links", "carrier", N_("pipe"), "line"),
    "valve": Kind("links", "device", N_("valve"), "valve"),
    "regulator": Kind("links", "device", N_("regulator"), "valve"),
    "compressor": Kind("links", "device", N_("compressor"), "pump"),
}
_AS_NEW = (("failed", False), ("isolated", False), ("tripped", False), ("damage", 0.0))

DECLARATION = Declaration(
    name="gas",
    label=N_("Gas"),
    colour="#ff00ff",
    schemas=lifeline_schemas(_FOLDER / "schema", ("nodes", "links")),
    state=read_state_columns(_FOLDER / "state.csv"),
    kinds=KINDS,
    census=read_census(_FOLDER / "census"),
    consumers="nodes",
    quantities=(),
    binding="",
    survey="twin.lifelines.gas.survey:tables",
    verbs={
        "open": (("open", True),),
        "close": (("open", False),),
        "break": (("failed", True),),
        "recover": _AS_NEW,
        "repair": _AS_NEW,
    },
)
