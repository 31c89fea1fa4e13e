"""Whatever bytes come in, a scenario or a list of findings comes out, and nothing else."""

from __future__ import annotations

import io
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from twin.drills import words
from twin.drills.check import check
from twin.drills.reader import parse_scenario
from twin.errors import ScenarioError

SAMPLES = [path.read_bytes() for path in sorted((Path(__file__).parent / "samples").glob("*.yaml"))]
KEYS = st.sampled_from(words.spellings("key")) | st.text(max_size=4)
TEXTS = st.sampled_from(
    [
        "T+0",
        "out(x)",
        "depth(x) > 1 m",
        "break x",
        "arrive at x",
        "5 min",
        "1",
        "true",
        "x",
        "08:00",
        "",
        "phone",
    ]
) | st.text(st.characters(codec="utf-8"), max_size=10)
TREES = st.recursive(
    TEXTS | st.none() | st.booleans() | st.integers() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=20,
)


def attempt(data: bytes | str, **changes) -> None:
    """Read `data`; a refusal must bring findings, each with a sentence, and nothing else may come out."""
    try:
        check(parse_scenario(data, "d.yaml", **changes))
    except ScenarioError as error:
        assert error.findings
        assert all(str(finding).startswith(("d.yaml", "--set")) for finding in error.findings)


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_bytes(data):
    attempt(data)


@given(st.text(st.sampled_from("[]{}:,-#&*!|>'\"%@`?~\n\t abc01\\：T+"), max_size=60) | st.text(max_size=60))
@settings(max_examples=100, deadline=None)
def test_any_text(text):
    attempt(text)


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_a_damaged_sample(data):
    sample = data.draw(st.sampled_from(SAMPLES))
    for __ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(sample)))
        junk = data.draw(st.binary(max_size=3) | st.text("[]{}:,&*!'\"\n 0-", max_size=3).map(str.encode))
        sample = sample[:at] + junk + sample[at + data.draw(st.integers(0, 5)) :]
    attempt(sample)


@given(st.dictionaries(KEYS, TREES, max_size=6))
@settings(max_examples=100, deadline=None)
def test_any_tree_of_yaml(tree):
    target = io.StringIO()
    YAML(typ="safe", pure=True).dump(tree, target)
    attempt(target.getvalue())


@given(
    st.dictionaries(st.sampled_from(["script", "hazards", "agencies", "names", "variants", "start"]), TREES)
)
@settings(max_examples=100, deadline=None)
def test_any_tree_under_known_keys(tree):
    target = io.StringIO()
    YAML(typ="safe", pure=True).dump({"drill": "a", **tree}, target)
    attempt(target.getvalue())


@given(st.text('abc.=[]{}:"0123456789 -*&!\n', max_size=30) | st.text(max_size=20))
@settings(max_examples=30, deadline=None)
def test_any_setting(setting):
    for path in ("", "script.", "agencies.", "variants."):
        attempt(SAMPLES[2], settings=[path + setting])


@given(st.text(max_size=10))
@settings(max_examples=50, deadline=None)
def test_any_variant_name(name):
    attempt(SAMPLES[2], variants=[name])
