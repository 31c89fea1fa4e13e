"""The baseline: what was measured once, and what has grown since."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import twin
from twin.bench.cases import Case
from twin.bench.measure import Row
from twin.io.files import read_text, refuse, write_bytes, write_text
from twin.text import _

HISTORY = (
    "date",
    "commit",
    "id",
    "size",
    "seconds",
    "peer",
    "peer_seconds",
    "ratio",
    "peak_mb",
    "threads",
    "exponent",
)
LIMIT = 16 * 1024**2


@dataclass(frozen=True)
class Growth:
    """One figure that grew beyond what is allowed."""

    id: str
    figure: str
    before: float
    now: float
    allowed: float


def read_baseline(path: Path) -> dict[str, Any]:
    """The benchmarks of a baseline file by id; DatasetError where it cannot be used."""
    try:
        data = json.loads(read_text(path, LIMIT))
        found: dict[str, Any] = {str(name): dict(entry) for name, entry in data["benchmarks"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        problem, remedy = _("is no baseline"), _("make one with --write-baseline")
        raise refuse("baseline.broken", path, problem, remedy) from None
    return found


def write_baseline(path: Path, rows: Iterable[Row]) -> None:
    """Write rows as a baseline; benchmarks of the file that were not measured now stay."""
    kept = read_baseline(path) if path.is_file() else {}
    for row in rows:
        entry: dict[str, Any] = {"size": row.size, "counters": dict(sorted(row.counters.items()))}
        if row.time:
            entry |= {"time": round(row.time, 3), "memory": round(row.memory, 3)}
        kept[row.id] = entry
    text = json.dumps({"benchmarks": dict(sorted(kept.items()))}, indent=1, ensure_ascii=False)
    write_text(path, text + "\n")


def growth(row: Row, before: Mapping[str, Any], case: Case) -> list[Growth]:
    """What grew: counters by anything at all, time, memory and exponent by more than the case allows."""
    known = before.get("counters", {})
    found = [
        Growth(row.id, name, float(known.get(name, 0)), float(value), float(known.get(name, 0)))
        for name, value in sorted(row.counters.items())
        if value > known.get(name, 0)
    ]
    for figure, now, share in (("time", row.time, case.slower), ("memory", row.memory, case.larger)):
        then = float(before.get(figure, 0.0))
        if then and now > then * (1 + share):
            found.append(Growth(row.id, figure, then, now, then * (1 + share)))
    if row.exponent > case.steepest:
        found.append(Growth(row.id, "exponent", 1.0, row.exponent, case.steepest))
    return found


def shrunk(row: Row, before: Mapping[str, Any]) -> bool:
    """Whether a counter fell: good news, and time to renew the baseline."""
    known = before.get("counters", {})
    return any(row.counters.get(name, 0) < value for name, value in known.items())


def append_history(path: Path, rows: Iterable[Row]) -> None:
    """Append rows to a history file; the heading is written once."""
    date, commit = datetime.now(UTC).date().isoformat(), _commit()
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if not path.is_file():
        writer.writerow(HISTORY)
    for row in rows:
        theirs = (row.peer, f"{row.peer_seconds:.5f}", f"{row.ratio:.3f}") if row.peer else ("", "", "")
        writer.writerow(
            (
                *(date, commit, row.id, row.size, f"{row.seconds:.5f}", *theirs, f"{row.peak_mb:.1f}"),
                *(row.threads, f"{row.exponent:.3f}" if row.exponent else ""),
            )
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8", newline="") as file:
        file.write(text.getvalue())


def _commit() -> str:
    """The commit of the sources, with `+` where they were edited; the version outside a repository."""
    folder = Path(twin.__file__).parent
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), "describe", "--always", "--dirty=+", "--exclude=*"],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return twin.__version__
    return done.stdout.strip()


def write_junit(
    path: Path, rows: Sequence[Row], grown: Sequence[Growth], left_out: Mapping[str, object]
) -> None:
    """The result as JUnit XML: a case per benchmark, a failure per figure that grew."""
    counts: dict[str, str] = {"tests": str(len(rows) + len(left_out)), "skipped": str(len(left_out))}
    failed = {item.id for item in grown}
    suite = ElementTree.Element("testsuite", {"name": "twin bench", "failures": str(len(failed)), **counts})
    for row in rows:
        case = ElementTree.SubElement(
            suite, "testcase", classname="bench", name=row.id, time=f"{row.seconds:.6f}"
        )
        own = [item for item in grown if item.id == row.id]
        if own:
            text = "\n".join(f"{item.figure}: {item.before:g} -> {item.now:g}" for item in own)
            ElementTree.SubElement(case, "failure", message=str(_("grew beyond the baseline"))).text = text
    for name, reason in left_out.items():
        case = ElementTree.SubElement(suite, "testcase", classname="bench", name=name)
        ElementTree.SubElement(case, "skipped", message=str(reason))
    write_bytes(path, ElementTree.tostring(suite, encoding="utf-8", xml_declaration=True))
