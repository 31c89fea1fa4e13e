"""Hypothesis strategies for terms and scenarios of the language."""

from __future__ import annotations

import datetime as dt

from hypothesis import strategies as st

from twin import units
from twin.drills import grammar
from twin.drills.schema import Scenario
from twin.drills.terms import Action, Amount, And, Compare, Holds, Instant, Lasting, Measure, Not, Or, Rate
from twin.drills.vocabulary import quantities, verbs

WORDS = st.one_of(
    st.sampled_from(
        ["下穿", "power/feeder/F-1", "hospital/*", "at", "to", "于", "for", "m", "20", "20mm", "3号", "and"]
    ),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Z")), min_size=1, max_size=8),
)
NAMES = (
    st.lists(WORDS, min_size=1, max_size=3)
    .map(" ".join)
    .filter(lambda name: not ('"' in name and "'" in name))
)
NUMBERS = st.floats(min_value=-1e9, max_value=1e9, allow_nan=False).map(lambda number: round(number, 6) + 0.0)
POSITIVE = st.floats(min_value=1e-3, max_value=1e5).map(lambda number: round(number, 3))
OPERATORS = st.sampled_from([">", ">=", "<", "<=", "=", "!="])


def amounts(*dimensions: str, numbers=NUMBERS):
    """Amounts in any unit of `dimensions` (of all where none is named)."""
    chosen = units.of_dimension(*dimensions) if dimensions else units.units()
    return st.builds(lambda number, unit: Amount(((number, unit.symbol),)), numbers, st.sampled_from(chosen))


durations = st.lists(
    st.tuples(POSITIVE, st.sampled_from(["s", "min", "h", "d"])), min_size=1, max_size=3
).map(lambda parts: Amount(tuple(parts)))


@st.composite
def comparisons(draw):
    """A comparison or truth of one measure, with or without an aggregate."""
    quantity = quantities()[draw(st.sampled_from(sorted(quantities())))]
    names = tuple(draw(NAMES) for _ in quantity.arguments)
    choices = ["", "any", "all"] + ([] if quantity.is_truth else ["min", "max", "mean"])
    aggregate = "" if quantity.arguments == ("group",) else draw(st.sampled_from(choices))
    measure = Measure(quantity.name, names, aggregate)
    if quantity.is_truth:
        return Holds(measure)
    return Compare(measure, draw(OPERATORS), draw(amounts(*quantity.dimensions)))


conditions = st.recursive(
    comparisons(),
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(Lasting, inner, durations),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: And(tuple(parts))),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: Or(tuple(parts))),
    ),
    max_leaves=4,
).filter(lambda condition: len(condition.text("en")) < 400 and condition.depth() <= grammar.DEEPEST_NESTING)


@st.composite
def actions(draw, use: str = ""):
    """A well-formed action; with `use` one allowed in `do` or `does`."""
    allowed = [verb for verb in verbs().values() if not use or use in verb.uses]
    verb = draw(st.sampled_from(allowed))
    amount = None
    if verb.dimensions and (verb.amount.required or draw(st.booleans())):
        amount = draw(amounts() if "any" in verb.dimensions else amounts(*verb.dimensions))
    thing = draw(NAMES) if verb.object.required or (verb.object.kind and draw(st.booleans())) else ""
    must = verb.place.required or (verb.object.kind == verb.place.kind == "component" and not thing)
    there = must or (bool(verb.prepositions) and draw(st.booleans()))
    preposition = draw(st.sampled_from(verb.prepositions)) if there else ""
    return Action(verb.name, amount, thing, preposition, draw(NAMES) if there else "")


CLOCKS = st.builds(
    Instant, st.none(), st.times().map(lambda time: time.replace(microsecond=0)), st.none() | st.dates()
)
instants = st.one_of(CLOCKS, durations.map(Instant), st.just(Instant(Amount(((0.0, "s"),)))))
rates = st.builds(Rate, amounts("speed", numbers=POSITIVE), durations)

PROSE = (
    st.text(
        st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Co", "Cn")), min_size=1, max_size=30
    )
    .map(str.strip)
    .filter(bool)
)


CHANGES = [
    {"seed": "7", "city": "no"},
    {"city": "a: b # c"},
    {"duration": "1.50 h", "agencies.b.crews": "3"},
    {"do": "break x", "names": {"b": "~", "c": "1.0"}},
    {"hazards": [{"rain": ["5 mm/h for 1 h"]}]},
]


@st.composite
def expectations(draw):
    """An expectation as plain data."""
    kind = draw(st.sampled_from(["does", "gets", "keeps", "shows"]))
    what = {"does": actions("does"), "gets": conditions, "keeps": conditions, "shows": PROSE}[kind]
    made = {"who": draw(PROSE), kind: draw(what), "weight": draw(POSITIVE), "fatal": draw(st.booleans())}
    if kind != "keeps":
        made["within"] = draw(durations)
    elif draw(st.booleans()):
        made["after"] = draw(durations)
    if draw(st.booleans()):
        made["id"] = draw(PROSE)
    return made


@st.composite
def rows(draw):
    """A row as plain data."""
    trigger = draw(st.sampled_from(["at", "when", "if_missed"]))
    made = {trigger: draw({"at": instants, "when": conditions, "if_missed": PROSE}[trigger])}
    made["do"] = draw(actions("do"))
    if draw(st.booleans()):
        made["tell"] = {
            "to": draw(PROSE),
            "by": draw(st.sampled_from(["phone", "传真"])),
            "text": draw(PROSE),
        }
    if trigger == "when" and draw(st.booleans()):
        made["else"] = {"at": draw(instants), "do": draw(actions("do"))}
    if draw(st.booleans()):
        made["expect"] = draw(st.lists(expectations(), min_size=1, max_size=3))
    return made


@st.composite
def scenarios(draw):
    """A whole scenario that satisfies the schema."""
    data = {draw(st.sampled_from(["drill", "scenario"])): draw(PROSE), "seed": draw(st.integers(0, 2**40))}
    data["start"] = draw(CLOCKS)
    data["names"] = draw(st.dictionaries(PROSE, PROSE, max_size=3))
    data["agencies"] = draw(
        st.dictionaries(
            PROSE, st.fixed_dictionaries({"played": st.booleans(), "crews": st.integers(0, 9)}), max_size=2
        )
    )
    data["hazards"] = draw(
        st.lists(st.fixed_dictionaries({"rain": st.lists(rates, min_size=1, max_size=2)}), max_size=2)
    )
    data["script"] = draw(st.lists(rows(), min_size=1, max_size=3))
    data["variants"] = draw(st.dictionaries(PROSE, st.sampled_from(CHANGES), max_size=2))
    return Scenario.model_validate(data)


__all__ = ["CLOCKS", "NAMES", "actions", "conditions", "dt", "durations", "instants", "rates", "scenarios"]
