"""Why the operating system refused something, in the language in use."""

from __future__ import annotations

from twin.text.message import N_, Message

KNOWN = (
    N_("No such file or directory"),
    N_("Permission denied"),
    N_("Operation not permitted"),
    N_("Not a directory"),
    N_("Is a directory"),
    N_("File exists"),
    N_("File name too long"),
    N_("No space left on device"),
    N_("Disk quota exceeded"),
    N_("Read-only file system"),
    N_("Input/output error"),
    N_("Too many open files"),
)
"""Its sentences that have a translation; any other is told as it is."""


def told(error: BaseException) -> Message:
    """What the operating system said about `error`, or else what the error says."""
    return Message(getattr(error, "strerror", None) or str(error))
