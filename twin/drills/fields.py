"""What one value of a scenario file may be: how it is read, written and published."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated

from pydantic import (
    BeforeValidator,
    Field,
    InstanceOf,
    PlainSerializer,
    SerializationInfo,
    StringConstraints,
    WithJsonSchema,
)

from twin.drills import grammar, words
from twin.drills.refusal import RefusedError, instead_of
from twin.drills.terms import Action, Amount, Condition, Instant, Rate
from twin.drills.vocabulary import verbs
from twin.text import _

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
