"""City data sets: a folder with a manifest and one file per table."""

from __future__ import annotations

import difflib
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from twin.errors import DatasetError
from twin.io import tables, terrain
from twin.io.files import inside, refuse, sha256
from twin.io.manifest import FILE, read_manifest, write_manifest
from twin.io.references import check_references
from twin.model.city import CITY_SCHEMAS, FACILITY, LAYER_SCHEMAS, OTHER, ROAD, City, Manifest
from twin.model.finding import Finding, Severity, errors
from twin.model.network import Network
from twin.model.schema import Schema
from twin.model.table import Table
from twin.model.terrain import Terrain
from twin.text import _
from twin.text.system import told

Schemas = Mapping[str, Mapping[str, Schema]]


def read_city(folder: Path, schemas: Schemas, *, verify: bool = True) -> tuple[City, list[Finding]]:
    """The city in `folder` and every finding about it.

    Parameters
    ----------
    folder
        A city data set: `manifest.yaml`, `<lifeline>/<table>.csv|parquet`, `dependencies.csv`, ...
    schemas
        Tables of each lifeline by name (from the declarations).
    verify
        Whether to compare the files with the manifest's checksums.

    Raises
    ------
    DatasetError
        Where there is no such folder, no manifest, or a name in it leads out of the folder. Defects of
        tables come back as findings; the city is fit for use only when none of them is an error.
    """
    if not folder.is_dir():
        raise refuse("city.missing", folder, _("is no folder"), _("give the folder of a city data set"))
    manifest = read_manifest(folder)
    findings: list[Finding] = []
    if verify:
        findings += _check_seal(folder, manifest)
    findings += _unread(folder, schemas)
    networks = {
        name: network
        for name, own in schemas.items()
        if (network := _network(folder, name, own, findings)) is not None
    }
    layers = {name: _layer(folder, name, findings) for name in LAYER_SCHEMAS}
    joined = {name: _table(folder, "", name, schema, findings) for name, schema in CITY_SCHEMAS.items()}
    ground = _terrain(folder, findings)
    city = City(
        manifest, networks, layers[ROAD], layers[FACILITY], **joined, other=layers[OTHER], terrain=ground
    )
    if not errors(findings):
        findings += check_references(city)
    if not networks:
        problem = _("holds no network that is known here")
        findings.append(
            Finding("city.empty", Severity.ERROR, str(folder), problem, _("add at least one lifeline"))
        )
    return city, findings


def _network(
    folder: Path, name: str, schemas: Mapping[str, Schema], findings: list[Finding]
) -> Network | None:
    if not (folder / name).is_dir():
        return None
    begun = len(findings)
    known = {table: _table(folder, name, table, schema, findings) for table, schema in schemas.items()}
    place = f"{name}/nodes.csv"
    if not len(known["nodes"]) and not any(finding.file == place for finding in findings[begun:]):
        findings.append(
            Finding("network.empty", Severity.ERROR, place, _("has no rows"), _("give at least one node"))
        )
    return Network(name, known)


def _layer(folder: Path, name: str, findings: list[Finding]) -> Network:
    schemas = LAYER_SCHEMAS[name]
    return Network(
        name, {table: _table(folder, name, table, schema, findings) for table, schema in schemas.items()}
    )


def _table(folder: Path, layer: str, name: str, schema: Schema, findings: list[Finding]) -> Table:
    path = tables.find(folder / layer, name)
    if path is None:
        return Table.empty(schema)
    place = path.relative_to(folder).as_posix()
    try:
        table, found = tables.read_table(inside(folder, place), schema, place)
    except DatasetError as error:
        findings += [replace(finding, file=place) for finding in error.findings]
        return Table.empty(schema)
    findings += found
    return table


def _terrain(folder: Path, findings: list[Finding]) -> Terrain | None:
    path = folder / terrain.FILE
    if not path.is_file():
        return None
    try:
        return terrain.read_terrain(inside(folder, terrain.FILE))
    except DatasetError as error:
        findings += [replace(finding, file=terrain.FILE) for finding in error.findings]
        return None


def _unread(folder: Path, schemas: Schemas) -> list[Finding]:
    """Files that are no table of a city, or that stand beside the same table in the other format."""
    layers: Schemas = {**schemas, **LAYER_SCHEMAS}
    known = [*CITY_SCHEMAS, *(f"{layer}/{name}" for layer, own in layers.items() for name in own)]
    findings = []
    for place, path in _files(folder).items():
        table = place.removesuffix(path.suffix)
        if table not in known:
            near = difflib.get_close_matches(table, known, 1)
            remedy = _("did you mean {near}?", near=near[0]) if near else _("remove it")
            problem = _("is no table of a city")
            findings.append(Finding("table.unknown", Severity.ERROR, place, problem, remedy))
        elif path != tables.find(path.parent, path.stem):
            problem = _("stands beside the same table as CSV")
            findings.append(Finding("table.twice", Severity.ERROR, place, problem, _("remove one of them")))
    return findings


def table_files(city: City) -> Iterator[tuple[str, Table]]:
    """Every table of a city that has rows, with its place in the data set: `water/nodes`."""
    for name, layer in {**city.layers, OTHER: city.other}.items():
        for key, table in layer.tables.items():
            if len(table):
                yield f"{name}/{key}", table
    for name in CITY_SCHEMAS:
        table = getattr(city, name)
        if len(table):
            yield name, table


def write_city(city: City, folder: Path, *, overwrite: bool = False) -> Manifest:
    """Write a city as a sealed data set; the folder appears whole or not at all."""
    try:
        _check_replaceable(folder, overwrite)
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    except OSError as error:
        problem = _("cannot be written ({reason})", reason=told(error))
        raise refuse("output.unwritable", folder, problem, _("choose a folder you may write")) from None
    try:
        rows = {}
        for place, table in table_files(city):
            path = draft / place
            written = tables.write_table(table, path.parent, path.name)
            rows[written.relative_to(draft).as_posix()] = len(table)
        if city.terrain is not None:
            terrain.write_terrain(city.terrain, draft / terrain.FILE)
            rows[terrain.FILE] = len(city.terrain.z)
        manifest = _sealed(draft, city.manifest, rows)
        if folder.exists():
            shutil.rmtree(folder)
        draft.chmod(0o755)
        draft.replace(folder)
    except OSError as error:
        problem = _("cannot be written ({reason})", reason=told(error))
        raise refuse("output.unwritable", folder, problem, _("free space or choose another")) from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return manifest


def _check_replaceable(folder: Path, overwrite: bool) -> None:
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not overwrite:
        problem = _("exists and is not empty")
        raise refuse("output.exists", folder, problem, _("give another folder or --overwrite"))
    if not (folder / FILE).is_file():
        raise refuse("output.foreign", folder, _("exists and is no city data set"), _("give another folder"))


def seal(folder: Path) -> Manifest:
    """Write the checksums and row counts of all tables into the manifest, after an edit by hand."""
    rows = {name: _length(path) for name, path in _sealed_files(folder).items()}
    return _sealed(folder, read_manifest(folder), rows)


def _files(folder: Path) -> dict[str, Path]:
    """The tables of a data set by their place."""
    found = sorted(path for suffix in tables.SUFFIXES for path in folder.rglob(f"*{suffix}"))
    return {path.relative_to(folder).as_posix(): path for path in found}


def _sealed_files(folder: Path) -> dict[str, Path]:
    """What the manifest seals: the tables and the terrain."""
    ground = folder / terrain.FILE
    return {**_files(folder), **({terrain.FILE: ground} if ground.is_file() else {})}


def _sealed(folder: Path, manifest: Manifest, rows: Mapping[str, int]) -> Manifest:
    sums = {name: sha256(path) for name, path in _sealed_files(folder).items()}
    sealed = replace(manifest, checksums=sums, rows=rows)
    write_manifest(folder, sealed)
    return sealed


def _length(path: Path) -> int:
    if path.name == terrain.FILE:
        return len(terrain.read_terrain(path).z)
    return max((len(column) for column in tables.read_raw(path).values()), default=0)


def _check_seal(folder: Path, manifest: Manifest) -> list[Finding]:
    findings = []
    files = _sealed_files(folder)
    for name, digest in manifest.checksums.items():
        path = inside(folder, name)
        if not path.is_file():
            problem = _("is named in the manifest but missing")
            findings.append(
                Finding("seal.missing", Severity.ERROR, name, problem, _("restore it or run 'twin seal'"))
            )
        elif sha256(path) != digest:
            problem = _("differs from its checksum in the manifest")
            remedy = _("restore it, or run 'twin seal' if you edited it")
            findings.append(Finding("seal.differs", Severity.ERROR, name, problem, remedy))
    for name in sorted(set(files) - set(manifest.checksums)):
        problem = _("is not named in the manifest")
        findings.append(
            Finding("seal.unnamed", Severity.ERROR, name, problem, _("run 'twin seal' or remove it"))
        )
    return findings


def placed(folder: Path, findings: Iterable[Finding]) -> list[Finding]:
    """The findings with the files of a data set where they name its tables (`water/links`)."""
    return [
        replace(finding, file=path.relative_to(folder).as_posix())
        if not finding.line and (path := tables.find(folder, finding.file))
        else finding
        for finding in findings
    ]


def usable(city: City, findings: list[Finding], place: str) -> City:
    """The city, or a DatasetError with all findings where one of them is an error."""
    if bad := errors(findings):
        raise DatasetError(_("{place} cannot be used", place=place), bad)
    return city
