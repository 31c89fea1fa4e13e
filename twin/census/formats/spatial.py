"""GIS and CAD files through GDAL: GeoPackage, Shapefile, FileGDB, GeoJSON, DXF."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from twin.census.formats.shapefile import SUFFIX, readable
from twin.census.formats.source import SourceTable, shapes_of
from twin.census.store import MOST_ROWS
from twin.io.files import MAX_BYTES, refuse
from twin.text import _

MAGIC = {
    ".gpkg": (b"SQLite format 3\0",),
    ".shp": (b"\x00\x00\x27\x0a",),
    ".geojson": (b"{",),
    ".json": (b"{",),
    ".dxf": (b"0", b"999", b"AutoCAD Binary DXF"),
}
"""How the content of a file begins, blanks and mark left out: GDAL would else choose by content."""
FOLDERS = (".gdb",)
_DXF_KEPT = ("Layer", "Text", "EntityHandle", "BlockName", "SubClasses")
_CRS_UNKNOWN = ("", "None")


def read_spatial(path: Path, file: str) -> Iterator[SourceTable]:
    """A table for each layer, with geometry and coordinate system; DatasetError where it can't be read."""
    import pyogrio

    _check(path, file)
    try:
        with readable(path) as (place, encoding):
            layers = [str(name) for name, _kind in pyogrio.list_layers(place)]
            for layer in layers:
                info = pyogrio.read_info(place, layer=layer, force_feature_count=True, encoding=encoding)
                if info["features"] > MOST_ROWS:
                    problem = _("has more than {limit} rows", limit=MOST_ROWS)
                    raise refuse("table.too-long", f"{file}#{layer}", problem, _("split the survey"))
                meta, table = pyogrio.read_arrow(place, layer=layer, encoding=encoding)
                name = file if len(layers) == 1 and path.suffix != ".gpkg" else f"{file}#{layer}"
                if path.suffix.lower() == ".dxf":
                    yield from _drawing(meta, table, file)
                else:
                    yield _layer(meta, table, name, layer, short=path.suffix.lower() == SUFFIX)
    except (RuntimeError, pa.ArrowException, UnicodeDecodeError, shapely.errors.ShapelyError) as error:
        problem = _("cannot be read ({reason})", reason=" ".join(str(error).split())[:200])
        raise refuse("census.broken", file, problem, _("export it again")) from None


def _check(path: Path, file: str) -> None:
    """Refuse files that are too large, or are something else than their name says."""
    if path.is_dir():
        return
    if path.stat().st_size > MAX_BYTES * (8 if path.suffix == ".gpkg" else 1):
        raise refuse(
            "file.too-large", file, _("is larger than {limit} bytes", limit=MAX_BYTES), _("split it")
        )
    with path.open("rb") as opened:
        begins = opened.read(64)
    signs = MAGIC.get(path.suffix.lower(), ())
    plainly = begins if path.suffix.lower() == ".shp" else begins.removeprefix(b"\xef\xbb\xbf").lstrip()
    if signs and not plainly.startswith(signs):
        problem = _("is no {kind} file: it begins with {begin!r}", kind=path.suffix, begin=begins[:16])
        raise refuse("census.broken", file, problem, _("export it again"))


def _layer(meta: Any, table: pa.Table, file: str, name: str, *, short: bool) -> SourceTable:
    """A layer as a table; its geometry apart."""
    aside = (meta["geometry_name"] or "wkb_geometry", meta.get("fid_column") or "fid")
    geometry = table.column(aside[0]) if table.column_names.count(aside[0]) == 1 else None
    places = [place for place, column in enumerate(table.column_names) if column not in aside]
    kept = [table.column_names[place] for place in places]
    columns = tuple(_column(table.column(place)) for place in places)
    numbers = np.arange(1, table.num_rows + 1, dtype=np.int64)
    crs = str(meta["crs"] or "")
    crs = "" if crs in _CRS_UNKNOWN else crs
    return SourceTable(file, name, tuple(kept), columns, numbers, crs=crs, geometry=geometry, short=short)


def _column(values: Any) -> Any:
    """Numbers as numbers, everything else as text."""
    if pa.types.is_integer(values.type) or pa.types.is_floating(values.type):
        return values
    if pa.types.is_timestamp(values.type) or pa.types.is_date(values.type):
        return pc.strftime(values.cast(pa.timestamp("s"), safe=False), format="%Y-%m-%d")
    if pa.types.is_binary(values.type) or pa.types.is_large_binary(values.type):
        return pa.nulls(len(values), pa.string())
    texts = values.cast(pa.string())
    try:
        texts.validate(full=True)
    except pa.ArrowInvalid:
        parts = texts.cast(pa.binary()).to_pylist()
        texts = pa.array([part and part.decode("utf-8", "replace") for part in parts], pa.string())
    return texts


def _drawing(meta: Any, table: pa.Table, file: str) -> Iterator[SourceTable]:
    """A drawing as a table of points, one of lines and one of everything else for each of its layers."""
    whole = _layer(meta, table, file, "", short=False)
    kinds = shapely.get_type_id(shapes_of(whole.geometry))
    layers = whole.columns[whole.headers.index("Layer")].to_pylist()
    names = np.array([str(layer or "") for layer in layers], dtype=object)
    for name in sorted(set(names)):
        own = names == name
        for chosen in (own & (kinds == 0), own & (kinds == 1), own & (kinds != 0) & (kinds != 1)):
            if len(rows := np.flatnonzero(chosen)):
                yield _part(whole, rows, f"{file}#{name}", str(name))


def _part(table: SourceTable, rows: Any, file: str, name: str) -> SourceTable:
    taken = pa.array(rows)
    kept = [place for place, header in enumerate(table.headers) if header in _DXF_KEPT]
    return SourceTable(
        file,
        name,
        tuple(table.headers[place] for place in kept),
        tuple(table.columns[place].take(taken) for place in kept),
        table.line_no[rows],
        crs=table.crs,
        geometry=table.geometry.take(taken),
    )
