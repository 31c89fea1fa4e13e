"""Axes: round ticks in time and quantity, and where a value stands on paper."""

from __future__ import annotations

import math
from dataclasses import dataclass

from twin.text.clock import DAY_S, HOUR_S, MINUTE_S
from twin.views import svg

_STEPS_S = (
    *(MINUTE_S * n for n in (1, 2, 5, 10, 15, 30)),
    *(HOUR_S * n for n in (1, 2, 3, 6, 12)),
    *(DAY_S * n for n in (1, 2, 5, 10)),
)


@dataclass(frozen=True)
class Axis:
    """A linear scale from values `low` to `high` onto paper coordinates `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Where a value stands; values outside are moved to the nearer end."""
        span = self.high - self.low or 1.0
        part = min(max((value - self.low) / span, 0.0), 1.0)
        return self.start + part * (self.end - self.start)


def time_ticks(end_s: float, most: int = 9) -> list[float]:
    """Round times from 0 to `end_s`, at most `most` steps."""
    step = next((one for one in _STEPS_S if end_s / one <= most), DAY_S * math.ceil(end_s / DAY_S / most))
    return [step * number for number in range(int(end_s / step) + 1)]


def ticks(high: float, most: int = 4) -> list[float]:
    """Round values from 0 to the first at or above `high`, in at most `most` steps."""
    if high <= 0:
        return [0.0, 1.0]
    rough = high / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(part * power for part in (1, 2, 2.5, 5, 10) if part * power >= rough * (1 - 1e-9))
    return [step * number for number in range(math.ceil(high / step - 1e-9) + 1)]


def hours(t_s: float) -> str:
    """A time on an axis: `0:30`."""
    minutes = round(t_s / MINUTE_S)
    return f"{minutes // 60}:{minutes % 60:02d}"


def time_axis(axis: Axis, top: float, bottom: float, *, labels: bool = True) -> str:
    """Vertical grid lines at round times, and their labels below."""
    marks = []
    for t_s in time_ticks(axis.high):
        x = axis(t_s)
        marks.append(svg.tag("line", x1=x, x2=x, y1=top, y2=bottom, class_="grid"))
        if labels:
            marks.append(svg.text(x, bottom + 15, hours(t_s), "tick", text_anchor="middle"))
    return "".join(marks)
