"""Tables and networks for other programs: workbooks, CSV that opens right in Excel, Parquet, GeoPackage."""

from __future__ import annotations

import re
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twin.errors import InputError
from twin.io.files import refuse, replacing, write_text
from twin.io.tables import csv_text
from twin.model.city import City
from twin.model.network import Network
from twin.text import _

if TYPE_CHECKING:
    import pandas as pd

SHEET_ROWS = 1_048_576
"""Rows of a worksheet, as Excel 2007 and later have them."""
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_FORMULA = re.compile(r"\s*[=+\-@\t\r]")
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_NO_SHEET = re.compile(r"[\[\]:*?/\\]")


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as UTF-8 CSV with a byte order mark, for spreadsheet programs.

    A text that such a program would take for a formula gets an apostrophe in front.
    """
    columns = {_inert(str(name)): _inert_texts(frame[name].to_numpy()) for name in frame.columns}
    write_text(path, "\ufeff" + csv_text(columns))


def _inert_texts(values: NDArray[Any]) -> NDArray[Any]:
    if values.dtype.kind in "fib":
        return values
    texts = np.empty(len(values), dtype=object)
    texts[:] = [_inert(value) if isinstance(value, str) else value for value in values.tolist()]
    return texts


def _inert(text: str) -> str:
    """A text that no spreadsheet program takes for a formula."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def write_parquet(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as Parquet; columns that are neither numbers nor flags become texts."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {str(name): pa.array(_field(frame[name].to_numpy())) for name in frame.columns}
    with replacing(path) as file:
        pq.write_table(pa.table(columns), file)


def write_workbook(frames: Mapping[str, pd.DataFrame], path: Path) -> None:
    """Write tables as the sheets of an XLSX workbook; no text is taken for a formula.

    Raises
    ------
    InputError
        Where a table has more rows than a sheet.
    """
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    for name, frame in frames.items():
        if len(frame) >= SHEET_ROWS:
            raise InputError(_("{name} has too many rows for a sheet; export it as CSV", name=name))
        sheet = book.create_sheet(_NO_SHEET.sub(" ", name)[:31])
        sheet.append([_cell(sheet, str(column)) for column in frame.columns])
        for row in frame.itertuples(index=False):
            sheet.append([_cell(sheet, value) for value in row])
    with replacing(path) as file:
        book.save(file)


def _cell(sheet: Any, value: object) -> object:
    from openpyxl.cell import WriteOnlyCell

    if value is None or value != value:  # noqa: PLR0124 (NaN is the only value unequal to itself)
        return None
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, np.generic):
        return value.item()
    cell = WriteOnlyCell(sheet, _UNPRINTABLE.sub("", str(value)))
    cell.data_type = "s"
    return cell


def write_geopackage(
    city: City,
    path: Path,
    extra: Mapping[str, pd.DataFrame] | None = None,
    befell: pd.DataFrame | None = None,
) -> None:
    """Write the networks of a city as the layers of a GeoPackage.

    Nodes are points, links lines (through their `vertices` where the network has any), devices points at
    their node; components without coordinates have no geometry. `extra` tables become layers without
    geometry, and those with a `component` column can be joined to the `component` of the others. The
    columns of `befell` (index: component) are added to every component, empty where it has no row.

    The file appears whole or not at all.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
        draft = Path(folder) / "draft.gpkg"
        for network in city.layers.values():
            for table in network.components:
                if len(network.tables[table]):
                    _write_layer(draft, city, network, table, befell)
        for name, frame in (extra or {}).items():
            if frame.empty:
                continue
            columns = {str(key): frame[key].to_numpy() for key in frame.columns}
            _write(draft, name, columns, None, "Unknown", "")
        if not draft.is_file():
            raise refuse("export.empty", path, _("would be empty"), _("give a city with components"))
        draft.replace(path)


def _write_layer(path: Path, city: City, network: Network, table: str, befell: pd.DataFrame | None) -> None:
    import shapely

    if table == "links":
        shapes, form = _lines(network), "LineString"
    else:
        nodes = network.tables["nodes"]
        rows = network.device_nodes if table == "devices" else np.arange(len(nodes))
        x, y = nodes["x"][rows], nodes["y"][rows]
        shapes, form = np.array(shapely.points(x, y), dtype=object), "Point"
        shapes[np.isnan(x) | np.isnan(y)] = None
    columns: dict[str, NDArray[Any]] = {"component": network.ids(table)}
    columns |= {
        name: values for name, values in network.tables[table].columns.items() if name not in ("x", "y")
    }
    if befell is not None:
        own = befell.reindex(columns["component"])
        columns |= {str(name): own[name].astype("float64").to_numpy() for name in own.columns}
    _write(path, f"{network.lifeline}_{table}", columns, shapely.to_wkb(shapes), form, city.manifest.crs)


def _lines(network: Network) -> NDArray[Any]:
    import shapely

    nodes = network.tables["nodes"]
    between: dict[str, list[tuple[float, float]]] = {}
    if "vertices" in network.tables:
        for place in network.tables["vertices"].records():
            between.setdefault(str(place["link"]), []).append((place["x"], place["y"]))
    places = np.column_stack([nodes["x"], nodes["y"]])
    shapes = np.empty(len(network.tables["links"]), dtype=object)
    for row, (start, end) in enumerate(np.column_stack(network.ends)):
        inner = between.get(str(network.tables["links"]["id"][row]), [])
        line = np.array([places[start], *inner, places[end]])
        shapes[row] = None if np.isnan(line).any() else shapely.LineString(line)
    return shapes


def _write(
    path: Path, layer: str, columns: Mapping[str, NDArray[Any]], wkb: Any, form: str, crs: str
) -> None:
    import pyogrio

    names = ["fid_" if name.lower() == "fid" else name for name in columns]
    fields = [_field(values) for values in columns.values()]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "'crs' was not provided")
        pyogrio.raw.write(
            str(path),
            wkb,
            fields,
            names,
            layer=layer,
            driver="GPKG",
            geometry_type=form,
            crs=crs or None,
            append=path.is_file(),
        )


def _field(values: NDArray[Any]) -> NDArray[Any]:
    if values.dtype.kind in "fib":
        return values
    texts = np.empty(len(values), dtype=object)
    texts[:] = [None if value is None or value != value else str(value) for value in values.tolist()]  # noqa: PLR0124 (NaN)
    return texts
