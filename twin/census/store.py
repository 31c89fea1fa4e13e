"""Surveys in files: one GeoPackage with a layer for each table."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from twin.census.survey import JOINED, SCHEMAS, TEXT, Survey, frame
from twin.io.files import refuse
from twin.model.schema import Schema
from twin.text import _

MOST_ROWS = 20_000_000
"""Rows of one layer beyond which a survey is refused."""
_META = "meta"
_TABLE = "table_"
_GEOMETRY = "geom"
_DATE = "2000-01-01T00:00:00.000Z"
"""Stands for the hour of writing, so that equal surveys are equal files."""


def write_survey(survey: Survey, path: Path) -> None:
    """Write `survey` as a GeoPackage in place of `path`, whole or not at all.

    Layers: `points` (Point Z), `lines` (LineString between the points they name; none where one of
    them is unknown), and without geometry `cells`, `headers`, `repairs`, `meta` and `table_<name>`.
    """
    import pyogrio

    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f".{path.name}.{uuid4().hex}.gpkg"
    temporary.touch()  # says why where it cannot; GDAL does not
    temporary.unlink()
    crs = survey.meta.get("crs") or None
    try:
        with _settled():
            for name, table, kind in _layers(survey):
                spatial = {"geometry_name": _GEOMETRY, "geometry_type": kind, "crs": crs} if kind else {}
                pyogrio.write_arrow(
                    table, temporary, layer=name, driver="GPKG", append=temporary.exists(), **spatial
                )
        temporary.replace(path)
    finally:
        for left in path.parent.glob(f"{temporary.name}*"):
            left.unlink()


def layer_names(path: Path) -> set[str]:
    """Names of the layers in a file that GDAL reads; what it only warns of is not passed on."""
    import pyogrio

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return {str(name) for name, _kind in pyogrio.list_layers(path)}


def holds_survey(path: Path) -> bool:
    """Whether a file is a GeoPackage with the layers of a survey."""
    import pyogrio

    if path.suffix.lower() != ".gpkg" or not path.is_file():
        return False
    try:
        layers = layer_names(path)
    except pyogrio.errors.DataSourceError:
        return False
    return {"points", "lines", _META} <= layers


def read_survey(path: Path) -> Survey:
    """The survey in the GeoPackage `path`; DatasetError where it holds none."""
    import pyogrio

    if not path.is_file():
        raise refuse("file.missing", path, _("does not exist"), _("check the path"))
    try:
        layers = layer_names(path)
        if missing := sorted({"points", "lines", _META} - layers):
            problem = _("holds no survey: there is no layer {names}", names=", ".join(missing))
            raise refuse("census.no-survey", path, problem, _("make it by twin census read"))
        pairs = _read(path, _META)
        meta = dict(zip(_plain(pairs, "key"), _plain(pairs, "value"), strict=True))
        made = {
            name: _framed(schema, _read(path, name) if name in layers else None)
            for name, schema in SCHEMAS.items()
        }
        tables = {
            name: _framed(schema, _read(path, f"{_TABLE}{name}"))
            for name, schema in sorted(JOINED.items())
            if f"{_TABLE}{name}" in layers
        }
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pa.ArrowException) as error:
        problem = _("is no readable GeoPackage ({reason})", reason=" ".join(str(error).split())[:200])
        raise refuse("census.broken", path, problem, _("make it anew by twin census read")) from None
    return Survey(**made, meta=meta, tables=tables)


@contextmanager
def _settled() -> Iterator[None]:
    """GDAL without the hour of writing and without its warning about a survey of unknown place."""
    import pyogrio

    before = {
        name: pyogrio.get_gdal_config_option(name) for name in ("OGR_CURRENT_DATE", "OGR_SQLITE_SYNCHRONOUS")
    }
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _DATE, "OGR_SQLITE_SYNCHRONOUS": "OFF"})
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="'crs' was not provided")
            yield
    finally:
        pyogrio.set_gdal_config_options(before)


def _layers(survey: Survey) -> Iterator[tuple[str, pa.Table, str]]:
    """Name, content and kind of geometry ("" for none) of each layer, in file order."""
    points, lines = survey.points, survey.lines
    places = np.column_stack([points["x_m"], points["y_m"], points["ground_m"]]).astype(np.float64)
    yield "points", _located(points, _points_wkb(places)), "Point Z"
    ends = ends_of(points, lines)
    yield "lines", _located(lines, _lines_wkb(places, ends)), "LineString"
    for name in ("cells", "headers", "repairs"):
        yield name, _table(getattr(survey, name)), ""
    pairs = {"key": list(survey.meta), "value": [str(value) for value in survey.meta.values()]}
    yield _META, pa.table({name: pa.array(values, pa.string()) for name, values in pairs.items()}), ""
    for name, table in sorted(survey.tables.items()):
        yield f"{_TABLE}{name}", _table(table), ""


def ends_of(points: pd.DataFrame, lines: pd.DataFrame) -> NDArray[np.int64]:
    """Positions in `points` of the two ends of each line, shape (lines, 2); -1 where there is no such point.

    Of several points with one id it is the first.
    """
    first = ~points["id"].duplicated().to_numpy() & (points["id"] != "").to_numpy(dtype=bool)
    index = pd.Index(points["id"].to_numpy(dtype=object)[first])
    found = np.append(np.flatnonzero(first), -1)
    ends = [index.get_indexer(lines[name].to_numpy(dtype=object)) for name in ("start", "end")]
    return np.column_stack([found[end] for end in ends]).astype(np.int64)


def _table(data: pd.DataFrame) -> pa.Table:
    """Columns as GDAL takes them: empty texts and NaN become null."""
    columns: dict[str, pa.Array] = {}
    for name in data.columns:
        values = data[name]
        if pd.api.types.is_string_dtype(values.dtype) or values.dtype == object:
            text = pa.array(values, from_pandas=True)
            text = text.combine_chunks() if isinstance(text, pa.ChunkedArray) else text
            text = text.cast(pa.string())
            columns[name] = pa.compute.if_else(pa.compute.equal(text, ""), pa.scalar(None, pa.string()), text)
        else:
            columns[name] = pa.array(values.to_numpy(), from_pandas=True)
    return pa.table(columns)


def _located(data: pd.DataFrame, wkb: pa.Array) -> pa.Table:
    return _table(data).append_column(_GEOMETRY, wkb)


def _points_wkb(places: NDArray[np.float64]) -> pa.Array:
    """Points with elevation as ISO WKB; null where a coordinate is missing."""
    made = np.zeros(len(places), dtype=[("order", "u1"), ("kind", "<u4"), ("place", "<f8", 3)])
    made["order"], made["kind"], made["place"] = 1, 1001, places
    known = np.isfinite(places[:, 0]) & np.isfinite(places[:, 1])
    return _binary(made, known)


def _lines_wkb(places: NDArray[np.float64], ends: NDArray[np.int64]) -> pa.Array:
    """Straight lines as ISO WKB; null where an end is unknown or has no place."""
    parts = [("order", "u1"), ("kind", "<u4"), ("count", "<u4"), ("places", "<f8", (2, 2))]
    made = np.zeros(len(ends), dtype=parts)
    flat = np.vstack([places[:, :2], [[np.nan, np.nan]]])[ends]
    made["order"], made["kind"], made["count"], made["places"] = 1, 2, 2, flat
    return _binary(made, ~np.isnan(flat.reshape(-1, 4)).any(axis=1))


def _binary(records: NDArray[Any], valid: NDArray[np.bool_]) -> pa.Array:
    """Records of one size as an Arrow array of bytes, null where not `valid`."""
    offsets = np.arange(len(records) + 1, dtype=np.int64) * records.dtype.itemsize
    bits = np.packbits(valid, bitorder="little")
    buffers = [pa.py_buffer(part.tobytes()) for part in (bits, offsets, records)]
    return pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(records), buffers)


def _read(path: Path, layer: str) -> pa.Table:
    import pyogrio

    if pyogrio.read_info(path, layer=layer, force_feature_count=True)["features"] > MOST_ROWS:
        problem = _("has more than {limit} rows", limit=MOST_ROWS)
        raise refuse("table.too-long", f"{path}#{layer}", problem, _("split the survey"))
    _meta, table = pyogrio.read_arrow(path, layer=layer, read_geometry=False)
    return table


def _plain(table: pa.Table, name: str) -> list[str]:
    return [value or "" for value in table.column(name).to_pylist()]


def _framed(schema: Schema, table: pa.Table | None) -> pd.DataFrame:
    """A layer as the frame of its schema; columns it lacks are missing values."""
    if table is None:
        return frame(schema)
    columns: Mapping[str, object] = {
        column.name: _values(table.column(column.name), column.type)
        for column in schema.columns
        if column.name in table.column_names
    }
    return frame(schema, columns, table.num_rows)


def _values(column: pa.ChunkedArray, kind: str) -> object:
    if kind == "float":
        return column.cast(pa.float64()).to_numpy()
    if kind in ("int", "bool"):
        return column.cast(pa.int64()).fill_null(0).to_numpy()
    text = column.cast(pa.large_string()).fill_null("")
    return pd.Series(pd.array(text, dtype=TEXT))
