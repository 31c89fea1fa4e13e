"""Commands to pumps, valves and pipes, and the positions they change."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from twin.lifelines.base import Write
from twin.lifelines.water.units import CUBIC_FOOT_M3, FOOT_M
from twin.model.network import Network, Ref
from twin.model.state import State

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
TOLERANCE = 1e-3
"""Difference below which a rule leaves a setting alone (EPANET, in ft, ft3/s or without unit)."""


@dataclass(frozen=True)
class Command:
    """What a control or rule makes of a link: open it, close it, or give it a setting."""

    link: int
    status: str
    setting: float = np.nan


@dataclass
class Positions:
    """How the links stand while commands are carried out: copies of the state's columns."""

    network: Network
    open: Flags
    setting: Floats
    fixed: Flags
    rules: dict[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, network: Network, state: State) -> Positions:
        """The positions of a state."""
        layer = network.lifeline
        is_open, setting, fixed = (
            state.column(layer, "links", name) for name in ("open", "setting", "fixed")
        )
        return cls(network, is_open.copy(), setting.copy(), fixed.copy())

    def kind(self, link: int) -> str:
        """pipe, pump or valve."""
        return str(self.network.tables["links"]["kind"][link])

    def speed(self, pump: int) -> float:
        """Relative speed of a pump; 0 where it is off."""
        setting = self.setting[pump]
        return 0.0 if not self.open[pump] else 1.0 if np.isnan(setting) else float(setting)

    def changes(self, command: Command) -> bool:
        """Whether a simple control would change anything."""
        link = command.link
        wish = _wish(self.kind(link), command)
        if self.open[link] != wish.open or (wish.fixed is not None and self.fixed[link] != wish.fixed):
            return True
        if wish.setting is None or not wish.open:
            return False
        now = self.speed(link) if self.kind(link) == "pump" else self.setting[link]
        return bool(now != wish.setting)

    def obey(self, command: Command, rule: str) -> bool:
        """Carry out a simple control; whether it changed anything."""
        if not self.changes(command):
            return False
        self._set(command.link, _wish(self.kind(command.link), command), rule)
        return True

    def follow(self, command: Command, rule: str) -> bool:
        """Carry out the action of a rule: status only where it differs, settings beyond a tolerance."""
        link, kind = command.link, self.kind(command.link)
        is_open = self.speed(link) > 0 if kind == "pump" else bool(self.open[link])
        if command.status == "active":
            if np.isnan(command.setting):
                return False
            now = self.speed(link) if kind == "pump" else self.setting[link]
            held = kind == "valve" and self.fixed[link]
            if not held and abs(command.setting - now) <= self._tolerance(link):
                return False
        elif (command.status == "open") == is_open:
            return False
        self._set(link, _wish(kind, command), rule)
        return True

    def _tolerance(self, link: int) -> float:
        kind = self.network.tables["links"]["valve_type"][link]
        if kind in ("PRV", "PSV", "PBV"):
            return TOLERANCE * FOOT_M
        return TOLERANCE * (CUBIC_FOOT_M3 if kind == "FCV" else 1.0)

    def _set(self, link: int, wish: _Wish, rule: str) -> None:
        self.open[link] = wish.open
        if wish.setting is not None and wish.open:
            self.setting[link] = wish.setting
        if wish.fixed is not None:
            self.fixed[link] = wish.fixed
        self.rules[link] = rule

    def writes(self, state: State) -> list[Write]:
        """What differs from a state, each with the rule that made it so."""
        layer = self.network.lifeline
        found = []
        for link in sorted(self.rules):
            ref = Ref(layer, "links", link)
            for name, values in (("open", self.open), ("setting", self.setting), ("fixed", self.fixed)):
                value, before = values[link].item(), state.get(ref, name)
                if value != before and value == value:  # noqa: PLR0124 (an unset value is NaN)
                    found.append(Write(ref, name, value, self.rules[link]))
        return found


@dataclass(frozen=True)
class _Wish:
    open: bool
    setting: float | None = None
    fixed: bool | None = None


def _wish(kind: str, command: Command) -> _Wish:
    """What a command asks for: an opened pump runs at full speed, an opened valve no longer regulates."""
    if kind == "pipe":
        return _Wish(command.status == "open" or command.setting > 0)
    if command.status == "active":
        if kind == "pump":
            return _Wish(command.setting > 0, command.setting)
        return _Wish(True, command.setting, fixed=False)
    is_open = command.status == "open"
    if kind == "pump":
        return _Wish(is_open, 1.0)
    return _Wish(is_open, fixed=True)
