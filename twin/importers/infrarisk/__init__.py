"""InfraRisk's test-beds (in2, micropolis) as whole cities, and their disruption files as scenarios."""

from twin.importers.infrarisk.city import read_infrarisk
from twin.importers.infrarisk.scenario import scenario_text, scenarios

__all__ = ["read_infrarisk", "scenario_text", "scenarios"]
