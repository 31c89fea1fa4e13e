"""Mapping files: how a surveyor calls the columns and codes of the canonical tables."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from twin.census.survey import SCHEMAS
from twin.census.units import factor_of
from twin.census.vocabulary import vocabulary
from twin.errors import InputError
from twin.io.files import refuse
from twin.io.yaml_file import read_yaml
from twin.model.finding import Finding, Severity
from twin.text import Message, _

FOLDER = Path(__file__).parent / "mappings"
CANONICAL = "canonical"
TABLES = ("points", "lines")
AXES = ("north-east", "east-north")
"""What the headers X and Y mean, in this order; in Chinese survey tables X is north."""
CODED = ("category", "material", "casing_material", "embed", "status", "source", "flow_dir")
"""Columns that hold codes."""
_OWN = ("row", "file", "line_no", "extra", "repaired", "width_mm", "height_mm", "operating_mpa")
"""Columns that no survey carries."""
_KEYS = {"name", "title", "source", "fragment", "verified", "axis", "units", "codes", "lossy", *TABLES}
_UNIT = re.compile(r"[(\[]([^()\[\]]*)[)\]]$")
_SHAPEFILE_BYTES = 10


@dataclass(frozen=True)
class FieldMapping:
    """One vocabulary.

    Attributes
    ----------
    name, title, source
        What it is called, and where it is known from.
    fragment
        Whether only some of its headers are known: then it is never recognised by itself.
    axis
        What the canonical headers X and Y mean: `north-east` or `east-north`. Headers of its own for `x_m`
        (east) and `y_m` (north) say it themselves.
    headers
        Headers of each canonical column, by table; the first is the one that is written.
    codes
        Canonical code of each written one, by column; the first of equal ones is written.
    lossy
        Written codes, by column, that say more than their canonical code: they are kept in `extra` as well.
    units
        Unit that a column is written in, where it is not that of the canonical table.
    """

    name: str
    title: str = ""
    source: str = ""
    fragment: bool = False
    axis: str = AXES[0]
    headers: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    lossy: Mapping[str, frozenset[str]] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)

    def own(self, table: str, *, short: bool = False) -> dict[str, str]:
        """Canonical column of each header of this vocabulary, in the form of `plain`."""
        return _by_header(self.headers.get(table, {}), short=short)

    def columns(self, table: str, *, short: bool = False) -> dict[str, str]:
        """Canonical column of each header that is understood: its own ones, else the canonical ones.

        With `short` also headers cut to the ten bytes of a Shapefile.
        """
        return {**_by_header(self._rest(table), short=short), **self.own(table, short=short)}

    def header(self, table: str, column: str) -> str:
        """The header that a canonical column is written under; "" where no survey carries it."""
        return (self.headers.get(table, {}).get(column) or self._rest(table).get(column, ("",)))[0]

    def meanings(self, column: str) -> dict[str, str]:
        """Canonical code of every written one: those of this vocabulary, Chinese names, canonical codes.

        Canonical digits count only where the vocabulary has no codes of its own: its 0 may be another's 1.
        """
        own = self.codes.get(column, {})
        rest = bundled(CANONICAL).codes.get(column, {}) if self.name != CANONICAL else {}
        known = codes_of(column)
        names_ = {name: code for code, name in known.items()}
        plainly = {code: code for code in known}
        borrowed = {**names_, **plainly, **rest}
        return {**{key: code for key, code in borrowed.items() if not (own and key.isdigit())}, **own}

    def written(self, column: str) -> dict[str, str]:
        """How each canonical code is written: in its own code, the canonical one, or the Chinese name."""
        own: dict[str, str] = {}
        for key, code in self.codes.get(column, {}).items():
            if key not in self.lossy.get(column, ()):
                own.setdefault(code, key)
        meanings = self.meanings(column)
        return {
            code: own.get(code) or (code if meanings.get(code) == code else name)
            for code, name in codes_of(column).items()
        }

    def _rest(self, table: str) -> Mapping[str, tuple[str, ...]]:
        """The canonical headers, X and Y meaning what `axis` says."""
        rest = dict(bundled(CANONICAL).headers[table]) if self.name != CANONICAL else {}
        if self.axis != AXES[0] and "x_m" in rest:
            rest["x_m"], rest["y_m"] = rest["y_m"], rest["x_m"]
        return rest


@lru_cache(maxsize=4096)
def plain(header: str) -> str:
    """A header as it is compared: one width, one case, no blanks, no unit in brackets."""
    text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", header)).casefold()
    return _UNIT.sub("", text) if _UNIT.search(text) else text


def unit_of(header: str) -> str:
    """The unit that stands in brackets at the end of a header, or ""."""
    found = _UNIT.search(re.sub(r"\s+", "", unicodedata.normalize("NFKC", header)).casefold())
    return found.group(1) if found else ""


def names() -> tuple[str, ...]:
    """The bundled mappings, the canonical one first."""
    found = sorted(path.stem for path in FOLDER.glob("*.yaml"))
    return (CANONICAL, *(name for name in found if name != CANONICAL))


@cache
def bundled(name: str) -> FieldMapping:
    """A bundled mapping by name."""
    return read_mapping(FOLDER / f"{name}.yaml")


def mapping_of(name: str) -> FieldMapping:
    """The mapping that a user names: a bundled one, or a file; DatasetError where it is neither."""
    if name in names():
        return bundled(name)
    path = Path(name)
    if path.suffix not in (".yaml", ".yml"):
        problem = _("is no bundled mapping and no .yaml file")
        raise refuse("mapping.unknown", name, problem, _("use one of {names}", names=", ".join(names())))
    return read_mapping(path)


@cache
def known_headers() -> frozenset[str]:
    """Every header of a bundled mapping, in the form of `plain`."""
    return frozenset(header for name in names() for table in TABLES for header in bundled(name).own(table))


def read_mapping(path: Path) -> FieldMapping:
    """The mapping in a file; InputError with all that is wrong with it."""
    data = read_yaml(path)
    found = list(_wrong(data, str(path)))
    if found:
        raise InputError(_("{path} is no mapping", path=str(path)), tuple(found))
    return FieldMapping(
        name=str(data["name"]),
        title=str(data.get("title", "")),
        source=str(data.get("source", "")),
        fragment=bool(data.get("fragment", False)),
        axis=str(data.get("axis", AXES[0])),
        headers={
            table: {str(column): _several(value) for column, value in (data.get(table) or {}).items()}
            for table in TABLES
        },
        codes={
            str(column): {str(key): str(value) for key, value in pairs.items()}
            for column, pairs in (data.get("codes") or {}).items()
        },
        lossy={
            str(column): frozenset(str(value) for value in values)
            for column, values in (data.get("lossy") or {}).items()
        },
        units={str(column): str(unit) for column, unit in (data.get("units") or {}).items()},
    )


def _wrong(data: Any, file: str) -> Iterator[Finding]:
    """All that is wrong with the content of a mapping file."""
    if not isinstance(data, dict) or not str(data.get("name") or "").strip():
        yield _finding(file, "name", _("has no name"), _("add a line 'name: ...'"))
        return
    for key in sorted(str(key) for key in data if key not in _KEYS):
        yield _finding(file, key, _("is no key of a mapping"), _("remove it"))
    if data.get("axis", AXES[0]) not in AXES:
        yield _finding(file, "axis", _("is unknown"), _("use one of {names}", names=", ".join(AXES)))
    for key in ("codes", "lossy", "units", *TABLES):
        if not isinstance(data.get(key) or {}, dict):
            yield _finding(file, key, _("must be a mapping"), _("see the manual"))
            return
    for table in TABLES:
        yield from _wrong_headers(table, data.get(table) or {}, file)
    yield from _wrong_codes(data, file)


def _wrong_headers(table: str, given: Mapping[Any, Any], file: str) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for column, value in given.items():
        place = f"{table}.{column}"
        if column not in SCHEMAS[table].by_name or column in _OWN:
            yield _finding(file, place, _("is no column that a survey carries"), _("see the manual"))
            continue
        if not all(isinstance(header, str) and header.strip() for header in _several(value, raw=True)):
            yield _finding(file, place, _("must be a header or a list of headers"), _("correct it"))
            continue
        for header in _several(value):
            other = seen.setdefault(plain(header), str(column))
            if other != column:
                problem = _("has the header {header} of {other}", header=header, other=other)
                yield _finding(file, place, problem, _("give each header one column"))


def _wrong_codes(data: Mapping[str, Any], file: str) -> Iterator[Finding]:
    for column, pairs in (data.get("codes") or {}).items():
        place = f"codes.{column}"
        if column not in CODED or not isinstance(pairs, dict):
            yield _finding(
                file, place, _("is no column of codes"), _("use one of {names}", names=", ".join(CODED))
            )
            continue
        known = codes_of(str(column))
        for written, code in pairs.items():
            if str(code) not in known:
                problem = _(
                    "{written} becomes {code}, which is no canonical code", written=written, code=code
                )
                yield _finding(file, place, problem, _("use one of {names}", names=", ".join(sorted(known))))
    for column in data.get("lossy") or {}:
        if column not in (data.get("codes") or {}):
            yield _finding(file, f"lossy.{column}", _("has no codes"), _("add it under codes"))
    units = {name: one.unit for table in TABLES for name, one in SCHEMAS[table].by_name.items()}
    for column, unit in (data.get("units") or {}).items():
        if factor_of(units.get(str(column), ""), str(unit)) is None:
            problem = _("{unit} is no unit of this column", unit=unit)
            yield _finding(file, f"units.{column}", problem, _("see the manual"))


@cache
def codes_of(column: str) -> Mapping[str, str]:
    """The canonical codes of a column with their Chinese names."""
    known = vocabulary()
    if column == "category":
        return {code: category.name for code, category in known.categories.items()}
    if column == "flow_dir":
        return {"+": "+", "-": "-"}
    if column == "source":
        return {"1": "探测", "2": "施工图", "3": "竣工图", "4": "推测"}
    rows = {"embed": known.embeddings, "status": known.statuses}.get(column, known.materials)
    return {code: row["name"] for code, row in rows.items()}


def _finding(file: str, place: str, problem: Message, remedy: Message) -> Finding:
    return Finding("mapping.broken", Severity.ERROR, file, problem, remedy, field=place)


def _several(value: Any, *, raw: bool = False) -> tuple[Any, ...]:
    parts: Sequence[Any] = value if isinstance(value, list | tuple) else (value,)
    return tuple(parts) if raw else tuple(str(part) for part in parts)


def _by_header(headers: Mapping[str, tuple[str, ...]], *, short: bool) -> dict[str, str]:
    """Column by header; with `short` also by the ten bytes a Shapefile keeps, if they tell columns apart."""
    full = {plain(header): column for column, given in headers.items() for header in given}
    if not short:
        return full
    cut: dict[str, set[str]] = {}
    for header, column in full.items():
        for encoding in ("utf-8", "gb18030"):
            part = header.encode(encoding, "replace")[:_SHAPEFILE_BYTES].decode(encoding, "ignore")
            cut.setdefault(part, set()).add(column)
    return {**{part: next(iter(columns)) for part, columns in cut.items() if len(columns) == 1}, **full}
