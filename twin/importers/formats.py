"""The foreign formats by name: how each becomes a city."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from twin.errors import InputError
from twin.model.city import City
from twin.model.finding import Finding
from twin.text import _

FORMATS: Mapping[str, tuple[str, bool]] = {
    "epanet": ("twin.importers.single:read_epanet", False),
    "infrarisk": ("twin.importers.infrarisk:read_infrarisk", True),
    "pandapower": ("twin.importers.single:read_pandapower_city", False),
}
"""`module:function` of each format, and whether its sources come in variants."""


def import_city(
    form: str, source: Path, variant: Mapping[str, str] | None = None
) -> tuple[City, list[Finding]]:
    """The city in a foreign file or folder, and what was left out or assumed.

    Parameters
    ----------
    form
        One of `FORMATS`.
    source
        The file or folder.
    variant
        Which variant of each part of the source (`{"water": "med"}`), for formats that have any.

    Raises
    ------
    InputError
        Where the format is unknown or has no variants.
    DatasetError
        With every finding, where the source cannot be used.
    """
    if form not in FORMATS:
        raise InputError(
            _("there is no format {name}; use one of {known}", name=form, known=", ".join(FORMATS))
        )
    place, has_variants = FORMATS[form]
    if variant and not has_variants:
        raise InputError(_("{name} files have no variants; leave out --variant", name=form))
    module, _colon, name = place.partition(":")
    read: Any = getattr(import_module(module), name)
    city, findings = read(source, variant or {}) if has_variants else read(source)
    return city, list(findings)


SCENARIOS: Mapping[str, str] = {"infrarisk": "twin.importers.infrarisk:scenarios"}
"""Formats that bring scenarios along, each with its `module:function`."""


def import_scenarios(form: str, source: Path, city: City, place: str) -> dict[str, str]:
    """The scenario files that come with a foreign city, by name; `place` is where its data set lies."""
    if form not in SCENARIOS:
        return {}
    module, _colon, name = SCENARIOS[form].partition(":")
    made: dict[str, str] = getattr(import_module(module), name)(source, city, place)
    return made


EXPORTS: Mapping[str, str] = {".inp": "twin.importers.single:write_epanet"}
"""Endings of the engines' own files that a city can be written to, each with its `module:function`."""


def export_city(city: City, path: Path) -> None:
    """Write a city to a foreign file, in the format of its ending; InputError where it has no such part."""
    module, _colon, name = EXPORTS[path.suffix].partition(":")
    getattr(import_module(module), name)(city, path)
