"""Fictitious names: roads, owners, surveyors, people, telephones."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from twin.synthesis.ground import Ints, Texts
from twin.synthesis.streets import Streets

_HERE = Path(__file__).parent


@cache
def words() -> Mapping[str, tuple[str, ...]]:
    """Lists of words by name."""
    with (_HERE / "words.csv").open(encoding="utf-8", newline="") as file:
        return {row["list"]: tuple(row["word"].split()) for row in csv.DictReader(file)}


@cache
def owners() -> Mapping[str, str]:
    """Owner of each lane."""
    with (_HERE / "owners.csv").open(encoding="utf-8", newline="") as file:
        return {row["lane"]: row["owner"] for row in csv.DictReader(file)}


@dataclass(frozen=True)
class Register:
    """Who is who in the city.

    Attributes
    ----------
    roads
        Name of each street by its number; the last is that of land without a street.
    phones
        Telephone of each owner's contact by lane.
    """

    roads: Texts
    phones: Mapping[str, str]

    def road(self, street: Ints) -> Texts:
        """Names of streets; -1 is land beside them."""
        return np.asarray(self.roads[street], dtype=object)

    def owner(self, lane: str, number: int) -> Texts:
        """The owner of a lane, `number` times."""
        return np.full(number, owners()[lane], dtype=object)

    def contact(self, lane: str, number: int) -> Texts:
        """The telephone of the owner's contact, `number` times."""
        return np.full(number, self.phones[lane], dtype=object)

    def surveyor_of(self, sheets: Texts) -> Texts:
        """Who surveyed each map sheet: neighbouring strips of sheets have one surveyor."""
        names = np.array(words()["surveyor"], dtype=object)
        unique, back = np.unique(sheets.astype(str), return_inverse=True)
        north = np.array([int(float(name.split("-")[0])) for name in unique])
        return np.asarray(names[north % len(names)][back], dtype=object)

    def survey_date(self, sheets: Texts) -> Texts:
        """When each map sheet was surveyed."""
        unique, back = np.unique(sheets.astype(str), return_inverse=True)
        days = np.arange(len(unique)) % 150
        dates = np.datetime64("2026-01-05") + days.astype("timedelta64[D]")
        return dates.astype(str).astype(object)[back]


def register(streets: Streets, rng: np.random.Generator) -> Register:
    """Names drawn for a city."""
    known = words()
    pairs = np.array([a + b for a in known["first"] for b in known["second"] if a != b], dtype=object)
    number = int(streets.street.max()) + 1
    pick = np.concatenate([rng.permutation(len(pairs)) for _ in range(number // len(pairs) + 1)])[:number]
    column = np.zeros(number, dtype=np.bool_)
    main = np.zeros(number, dtype=np.bool_)
    column[streets.street] = streets.column
    main[streets.street] = streets.main
    tail = np.where(main, np.where(column, "大道", "大街"), np.where(column, "路", "街")).astype(object)
    again = np.arange(number) // len(pairs)
    part = np.array(["", "东", "西", "南", "北", "中"], dtype=object)[np.minimum(again, 5)]
    roads = np.append(pairs[pick] + part + tail, "路外地块").astype(object)
    return Register(roads, {lane: phones(1, rng)[0] for lane in owners()})


def phones(number: int, rng: np.random.Generator) -> Texts:
    """Telephone numbers of a range that is not given out (1000...)."""
    tail = rng.integers(0, 10_000_000, number)
    return np.array([f"1000{value:07d}" for value in tail], dtype=object)


def persons(number: int, rng: np.random.Generator) -> Texts:
    """Names of people."""
    surname = np.array(words()["surname"], dtype=object)
    given = np.array(words()["given"], dtype=object)
    first, last = rng.integers(0, len(surname), number), rng.integers(0, len(given), number)
    return np.asarray(surname[first] + given[last], dtype=object)
