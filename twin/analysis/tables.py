"""A run as tables for other programs: summary, events in words, service, outages, expectations, results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.analysis.kinds import Sort, sort_of
from twin.analysis.service import outages
from twin.io.runs import StoredRun
from twin.model.city import City
from twin.text.clock import elapsed
from twin.text.events import sentence

if TYPE_CHECKING:
    import pandas as pd

MOST_CELLS, MOST_COMPONENTS = 1_500_000, 1_000
"""Cells of all result tables together (of more, every n-th time is taken) and components of one table."""


def run_tables(run: StoredRun, city: City | None = None) -> dict[str, pd.DataFrame]:
    """The tables of a run by name.

    Returns
    -------
    `summary` (`key, value`), `events` (the journal, with the time as T+h:mm:ss and the sentence in the
    language in use), `service` (with the share of demand met), `outages` (`component, lifeline, start_s,
    end_s, seconds, lasts`) and `expectations` (as in `summary.json`, evidence as event numbers). With a
    city also one table per result column, named `<lifeline>/<column>`: `t_s` and one column per component,
    limited in size.
    """
    import pandas as pd

    events = run.journal.frame()
    events.insert(2, "time", [elapsed(event.t_s) for event in run.journal])
    events.insert(3, "what", [str(sentence(event)) for event in run.journal])
    service = pd.DataFrame(run.service())
    with np.errstate(invalid="ignore", divide="ignore"):
        service["share"] = np.where(service["demand"] > 0, service["served"] / service["demand"], 1.0)
    expected = pd.DataFrame(list(run.summary.get("expectations", ())))
    if "evidence" in expected:
        expected["evidence"] = [" ".join(map(str, numbers)) for numbers in expected["evidence"]]
    tables = {
        "summary": pd.DataFrame(_flat(run.summary), columns=["key", "value"]),
        "events": events,
        "service": service,
        "outages": outage_table(run),
        "expectations": expected,
    }
    return tables if city is None else tables | dict(_results(run, city))


def outage_table(run: StoredRun) -> pd.DataFrame:
    """One row per outage of a consumer or facility."""
    import pandas as pd

    names = ("component", "lifeline", "start_s", "end_s", "seconds", "lasts")
    found = outages(run.journal, _end(run))
    return pd.DataFrame([[getattr(one, name) for name in names] for one in found], columns=list(names))


def component_table(run: StoredRun) -> pd.DataFrame:
    """What befell each component, for maps: index `component`.

    Columns: `outages` (how many), `out_since_s` (first one), `out_s` (all together), `out_at_end`,
    `struck` (by an incident) and `stopped` (lost a supply, tripped or ran empty).
    """
    import pandas as pd

    found: dict[str, dict[str, Any]] = {}
    blank = {"outages": 0, "out_since_s": np.nan, "out_s": 0.0, "out_at_end": False}
    blank |= {"struck": False, "stopped": False}
    for one in outages(run.journal, _end(run)):
        row = found.setdefault(one.component, dict(blank))
        row["outages"] += 1
        row["out_since_s"] = np.fmin(row["out_since_s"], one.start_s)
        row["out_s"] += one.seconds
        row["out_at_end"] |= one.lasts
    for event in run.journal:
        sort = sort_of(event.kind)
        if event.component and sort is Sort.INCIDENT:
            found.setdefault(event.component, dict(blank))["struck"] = True
        elif event.kind in ("lost", "trips", "empty"):
            found.setdefault(event.component, dict(blank))["stopped"] = True
    frame = pd.DataFrame(list(found.values()), columns=list(blank), index=list(found))
    frame.index.name = "component"
    return frame


def _end(run: StoredRun) -> float:
    last = max((event.t_s for event in run.journal), default=0.0)
    return max(float(run.summary.get("end_s") or 0.0), last)


def _flat(data: Mapping[str, Any], prefix: str = "") -> list[tuple[str, object]]:
    """Plain values of nested mappings by dotted name; lists other than of plain values are left out."""
    rows: list[tuple[str, object]] = []
    for key, value in data.items():
        if isinstance(value, Mapping):
            rows += _flat(value, f"{prefix}{key}.")
        elif not isinstance(value, list):
            rows.append((f"{prefix}{key}", value))
        elif value and not isinstance(value[0], Mapping | list):
            rows.append((f"{prefix}{key}", "; ".join(map(str, value))))
    return rows


def _results(run: StoredRun, city: City) -> Iterator[tuple[str, pd.DataFrame]]:
    """Stored results, one table per lifeline and result column."""
    import pandas as pd

    shapes = [values.shape for lifeline in run.lifelines() for values in run.results(lifeline)[1].values()]
    cells = sum(times * min(components, MOST_COMPONENTS) for times, components in shapes)
    step = -(-cells // MOST_CELLS) or 1
    for lifeline in run.lifelines():
        t_s, columns = run.results(lifeline)
        for name, values in columns.items():
            ids = city.networks[lifeline].ids(name.split(".", 1)[0])[:MOST_COMPONENTS]
            frame = pd.DataFrame(values[::step, : len(ids)], columns=list(ids))
            frame.insert(0, "t_s", t_s[::step])
            yield f"{lifeline}/{name}", frame
