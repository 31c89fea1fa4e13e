"""Run folders: written while the run goes on, sealed at the end, opened again after a kill.

While a run is under way its folder holds `run.json` (what was asked), `journal.log` and `service.log` (one
JSON array a line, flushed at the end of every simulated instant) and `results/` (raw float64 rows). Sealing
turns the logs into `journal.parquet` and `service.parquet` and writes `summary.json`.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from twin.errors import DatasetError
from twin.io.files import read_text, refuse, replacing, sha256, write_text
from twin.model.journal import Event, Journal
from twin.text import _
from twin.text.system import told

ROW_GROUP = 65_536
SERVICE = ("t_s", "lifeline", "zone", "served", "demand")
REQUEST, SUMMARY = "run.json", "summary.json"
JOURNAL_LOG, SERVICE_LOG = "journal.log", "service.log"
JOURNAL, SERVICE_TABLE = "journal.parquet", "service.parquet"
RESULTS = "results"


class RunWriter:
    """Writes one run folder; the engine's sink."""

    def __init__(self, folder: Path, request: Mapping[str, Any], *, overwrite: bool = False) -> None:
        self.folder = folder
        _prepare(folder, overwrite)
        try:
            write_text(folder / REQUEST, to_json(request))
            self._journal = _log(folder / JOURNAL_LOG)
            self._service = _log(folder / SERVICE_LOG)
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise _unwritable(folder, error) from None
        self._results: dict[str, IO[bytes]] = {}
        self._columns: dict[str, dict[str, int]] = {}

    def event(self, event: Event) -> None:
        """Append one event."""
        self._journal.write(json.dumps(event, ensure_ascii=False) + "\n")

    def service(self, t_s: float, lifeline: str, zone: str, served: float, demand: float) -> None:
        """Append the service of one zone of one lifeline (m3/s or W; zone "" is the whole network)."""
        self._service.write(json.dumps((t_s, lifeline, zone, served, demand), ensure_ascii=False) + "\n")

    def result(self, lifeline: str, t_s: float, columns: Mapping[str, NDArray[np.float64]]) -> None:
        """Append one row per result column (`<table>.<column>`: one value per component)."""
        shape = {name: len(values) for name, values in columns.items()}
        if lifeline not in self._columns:
            self._columns[lifeline] = shape
            self._results[lifeline] = (self.folder / RESULTS / f"{lifeline}.f64").open("wb")
            write_text(self.folder / RESULTS / "index.json", to_json(self._columns))
        row = np.concatenate([[t_s], *columns.values()]).astype("<f8")
        self._results[lifeline].write(row.tobytes())

    def flush(self) -> None:
        """Hand everything to the operating system: from here on it survives a kill."""
        for file in self._files():
            file.flush()

    def close(self) -> None:
        """Close the files without sealing; what a full disk keeps from being flushed is lost."""
        for file in self._files():
            with suppress(OSError):
                file.close()

    def _files(self) -> tuple[IO[Any], ...]:
        return (self._journal, self._service, *self._results.values())

    def seal(self, summary: Mapping[str, Any]) -> None:
        """Make the Parquet files and the summary; afterwards the folder is complete."""
        self.flush()
        self.close()
        seal(self.folder, summary)


def amend(folder: Path, more: Mapping[str, Any]) -> None:
    """Add to the summary of a sealed run."""
    summary = json.loads(read_text(folder / SUMMARY))
    write_text(folder / SUMMARY, to_json({**summary, **more}))


def _log(path: Path) -> IO[str]:
    return path.open("w", encoding="utf-8", newline="\n")


def _prepare(folder: Path, overwrite: bool) -> None:
    try:
        if folder.exists():
            _check_replaceable(folder, overwrite)
            shutil.rmtree(folder)
        (folder / RESULTS).mkdir(parents=True)
    except OSError as error:
        raise _unwritable(folder, error) from None


def _check_replaceable(folder: Path, overwrite: bool) -> None:
    if not folder.is_dir() or (any(folder.iterdir()) and not (folder / REQUEST).is_file()):
        raise refuse("output.foreign", folder, _("exists and is no run folder"), _("give another folder"))
    if any(folder.iterdir()) and not overwrite:
        remedy = _("give another folder or --overwrite")
        raise refuse("output.exists", folder, _("holds a run already"), remedy)


def _unwritable(folder: Path, error: OSError) -> DatasetError:
    problem = _("cannot be written ({reason})", reason=told(error))
    return refuse("output.unwritable", folder, problem, _("choose a folder you may write"))


def to_json(data: Any) -> str:
    """JSON text with sorted keys, real characters and no NaN."""
    return json.dumps(data, ensure_ascii=False, allow_nan=False, indent=1, sort_keys=True) + "\n"


def _lines(path: Path) -> Iterator[list[Any]]:
    """The whole lines of a log; a line that a kill cut short ends it."""
    with path.open(encoding="utf-8", errors="replace", newline="\n") as file:
        for line in file:
            if not line.endswith("\n"):
                return
            yield json.loads(line)


def seal(folder: Path, summary: Mapping[str, Any]) -> None:
    """Turn the logs of a run folder into its Parquet files and write the summary."""
    events = [Event(*line) for line in _lines(folder / JOURNAL_LOG)]
    types = ["int64", "float64", "string", "string", "string", "string", "int64", "string", "string"]
    _write_parquet(folder / JOURNAL, Event._fields, types, events)
    rows = list(_lines(folder / SERVICE_LOG))
    _write_parquet(
        folder / SERVICE_TABLE, SERVICE, ["float64", "string", "string", "float64", "float64"], rows
    )
    digests = {
        "journal": sha256(folder / JOURNAL),
        "service": sha256(folder / SERVICE_TABLE),
        **{f"{RESULTS}/{path.name}": sha256(path) for path in sorted((folder / RESULTS).iterdir())},
    }
    write_text(folder / SUMMARY, to_json({**summary, "digests": digests}))
    for name in (JOURNAL_LOG, SERVICE_LOG):
        (folder / name).unlink()


def _write_parquet(
    path: Path, names: Sequence[str], types: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(name, pa.type_for_alias(kind)) for name, kind in zip(names, types, strict=True)])
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    table = pa.table([pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)], schema=schema)
    with replacing(path) as file:
        pq.write_table(table, file, row_group_size=ROW_GROUP, compression="zstd")


@dataclass(frozen=True, eq=False)
class StoredRun:
    """A run folder, read: the request, the summary, the journal and where the results lie."""

    folder: Path
    request: Mapping[str, Any]
    summary: Mapping[str, Any]
    journal: Journal

    def service(self) -> dict[str, NDArray[Any]]:
        """The service table's columns: `t_s, lifeline, zone, served, demand`."""
        import pyarrow.parquet as pq

        table = pq.read_table(self.folder / SERVICE_TABLE)
        return {name: table.column(name).to_numpy(zero_copy_only=False) for name in SERVICE}

    def lifelines(self) -> tuple[str, ...]:
        """The lifelines with stored results."""
        return tuple(sorted(self._index()))

    def _index(self) -> dict[str, dict[str, int]]:
        path = self.folder / RESULTS / "index.json"
        index: dict[str, dict[str, int]] = json.loads(read_text(path)) if path.is_file() else {}
        return index

    def results(self, lifeline: str) -> tuple[NDArray[np.float64], dict[str, NDArray[np.float64]]]:
        """Times (rows,) and result columns `<table>.<column>` of shape (rows, components)."""
        widths = self._index()[lifeline]
        width = 1 + sum(widths.values())
        raw = np.fromfile(self.folder / RESULTS / f"{lifeline}.f64", dtype="<f8")
        rows = raw[: len(raw) // width * width].reshape(-1, width)
        columns, first = {}, 1
        for name, size in sorted(widths.items()):
            columns[name] = rows[:, first : first + size]
            first += size
        return rows[:, 0], columns


def open_run(folder: Path) -> StoredRun:
    """The run in `folder`; a run that was killed is sealed first, with status `killed`.

    Raises
    ------
    DatasetError
        Where the folder is no run folder.
    """
    if not (folder / REQUEST).is_file():
        raise refuse("run.missing", folder, _("is no run folder"), _("give the folder of a run"))
    try:
        request = _object(folder / REQUEST)
        if not (folder / SUMMARY).is_file():
            seal(folder, {"status": "killed"})
        journal = Journal()
        for event in _read_events(folder / JOURNAL):
            journal.add(event)
        return StoredRun(folder, request, _object(folder / SUMMARY), journal)
    except (ValueError, TypeError, KeyError, FileNotFoundError) as error:
        problem = _("is a damaged run folder ({reason})", reason=" ".join(str(error).split())[:200])
        raise refuse("run.broken", folder, problem, _("play the scenario again")) from None


def _object(path: Path) -> Mapping[str, Any]:
    data = json.loads(read_text(path))
    if not isinstance(data, dict):
        raise TypeError(path.name)
    return data


def _read_events(path: Path) -> Iterator[Event]:
    import pyarrow.parquet as pq

    columns = pq.read_table(path).to_pydict()
    for row in zip(*(columns[name] for name in Event._fields), strict=True):
        yield Event(*row)
