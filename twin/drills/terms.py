"""What the texts of a scenario mean: amounts, times, rates, conditions and actions as frozen values.

Each prints itself in the language of the file (`text("en")`, `text("zh")`) so that reading it again
gives an equal value. Positions (`at`) are offsets in the text that was read, for findings; they do not
take part in comparisons.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field

from twin import units
from twin.drills import words
from twin.drills.lexicon import quoted


@dataclass(frozen=True)
class Term:
    """Anything that can be written in a scenario file in either language."""

    def text(self, language: str = "en") -> str:
        """The term in `language` ("en" or "zh"); reading it gives an equal term."""
        raise NotImplementedError

    def __str__(self) -> str:
        return self.text()


@dataclass(frozen=True)
class Amount(Term):
    """A number with its unit, as written: parts (number, unit symbol), several for `1 h 30 min`."""

    parts: tuple[tuple[float, str], ...]
    at: int = field(default=0, compare=False)

    @property
    def dimension(self) -> str:
        """What it measures (`length`, `time`, `share`), "number" where it has no unit."""
        found = units.unit(self.parts[0][1])
        return found.dimension if found else "number"

    @property
    def si(self) -> float:
        """Its value in SI."""
        return sum(
            found.to_si(number) if (found := units.unit(symbol)) else number for number, symbol in self.parts
        )

    def text(self, language: str = "en") -> str:
        """`1 h 30 min`, `1 小时 30 分钟`."""
        return " ".join(
            f"{_number(number)} {_unit(symbol, language)}".rstrip() for number, symbol in self.parts
        )


def _number(number: float) -> str:
    return repr(number).removesuffix(".0")


def _unit(symbol: str, language: str) -> str:
    found = units.unit(symbol)
    return found.chinese if found and language == "zh" and symbol != "%" else symbol


@dataclass(frozen=True)
class Rate(Term):
    """An intensity that lasts: `58 mm/h for 30 min`."""

    intensity: Amount
    duration: Amount

    def text(self, language: str = "en") -> str:
        """`58 mm/h for 30 min`, `58 毫米每小时 持续 30 分钟`."""
        word = words.spelt("for", "function", language)
        return f"{self.intensity.text(language)} {word} {self.duration.text(language)}"


@dataclass(frozen=True)
class Instant(Term):
    """A point in time: `T+` an offset after the start, or a clock time with or without its day."""

    offset: Amount | None = None
    clock: dt.time | None = None
    day: dt.date | None = None

    def text(self, language: str = "en") -> str:
        """`T+1 h 30 min`, `17:30`, `2026-07-18 17:30`."""
        if self.offset is not None:
            return f"T+{self.offset.text(language)}" if self.offset.si else "T+0"
        clock = self.clock or dt.time()
        shown = clock.strftime("%H:%M:%S" if clock.second else "%H:%M")
        return f"{self.day.isoformat()} {shown}" if self.day else shown

    @property
    def second_of_day(self) -> int:
        """Seconds since midnight of a clock time."""
        clock = self.clock or dt.time()
        return clock.hour * 3600 + clock.minute * 60 + clock.second

    def seconds(self, start: Instant) -> float:
        """Seconds after `start` (a clock time); negative only for a day and time before it.

        A clock time without a day, or where `start` has none, is the first one at or after the start.
        """
        if self.offset is not None:
            return self.offset.si
        passed = self.second_of_day - start.second_of_day
        if self.day is None or start.day is None:
            return float(passed % 86_400)
        return float((self.day - start.day).days * 86_400 + passed)


@dataclass(frozen=True)
class Condition(Term):
    """Something that is true or false of the state of the city at an instant."""

    def measures(self) -> Iterator[Measure]:
        """Every measure it reads, from left to right."""
        for part in self.parts():
            yield from part.measures()

    def parts(self) -> tuple[Condition, ...]:
        """The conditions it is made of, none for a comparison."""
        return ()

    def depth(self) -> int:
        """How deep conditions stand in each other; 1 for a comparison."""
        return 1 + max((part.depth() for part in self.parts()), default=0)


@dataclass(frozen=True)
class Measure(Term):
    """A quantity of named things: `depth(underpass)`, `eta(gas company, pipe)`, `min(served(hospital/*))`.

    `aggregate` is `min`, `max` or `mean` over the components a selector names, `any` or `all` of the
    comparison it stands in, or "" for a single component.
    """

    quantity: str
    names: tuple[str, ...]
    aggregate: str = ""
    at: int = field(default=0, compare=False)

    @property
    def selector(self) -> str:
        """The name of the component or components it is asked of."""
        return self.names[-1]

    def text(self, language: str = "en") -> str:
        """The measure with `min`, `max` or `mean` around it; `any` and `all` stand around the comparison."""
        quantity = words.spelt(self.quantity, "quantity", language)
        plain = f"{quantity}({', '.join(quoted(name) for name in self.names)})"
        if self.aggregate in ("min", "max", "mean"):
            return f"{words.spelt(self.aggregate, 'function', language)}({plain})"
        return plain


def _gathered(measure: Measure, text: str, language: str) -> str:
    if measure.aggregate in ("any", "all"):
        return f"{words.spelt(measure.aggregate, 'function', language)}({text})"
    return text


@dataclass(frozen=True)
class Compare(Condition):
    """A measure against a limit: `depth(underpass) > 0.15 m`; `op` is one of > >= < <= = !=."""

    measure: Measure
    op: str
    limit: Amount

    @property
    def value(self) -> float:
        """The limit in SI."""
        return self.limit.si

    def measures(self) -> Iterator[Measure]:
        """The measure compared."""
        yield self.measure

    def text(self, language: str = "en") -> str:
        """`depth(underpass) > 0.15 m`."""
        plain = f"{self.measure.text(language)} {self.op} {self.limit.text(language)}"
        return _gathered(self.measure, plain, language)


@dataclass(frozen=True)
class Holds(Condition):
    """A quantity that is true or false by itself: `out(pump)`."""

    measure: Measure

    def measures(self) -> Iterator[Measure]:
        """The measure asked."""
        yield self.measure

    def text(self, language: str = "en") -> str:
        """`out(pump)`."""
        return _gathered(self.measure, self.measure.text(language), language)


@dataclass(frozen=True)
class Not(Condition):
    """The opposite of a condition."""

    condition: Condition

    def parts(self) -> tuple[Condition, ...]:
        """The condition denied."""
        return (self.condition,)

    def text(self, language: str = "en") -> str:
        """`not out(pump)`."""
        inner = _nested(self.condition, language, And, Or, Lasting)
        return f"{words.spelt('not', 'function', language)} {inner}"


@dataclass(frozen=True)
class Lasting(Condition):
    """A condition that has been true without a break for a duration."""

    condition: Condition
    duration: Amount

    def parts(self) -> tuple[Condition, ...]:
        """The condition that lasts."""
        return (self.condition,)

    def text(self, language: str = "en") -> str:
        """`depth(underpass) > 0.5 m for 20 min`."""
        inner = _nested(self.condition, language, And, Or, Lasting)
        return f"{inner} {words.spelt('for', 'function', language)} {self.duration.text(language)}"


@dataclass(frozen=True)
class _Joined(Condition):
    conditions: tuple[Condition, ...]

    def parts(self) -> tuple[Condition, ...]:
        """The conditions joined."""
        return self.conditions

    def _joined(self, word: str, language: str) -> str:
        spelt = words.spelt(word, "function", language)
        return f" {spelt} ".join(_nested(part, language, And, Or) for part in self.conditions)


@dataclass(frozen=True)
class And(_Joined):
    """True when all of its conditions are."""

    def text(self, language: str = "en") -> str:
        """`out(pump) and depth(underpass) > 0.5 m`."""
        return self._joined("and", language)


@dataclass(frozen=True)
class Or(_Joined):
    """True when one of its conditions is."""

    def text(self, language: str = "en") -> str:
        """`out(pump) or depth(underpass) > 0.5 m`."""
        return self._joined("or", language)


def _nested(condition: Condition, language: str, *kinds: type[Condition]) -> str:
    text = condition.text(language)
    return f"({text})" if isinstance(condition, kinds) else text


@dataclass(frozen=True)
class Action(Term):
    """Something done: `verb [amount] [object] [at|to|from|around place]`; "" where a part is absent."""

    verb: str
    amount: Amount | None = None
    object: str = ""
    preposition: str = ""
    place: str = ""
    object_at: int = field(default=0, compare=False)
    place_at: int = field(default=0, compare=False)

    def text(self, language: str = "en") -> str:
        """`send generator to pump station`."""
        parts = [words.spelt(self.verb, "verb", language)]
        if self.amount is not None:
            parts.append(self.amount.text(language))
        if self.object:
            parts.append(quoted(self.object))
        if self.preposition:
            parts += [words.spelt(self.preposition, "preposition", language), quoted(self.place)]
        return " ".join(parts)
