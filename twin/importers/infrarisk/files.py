"""The files of an InfraRisk folder: where they lie, what is chosen among variants, what their rows say.

A folder holds `water/`, `power/` and `transportation/`, either with the files themselves or with one
folder per variant; a dependency file; maps of the valves and switches that isolate a component; and
`scenarios/<name>/disruption_file.csv`. Every file may be packed (`.gz`), except tables.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from twin.errors import DatasetError
from twin.io.files import refuse
from twin.io.tables import read_raw
from twin.text import _

FOLDERS = {"water": "water", "power": "power", "roads": "transportation"}
ROAD_PARTS = ("net", "node", "trips")
SWITCHES = {"rules": ("kept", "ignored"), "traffic": ("loaded", "free")}
_MARKS = ("water.inp", "power.json", "transpo_net.tntp")


@dataclass(frozen=True)
class Choices:
    """What can be chosen about an import, as texts: what `--variant key=value` takes.

    Attributes
    ----------
    water, power, roads
        Folder of each network's variant; empty where there is only one.
    rules
        `kept` or `ignored`: EPANET's rule-based controls (InfraRisk's published runs ignored them).
    traffic
        `loaded` or `free`: whether roads carry their trips (InfraRisk's published crews drove freely).
    depot, crews
        Road node at which all crews start, and the number of crews of each agency.
    """

    water: str = ""
    power: str = ""
    roads: str = ""
    rules: str = "kept"
    traffic: str = "loaded"
    depot: str = "T_J8"
    crews: str = "1"


@dataclass(frozen=True)
class Disruption:
    """One row of a disruption file: when (s), what, and how much of it is damaged (0 to 1)."""

    t_s: float
    component: str
    damage: float


def choose(folder: Path, variant: Mapping[str, str]) -> Choices:
    """The choices that `variant` makes; DatasetError where it names something unknown."""
    names = [field.name for field in fields(Choices)]
    for name, value in variant.items():
        if name not in names:
            raise _unknown(folder, name, names)
        if value not in SWITCHES.get(name, (value,)):
            raise _unknown(folder, value, SWITCHES[name])
    choices = Choices(**variant)
    if not (choices.crews.isascii() and choices.crews.isdigit() and len(choices.crews) < 5):
        problem = _("{value} is no number of crews", value=choices.crews)
        raise refuse("infrarisk.variant", folder, problem, _("give a whole number"))
    return choices


def _unknown(folder: Path, word: str, known: Sequence[str]) -> DatasetError:
    problem = _('"{word}" is not known here', word=word)
    near = difflib.get_close_matches(word, known, 1)
    remedy = _("choose one of {known}", known=", ".join(known))
    if near:
        remedy = _("did you mean {near}?", near=near[0])
    return refuse("infrarisk.variant", folder, problem, remedy)


def place(folder: Path, name: str, variant: str) -> Path:
    """The folder with a network's files: that of its variant, or the network's own where it has none."""
    own = folder / FOLDERS[name]
    if not own.is_dir():
        remedy = _("give the folder of one of InfraRisk's networks")
        raise refuse("infrarisk.missing", own, _("is no folder"), remedy)
    known = sorted(path.name for path in own.iterdir() if path.is_dir() and _holds_network(path))
    if variant and variant not in known:
        raise _unknown(own, variant, known)
    if variant or not known or _holds_network(own):
        return own / variant
    if len(known) == 1:
        return own / known[0]
    remedy = _("choose with --variant {name}=..., one of {known}", name=name, known=", ".join(known))
    raise refuse("infrarisk.variant", own, _("has several variants"), remedy)


def _holds_network(folder: Path) -> bool:
    return any(packed_or_plain(folder, mark) for mark in _MARKS)


def packed_or_plain(folder: Path, name: str) -> Path | None:
    """The file of this name in a folder, plain or packed, or None."""
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    return None


def needed(folder: Path, name: str) -> Path:
    """The file of this name, plain or packed; DatasetError where there is none."""
    path = packed_or_plain(folder, name)
    if path is None:
        raise refuse("file.missing", folder / name, _("does not exist"), _("check the path"))
    return path


def columns(path: Path, names: Sequence[str]) -> dict[str, list[str]]:
    """The columns of a CSV table; DatasetError where one of `names` is missing."""
    raw = read_raw(path)
    if missing := [name for name in names if name not in raw]:
        problem = _("has no column {names}", names=", ".join(missing))
        raise refuse("infrarisk.column", path, problem, _("add it"))
    return {name: [str(value) for value in values] for name, values in raw.items()}


def device_map(path: Path | None, component: str) -> list[tuple[str, str]]:
    """Pairs (component, device to close) of a map that has one component a row and its devices beside it."""
    if path is None:
        return []
    raw = columns(path, (component,))
    devices = [name for name in raw if name != component]
    rows = zip(raw[component], *(raw[name] for name in devices), strict=True)
    return list(dict.fromkeys((row[0], device) for row in rows for device in row[1:] if device))


def disruption_files(folder: Path) -> dict[str, Path]:
    """The disruption file of each scenario of a folder, by the scenario's name."""
    return {path.parent.name: path for path in sorted(folder.glob("scenarios/*/disruption_file.csv"))}


def read_disruptions(path: Path) -> list[Disruption]:
    """The rows of a disruption file, in file order; DatasetError where they make no sense."""
    raw = columns(path, ("time_stamp", "components", "fail_perc"))
    found = zip(raw["time_stamp"], raw["components"], raw["fail_perc"], strict=True)
    rows = []
    for number, (time, name, percent) in enumerate(found, start=2):
        t_s, damage = _number(time), _number(percent) / 100
        if not (t_s >= 0 and 0 <= damage <= 1):
            problem = _("row {number} has no time in seconds or no damage from 0 to 100", number=number)
            raise refuse("infrarisk.row", path, problem, _("correct it"))
        rows.append(Disruption(t_s, name, damage))
    return rows


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return -1.0
