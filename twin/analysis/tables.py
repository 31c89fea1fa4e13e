"""A run as tables for other programs: events in words, service, outages, expectations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.analysis.service import outages
from twin.io.runs import StoredRun
from twin.text.clock import elapsed
from twin.text.events import sentence

if TYPE_CHECKING:
    import pandas as pd

NAMES = ("events", "service", "outages", "expectations")


def run_tables(run: StoredRun) -> dict[str, pd.DataFrame]:
    """The tables of a run by name.

    Returns
    -------
    `events` (the journal, with the time as T+h:mm:ss and the sentence in the language in use), `service`
    (with the share of demand met), `outages` (`component, lifeline, start_s, end_s, seconds, lasts`) and
    `expectations` (as in `summary.json`).
    """
    import pandas as pd

    events = run.journal.frame()
    events.insert(2, "time", [elapsed(event.t_s) for event in run.journal])
    events.insert(3, "what", [str(sentence(event)) for event in run.journal])
    service = pd.DataFrame(run.service())
    with np.errstate(invalid="ignore", divide="ignore"):
        service["share"] = np.where(service["demand"] > 0, service["served"] / service["demand"], 1.0)
    expected = pd.DataFrame(list(run.summary.get("expectations", ())))
    expected = expected.drop(columns="evidence", errors="ignore")
    return {"events": events, "service": service, "outages": outage_table(run), "expectations": expected}


def outage_table(run: StoredRun) -> pd.DataFrame:
    """One row per outage of a consumer or facility."""
    import pandas as pd

    names = ("component", "lifeline", "start_s", "end_s", "seconds", "lasts")
    end_s = float(run.summary.get("end_s") or max((event.t_s for event in run.journal), default=0.0))
    found = outages(run.journal, end_s)
    return pd.DataFrame([[getattr(one, name) for name in names] for one in found], columns=list(names))
