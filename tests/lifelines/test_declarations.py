"""Laws that hold for every declaration."""

from __future__ import annotations

import pytest

from twin.lifelines import registry
from twin.model.network import COMPONENT_TABLES
from twin.model.state import COMMON

DECLARATIONS = registry.declarations()
pytestmark = pytest.mark.core


@pytest.fixture(params=DECLARATIONS)
def declared(request):
    return DECLARATIONS[request.param]


def test_there_are_six_lifelines_in_standard_colours():
    colours = {name: declared.colour for name, declared in DECLARATIONS.items()}
    assert colours == {
        "drainage": "#4c3926",
        "gas": "#ff00ff",
        "heat": "#ff8000",
        "power": "#ff0000",
        "telecom": "#00ff00",
        "water": "#00ffff",
    }


def test_its_kinds_are_those_of_its_tables(declared):
    for table, schema in declared.schemas.items():
        kinds = {name for name, kind in declared.kinds.items() if kind.table == table}
        assert kinds == set(schema.by_name["kind"].choices if table in COMPONENT_TABLES else ())


def test_its_columns_apply_to_kinds_that_it_has(declared):
    for schema in declared.schemas.values():
        assert {kind for column in schema.columns for kind in column.kinds} <= set(declared.kinds)


def test_no_column_stands_twice_in_a_table(declared):
    for schema in declared.schemas.values():
        assert len(schema.names) == len(set(schema.names))


def test_its_verbs_write_columns_of_its_state(declared):
    known = {column.name for column in (*COMMON, *declared.state)}
    assert {column for effects in declared.verbs.values() for column, _ in effects} <= known


def test_its_defaults_of_the_state_stand_in_its_tables(declared):
    for column in declared.state:
        if column.default.startswith("@"):
            assert column.default[1:] in declared.schemas[column.table].by_name


def test_terms_of_the_census_lead_to_its_kinds(declared):
    census = declared.census
    assert {term.kind for term in census.terms} <= {"", *declared.kinds}
    assert {category.kind for category in census.categories} <= set(declared.kinds)


def test_terms_of_the_census_are_told_apart_by_role_and_sequence(declared):
    for role in ("feature", "attachment"):
        own = [term for term in declared.census.terms if term.role == role]
        assert len(own) == len({term.term for term in own}) == len({term.sequence for term in own}) > 0


def test_class_codes_and_numbers_are_unique():
    classes = [declared.census for declared in DECLARATIONS.values()]
    assert len({one.class_code for one in classes}) == len({one.class_number for one in classes}) == 6
