"""What a scenario file may hold: closed, frozen models, read from texts in either language.

A misspelt key is an error. Rules that join several keys of one part stand here; rules that need the
whole file or the city stand in `check`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Annotated, ClassVar, Literal, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    PlainSerializer,
    PrivateAttr,
    SerializationInfo,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from twin.drills import grammar, words
from twin.drills.refusal import RefusedError, instead_of
from twin.drills.terms import Action, Amount, Condition, Instant, Rate
from twin.drills.tree import Mark, Path
from twin.drills.vocabulary import Target, targets, verbs
from twin.text import Message, _

DEFAULT_CITY = "quarter"
DEFAULT_START = grammar.read_clock("08:00")
LONGEST_RUN = 86_400.0
LONGEST_PROSE = 2_000
LONGEST_NAME = 200


def _reads(reader: Callable[[str], object]) -> BeforeValidator:
    """Texts go through `reader`; what is read already passes."""
    return BeforeValidator(lambda value: reader(value) if isinstance(value, str) else value)


def _positive(text: str) -> Amount:
    duration = grammar.read_duration(text)
    if duration.si <= 0:
        raise RefusedError(_("{duration} is not above zero", duration=text), _("give a time, such as 5 min"))
    return duration


def _not_negative(text: str) -> Amount:
    duration = grammar.read_duration(text)
    if duration.si < 0:
        raise RefusedError(_("{duration} is below zero", duration=text), _("give a time, such as 5 min"))
    return duration


def _word(role: str, text: str) -> str:
    word = words.english(text, role)
    if word is None:
        raise RefusedError(
            _("{word} is not known here", word=f'"{text}"'), instead_of(text, words.spellings(role))
        )
    return word


def _truth(text: str) -> bool:
    return _word("value", text) == "true"


def _language(info: SerializationInfo) -> str:
    return str((info.context or {}).get("language", "en"))


_written = PlainSerializer(lambda term, info: term.text(_language(info)), return_type=str)


def _spelt_truth(truth: bool, language: str) -> bool | str:
    return words.spelt(str(truth).lower(), "value", language) if language == "zh" else truth


def _text(longest: int) -> object:
    return StringConstraints(
        strip_whitespace=True, min_length=1, max_length=longest, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*$"
    )


def _form(description: str, *examples: str, use: str = "") -> WithJsonSchema:
    """The JSON Schema of a text of the language; with `use` it begins with a verb allowed there."""
    schema: dict[str, object] = {"type": "string", "description": description, "examples": list(examples)}
    if use:
        allowed = [name for name, verb in verbs().items() if use in verb.uses]
        spelt = [*allowed, *(words.spelt(name, "verb", "zh") for name in allowed)]
        schema["pattern"] = f"^\\s*({'|'.join(spelt)})(\\s|$)"
    return WithJsonSchema(schema)


def _choice(role: str) -> tuple[BeforeValidator, PlainSerializer, WithJsonSchema]:
    """How a word of `role` is read, written and published."""
    return (
        _reads(partial(_word, role)),
        PlainSerializer(lambda word, info: words.spelt(word, role, _language(info)), return_type=str),
        WithJsonSchema({"type": "string", "enum": list(words.spellings(role))}),
    )


_PLAIN = WithJsonSchema({"type": ["string", "number"], "minLength": 1})
_SHAPE = "verb [amount] [object] [at|to|from|around name]"
Prose = Annotated[str, _text(LONGEST_PROSE), _PLAIN]
Name = Annotated[str, _text(LONGEST_NAME), _PLAIN]
Truth = Annotated[
    bool,
    _reads(_truth),
    PlainSerializer(lambda truth, info: _spelt_truth(truth, _language(info))),
    WithJsonSchema({"enum": [True, False, *words.aliases("value").values()]}),
]
Weight = Annotated[
    float,
    Field(gt=0, le=1e6, allow_inf_nan=False),
    PlainSerializer(lambda weight: int(weight) if weight.is_integer() else weight),
]
Duration = Annotated[
    InstanceOf[Amount], _reads(_positive), _written, _form("a number and a unit of time", "1 h 30 min")
]
Grace = Annotated[
    InstanceOf[Amount], _reads(_not_negative), _written, _form("a number and a unit of time", "5 min")
]
Moment = Annotated[
    InstanceOf[Instant],
    _reads(grammar.read_instant),
    _written,
    _form("T+ and an offset, or a clock time", "T+10 min", "18:30"),
]
Clock = Annotated[
    InstanceOf[Instant],
    _reads(grammar.read_clock),
    _written,
    _form("a clock time", "08:00", "2026-07-18 17:30"),
]
Rain = Annotated[
    InstanceOf[Rate],
    _reads(grammar.read_rate),
    _written,
    _form("an intensity for a duration", "58 mm/h for 30 min"),
]
Query = Annotated[
    InstanceOf[Condition],
    _reads(grammar.read_condition),
    _written,
    _form("quantity(name) operator number unit [for duration]", "depth(underpass) > 0.15 m"),
]
Incident = Annotated[
    InstanceOf[Action],
    _reads(partial(grammar.read_action, use="do")),
    _written,
    _form(_SHAPE, "leak 20 mm at water/pipe/MA447", use="do"),
]
Deed = Annotated[
    InstanceOf[Action],
    _reads(partial(grammar.read_action, use="does")),
    _written,
    _form(_SHAPE, "arrive at underpass", use="does"),
]
Channel = Annotated[str, *_choice("channel")]
Shape = Annotated[str, *_choice("storm")]


class Part(BaseModel):
    """One mapping of the file: closed and frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


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
