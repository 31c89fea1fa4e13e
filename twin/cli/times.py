"""Instants given on the command line."""

from __future__ import annotations

from twin.errors import InputError
from twin.text import _

DAY_S = 86_400.0


def seconds(text: str | None, midnight_s: float = 0.0) -> float:
    """Seconds after time zero that `text` means: `6 h`, `T+6 h`, `21600`, or the clock time `17:30`.

    `midnight_s` is the time of day at time zero; a clock time is the first one at or after it.

    Raises
    ------
    InputError
        Where the text is no instant, or lies before time zero.
    """
    from twin.drills.grammar import read_duration, read_instant
    from twin.drills.refusal import RefusedError

    if text is None:
        return 0.0
    try:
        value = float(text)
    except ValueError:
        written = text.strip()
        try:
            if ":" in written or written.upper().startswith("T+"):
                instant = read_instant(written)
                if instant.offset is None:
                    return (instant.second_of_day - midnight_s) % DAY_S
                return instant.offset.si
            value = read_duration(written).si
        except RefusedError as error:
            raise InputError(
                _("--at {given}: {problem}: {remedy}", given=text, problem=error.problem, remedy=error.remedy)
            ) from None
    if not 0 <= value < float("inf"):
        raise InputError(_("--at {given} is no time from the start on", given=text))
    return value
