"""A census as one asks for it: read what a surveyor delivers, give it back in his own words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from twin.errors import InputError
from twin.text import _

if TYPE_CHECKING:
    from twin.census.export import Exported
    from twin.census.survey import Survey
    from twin.model.finding import Finding

Watch = Callable[[float], None]


def read_census(
    path: Path | str,
    out: Path | str | None = None,
    *,
    mapping: str = "auto",
    crs: str = "",
    overwrite: bool = False,
    report: Watch = lambda share: None,
    strict: bool = False,
) -> tuple[Survey, list[Finding]]:
    """Read a delivery of any vocabulary and, if asked, write it as canonical tables.

    Parameters
    ----------
    path
        Folder of point and line tables, workbook, GIS file, database, or ZIP of them.
    out
        The GeoPackage to write; none: nothing is written.
    mapping
        `auto`, a bundled mapping (canonical, A, B ...), or a mapping file.
    crs
        Coordinate system, over what the files say.
    overwrite
        Whether `out` may be replaced.
    report
        Told the share of the work that is done.
    strict
        Whether warnings stop the work before anything is written.

    Returns
    -------
    survey, findings
        The canonical tables, and everything that was odd on the way.

    Raises
    ------
    twin.errors.InputError
        Where nothing usable can be read, or `out` is not to be written.
    """
    from twin.census.read import read_raw
    from twin.census.store import write_survey
    from twin.model.finding import blocking

    if out is not None:
        check_free(Path(out), overwrite)
    survey, found = read_raw(Path(path), mapping, system=crs, watch=lambda share: report(0.6 * share))
    if bad := blocking(found, strict=strict):
        raise InputError(_("{path} cannot be read as a survey", path=str(path)), bad)
    if out is not None:
        write_survey(survey, Path(out))
    report(1.0)
    return survey, found


def export_census(
    path: Path | str,
    folder: Path | str,
    *,
    mapping: str = "canonical",
    form: str = "csv",
    overwrite: bool = False,
    report: Watch = lambda share: None,
) -> Exported:
    """Write a survey as the tables a surveyor delivers, in the words of a mapping.

    Parameters
    ----------
    path
        A survey in canonical tables (`census.gpkg`).
    folder
        Where to: a folder of CSV files, or of one workbook.
    mapping
        A bundled mapping or a mapping file.
    form
        `csv` or `xlsx`.
    overwrite
        Whether a folder that an export made may be replaced.
    report
        Told the share of the work that is done.

    Raises
    ------
    twin.errors.InputError
        Where `path` is no survey, the mapping is unknown, or the folder is not to be written.
    """
    from twin.census.export import check_replaceable, export_survey
    from twin.census.mappings import mapping_of
    from twin.census.store import read_survey

    chosen = mapping_of(mapping)
    check_replaceable(Path(folder), overwrite)
    survey = read_survey(Path(path))
    report(0.2)
    return export_survey(
        survey, chosen, Path(folder), form=form, watch=lambda share: report(0.2 + 0.8 * share)
    )


def check_free(path: Path, overwrite: bool) -> None:
    """InputError where a census is not to be written to `path`."""
    if path.is_dir() or (path.exists() and not overwrite):
        raise InputError(_("{path} exists; give another file or --overwrite", path=path))
    if path.suffix.lower() != ".gpkg":
        raise InputError(_("{path} is no name for a census; give one that ends in .gpkg", path=path))
