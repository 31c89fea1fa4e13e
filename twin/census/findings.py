"""The folder of a check: findings as table, workbook and map layer, and their summary."""

from __future__ import annotations

import json
import shutil
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from twin.census.check import COLUMNS, typed
from twin.io.export import write_workbook
from twin.io.files import MAX_BYTES, refuse, write_text
from twin.text import _
from twin.text.system import told

TABLE = "findings.parquet"
WORKBOOK = "findings.xlsx"
LAYER = "findings.gpkg"
SUMMARY = "summary.json"
PAGE = "summary.html"
MOST_ROWS = 100_000
"""Findings in the workbook; the table holds all."""
_DATE = "2000-01-01T00:00:00.000Z"
"""Stands for the hour of writing in the layer, so that equal findings are equal files."""


def write_findings(
    findings: pd.DataFrame,
    folder: Path,
    *,
    summary: Mapping[str, Any],
    page: str = "",
    crs: str = "",
    overwrite: bool = False,
) -> None:
    """Write the folder of a check; it appears whole or not at all.

    Parameters
    ----------
    findings
        What `check` found.
    folder
        Where: `findings.parquet`, `.xlsx`, `.gpkg`, `summary.json` and `summary.html`.
    summary
        What `summarise` made of them.
    page
        The summary as HTML; none is written where it is empty.
    crs
        Coordinate reference system of the survey (`EPSG:n`), for the map layer.
    overwrite
        Whether the folder of an earlier check may be replaced.

    Raises
    ------
    DatasetError
        Where the folder is not to be replaced or cannot be written.
    """
    check_replaceable(folder, overwrite)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    except OSError as error:
        raise _unwritable(folder, error) from None
    try:
        _write_table(findings, draft / TABLE)
        write_workbook(_sheets(findings), draft / WORKBOOK)
        _write_layer(findings, draft / LAYER, crs)
        write_text(draft / SUMMARY, _json(summary))
        if page:
            write_text(draft / PAGE, page)
        if folder.exists():
            shutil.rmtree(folder)
        draft.chmod(0o755)
        draft.replace(folder)
    except OSError as error:
        raise _unwritable(folder, error) from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def check_replaceable(folder: Path, overwrite: bool) -> None:
    """DatasetError where `folder` holds something that is not to be replaced."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not folder.is_dir() or not (folder / TABLE).is_file():
        raise refuse("output.foreign", folder, _("exists and holds no findings"), _("give another folder"))
    if not overwrite:
        remedy = _("give another folder or --overwrite")
        raise refuse("output.exists", folder, _("holds findings already"), remedy)


def _unwritable(folder: Path, error: OSError) -> Exception:
    problem = _("cannot be written ({reason})", reason=told(error))
    return refuse("output.unwritable", folder, problem, _("choose a folder you may write"))


def _json(summary: Mapping[str, Any]) -> str:
    return json.dumps(summary, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def _sheets(findings: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The findings as a sheet, whose name says so where it does not hold all."""
    if len(findings) <= MOST_ROWS:
        return {"findings": findings}
    return {f"{MOST_ROWS} of {len(findings)}": findings.iloc[:MOST_ROWS]}


def _write_table(findings: pd.DataFrame, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(findings, preserve_index=False).replace_schema_metadata(None)
    pq.write_table(table, path)


def _write_layer(findings: pd.DataFrame, path: Path, crs: str) -> None:
    """One point per finding; none where the place is unknown."""
    import pyarrow as pa
    import pyogrio
    import shapely

    here = np.isfinite(findings[["x", "y"]].to_numpy()).all(axis=1)
    shapes = np.full(len(findings), None, dtype=object)
    shapes[here] = shapely.points(findings["x"].to_numpy()[here], findings["y"].to_numpy()[here])
    places = pa.array([None if shape is None else shape.wkb for shape in shapes], pa.binary())
    table = pa.Table.from_pandas(findings, preserve_index=False).replace_schema_metadata(None)
    table = pa.table(
        {name: table[name].cast(pa.string()) if table[name].type == pa.large_string() else table[name]
         for name in table.column_names} | {"geom": places}
    )  # fmt: skip
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _DATE})
    spatial = {"geometry_name": "geom", "geometry_type": "Point", "crs": crs or None}
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="'crs' was not provided")
            pyogrio.write_arrow(table, path, layer="findings", driver="GPKG", **spatial)
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def read_findings(folder: Path) -> pd.DataFrame:
    """The findings in the folder of a check; DatasetError where there are none or they are no findings."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = folder / TABLE
    if not path.is_file():
        raise refuse(
            "findings.missing", path, _("does not exist"), _("make it by twin check census.gpkg -o findings/")
        )
    if path.stat().st_size > MAX_BYTES:
        raise refuse(
            "file.too-large", path, _("is larger than {limit} bytes", limit=MAX_BYTES), _("check again")
        )
    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        reason = " ".join(str(error).split())[:200]
        problem = _("is no readable table ({reason})", reason=reason)
        raise refuse("findings.broken", path, problem, _("check the survey again")) from None
    missing = [name for name in COLUMNS if name not in table.column_names]
    if missing:
        problem = _("has no column {names}", names=", ".join(missing))
        raise refuse("findings.columns", path, problem, _("check the survey again"))
    data = table.select(list(COLUMNS)).to_pandas()
    return typed({name: data[name] for name in COLUMNS}, len(data))
