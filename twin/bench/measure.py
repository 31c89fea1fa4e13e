"""Measuring: passes of a benchmark and of its peer, alternating; medians count."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from twin.bench.cases import Case, UnavailableError, Wish
from twin.bench.worker import CALIBRATION
from twin.text import _
from twin.verify import environment
from twin.verify.environment import EngineError


@dataclass(frozen=True)
class Calibration:
    """What a fixed piece of work takes here and now."""

    cpu_s: float
    peak_mb: float


@dataclass(frozen=True)
class Row:
    """One measured benchmark.

    `seconds` and `peer_seconds` are medians of wall time; `time` and `memory` are calibrated: processor time
    and peak memory in multiples of the calibration's (0 where only counters were asked for). `exponent` is
    that of time over size, where it was measured.
    """

    id: str
    size: int
    seconds: float
    peer: str
    peer_seconds: float
    peak_mb: float
    threads: int
    counters: Mapping[str, int]
    time: float = 0.0
    memory: float = 0.0
    exponent: float = 0.0

    @property
    def ratio(self) -> float:
        """How many times as fast as the peer; 0 without one."""
        return self.peer_seconds / self.seconds if self.seconds else 0.0


def threads() -> int:
    """How many threads kernels may use."""
    return int(os.environ.get("NUMBA_NUM_THREADS") or os.cpu_count() or 1)


def calibration() -> Calibration:
    """Run the calibration in a process of its own."""
    found = _worker(CALIBRATION, Wish())
    return Calibration(found["cpu_s"], found["peak_mb"])


def count(case: Case, wish: Wish) -> Row:
    """One pass in this process, for its counters alone."""
    found = case.measure(wish)
    return Row(
        case.id,
        found.size,
        found.seconds,
        "",
        0.0,
        0.0,
        threads(),
        dict(found.counters),
        exponent=found.exponent,
    )


def measure(case: Case, wish: Wish, unit: Calibration, step: Callable[[], None] = lambda: None) -> Row:
    """All passes of a benchmark, alternating with its peer.

    Raises
    ------
    UnavailableError
        Where the benchmark, or its peer, needs something that is not there.
    TwinError
        Where two passes did different work: counters must not depend on chance.
    """
    passes, theirs = [], []
    for _pass in range(case.repeats):
        passes.append(_worker(case.id, wish))
        if case.peer is not None:
            theirs.append(_peer(case.peer, wish))
        step()
    first = passes[0]
    if any(one["counters"] != first["counters"] for one in passes):
        raise EngineError(_("{id}: two equal passes did different work", id=case.id))
    cpu, peak = median(one["cpu_s"] for one in passes), median(one["peak_mb"] for one in passes)
    return Row(
        case.id,
        first["size"],
        median(one["seconds"] for one in passes),
        case.peer_name,
        median(theirs) if theirs else 0.0,
        peak,
        threads(),
        first["counters"],
        cpu / unit.cpu_s,
        peak / unit.peak_mb if unit.peak_mb else 0.0,
        median(one["exponent"] for one in passes),
    )


def _peer(peer: Callable[[Wish], float], wish: Wish) -> float:
    try:
        return peer(wish)
    except EngineError as error:
        raise UnavailableError(error.args[0]) from None


def _worker(name: str, wish: Wish) -> dict[str, Any]:
    engines = str(wish.engines or "")
    text = environment.call([sys.executable, "-m", "twin.bench.worker", name, wish.city, engines])
    found: dict[str, Any] = json.loads(text.splitlines()[-1])
    if "unavailable" in found:
        raise UnavailableError(found["unavailable"])
    return found
