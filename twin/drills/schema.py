"""What a scenario file may hold: closed, frozen models, read from texts in either language.

A misspelt key is an error. Rules that join several keys of one part stand here; rules that need the
whole file or the city stand in `check`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    model_validator,
)

from twin.drills import grammar
from twin.drills.fields import (
    Channel,
    Clock,
    Deed,
    Duration,
    Grace,
    Incident,
    Moment,
    Name,
    Prose,
    Query,
    Rain,
    Shape,
    Truth,
    Weight,
)
from twin.drills.refusal import RefusedError
from twin.drills.terms import Action, Condition, Instant
from twin.drills.tree import Mark, Path
from twin.drills.vocabulary import Target, targets
from twin.text import Message, _

DEFAULT_CITY = "lanjing"
DEFAULT_START = grammar.read_clock("08:00")
LONGEST_RUN = 86_400.0


class Part(BaseModel):
    """One mapping of the file: closed and frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def keys_of(model: type[BaseModel]) -> dict[str, type[BaseModel] | None]:
    """The keys that may stand in a part, in English, each with the part that stands below it, if one does."""
    fields = model.model_fields.items()
    return {field.alias or name: next(_parts_in(field.annotation), None) for name, field in fields}


def _parts_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _parts_in(inner)


class Agency(Part):
    """What differs today for one agency: whether people play it, and how many crews it has."""

    played: Truth = False
    crews: Annotated[int, Field(ge=0, le=10_000)] | None = None


class Hazard(Part):
    """One hazard: `rain` as a list of rates, or a design `storm` with return period and duration."""

    rain: tuple[Rain, ...] | None = None
    storm: Shape | None = None
    return_period: Duration | None = None
    duration: Duration | None = None

    @property
    def kind(self) -> str:
        """The key that names the hazard."""
        return "rain" if self.rain is not None else "storm"

    @model_validator(mode="after")
    def _is_one(self) -> Hazard:
        if (self.rain is None) == (self.storm is None):
            raise RefusedError(_("must be one of rain and storm"), _("keep exactly one"), rule="hazard")
        if self.storm and not (self.return_period and self.duration):
            raise RefusedError(
                _("needs return_period and duration"),
                _("write {example}", example="{storm: chicago, return_period: 50 a, duration: 2 h}"),
                rule="hazard",
            )
        if self.rain is not None and not self.rain:
            raise _misplaced("rain", _("is an empty list"), _("add an item or remove the key"))
        if self.rain and (self.return_period or self.duration):
            raise RefusedError(
                _("takes neither return_period nor duration"),
                _("write {example}", example="rain: [58 mm/h for 30 min]"),
                rule="hazard",
            )
        return self


class Tell(Part):
    """A message to players: who gets it, by which channel, and what it says."""

    to: Name
    by: Channel | None = None
    text: Prose


class Else(Part):
    """The safety net of a `when`: what the controller forces at this time if it has not happened."""

    at: Moment
    do: Incident


class Expectation(Part):
    """Who must do what by when: exactly one of `does`, `gets`, `keeps` and `shows`."""

    KINDS: ClassVar[tuple[str, ...]] = ("does", "gets", "keeps", "shows")

    who: Name
    does: Deed | None = None
    gets: Query | None = None
    keeps: Query | None = None
    shows: Prose | None = None
    within: Duration | None = None
    after: Grace | None = None
    weight: Weight = 1.0
    fatal: Truth = False
    id: Name | None = None

    @property
    def kind(self) -> Literal["does", "gets", "keeps", "shows"]:
        """Which of the four it is."""
        if self.does is not None:
            return "does"
        if self.gets is not None:
            return "gets"
        return "keeps" if self.keeps is not None else "shows"

    @property
    def what(self) -> Action | Condition | str:
        """The action, condition or text that is expected."""
        for found in (self.does, self.gets, self.keeps):
            if found is not None:
                return found
        return self.shows or ""

    @property
    def target(self) -> Target | None:
        """The default time limit it falls back on, None where it states its own."""
        if self.within is not None:
            return None
        return targets()[self.does.verb if self.does is not None else self.kind]

    @property
    def clock_s(self) -> float:
        """Seconds after its row has fired when its clock runs out.

        For `keeps` without `within`, the least time it is watched: the default from the end of its grace on.
        """
        if self.within is not None:
            return self.within.si
        grace = self.after.si if self.after is not None else 0.0
        target = self.target
        return grace + (grammar.read_duration(target.within).si if target else 0.0)

    @model_validator(mode="after")
    def _is_one(self) -> Expectation:
        given = [kind for kind in self.KINDS if getattr(self, kind) is not None]
        if len(given) != 1:
            raise RefusedError(
                _("has {count} of {choices}", count=len(given), choices=", ".join(self.KINDS)),
                _("give it exactly one; others go into an expectation of their own"),
                rule="expectation",
            )
        if self.after is not None and self.keeps is None:
            raise _misplaced("after", _("goes with keeps only"), _("use within for {kind}", kind=given[0]))
        if self.after is not None and self.within is not None and self.within.si <= self.after.si:
            raise _misplaced(
                "within", _("ends the watch before its grace"), _("make within longer than after")
            )
        return self


class Row(Part):
    """A situation, what changes, what is told, and who must do what; it fires once."""

    TRIGGERS: ClassVar[tuple[str, ...]] = ("at", "when", "if_missed")

    at: Moment | None = None
    when: Query | None = None
    if_missed: Name | None = None
    do: Incident | None = None
    tell: Tell | None = None
    else_: Annotated[Else | None, Field(alias="else")] = None
    expect: tuple[Expectation, ...] = ()

    @property
    def trigger(self) -> Literal["at", "when", "if_missed"]:
        """Which of the three triggers it has."""
        if self.at is not None:
            return "at"
        return "when" if self.when is not None else "if_missed"

    @model_validator(mode="after")
    def _is_whole(self) -> Row:
        given = [name for name in self.TRIGGERS if getattr(self, name) is not None]
        if len(given) != 1:
            raise RefusedError(
                _("has {count} of {choices}", count=len(given), choices=", ".join(self.TRIGGERS)),
                _("give it exactly one; others go into a row of their own"),
                rule="row",
            )
        if self.else_ is not None and self.when is None:
            raise _misplaced("else", _("goes with when only"), _("remove it, or use when"))
        if "expect" in self.model_fields_set and not self.expect:
            raise _misplaced("expect", _("is an empty list"), _("add an item or remove the key"))
        if self.do is None and self.tell is None and not self.expect:
            raise RefusedError(_("does nothing"), _("add do, tell or expect, or remove the row"), rule="row")
        return self


def _misplaced(key: str, problem: Message, remedy: Message) -> RefusedError:
    return RefusedError(problem, remedy, rule="key", key=key)


class Scenario(Part):
    """A whole scenario file. Two scenarios are equal when they say the same, wherever they are written."""

    drill: Prose | None = None
    scenario: Prose | None = None
    city: Name = DEFAULT_CITY
    start: Clock = DEFAULT_START
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1
    duration: Duration | None = None
    names: dict[Name, Name] = {}
    agencies: dict[Name, Agency] = {}
    hazards: tuple[Hazard, ...] = ()
    script: tuple[Row, ...] = ()
    variants: dict[Name, dict[str, object]] = {}
    _marks: dict[Path, Mark] = PrivateAttr(default_factory=dict)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Scenario):
            return NotImplemented
        return self.model_dump() == other.model_dump()

    __hash__ = None  # type: ignore[assignment]

    @property
    def title(self) -> str:
        """What it is called."""
        return self.drill or self.scenario or ""

    @property
    def horizon_s(self) -> float:
        """The longest it may run, in seconds."""
        return self.duration.si if self.duration is not None else LONGEST_RUN

    def resolve(self, name: str) -> str:
        """What the census calls what people call `name`; a name that is not in `names` stays as it is."""
        return self.names.get(name, name)

    def seconds(self, instant: Instant) -> float:
        """Seconds after the start at `instant`."""
        return instant.seconds(self.start)

    def expectations(self) -> Iterator[tuple[int, int, Expectation]]:
        """Every expectation with the number of its row and its number in the row, both from 0."""
        for row_number, row in enumerate(self.script):
            for number, expectation in enumerate(row.expect):
                yield row_number, number, expectation

    def place(self, *path: str | int, at: int = 0) -> Mark:
        """Where the part at `path` is written, `at` characters into it; else the nearest part around it."""
        for end in range(len(path), -1, -1):
            if (mark := self._marks.get(path[:end])) is not None:
                return mark.into(at) if end == len(path) else mark
        return Mark("")

    @model_validator(mode="after")
    def _is_whole(self) -> Scenario:
        if (self.drill is None) == (self.scenario is None):
            raise RefusedError(
                _("a scenario has one title"), _("write drill: or scenario: with the title"), rule="title"
            )
        if not self.script and not self.hazards:
            raise RefusedError(_("there is neither script nor hazards"), _("add one of them"), rule="empty")
        return self
