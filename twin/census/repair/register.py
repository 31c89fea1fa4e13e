"""The register of repairs: what each does, for which rules, and whether it is done unless told otherwise."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from twin.census.repair import duplicates, elevations, names, values
from twin.census.repair.asked import Asked
from twin.census.repair.patch import Patch
from twin.errors import InputError
from twin.text import _, language

REPAIRS: Mapping[str, Callable[[Asked], Iterator[Patch]]] = {
    **duplicates.REPAIRS,
    **names.REPAIRS,
    **elevations.REPAIRS,
    **values.REPAIRS,
}
"""The function of each repair of the register."""


@dataclass(frozen=True)
class Repair:
    """One row of the register: name, rules whose findings it looks at, order, whether it is on, text."""

    name: str
    rules: tuple[str, ...]
    order: int
    default: bool
    text: str
    text_zh: str
    verified: bool

    @property
    def told(self) -> str:
        """What it does, in the language in use."""
        return self.text_zh if language() == "zh" else self.text


@cache
def register() -> Mapping[str, Repair]:
    """Every repair by name, in the order they are made."""
    with (Path(__file__).parent / "repairs.csv").open(encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: int(row["order"]))
    return {
        row["name"]: Repair(
            row["name"],
            tuple(row["rules"].split()),
            int(row["order"]),
            row["default"] == "true",
            row["text"],
            row["text_zh"],
            row["verified"] == "true",
        )
        for row in rows
    }


def selected(only: Iterable[str], without: Iterable[str]) -> Sequence[Repair]:
    """The repairs that are asked for by name or rule; without `only`, those that are on."""
    asked, refused = list(only), list(without)
    known = register()
    words = {word for repair in known.values() for word in (repair.name, *repair.rules)}
    for word in (*asked, *refused):
        if word not in words:
            names_known = " ".join(known)
            raise InputError(_("there is no repair {name}; there are {known}", name=word, known=names_known))
    return [
        repair
        for repair in known.values()
        if (_named(repair, asked) if asked else repair.default) and not _named(repair, refused)
    ]


def _named(repair: Repair, words: Sequence[str]) -> bool:
    return repair.name in words or any(rule in words for rule in repair.rules)
