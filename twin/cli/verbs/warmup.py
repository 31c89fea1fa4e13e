"""`twin warmup`: compile all kernels ahead of the first run."""

from __future__ import annotations

import time

from twin.cli import screen, wait
from twin.cli.settings import settings
from twin.text import N_, _

HELP = N_("Compile all kernels ahead of the first run (once per machine).")


def warmup() -> None:
    """Solve every network of the bundled cities once, so that all kernels are compiled."""
    from twin import api
    from twin.lifelines import registry
    from twin.physics.compilation import watched

    began = time.perf_counter()
    with wait.working(_("Compiling kernels")), watched() as found:
        for name in api.list_cities():
            city = api.load_city(name)
            for lifeline in city.networks:
                if registry.declaration(lifeline).binding:
                    api.solve(city, lifeline)
    seconds = time.perf_counter() - began
    if settings().json:
        screen.data({"compiled": found.count, "seconds": round(seconds, 3)})
    elif found.count:
        screen.say(_("{count} kernels compiled in {seconds} s", count=found.count, seconds=f"{seconds:.1f}"))
    else:
        screen.say(_("All kernels were compiled before."))
