"""The tables of the language agree with each other and with the schema."""

from __future__ import annotations

import pytest

from twin import units
from twin.drills import grammar, words
from twin.drills.schema import Agency, Else, Expectation, Hazard, Row, Scenario, Tell, keys_of
from twin.drills.vocabulary import quantities, targets, verbs

ROLES = ("key", "verb", "quantity", "function", "preposition", "channel", "value", "storm", "column")


@pytest.mark.core
def test_each_word_has_one_chinese_alias_that_means_nothing_else():
    for role in ROLES:
        spelt = words.spellings(role)
        assert len(spelt) == 2 * len(words.aliases(role)), role
        assert all(alias and not alias.isascii() for alias in words.aliases(role).values())


def test_every_key_of_the_schema_has_an_alias_and_no_other_has():
    parts = (Scenario, Agency, Hazard, Tell, Else, Expectation, Row)
    assert {key for part in parts for key in keys_of(part)} == set(words.aliases("key"))


def test_verbs_and_quantities_have_an_alias_and_no_other_has():
    assert set(verbs()) == set(words.aliases("verb"))
    assert set(quantities()) == set(words.aliases("quantity"))


@pytest.mark.parametrize("name", list(verbs()))
def test_the_example_of_a_verb_uses_it_and_can_be_read(name):
    verb = verbs()[name]
    action = grammar.read_action(verb.example)
    assert action.verb == name
    assert set(verb.uses) <= {"do", "does"} and verb.uses
    assert verb.provider in ("", "engine", "response")
    assert set(verb.prepositions) <= set(words.aliases("preposition"))
    assert {verb.object.kind, verb.place.kind} <= {"", "component", "agency", "resource", "any"}
    assert bool(verb.prepositions) == bool(verb.place.kind)


def test_every_deed_has_a_default_time_limit_with_its_source():
    needed = {name for name, verb in verbs().items() if "does" in verb.uses} | {"gets", "keeps", "shows"}
    assert set(targets()) == needed
    for target in targets().values():
        assert grammar.read_duration(target.within).si > 0
        assert target.source and target.verified is False


def test_dimensions_of_quantities_and_verbs_are_those_of_units():
    known = {unit.dimension for unit in units.units()}
    for quantity in quantities().values():
        assert set(quantity.dimensions) <= known | {"truth"}
        assert quantity.low < quantity.high
        assert quantity.provider in ("", "network", "engine", "response")
    for verb in verbs().values():
        assert set(verb.dimensions) <= known | {"any"}


def test_the_nearest_word_is_found_in_either_language():
    assert words.nearest("Depht", words.spellings("quantity")) == "depth"
    assert words.nearest("关必", words.spellings("verb")) == "关闭"
    assert words.nearest("xyz", words.spellings("verb")) == ""
