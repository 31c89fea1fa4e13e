"""What telecom is to the rest of the house: kinds, tables and verbs; no physics."""

from __future__ import annotations

from pathlib import Path

from twin.lifelines.base import Declaration, Kind
from twin.lifelines.census import read_census
from twin.lifelines.schemas import lifeline_schemas
from twin.model.state import read_state_columns
from twin.text import N_

_FOLDER = Path(__file__).parent

KINDS = {
    "chamber": Kind("nodes", "carrier", N_("chamber"), "point"),
    "exchange": Kind("nodes", "source", N_("exchange"), "source"),
    "cabinet": Kind("nodes", "consumer", N_("cabinet"), "device"),
    "base_station": Kind("nodes", "consumer", N_("base station"), "load"),
    "terminal": Kind("nodes", "consumer", N_("terminal"), "point"),
    "cable": Kind("links", "carrier", N_("cable"), "line"),
}
_AS_NEW = (("failed", False), ("isolated", False), ("tripped", False), ("damage", 0.0))

DECLARATION = Declaration(
    name="telecom",
    label=N_("Telecom"),
    colour="#00ff00",
    schemas=lifeline_schemas(_FOLDER / "schema", ("nodes", "links")),
    state=read_state_columns(_FOLDER / "state.csv"),
    kinds=KINDS,
    census=read_census(_FOLDER / "census"),
    consumers="nodes",
    quantities=(),
    binding="",
    survey="twin.lifelines.telecom.survey:tables",
    verbs={
        "open": (("open", True),),
        "close": (("open", False),),
        "break": (("failed", True),),
        "recover": _AS_NEW,
        "repair": _AS_NEW,
    },
)
