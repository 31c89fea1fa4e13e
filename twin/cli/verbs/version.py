"""`twin version`: what is installed."""

from __future__ import annotations

from twin.cli import screen
from twin.cli.settings import settings
from twin.text import N_

HELP = N_("Print the version, and with --json those of everything that numbers may depend on.")


def version() -> None:
    """Print the version."""
    import twin

    if settings().json:
        from twin import api

        screen.data(api.versions())
        return
    screen.say(f"twin {twin.__version__}")
