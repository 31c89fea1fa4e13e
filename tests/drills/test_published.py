"""The published JSON Schema accepts what the reader accepts and refuses what it refuses by shape."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from ruamel.yaml import YAML

from tests.drills import made
from twin.drills.published import json_schema
from twin.drills.reader import parse_scenario
from twin.drills.writer import to_yaml
from twin.errors import ScenarioError

SAMPLES = sorted((Path(__file__).parent / "samples").glob("*.yaml"))
VALIDATOR = jsonschema.Draft202012Validator(json_schema())


def accepts(text: str) -> bool:
    """Whether the schema accepts a YAML text."""
    return VALIDATOR.is_valid(YAML(typ="safe", pure=True).load(text))


def test_it_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(json_schema())


@pytest.mark.core
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_the_samples_satisfy_it_in_both_languages(path):
    text = path.read_text(encoding="utf-8")
    assert accepts(text)
    assert accepts(to_yaml(parse_scenario(text), "zh"))


@given(made.scenarios())
@settings(max_examples=25, deadline=None)
def test_whatever_is_written_satisfies_it(scenario):
    assert accepts(to_yaml(scenario))
    assert accepts(to_yaml(scenario, "zh"))


SMALL = "drill: a\nscript:\n  - {at: T+0, do: break x}\n"


@pytest.mark.core
@pytest.mark.parametrize(
    "text",
    [
        SMALL.replace("script", "scirpt"),
        SMALL.replace("drill: a\n", ""),
        SMALL + "scenario: b\n",
        SMALL + "情景: b\n",
        "drill: a\n",
        SMALL.replace("at: T+0", "at: T+0, when: out(x)"),
        SMALL.replace("do: break x", "do: brake x"),
        SMALL.replace("do: break x", "do: warn x"),
        SMALL.replace("break x}", "break x, expect: [{who: a}]}"),
        SMALL.replace("break x}", "break x, tell: {to: a}}"),
        SMALL.replace("break x}", "break x, tell: {to: a, text: b, by: drum}}"),
        SMALL + "seed: -1\n",
        SMALL + "agencies: {a: {crew: 1}}\n",
        SMALL + "seed:\n",
    ],
)
def test_schema_and_reader_refuse_the_same_shapes(text):
    assert accepts(SMALL)
    assert not accepts(text)
    with pytest.raises(ScenarioError):
        parse_scenario(text)
