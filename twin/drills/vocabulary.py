"""The closed lists of the scenario language: verbs, quantities and default time limits, from their tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ruamel.yaml import YAML

from twin.drills.words import table


@dataclass(frozen=True)
class Slot:
    """What may stand in one place of an action, and whether something must.

    `kind` is component, agency, resource or any, and "" where nothing may stand.
    """

    kind: str
    required: bool

    @classmethod
    def read(cls, text: str) -> Slot:
        """The slot written as `component`, `component?` (may be left out) or nothing."""
        return cls(text.removesuffix("?"), bool(text) and not text.endswith("?"))


@dataclass(frozen=True)
class Verb:
    """One verb: the dimensions its amount may have, what its object and place are, who may use it.

    `uses` holds "do" (changes the world) and "does" (people act); `provider` says which part of the
    simulation carries it out, "" where none does yet.
    """

    name: str
    amount: Slot
    dimensions: tuple[str, ...]
    object: Slot
    prepositions: tuple[str, ...]
    place: Slot
    uses: tuple[str, ...]
    provider: str
    example: str
    description: str


@dataclass(frozen=True)
class Quantity:
    """One quantity of a condition: its dimensions, what it is asked of, the range its values (SI) stay in.

    `arguments` is ("component",), ("group",) for a figure of a whole selection, or ("agency", "component").
    `provider` says which part of the simulation answers it, "" where none does yet.
    """

    name: str
    dimensions: tuple[str, ...]
    arguments: tuple[str, ...]
    low: float
    high: float
    provider: str
    description: str

    @property
    def is_truth(self) -> bool:
        """Whether it is true or false, so that it stands without operator and number."""
        return self.dimensions == ("truth",)


@dataclass(frozen=True)
class Target:
    """A default time limit: of a verb or of a kind of check, as text, with where it comes from."""

    of: str
    within: str
    source: str
    verified: bool


def _several(text: str) -> tuple[str, ...]:
    return tuple(text.split("|")) if text else ()


@cache
def verbs() -> Mapping[str, Verb]:
    """Every verb of `do`, `does`, what-if commands and the console, by its English name."""
    return {
        row["verb"]: Verb(
            row["verb"],
            Slot.read(row["amount"]),
            _several(row["amount"].removesuffix("?")),
            Slot.read(row["object"]),
            _several(row["prepositions"]),
            Slot.read(row["place"]),
            _several(row["uses"]),
            row["provider"],
            row["example"],
            row["description"],
        )
        for row in table("verbs.csv")
    }


@cache
def quantities() -> Mapping[str, Quantity]:
    """Every quantity of a condition, by its English name."""
    return {
        row["quantity"]: Quantity(
            row["quantity"],
            _several(row["dimensions"]),
            _several(row["arguments"]),
            float(row["low"] or "-inf"),
            float(row["high"] or "inf"),
            row["provider"],
            row["description"],
        )
        for row in table("quantities.csv")
    }


@cache
def targets() -> Mapping[str, Target]:
    """The default time limits by verb, and by `gets`, `keeps` and `shows`."""
    text = files("twin.drills").joinpath("targets.yaml").read_text(encoding="utf-8")
    rows = YAML(typ="safe", pure=True).load(text)
    return {row["of"]: Target(**row) for row in rows}
