"""Mapping files say what they say, and auto tells them apart."""

from __future__ import annotations

import csv

import numpy as np
import pyarrow as pa
import pytest

from twin.census import crs, mappings
from twin.census.formats.source import SourceTable
from twin.census.mappings import TABLES, bundled, names
from twin.census.recognise import category_of, is_sure, nature, scores
from twin.census.survey import _SCHEMAS

pytestmark = pytest.mark.core


def table(headers: list[str], name: str = "JSPOINT") -> SourceTable:
    return SourceTable(name, name, tuple(headers), tuple(pa.array([""]) for _ in headers), np.array([2]))


def headers_of(name: str, kind: str) -> list[str]:
    mapping = bundled(name)
    return [own[0] for own in mapping.headers[kind].values()]


def test_the_canonical_headers_are_those_of_the_schema():
    for kind in TABLES:
        with (_SCHEMAS / f"{kind}.csv").open(encoding="utf-8", newline="") as file:
            chinese = {row["column"]: row["chinese"] for row in csv.DictReader(file) if row["chinese"]}
        assert {column: own[0] for column, own in bundled("canonical").headers[kind].items()} == chinese


@pytest.mark.parametrize(
    ("name", "kind"),
    [("canonical", "points"), ("canonical", "lines"), ("A", "points"), ("B", "points"), ("B", "lines")],
)
def test_a_complete_vocabulary_is_recognised_by_its_headers(name, kind):
    source = table(headers_of(name, kind))
    ranked = scores(source)
    assert is_sure(ranked, source)
    assert ranked[0].mapping.name == name
    assert nature(source, ranked[0].mapping) == kind


@pytest.mark.parametrize("name", ["C", "D", "E", "F"])
def test_a_fragment_is_never_taken_by_itself(name):
    assert bundled(name).fragment
    kind = "points" if bundled(name).headers["points"] else "lines"
    source = table(headers_of(name, kind), "JSPOINT" if kind == "points" else "JSLINE")
    assert not is_sure(scores(source), source)


def test_columns_that_two_vocabularies_read_alike_need_no_choice():
    source = table(["Map_No", "Exp_No", "Feature", "Subsid", "X", "Y"])
    assert is_sure(scores(source), source)


def test_a_status_column_that_two_vocabularies_read_otherwise_makes_it_unsure():
    source = table(["Map_No", "Exp_No", "Feature", "Subsid", "X", "Y", "状态"])
    assert not is_sure(scores(source), source)


@pytest.mark.parametrize("name", names())
def test_every_code_is_written_so_that_it_reads_back(name):
    mapping = bundled(name)
    for column in mappings.CODED:
        meanings = mapping.meanings(column)
        assert {code: meanings[word] for code, word in mapping.written(column).items()} == {
            code: code for code in mappings.codes_of(column)
        }


def test_zero_is_abandoned_in_b_and_in_use_in_the_canonical_vocabulary():
    assert bundled("B").meanings("status")["0"] == "1"
    assert bundled("canonical").meanings("status")["0"] == "0"
    assert "3" not in bundled("B").meanings("status")


@pytest.mark.parametrize(
    ("name", "category"),
    [("JSPOINT", "JS"), ("ws_line", "WS"), ("给水管线点表", "JS"), ("320300_LD_POINT", "LD"),
     ("雨水线", "YS"),
     ("综合管沟点", "ZH"), ("points", ""), ("表1", "")],
)  # fmt: skip
def test_the_class_is_read_off_the_name_of_a_table(name, category):
    assert category_of(name) == category


def test_zones_and_meridians_agree_with_the_registry_of_systems():
    for one in crs.series():
        for zone in (one.first_zone, one.last_zone):
            place = zone - one.first_zone
            assert crs.meridian(f"EPSG:{one.with_zone + place}") == one.meridian(zone)
            assert crs.meridian(f"EPSG:{one.without_zone + place}") == one.meridian(zone)
            assert crs.without_zone(f"EPSG:{one.with_zone + place}") == (
                f"EPSG:{one.without_zone + place}",
                zone,
            )
