"""What a surveyor delivers: the source tables of a folder, an archive or a file, and what lies beside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from twin.census.formats.access import read_access
from twin.census.formats.archive import unpacked
from twin.census.formats.delimited import read_delimited
from twin.census.formats.source import SourceTable, warning
from twin.census.formats.spatial import FOLDERS, read_spatial
from twin.census.formats.workbook import read_workbook
from twin.census.store import holds_survey
from twin.errors import InputError
from twin.io.files import inside, refuse
from twin.io.yaml_file import read_yaml
from twin.model.finding import Finding
from twin.text import _

JOINED_FOLDER = "joined"
SETTINGS = "survey.yaml"
OWN_FILES = ("defects.csv",)
"""What a generator leaves for itself: not read."""
DELIMITED = (".csv", ".txt", ".tsv")
WORKBOOKS = (".xlsx", ".xlsm")
DATABASES = (".mdb", ".accdb")
SPATIAL = (".gpkg", ".shp", ".geojson", ".json", ".dxf")
ARCHIVES = (".zip",)
BESIDE = (".dbf", ".shx", ".prj", ".cpg", ".sbn", ".sbx", ".qix", ".qpj", ".fix", ".shp.xml")
"""What belongs to a Shapefile."""
MOST_FILES = 5000
MOST_ARCHIVES_DEEP = 1


@dataclass
class Delivery:
    """What was found.

    Attributes
    ----------
    tables
        Source tables in the order of their names.
    joined
        Files of joined tables by name.
    settings
        What `survey.yaml` says.
    findings
        What was wrong with files, and which files are none of a survey.
    stack
        Keeps unpacked files; closed when the reading ends.
    """

    tables: list[SourceTable] = field(default_factory=list)
    joined: dict[str, Path] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    stack: ExitStack = field(default_factory=ExitStack)


def opened(path: Path) -> Delivery:
    """All that a path holds: one file that can't be read becomes findings, the others are read."""
    if not path.exists():
        raise refuse("file.missing", path, _("does not exist"), _("check the path"))
    delivery = Delivery()
    _add(delivery, path, "", 0)
    delivery.tables.sort(key=lambda table: table.file)
    return delivery


def _add(delivery: Delivery, path: Path, under: str, depth: int) -> None:
    """Add a file or folder; `under` is how the folder it lies in is called in findings."""
    if path.is_dir() and path.suffix.lower() not in FOLDERS:
        for name, one in _files(path):
            _add_file(delivery, one, f"{under}{name}", depth, path)
    else:
        _add_file(delivery, path, f"{under}{path.name}", depth, path.parent)


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """The files below a folder with their names in it, sorted; a geodatabase is one of them."""
    count = 0
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        within = any(
            parent.suffix.lower() in FOLDERS for parent in path.relative_to(folder).parents if parent.name
        )
        if within or (path.is_dir() and path.suffix.lower() not in FOLDERS):
            continue
        count += 1
        if count > MOST_FILES:
            problem = _("holds more than {limit} files", limit=MOST_FILES)
            raise refuse("census.too-many", folder, problem, _("give the folder of the survey alone"))
        yield name, inside(folder, name)


def _add_file(delivery: Delivery, path: Path, name: str, depth: int, folder: Path) -> None:
    """Add what a file holds, by its name and its suffix."""
    suffix = path.suffix.lower()
    inner = path.relative_to(folder) if path.is_relative_to(folder) else Path(path.name)
    try:
        if inner.parent.name == JOINED_FOLDER and suffix in (".csv", ".parquet"):
            delivery.joined[path.stem] = path
        elif path.name.lower() == SETTINGS:
            delivery.settings |= _settings(path)
        elif suffix in ARCHIVES and depth < MOST_ARCHIVES_DEEP:
            _add(delivery, delivery.stack.enter_context(unpacked(path)), f"{name}/", depth + 1)
        elif path.name.lower() not in OWN_FILES:
            _add_tables(delivery, path, name, suffix)
    except InputError as error:
        delivery.findings += error.findings


def _add_tables(delivery: Delivery, path: Path, name: str, suffix: str) -> None:
    if suffix in DELIMITED:
        delivery.tables.append(read_delimited(path, name))
    elif suffix in WORKBOOKS:
        delivery.tables += read_workbook(path, name)
    elif suffix in DATABASES:
        delivery.tables += read_access(path, name)
    elif holds_survey(path):
        problem = _("is a survey in canonical tables already")
        remedy = _("check it by twin check, or build a city of it by twin census build")
        raise refuse("census.canonical", name, problem, remedy)
    elif suffix in (*SPATIAL, *FOLDERS):
        delivery.tables += read_spatial(path, name)
    elif not (path.name.lower().endswith(BESIDE) and _has_shapefile(path)):
        problem, remedy = _("is no file of a survey; it was not read"), _("see the manual for the formats")
        delivery.findings.append(warning("census.unknown-file", name, problem, remedy))


def _has_shapefile(path: Path) -> bool:
    return any(one.stem == path.name.split(".")[0] for one in path.parent.glob("*.[sS][hH][pP]"))


def _settings(path: Path) -> dict[str, Any]:
    """The keys of `survey.yaml` with their values as texts."""
    data = read_yaml(path)
    if not isinstance(data, Mapping):
        raise refuse("census.settings", path, _("holds no keys"), _("write lines like crs: EPSG:4548"))
    return {str(key): str(value) for key, value in data.items() if value is not None}
