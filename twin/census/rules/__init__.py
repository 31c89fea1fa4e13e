"""The rules of the census check, one module per family, and the data they go by."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from twin.census.rules import attributes, crossings, format, joints, lines, points, topology
from twin.census.rules.data import Rule, register, thresholds
from twin.census.rules.hits import Hits
from twin.census.rules.view import View

RULES: Mapping[str, Callable[[View], Iterator[Hits]]] = {
    **format.RULES,
    **points.RULES,
    **lines.RULES,
    **joints.RULES,
    **topology.RULES,
    **crossings.RULES,
    **attributes.RULES,
}
"""The function of each rule of the register."""

__all__ = ["RULES", "Hits", "Rule", "View", "register", "thresholds"]
