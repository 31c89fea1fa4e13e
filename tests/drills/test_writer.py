"""Writing: a file says the same again in both languages, and an edit keeps every comment."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.drills import made
from twin.drills.reader import parse_scenario
from twin.drills.writer import edited, to_yaml
from twin.errors import ScenarioError

SAMPLES = sorted((Path(__file__).parent / "samples").glob("*.yaml"))
UNDERPASS = (Path(__file__).parent / "samples" / "underpass.yaml").read_text(encoding="utf-8")


@pytest.mark.core
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_sample_written_down_reads_back_the_same(path, language):
    scenario = parse_scenario(path.read_text(encoding="utf-8"))
    text = to_yaml(scenario, language)
    assert parse_scenario(text) == scenario
    assert ("脚本:" in text) == (language == "zh")


@given(made.scenarios())
@settings(max_examples=20, deadline=None)
def test_any_scenario_written_down_reads_back_the_same(scenario):
    for language in ("en", "zh"):
        assert parse_scenario(to_yaml(scenario, language)) == scenario


def changes(before: str, after: str) -> list[str]:
    """The lines that differ, without their surroundings."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return [line for line in lines if line[0] in "+-" and line[:3] not in ("---", "+++")]


@pytest.mark.core
def test_an_edit_changes_its_lines_only():
    assert edited(UNDERPASS, []) == UNDERPASS
    after = edited(UNDERPASS, ["seed=9", "agencies.燃气集团.crews=2", "script.1.tell.by=电话"])
    assert changes(UNDERPASS, after) == [
        "-seed: 7",
        "+seed: 9",
        "-  燃气集团: {crews: 1}",
        "+  燃气集团: {crews: 2}",
        "-    tell: {to: 指挥部, by: 传真, text: 市气象台发布暴雨橙色预警}",
        "+    tell: {to: 指挥部, by: 电话, text: 市气象台发布暴雨橙色预警}",
    ]


def test_an_edit_uses_the_spelling_of_the_file():
    text = "演练: a\n种子: 7   # 随机\n脚本:\n  - {时刻: T+0, 险情: 爆管 x}\n"
    assert edited(text, ["seed=9", "agencies={b: {crews: 2}}"]) == (
        "演练: a\n种子: 9   # 随机\n脚本:\n  - {时刻: T+0, 险情: 爆管 x}\nagencies:\n  b: {crews: 2}\n"
    )


def test_an_edit_merges_mappings_and_takes_keys_away():
    after = edited(UNDERPASS, ["hazards=", "agencies={燃气集团: {crews: 3}}", "script.2="])
    assert parse_scenario(after).hazards == ()
    assert parse_scenario(after).agencies["指挥部"].played
    assert "# T+0, evening peak" in after


def test_an_edit_that_spoils_the_file_is_refused():
    with pytest.raises(ScenarioError, match='seed "x" is not a whole number'):
        edited(UNDERPASS, ["seed=x"])


VALUES = st.sampled_from(
    ["7", "'7'", "1_0", "0o17", "true", "~", '""', "{}", "[]", "{b: {crews: 2}}", "2026-07-18T10:00:00Z"]
)
PATHS = st.sampled_from(
    ["seed", "drill", "start", "names", "names.x", "agencies", "agencies.燃气集团", "script.2", "variants.v"]
)


@given(st.lists(st.tuples(PATHS, VALUES).map("=".join), max_size=3))
@settings(max_examples=20, deadline=None)
def test_an_edited_file_says_what_the_settings_say(changes):
    try:
        expected = parse_scenario(UNDERPASS, settings=changes)
    except ScenarioError:
        return
    assert parse_scenario(edited(UNDERPASS, changes)) == expected
