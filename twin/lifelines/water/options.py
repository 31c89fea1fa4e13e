"""The options of a water network: the one row of its table, or the defaults of the schema."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan
from typing import Any

from twin.lifelines.water.declaration import DECLARATION
from twin.lifelines.water.units import FileUnits, file_units
from twin.model.network import Network
from twin.model.table import Table


@dataclass(frozen=True)
class WaterOptions:
    """The columns of the table `options`; its schema says what they mean."""

    flow_units: str
    pressure_units: str
    headloss: str
    demand_model: str
    p_min_m: float
    p_required_m: float
    p_exponent: float
    demand_multiplier: float
    default_pattern: str
    emitter_exponent: float
    emitter_backflow: bool
    specific_gravity: float
    viscosity_m2s: float
    duration_s: float
    hydraulic_step_s: float
    pattern_step_s: float
    pattern_start_s: float
    report_step_s: float
    rule_step_s: float

    @property
    def file_units(self) -> FileUnits:
        """Units of an export, and of the tolerance that rules compare with."""
        return file_units(self.flow_units, self.pressure_units, self.specific_gravity)


def read_options(network: Network) -> WaterOptions:
    """The options of a network."""
    table = network.tables["options"]
    if not len(table):
        schema = DECLARATION.schemas["options"]
        table = Table.build(schema, {"flow_units": ["LPS"]})[0]
    values: dict[str, Any] = {name: column[0] for name, column in table.columns.items()}
    row = {name: value.item() if hasattr(value, "item") else value for name, value in values.items()}
    if isnan(row["rule_step_s"]):
        row["rule_step_s"] = max(row["hydraulic_step_s"] // 10, 1.0)
    return WaterOptions(**row)
