"""`twin doctor`: whether this machine has what twin needs."""

from __future__ import annotations

from twin.cli import screen, wait
from twin.cli.boundary import FAILED
from twin.cli.settings import settings
from twin.text import N_, _

HELP = N_("Look whether this machine has what twin needs, and say what to install.")
SIGNS = {"ok": "✓", "advice": "!", "broken": "✕"}


def doctor() -> int:
    """List what was looked at; 3 where something is missing that nothing works without."""
    from twin.api.doctor import examine

    with wait.working(_("Looking at this machine")):
        found = list(examine())
    broken = any(each.verdict == "broken" for each in found)
    if settings().json:
        screen.data({"usable": not broken, "examinations": [each.record() for each in found]})
        return FAILED if broken else 0
    rows: list[tuple[object, ...]] = []
    for each in found:
        rows.append((SIGNS[each.verdict], each.name, each.finding))
        if str(each.remedy):
            rows.append(("", "", f"→ {each.remedy}"))
    screen.table(rows, ())
    return FAILED if broken else 0
