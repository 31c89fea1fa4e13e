"""The reader: the samples, the defaults, overrides, variants, and every refusal with its exact place."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from twin.drills import tree
from twin.drills.reader import parse_scenario, read_scenario
from twin.drills.schema import Scenario
from twin.errors import ScenarioError

SAMPLES = Path(__file__).parent / "samples"
UNDERPASS = (SAMPLES / "underpass.yaml").read_text(encoding="utf-8")
SMALL = "drill: a\nscript:\n  - {at: T+0, do: break x}\n"


def refusal(data: str | bytes, **changes) -> list[str]:
    """The findings that reading `data` ends in, one text each."""
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(data, "d.yaml", **changes)
    assert caught.value.exit_code == 2
    return [str(finding) for finding in caught.value.findings]


@pytest.mark.core
def test_the_underpass_sample_is_read_whole():
    sample = read_scenario(SAMPLES / "underpass.yaml")
    assert sample.title == "暴雨下穿积水联合演练"
    assert [row.trigger for row in sample.script] == [
        "at",
        "when",
        "when",
        "when",
        "when",
        "when",
        "if_missed",
    ]
    assert [kind for *__, each in sample.expectations() if (kind := each.kind) != "does"] == [
        "keeps",
        "keeps",
        "gets",
        "keeps",
        "shows",
    ]
    assert str(sample.script[4].when) == "depth(下穿) > 0.5 m for 20 min"
    assert str(sample.script[4].do) == "leak 20 mm at 燃气管"
    assert sample.script[4].do.amount.si == pytest.approx(0.02)
    assert sample.script[4].tell.by == "citizen report"
    assert sample.resolve("箱变") == "power/transformer/XB-07"
    assert sample.hazards[0].rain[0].intensity.si == pytest.approx(58e-3 / 3600)
    assert sample.start.text() == "2026-07-18 17:30"
    assert sample.agencies["燃气集团"].crews == 1


@pytest.mark.core
def test_what_is_left_out_takes_its_default():
    blackout = read_scenario(SAMPLES / "blackout.yaml")
    assert (blackout.seed, str(blackout.start), blackout.horizon_s) == (1, "08:00", 86_400)
    trunk = read_scenario(SAMPLES / "trunk-main.yaml")
    assert (trunk.title, trunk.city) == ("N-1 of the trunk main", "build/micropolis")


def test_a_missing_within_comes_from_the_targets_table():
    sample = read_scenario(SAMPLES / "underpass.yaml")
    dispatch = sample.script[4].expect[0]
    assert (dispatch.clock_s, dispatch.target.verified) == (300, False)
    assert sample.script[4].expect[1].target is None


def test_chinese_keys_say_the_same_as_english_ones():
    chinese = UNDERPASS
    for english, alias in {"script:": "脚本:", "when:": "当:", "tell:": "导调:", "who:": "单位:"}.items():
        chinese = chinese.replace(english, alias)
    chinese = chinese.replace("does: isolate", "应: 隔离").replace("> 0.15 m ", "> 15 厘米 ")
    assert parse_scenario(chinese).script[2] == parse_scenario(UNDERPASS).script[2]


def test_a_scenario_goes_through_pickle():
    sample = read_scenario(SAMPLES / "underpass.yaml")
    again = pickle.loads(pickle.dumps(sample))
    assert again == sample
    assert again.place("seed") == sample.place("seed")


def test_a_scenario_can_be_made_of_plain_data():
    made = Scenario.model_validate(
        {
            "scenario": "a",
            "script": [{"at": "T+0", "do": "break x"}],
            "seed": 3,
            "agencies": {"b": {"crews": 2}},
        }
    )
    assert (made.seed, made.agencies["b"].crews) == (3, 2)


def test_places_point_into_the_text():
    sample = read_scenario(SAMPLES / "underpass.yaml")
    place = sample.place("script", 1, "when", at=5)
    assert UNDERPASS.splitlines()[place.line - 1][place.column - 1 :].startswith("(下穿)")


def test_words_of_yaml_1_1_stay_words():
    made = parse_scenario(SMALL.replace("drill: a", "drill: on") + "start: 17:30\nnames: {no: yes}\n")
    assert (made.title, made.names, str(made.start)) == ("on", {"no": "yes"}, "17:30")


def test_a_byte_order_mark_is_allowed():
    assert parse_scenario(SMALL.encode("utf-8-sig")) == parse_scenario(SMALL)


def test_settings_change_what_they_name_and_nothing_else():
    changed = parse_scenario(
        UNDERPASS, settings=["agencies.燃气集团.crews=3", "seed=9", "脚本.1.tell.by=电话"]
    )
    assert (changed.agencies["燃气集团"].crews, changed.seed) == (3, 9)
    assert changed.script[0].tell.by == "phone"
    assert changed.script[1:] == parse_scenario(UNDERPASS).script[1:]


def test_a_setting_merges_mappings_and_an_empty_one_takes_a_key_away():
    changed = parse_scenario(UNDERPASS, settings=["agencies={公安: {crews: 4}}", "hazards="])
    assert (changed.agencies["公安"].crews, changed.agencies["指挥部"].played) == (4, True)
    assert changed.hazards == ()


def test_a_quoted_step_of_a_path_may_hold_dots():
    changed = parse_scenario(SMALL + "agencies: {a.b: {}}\n", settings=['agencies."a.b".crews=2'])
    assert changed.agencies["a.b"].crews == 2


def test_variants_and_settings_lie_over_the_file_in_this_order():
    night = parse_scenario(UNDERPASS, variants=["夜间"])
    assert (str(night.start), night.agencies["排水中心"].crews) == ("2026-07-18 23:30", 1)
    assert night.agencies["排水中心"].played
    later = parse_scenario(UNDERPASS, variants=["夜间"], settings=["start=23:45"])
    assert str(later.start) == "23:45"


def test_the_measure_of_a_variant_is_done_at_the_start_and_leaves_the_rows_their_numbers():
    twofold = parse_scenario(UNDERPASS, variants=["双回路"])
    assert (str(twofold.script[-1].at), str(twofold.script[-1].do)) == (
        "T+0",
        "connect 泵站 to power/feeder/F-12",
    )
    assert twofold.script[:-1] == parse_scenario(UNDERPASS).script


REFUSALS = {
    "misspelt key": (
        UNDERPASS.replace("weight: 2", "wieght: 2"),
        "d.yaml:25:48: wieght is no key here: did you mean weight?",
    ),
    "misspelt part": (
        UNDERPASS.replace("script:", "scirpt:"),
        "d.yaml:21:1: scirpt is no key here: did you mean script?",
    ),
    "misspelt Chinese key": (
        SMALL.replace("script", "脚木"),
        "d.yaml:2:1: 脚木 is no key here: did you mean 脚本?",
    ),
    "wrong unit": (
        UNDERPASS.replace("depth(下穿) > 0.15 m ", "depth(下穿) > 0.15 min "),
        "d.yaml:27:23: when depth cannot be 0.15 min: give it in m, km, cm, mm",
    ),
    "no unit": (
        UNDERPASS.replace("depth(下穿) > 0.15 m ", "depth(下穿) > 0.15 "),
        "d.yaml:27:23: when depth cannot be 0.15: give it in m, km, cm, mm",
    ),
    "unknown quantity": (
        UNDERPASS.replace("when: depth(下穿) > 0.15", "when: dept(下穿) > 0.15"),
        'd.yaml:27:11: when "dept" is not a quantity: did you mean depth?',
    ),
    "unknown verb": (
        UNDERPASS.replace("flood 箱变", "flod 箱变"),
        'd.yaml:35:30: do "flod" is not a verb: did you mean flood?',
    ),
    "unknown channel": (
        UNDERPASS.replace("by: 传真", "by: 传針"),
        'd.yaml:23:25: by "传針" is not known here: did you mean 传真?',
    ),
    "text for a number": (
        UNDERPASS.replace("seed: 7", "seed: seven"),
        'd.yaml:4:7: seed "seven" is not a whole number: write one, such as 7',
    ),
    "negative seed": (
        SMALL + "seed: -1\n",
        'd.yaml:4:7: seed "-1" is out of range: write a number >= 0',
    ),
    "truth of YAML 1.1": (
        SMALL + "agencies: {a: {played: yes}}\n",
        'd.yaml:4:24: played "yes" is not known here: use one of true, 是, false, 否',
    ),
    "duplicate key": (
        UNDERPASS.replace("seed: 7", "seed: 7\nseed: 8"),
        "d.yaml:5:1: seed stands twice: first in line 4: keep one",
    ),
    "duplicate by its alias": (
        SMALL + "脚本: []\n",
        "d.yaml:4:1: 脚本 says the same as script: keep one",
    ),
    "alias": (SMALL + "seed: *x\n", "d.yaml:4:7: aliases are not allowed: *x: write the value out"),
    "anchor": (
        SMALL + "seed: &x 7\n",
        "d.yaml:4:7: anchors are not allowed: &x: remove it and write values out",
    ),
    "tag": (
        SMALL + "city: !!python/object:os.system x\n",
        "d.yaml:4:7: tags are not allowed: !!python/object:os.system: write the plain value",
    ),
    "version": (
        "%YAML 1.1\n---\n" + SMALL,
        "d.yaml:2:1: YAML 1.1 is not read: remove the %YAML line: the rules are those of 1.2",
    ),
    "second document": (
        SMALL + "---\na: b\n",
        "d.yaml:4:1: a second document begins: keep one scenario in a file",
    ),
    "empty value": (SMALL + "seed:\n", "d.yaml:4:1: seed has no value: give it one or remove the key"),
    "two triggers": (
        UNDERPASS.replace("- at: T+0\n", "- at: T+0\n    when: out(箱变)\n"),
        "d.yaml:22:5: script[1] has 2 of at, when, if_missed: "
        "give it exactly one; others go into a row of their own",
    ),
    "idle row": (
        "drill: a\nscript:\n  - {at: T+0}\n",
        "d.yaml:3:5: script[1] does nothing: add do, tell or expect, or remove the row",
    ),
    "verb of people in do": (
        "drill: a\nscript:\n  - {at: T+0, do: escort x}\n",
        "d.yaml:3:19: do escort cannot stand in do: "
        "use one of break, leak, fail, recover, repair, open, close, start, stop, set, scale, trip, ...",
    ),
    "list for a text": (
        "drill: a\nscript:\n  - {at: T+0, do: [break x]}\n",
        "d.yaml:3:19: do must be a single text: write it on one line, without brackets",
    ),
    "text for a list": (
        "drill: a\nscript: x\n",
        'd.yaml:2:9: script must be a list: begin each of its items with "- "',
    ),
    "text for a mapping": (
        "drill: a\nscript: [x]\n",
        "d.yaml:2:10: script[1] must hold keys with values: write key: value below it",
    ),
    "list for a file": ("- 1\n", "d.yaml:1:1: must hold keys with values: write key: value below it"),
    "nothing": ("# only a comment\n", "d.yaml: is empty: write a title and a script"),
    "no script": ("drill: a\n", "d.yaml:1:1: there is neither script nor hazards: add one of them"),
    "no title": (
        SMALL.replace("drill: a\n", ""),
        "d.yaml:1:1: a scenario has one title: write drill: or scenario: with the title",
    ),
    "open bracket": (
        "drill: a\nscript: [1\n",
        "d.yaml:2:9: this is not YAML (expected ',' or ']', but got '<stream end>'): "
        "mend the indentation, brackets or quotation marks there or just above",
    ),
    "full-width colon": (
        "脚本：\n  - a: b\n",
        "d.yaml:2:6: this is not YAML (mapping values are not allowed here): "
        'write ": " (a colon and a space) after a key instead of "：" there or just above',
    ),
    "tab": (
        "drill: a\nscript:\n\t- {at: T+0}\n",
        "d.yaml:3:1: this is not YAML (found character '\\t' that cannot start any token): "
        "indent with spaces instead of tabs, there or just above",
    ),
    "too deep": (
        "drill: a\nscript: " + "[" * 40 + "]" * 40,
        "d.yaml:2:21: lists and mappings stand more than 12 deep in each other: flatten the file",
    ),
    "defect of a variant": (
        UNDERPASS.replace("crews: 1}\n", "crew: 1}\n", 2).replace("燃气集团: {crew:", "燃气集团: {crews:"),
        "d.yaml:67:33: crew is no key here: did you mean crews?",
    ),
}


@pytest.mark.core
@pytest.mark.parametrize("case", REFUSALS)
def test_a_defect_is_named_with_its_place(case):
    text, expected = REFUSALS[case]
    assert refusal(text) == [expected]


def expectation(rest: str) -> str:
    return "drill: a\nscript:\n  - at: T+0\n    expect:\n      - {who: a, " + rest + "}\n"


EXPECTATIONS = {
    "does: warn x, gets: out(x)": "d.yaml:5:9: expect[1] has 2 of does, gets, keeps, shows: "
    "give it exactly one; others go into an expectation of their own",
    "weight: 2": "d.yaml:5:9: expect[1] has 0 of does, gets, keeps, shows: "
    "give it exactly one; others go into an expectation of their own",
    "does: warn x, after: 3 min": "d.yaml:5:32: after goes with keeps only: use within for does",
    "keeps: out(x), after: 3 min, within: 2 min": "d.yaml:5:47: within ends the watch before its grace: "
    "make within longer than after",
    "does: warn x, weight: -1": 'd.yaml:5:40: weight "-1" is out of range: write a number > 0',
    "does: warn x, weight: nan": 'd.yaml:5:40: weight "nan" is not a number: write one, such as 2.5',
    "does: warn x, within: 0 min": "d.yaml:5:40: within 0 min is not above zero: give a time, such as 5 min",
    "does: warn x, within: 3 m": "d.yaml:5:40: within 3 m does not fit: give it in s, min, h, d, a",
    "does: warn x, fatal: 1": 'd.yaml:5:39: fatal "1" is not known here: use one of true, 是, false, 否',
    "does: break x": "d.yaml:5:24: does break cannot stand in does: use one of repair, open, close, start, "
    "stop, set, switch, connect, disconnect, cut power, restore power, isolate, ...",
}


@pytest.mark.parametrize("rest", EXPECTATIONS)
def test_a_wrong_expectation_is_named_with_its_place(rest):
    assert refusal(expectation(rest)) == [EXPECTATIONS[rest]]


def test_a_bare_comma_in_a_flow_mapping_gets_its_own_remedy():
    found = refusal(SMALL + "  - {when: eta(a, b) > 3 min, do: break x}\n")
    assert found[1] == (
        "d.yaml:4:19: b) > 3 min has no value: put a text with a comma in it between quotation marks"
    )


def test_every_defect_is_named_at_once():
    text = (
        UNDERPASS.replace("weight: 2", "wieght: 2")
        .replace("seed: 7", "seed: x")
        .replace("at: T+0", "at: T-0")
    )
    assert [line.split(":")[1] for line in refusal(text)] == ["4", "22", "25"]


def test_a_file_that_is_not_utf_8_is_named_with_what_it_looks_like():
    assert refusal(UNDERPASS.encode("gb18030")) == [
        "d.yaml:1: is not UTF-8 (byte 8): save it as UTF-8; it looks like GB 18030 (GBK)"
    ]
    assert refusal(UNDERPASS.encode("utf-16")) == [
        "d.yaml:1: is not UTF-8 (byte 1): save it as UTF-8; it looks like UTF-16"
    ]
    assert refusal(b"drill: caf\xe9\n") == ["d.yaml:1: is not UTF-8 (byte 11): save it as UTF-8"]


LIMITS = {
    "drill: a\nscript: [" + "a," * 5_000 + "]": "d.yaml:2: the line has more than 10000 characters: break it",
    "a" * 1_000_001: "d.yaml: is larger than 1000000 bytes: split it, or leave out what is not needed",
    SMALL.replace(
        "drill: a", f"drill: {'a' * 2001}"
    ): "d.yaml:1:8: drill is longer than 2000 characters: shorten it",
    SMALL.replace("drill: a", 'drill: "a\\a"'): "d.yaml:1:8: drill holds a control character: remove it",
}


@pytest.mark.parametrize("text", LIMITS, ids=lambda text: text[:10])
def test_a_file_keeps_within_its_limits(text):
    assert refusal(text) == [LIMITS[text]]


def test_a_file_has_a_largest_number_of_values(monkeypatch):
    monkeypatch.setattr(tree, "MOST_VALUES", 100)
    assert refusal("- a\n" * 200) == ["d.yaml:100:3: there are more than 100 keys and values: split the file"]


def test_an_item_of_a_list_is_taken_away_by_an_empty_setting():
    changed = parse_scenario(UNDERPASS, settings=["script.1="])
    assert changed.script == parse_scenario(UNDERPASS).script[1:]


def test_a_missing_or_huge_file_is_a_finding(tmp_path):
    with pytest.raises(ScenarioError, match=r"none.yaml: cannot be opened \(No such file"):
        read_scenario(tmp_path / "none.yaml")
    huge = tmp_path / "huge.yaml"
    huge.write_text("a" * 1_000_001)
    with pytest.raises(ScenarioError, match=r"huge\.yaml: is larger than 1000000 bytes: split it"):
        read_scenario(huge)


SETTINGS = {
    "agencies.燃气集团.crew=3": "crew is no key here: did you mean crews?",
    "script.99.tell.by=电话": "script.99.tell.by there is no item 99 in a list of 7: count its items from 1",
    "seed.x=1": "seed.x the path goes on below a single value, at x: shorten the path",
    "seed=x": 'seed "x" is not a whole number: write one, such as 7',
    "seed": "this is no setting: write key=value, as in seed=7",
    "seed=*x": "aliases are not allowed: *x: write the value out",
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_wrong_setting_is_named(setting):
    message = refusal(UNDERPASS, settings=[setting])[0]
    assert message.startswith(f"--set {setting}:")
    assert message.endswith(f": {SETTINGS[setting]}")


def test_an_unknown_variant_is_named_with_the_nearest():
    assert refusal(UNDERPASS, variants=["夜里"]) == [
        'd.yaml:66:1: there is no variant "夜里": did you mean 夜间?'
    ]
    assert refusal(UNDERPASS, variants=["双回"]) == [
        'd.yaml:66:1: there is no variant "双回": did you mean 双回路?'
    ]
