"""The cascade: who loses what it depends on, how long a backup carries it, when it works again."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field

import numpy as np
import simpy
from numpy.typing import NDArray

from twin.engine.door import change, touch
from twin.engine.explain import Explainer
from twin.engine.world import World
from twin.model.city import FACILITY
from twin.model.journal import NO_CAUSE
from twin.model.network import Ref

MINUTE_S = 60.0
DEFAULT_THRESHOLD = 0.5
"""Threshold of a supply that is connected during a run, as in the dependency table's default."""


@dataclass
class Need:
    """What one consumer needs of one kind, from any one of a group of suppliers.

    Attributes
    ----------
    satisfied
        Whether a supplier gives enough at present.
    met
        Whether the consumer can work as far as this need goes (a backup may carry it).
    left_s, since, recharged_at
        What the backup held when it was last looked at, when it began to run (None: it does not), and
        since when it recharges.
    event
        The event that explains its last turn, or that a running backup or restart goes back to.
    """

    consumer: Ref
    name: str
    rule: str
    layer: str
    backup_s: float
    recharge_s: float
    restart_s: float
    satisfied: bool = True
    met: bool = True
    left_s: float = 0.0
    since: float | None = None
    recharged_at: float = 0.0
    event: int = NO_CAUSE
    timer: simpy.Event | None = field(default=None, repr=False)

    def charge(self, now: float) -> float:
        """Seconds that the backup would last from `now`: what is left of it, and what was recharged."""
        if self.since is not None:
            return self.left_s - (now - self.since)
        if self.recharge_s <= 0:
            return self.backup_s
        gained = (now - self.recharged_at) / self.recharge_s * self.backup_s
        return float(np.clip(self.left_s + gained, 0.0, self.backup_s))


@dataclass(frozen=True, eq=False)
class _Suppliers:
    """The suppliers that stand in one component table: need numbers, rows, thresholds; shape (rows,)."""

    need: NDArray[np.intp]
    row: NDArray[np.intp]
    threshold: NDArray[np.float64]


_NO_SUPPLIERS = _Suppliers(np.zeros(0, np.intp), np.zeros(0, np.intp), np.zeros(0))


class Cascade:
    """All needs of a city and the running backups and restarts."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.needs: list[Need] = []
        self.of: dict[Ref, list[Need]] = {}
        self._suppliers: dict[tuple[str, str], _Suppliers] = {}
        self._read()

    def rewire(self, consumer: str, supplier: str, verb: str) -> None:
        """Change who supplies whom during the run.

        Parameters
        ----------
        consumer, supplier
            Full ids.
        verb
            `connect`: the supplier can stand in for the consumer's present ones of its layer;
            `disconnect`: it no longer supplies; `switch`: it replaces the present ones of its layer.
        """
        refs = self.world.city.refs
        ref, place = refs[supplier], refs[supplier][:2]
        needs = [
            number
            for number, need in enumerate(self.needs)
            if need.name == consumer and need.layer == ref.layer
        ]
        if verb in ("disconnect", "switch"):
            self._remove(needs, None if verb == "switch" else ref)
        if verb in ("connect", "switch"):
            old = self._suppliers.get(place, _NO_SUPPLIERS)
            self._suppliers[place] = _Suppliers(
                np.append(old.need, needs).astype(np.intp),
                np.append(old.row, [ref.row] * len(needs)).astype(np.intp),
                np.append(old.threshold, [DEFAULT_THRESHOLD] * len(needs)),
            )
        touch(self.world, refs[consumer].layer)

    def _remove(self, needs: list[int], ref: Ref | None) -> None:
        for place, old in self._suppliers.items():
            mine = np.isin(old.need, needs)
            if ref is not None:
                mine &= (old.row == ref.row) & (place == (ref.layer, ref.table))
            self._suppliers[place] = _Suppliers(old.need[~mine], old.row[~mine], old.threshold[~mine])

    def _read(self) -> None:
        table, refs = self.world.city.dependencies, self.world.city.refs
        groups: dict[tuple[str, str, str], list[int]] = {}
        for row in range(len(table)):
            consumer, kind, group = (str(table[name][row]) for name in ("consumer", "kind", "group"))
            groups.setdefault((consumer, kind, group or f"#{row}"), []).append(row)
        places: dict[tuple[str, str], list[tuple[int, int, float]]] = {}
        for number, ((consumer, kind, _group), rows) in enumerate(groups.items()):
            suppliers = [str(table["supplier"][row]) for row in rows]
            need = Need(
                refs[consumer],
                consumer,
                f"{kind}: {' | '.join(suppliers)}",
                refs[suppliers[0]].layer,
                backup_s=float(table["backup_min"][rows].max()) * MINUTE_S,
                recharge_s=float(table["recharge_min"][rows].max()) * MINUTE_S,
                restart_s=float(table["restart_min"][rows].max()) * MINUTE_S,
            )
            need.left_s = need.backup_s
            self.needs.append(need)
            self.of.setdefault(need.consumer, []).append(need)
            for row, supplier in zip(rows, suppliers, strict=True):
                ref = refs[supplier]
                threshold = float(table["threshold"][row])
                places.setdefault((ref.layer, ref.table), []).append((number, ref.row, threshold))
        for place, found in places.items():
            need_numbers, supplier_rows, thresholds = zip(*found, strict=True)
            self._suppliers[place] = _Suppliers(
                np.array(need_numbers, dtype=np.intp),
                np.array(supplier_rows, dtype=np.intp),
                np.array(thresholds, dtype=np.float64),
            )

    def best_supply(self) -> NDArray[np.float64]:
        """What the best supplier of each need gives, 0 to 1, shape (needs,)."""
        best = np.zeros(len(self.needs))
        for (layer, table), suppliers in self._suppliers.items():
            np.maximum.at(best, suppliers.need, self.world.share[layer, table][suppliers.row])
        return best

    def satisfied(self) -> NDArray[np.bool_]:
        """Which needs have a supplier at or above its threshold, shape (needs,)."""
        enough = np.zeros(len(self.needs), dtype=bool)
        for (layer, table), suppliers in self._suppliers.items():
            gives = self.world.share[layer, table][suppliers.row] >= suppliers.threshold
            enough[suppliers.need[gives]] = True
        return enough

    def review(self, explainer: Explainer) -> None:
        """Let losses and returns begin, comparing every need with what its suppliers give now."""
        enough = self.satisfied()
        before = np.fromiter((need.satisfied for need in self.needs), dtype=bool, count=len(self.needs))
        for number in np.flatnonzero(enough != before):
            need = self.needs[number]
            need.satisfied = bool(enough[number])
            cause = self._cause(int(number), explainer)
            need.event = cause
            if need.satisfied:
                self._supply_returns(need, cause)
            else:
                self._supply_ends(need, cause)

    def _cause(self, number: int, explainer: Explainer) -> int:
        """What explains the turn of a need: what happened to its best supplier."""
        best = (-1.0, NO_CAUSE)
        for (layer, table), suppliers in self._suppliers.items():
            for at in np.flatnonzero(suppliers.need == number):
                row, threshold = int(suppliers.row[at]), float(suppliers.threshold[at])
                share = float(self.world.share[layer, table][row])
                if share > best[0]:
                    best = share, self._supplier_cause(Ref(layer, table, row), threshold, explainer)
        return best[1]

    def _supplier_cause(self, ref: Ref, threshold: float, explainer: Explainer) -> int:
        """The supplier's own event of this instant where it has one, else what happened in its network."""
        world = self.world
        name = world.city.component_id(ref)
        for event in (world.service_events.get(name), world.disturbed[ref.layer].get(name)):
            if event is not None and world.journal[event].t_s == world.now:
                return event
        return explainer.cause(ref.layer, ref.table, ref.row, threshold)

    def worst(self, consumer: Ref) -> Need | None:
        """The unmet need of a consumer that a cause can be told of, or None."""
        return next((need for need in self.of.get(consumer, []) if not need.satisfied), None)

    def _note(self, need: Need, kind: str, cause: int, value: str = "") -> int:
        return self.world.journal.append(
            self.world.now,
            kind,
            lifeline=need.consumer.layer,
            component=need.name,
            value=value,
            cause=cause,
            rule=need.rule,
        )

    def _supply_ends(self, need: Need, cause: int) -> None:
        need.timer = None
        now = self.world.now
        left = need.charge(now)
        if left <= 0 or not need.met:
            self._stop(need, cause)
            return
        need.left_s, need.since = left, now
        need.event = self._note(need, "backup", cause, repr(left))
        self._after(need, left, self._backup_empty)

    def _backup_empty(self, need: Need) -> None:
        need.left_s, need.since, need.recharged_at = 0.0, None, self.world.now
        self._stop(need, self._note(need, "backup_empty", need.event))

    def _stop(self, need: Need, cause: int) -> None:
        need.met = False
        change(self.world, need.consumer, "supplied", False, kind="lost", cause=cause, rule=need.rule)

    def _supply_returns(self, need: Need, cause: int) -> None:
        need.timer = None
        now = self.world.now
        need.left_s, need.since, need.recharged_at = need.charge(now), None, now
        if need.met:
            self._note(need, "backup_ends", cause, repr(need.left_s))
        elif need.restart_s > 0:
            need.event = self._note(need, "restarting", cause, repr(need.restart_s))
            self._after(need, need.restart_s, self._restarted)
        else:
            self._go_on(need, cause)

    def _restarted(self, need: Need) -> None:
        self._go_on(need, need.event)

    def _go_on(self, need: Need, cause: int) -> None:
        need.met = True
        if all(other.met for other in self.of[need.consumer]):
            change(self.world, need.consumer, "supplied", True, kind="returns", cause=cause, rule=need.rule)

    def _after(self, need: Need, delay: float, act: Callable[[Need], None]) -> None:
        timer = self.world.env.timeout(delay)
        need.timer = timer

        def wait() -> Generator[simpy.Event, None, None]:
            yield timer
            if need.timer is timer:
                need.timer = None
                act(need)

        self.world.env.process(wait())

    def facility_share(self) -> Mapping[int, float]:
        """Share of function of each facility that needs something: its worst need, by row."""
        best = self.best_supply()
        shares: dict[int, float] = {}
        for number, need in enumerate(self.needs):
            if need.consumer.layer == FACILITY:
                given = 1.0 if need.since is not None else float(best[number]) if need.met else 0.0
                shares[need.consumer.row] = min(shares.get(need.consumer.row, 1.0), given)
        return shares
