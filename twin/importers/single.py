"""A city of one network: what a file of a single lifeline becomes."""

from __future__ import annotations

from pathlib import Path

from twin.errors import InputError
from twin.lifelines.power.pandapower_json import read_pandapower
from twin.lifelines.water.epanet.reader import read_inp
from twin.lifelines.water.epanet.writer import write_inp
from twin.model.city import City, Manifest
from twin.model.finding import Finding
from twin.text import _


def read_epanet(path: Path) -> tuple[City, list[Finding]]:
    """The water network of an EPANET file as a city; DatasetError where it cannot be used."""
    reading = read_inp(path)
    title = reading.title.strip().splitlines()[0] if reading.title.strip() else ""
    manifest = Manifest(_name(path), title=title, clock_s=reading.clock_s)
    return City(manifest, {"water": reading.network}), list(reading.findings)


def write_epanet(city: City, path: Path) -> None:
    """Write the water network of a city as an EPANET file; InputError where it has none."""
    if "water" not in city.networks:
        raise InputError(_("{city} has no network {name}", city=city.name, name="water"))
    write_inp(city.networks["water"], path, clock_s=city.manifest.clock_s)


def read_pandapower_city(path: Path) -> tuple[City, list[Finding]]:
    """The power network of a pandapower JSON file as a city; DatasetError where it cannot be used."""
    network, findings = read_pandapower(path)
    return City(Manifest(_name(path)), {"power": network}), findings


def _name(path: Path) -> str:
    """The file's name without its suffixes."""
    return path.name.removesuffix(".gz").rsplit(".", 1)[0]
