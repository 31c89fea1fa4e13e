"""Times as people read them: seconds since the start as T+h:mm:ss, spans as hours and minutes."""

from __future__ import annotations

from twin.text.message import Message, _

MINUTE_S, HOUR_S, DAY_S = 60, 3_600, 86_400


def elapsed(t_s: float) -> str:
    """Seconds since the start of a run as `T+h:mm:ss` (whole seconds, rounded down)."""
    hours, rest = divmod(int(t_s), HOUR_S)
    return f"T+{hours}:{rest // MINUTE_S:02d}:{rest % MINUTE_S:02d}"


def duration(seconds: float) -> Message:
    """A span in its two largest units: `45 s`, `12 min 30 s`, `2 h 5 min`, `3 d 4 h`."""
    whole = round(abs(seconds))
    if whole < MINUTE_S:
        return _("{seconds} s", seconds=whole)
    if whole < HOUR_S:
        minutes, rest = divmod(whole, MINUTE_S)
        return _("{minutes} min {seconds} s", minutes=minutes, seconds=rest) if rest else _minutes(minutes)
    if whole < 2 * DAY_S:
        hours, minutes = divmod(round(whole / MINUTE_S), 60)
        return _("{hours} h {minutes} min", hours=hours, minutes=minutes) if minutes else _hours(hours)
    days, hours = divmod(round(whole / HOUR_S), 24)
    return _("{days} d {hours} h", days=days, hours=hours) if hours else _("{days} d", days=days)


def _minutes(minutes: int) -> Message:
    return _("{minutes} min", minutes=minutes)


def _hours(hours: int) -> Message:
    return _("{hours} h", hours=hours)
