"""Reading the texts of a scenario: conditions, actions, amounts, rates and times, English or Chinese.

Each reader takes a text and returns a frozen term, or raises `RefusedError` with the sentence, the remedy
and the offset where the text goes wrong. Nothing is ever evaluated.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from functools import cache
from importlib.resources import files
from typing import NoReturn

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedInput, VisitError

from twin import units
from twin.drills import lexicon, terms, words
from twin.drills.refusal import RefusedError, instead_of
from twin.drills.vocabulary import Quantity, Verb, quantities, verbs
from twin.text import Message, _

LONGEST_TEXT = 500
DEEPEST_NESTING = 12
_OPERATORS = {"==": "=", "≥": ">=", "≤": "<=", "≠": "!="}
_NARROW = str.maketrans("＜＞＝：", "<>=:")
_GLUED = re.compile(r"[-+]?[\d.]+([^\W\d]\S*)")
_AFTER_NUMBER = re.compile(r"[\d.]\s*$")
_JOINT = re.compile(r"[-+.\d<>=!,，:：]")


def read_condition(text: str) -> terms.Condition:
    """The condition that `text` states: `depth(underpass) > 0.5 m for 20 min`."""
    condition = _read(text, "condition")
    assert isinstance(condition, terms.Condition)
    if condition.depth() > DEEPEST_NESTING:
        raise RefusedError(
            _("conditions stand more than {limit} deep in each other", limit=DEEPEST_NESTING),
            _("split the condition over several rows"),
        )
    return condition


def read_action(text: str, use: str = "") -> terms.Action:
    """The action that `text` states; with `use` ("do" or "does") its verb must be allowed there."""
    action = _read(text, "action")
    assert isinstance(action, terms.Action)
    verb = verbs()[action.verb]
    if use and use not in verb.uses:
        allowed = (name for name, other in verbs().items() if use in other.uses)
        raise RefusedError(
            _("{verb} cannot stand in {use}", verb=action.verb, use=use),
            instead_of("", allowed),
            rule="verb",
        )
    _check_form(action, verb)
    return action


def read_amount(text: str, *dimensions: str) -> terms.Amount:
    """The amount that `text` states, in one of `dimensions` (any where none is named)."""
    amount = _read(text, "amount")
    assert isinstance(amount, terms.Amount)
    if dimensions:
        _check_dimension(amount, dimensions)
    return amount


def read_duration(text: str) -> terms.Amount:
    """The duration that `text` states: `1 h 30 min`."""
    return read_amount(text, "time")


def read_rate(text: str) -> terms.Rate:
    """The rain rate that `text` states: `58 mm/h for 30 min`."""
    rate = _read(text, "rate")
    assert isinstance(rate, terms.Rate)
    _check_dimension(rate.intensity, ("speed",))
    _check_dimension(rate.duration, ("time",))
    return rate


def read_instant(text: str) -> terms.Instant:
    """The point in time that `text` states: `T+1 h 30 min`, `17:30` or `2026-07-18 17:30`."""
    instant = _read(text, "instant")
    assert isinstance(instant, terms.Instant)
    if instant.offset is not None:
        _check_dimension(instant.offset, ("time",))
        if instant.offset.si < 0:
            problem = _("{written} is before the start", written=text.strip())
            raise RefusedError(problem, _("write T+0 or later"), instant.offset.at)
    return instant


def read_clock(text: str) -> terms.Instant:
    """The clock time that `text` states: `17:30` or `2026-07-18 17:30`."""
    clock = _read(text, "clock")
    assert isinstance(clock, terms.Instant)
    return clock


@cache
def _parser() -> Lark:
    """The parser of all texts, built once per process."""
    made = (
        f"{name}{'' if name == 'NAME' else '.2'}: /{pattern.replace('/', chr(92) + '/')}/"
        for name, pattern in lexicon.terminals().items()
    )
    grammar = files("twin.drills").joinpath("grammar.lark").read_text(encoding="utf-8")
    starts = ["condition", "action", "amount", "rate", "instant", "clock"]
    return Lark("\n".join([grammar, *made]), parser="lalr", start=starts, maybe_placeholders=True)


def _read(text: str, start: str) -> object:
    if len(text) > LONGEST_TEXT:
        raise RefusedError(
            _("the text has {count} characters", count=len(text)),
            _("keep it within {limit}", limit=LONGEST_TEXT),
        )
    try:
        return _Terms().transform(_parser().parse(text, start=start))
    except UnexpectedInput as error:
        _refuse(text, start, error)
    except VisitError as error:
        if isinstance(error.orig_exc, RefusedError):
            raise error.orig_exc from None
        raise


def _refuse(text: str, start: str, error: UnexpectedInput) -> NoReturn:
    """Say where `text` stops making sense and what could stand there."""
    expected = set(getattr(error, "allowed", None) or getattr(error, "expected", None) or ())
    at = error.pos_in_stream or 0
    if getattr(getattr(error, "token", None), "type", "") == "$END":
        at = len(text)
    word = re.split(r"[\s()（）]", text[at:].strip(), maxsplit=1)[0] or text[at : at + 1].strip()
    at += len(text[at:]) - len(text[at:].lstrip())
    if not word:
        raise RefusedError(
            _("{written} ends too early", written=_shown(text)), _form(start), len(text)
        ) from None
    if "VERB" in expected:
        raise _unknown_verb(text.strip(), at) from None
    glued = _GLUED.fullmatch(word)
    if glued or (start != "action" and _AFTER_NUMBER.search(text[:at])):
        at, word = (at + glued.start(1), glued[1]) if glued else (at, word)
        if not _JOINT.match(word):
            raise RefusedError(
                _("{word} is not a unit", word=_shown(word)), instead_of(word, units.spellings()), at, "unit"
            ) from None
    raise RefusedError(_("{word} does not belong here", word=_shown(word)), _form(start), at) from None


def _shown(text: str) -> str:
    return f'"{text.strip()[:40]}"'


def _unknown_verb(text: str, at: int) -> RefusedError:
    """The refusal of an action that begins with no verb."""
    first = " ".join(text.split()[:2])
    spelt = words.spellings("verb")
    glued = next((verb for verb in spelt if not verb.isascii() and first.startswith(verb)), "")
    if glued:
        remedy = _("put a space after {verb}", verb=glued)
        return RefusedError(_("{word} is not a verb", word=_shown(first)), remedy, at, "verb")
    near = next((word for word in (first.split()[0], first) if words.nearest(word, spelt)), first.split()[0])
    return RefusedError(_("{word} is not a verb", word=_shown(near)), instead_of(near, spelt), at, "verb")


def _form(start: str) -> Message:
    """How a text of this kind is written."""
    forms = {
        "condition": _("write quantity(name) operator number unit, as in depth(underpass) > 0.15 m"),
        "action": _(
            "write verb [amount] [object] [at|to|from|around name]; put odd names in quotation marks"
        ),
        "amount": _("write a number and its unit, as in 1 h 30 min"),
        "rate": _("write an intensity and how long it lasts, as in 58 mm/h for 30 min"),
        "instant": _("write T+1 h 30 min, 17:30 or 2026-07-18 17:30"),
        "clock": _("write 17:30 or 2026-07-18 17:30"),
    }
    return forms[start]


def _check_dimension(amount: terms.Amount, dimensions: tuple[str, ...], of: str = "") -> None:
    """Refuse an amount that does not measure what is wanted; zero needs no unit except of temperature."""
    if amount.dimension in dimensions or "any" in dimensions:
        return
    if amount.dimension == "number":
        plain = {"share", "count"} & set(dimensions)
        if plain or (amount.si == 0 and "temperature" not in dimensions):
            return
    known = ", ".join(unit.symbol for unit in units.of_dimension(*dimensions))
    shown = amount.text()
    problem = (
        _("{of} cannot be {amount}", of=of, amount=shown) if of else _("{amount} does not fit", amount=shown)
    )
    raise RefusedError(problem, _("give it in {units}", units=known), amount.at, "unit")


def _check_form(action: terms.Action, verb: Verb) -> None:
    """Refuse an action whose parts are not those its verb takes."""
    remedy = _("write it like {example}", example=verb.example)

    def refuse(problem: Message, at: int) -> NoReturn:
        raise RefusedError(problem, remedy, at, "action")

    if action.amount is None:
        if verb.amount.required:
            refuse(_("{verb} needs an amount", verb=verb.name), 0)
    elif not verb.dimensions:
        refuse(_("{verb} takes no amount", verb=verb.name), action.amount.at)
    else:
        _check_dimension(action.amount, verb.dimensions, verb.name)
    if action.object and not verb.object.kind:
        refuse(_("{verb} takes no object", verb=verb.name), action.object_at)
    if action.preposition and action.preposition not in verb.prepositions:
        refuse(_("{verb} does not go with {word}", verb=verb.name, word=action.preposition), action.place_at)
    wants_object = verb.object.required and not action.object
    wants_place = verb.place.required and not action.place
    nothing = verb.object.kind == verb.place.kind == "component" and not action.object and not action.place
    if wants_object or wants_place or nothing:
        refuse(_("{verb} does not say what or where", verb=verb.name), 0)


def _quantity(token: Token) -> Quantity:
    name = words.english(str(token), "quantity")
    if name is None:
        spelt = words.spellings("quantity")
        raise RefusedError(
            _("{word} is not a quantity", word=_shown(token)),
            instead_of(str(token), spelt),
            token.start_pos or 0,
            "quantity",
        )
    return quantities()[name]


class _Terms(Transformer[Token, object]):
    """Turns the parse tree into terms."""

    def name(self, found: list[Token]) -> Token:
        token = found[0]
        bare = str(token)[1:-1].strip() if token.type == "QUOTED" else " ".join(found)
        if not bare:
            raise RefusedError(_("a name is empty"), _("write the name"), token.start_pos or 0)
        return token.update(value=bare)

    def amount(self, found: list[Token]) -> terms.Amount:
        at = found[0].start_pos or 0
        if any(not math.isfinite(float(number)) for number in found[::2]):
            raise RefusedError(_("{number} is too large", number=str(found[0])), _form("amount"), at, "unit")
        symbols = [found_unit.symbol for text in found[1::2] if (found_unit := units.unit(str(text)))]
        parts = tuple(zip((float(number) for number in found[::2]), symbols or [""], strict=True))
        amount = terms.Amount(parts, at)
        dimensions = {terms.Amount((part,)).dimension for part in parts}
        if len(dimensions) > 1 or (len(parts) > 1 and "temperature" in dimensions):
            raise RefusedError(
                _("{amount} mixes units", amount=amount.text()),
                _("use one unit, or several of time"),
                at,
                "unit",
            )
        return amount

    def rate(self, found: list[terms.Amount]) -> terms.Rate:
        return terms.Rate(found[0], found[2])

    def instant(self, found: list[object]) -> terms.Instant:
        first = found[0]
        if not isinstance(first, terms.Amount):
            return self.clock(found)
        return terms.Instant(first if first.si else terms.Amount(((0.0, "s"),), first.at))

    def clock(self, found: list[object]) -> terms.Instant:
        text = str(found[0]).translate(_NARROW)
        day, __, clock = text.replace("T", " ").rpartition(" ")
        numbers = [int(part) for part in (*day.split("-"), *clock.split(":")) if part.strip()]
        try:
            hour, minute, second = [*numbers, 0][3:6] if day else [*numbers, 0][:3]
            when = dt.time(hour, minute, second)
            return terms.Instant(None, when, dt.date(*numbers[:3]) if day else None)
        except ValueError:
            raise RefusedError(
                _("{written} is no time of the calendar", written=_shown(text)), _form("instant"), 0
            ) from None

    def measure(self, found: list[Token]) -> terms.Measure:
        figure = found.pop(0) if found[0].type == "FIGURE" else None
        quantity, at = _quantity(found[0]), found[0].start_pos or 0
        if len(found) - 1 != len(quantity.arguments):
            wanted = f"{quantity.name}({', '.join(quantity.arguments)})"
            raise RefusedError(
                _("{quantity} has the wrong number of names", quantity=quantity.name),
                _("write {form}", form=wanted),
                at,
                "quantity",
            )
        aggregate = words.english(str(figure), "function") if figure else ""
        if figure and (quantity.is_truth or quantity.arguments == ("group",)):
            raise RefusedError(
                _("{function} does not go with {quantity}", function=aggregate, quantity=quantity.name),
                _("use any or all around the comparison, or none for a figure of the whole selection"),
                figure.start_pos or 0,
                "quantity",
            )
        return terms.Measure(quantity.name, tuple(str(name) for name in found[1:]), aggregate or "", at)

    def comparison(self, found: list[object]) -> terms.Condition:
        measure, operator, limit = found
        assert isinstance(measure, terms.Measure)
        quantity = quantities()[measure.quantity]
        if not isinstance(limit, terms.Amount):
            if quantity.is_truth:
                return terms.Holds(measure)
            raise RefusedError(
                _("{quantity} is compared with nothing", quantity=quantity.name),
                _("add an operator and a number, as in > 0.5"),
                measure.at,
                "quantity",
            )
        if quantity.is_truth:
            raise RefusedError(
                _("{quantity} is true or false", quantity=quantity.name),
                _("leave the comparison out"),
                limit.at,
                "quantity",
            )
        _check_dimension(limit, quantity.dimensions, quantity.name)
        written = str(operator).translate(_NARROW)
        return terms.Compare(measure, _OPERATORS.get(written, written), limit)

    def gathered(self, found: list[object]) -> terms.Condition:
        word, comparison = str(found[0]), found[1]
        assert isinstance(comparison, terms.Compare | terms.Holds)
        measure = comparison.measure
        if measure.aggregate or quantities()[measure.quantity].arguments == ("group",):
            raise RefusedError(
                _("{function} does not go with {measure}", function=word, measure=measure.text()),
                _("use one of any, all, min, max and mean at a time"),
                measure.at,
                "quantity",
            )
        aggregate = words.english(word, "function") or word
        whole = terms.Measure(measure.quantity, measure.names, aggregate, measure.at)
        if isinstance(comparison, terms.Holds):
            return terms.Holds(whole)
        return terms.Compare(whole, comparison.op, comparison.limit)

    def lasting(self, found: list[object]) -> terms.Lasting:
        condition, __, duration = found
        assert isinstance(condition, terms.Condition)
        assert isinstance(duration, terms.Amount)
        _check_dimension(duration, ("time",))
        return terms.Lasting(condition, duration)

    def denied(self, found: list[object]) -> terms.Not:
        assert isinstance(found[1], terms.Condition)
        return terms.Not(found[1])

    def both(self, found: list[object]) -> terms.And:
        return terms.And(tuple(part for part in found if isinstance(part, terms.Condition)))

    def either(self, found: list[object]) -> terms.Or:
        return terms.Or(tuple(part for part in found if isinstance(part, terms.Condition)))

    def condition(self, found: list[object]) -> object:
        return found[0]

    def action(self, found: list[object]) -> terms.Action:
        verb, amount, thing, preposition, place = found
        assert isinstance(verb, Token)
        name = words.english(" ".join(verb.split()), "verb")
        joint = words.english(str(preposition), "preposition") if preposition else ""
        return terms.Action(
            name or "",
            amount if isinstance(amount, terms.Amount) else None,
            str(thing or ""),
            joint or "",
            str(place or ""),
            getattr(thing, "start_pos", 0),
            getattr(place, "start_pos", 0),
        )
