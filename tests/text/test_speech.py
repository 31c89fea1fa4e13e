"""What a user of the bundled drill meets in Chinese: timeline, causes, report, findings."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest

import twin
from tests.text.conftest import ROOT
from twin.cli import main
from twin.model.finding import Finding, Severity
from twin.text import _, use_language
from twin.text.system import told
from twin.views.names import spoken, tight

SCENARIO_WORDS = "box transformer|pump 1|pump 2|tower|hospital|crew|pumps back"
"""Names that the bundled script gives to things: they are its author's own."""
UNTRANSLATED = re.compile(
    rf"Pump station blackout|{SCENARIO_WORDS}|pump-blackout|\(quarter\)|SAIDI|SAIFI|CAIDI|Bruneau|IEEE Std"
    r"|\bT\+|#\d+|\bDN\d+|(?:lifeline-twin|power-grid-model|[a-z]+) [\d.]+(?:post\d)?"
    r"|(?:response|targets|results)/[\w/.]+|(?:power|water|facility)/\w+/[\w-]+|(?:journal|service)\b|\b[0-9a-f]{64}\b"
    r"|\b(?:MW|MWh|kW|kV|L/s|m³|min|h)\b|\b[A-Z]+-\d+"
)
"""What stays as it is: titles and names of the script, ids, figures of standards, packages, units."""


class Visible(HTMLParser):
    """The texts of a page that a reader sees, tooltips of drawings among them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.hidden = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.hidden = tag if tag in ("style", "script") else ""
        self.texts += [value for key, value in attrs if key in ("aria-label", "title", "alt") and value]

    def handle_endtag(self, tag):
        self.hidden = ""

    def handle_data(self, data):
        if not self.hidden and data.strip():
            self.texts.append(data)


def english(texts: list[str]) -> Iterator[str]:
    """The texts in which an English word is left."""
    return (text for text in texts if re.search("[A-Za-z]{2,}", UNTRANSLATED.sub(" ", text)))


@pytest.fixture(scope="module")
def drill(tmp_path_factory: pytest.TempPathFactory) -> twin.api.Run:
    return twin.run("pump-blackout", out=tmp_path_factory.mktemp("runs") / "drill", seed=7)


def test_the_report_of_the_bundled_drill_has_no_english_left(drill, compiled, tmp_path):
    with use_language("zh"):
        texts = Visible(drill.report(tmp_path / "zh.html").read_text(encoding="utf-8")).texts
    assert len(texts) > 200
    assert list(english(texts)) == []


def test_the_report_of_the_bundled_drill_has_no_chinese_in_english(drill, compiled, tmp_path):
    with use_language("en"):
        texts = Visible(drill.report(tmp_path / "en.html").read_text(encoding="utf-8")).texts
    assert {text for text in texts if re.search("[\u4e00-\u9fff]", text)} <= {
        "泵站停电 · Pump station blackout"
    }


def test_a_page_with_an_english_word_is_found_out():
    assert list(english(["水泵停运", "Pump stops", "1.5 MWh", "water/pump/PU-1"])) == ["Pump stops"]


def test_the_terminal_tells_the_drill_in_chinese(drill, compiled, capsys):
    assert main(["show", str(drill.folder), "--lang", "zh"]) == 0
    shown = capsys.readouterr().out.replace(str(drill.folder), "")
    assert "water/pump/PU-1 停运：失去来自 power/motor/M-1 的电力" in shown
    assert "告知供电公司：泵站箱变冒烟" in shown
    assert "供应率(hospital) >= 80 %" in shown
    assert list(english(shown.splitlines())) == []


def test_a_script_is_told_in_the_language_in_use(compiled):
    wording = {"zh": {"served(x) > 1": "供应率(x) > 1"}}
    with use_language("zh"):
        assert spoken(wording)("served(x) > 1") == "供应率(x) > 1"
        assert spoken(wording)("power") == "电力"
        assert spoken(wording)("power company 1") == "供电公司 1"
        assert spoken(wording)("anything a user wrote 3") == "anything a user wrote 3"
    with use_language("en"):
        assert spoken(wording)("served(x) > 1") == "served(x) > 1"
        assert spoken(wording)("power company 1") == "power company 1"


def test_blanks_stand_only_beside_what_is_not_chinese():
    assert tight("供电公司 派 1 队 前往 XB-1") == "供电公司派 1 队前往 XB-1"


def test_a_finding_has_chinese_punctuation(compiled):
    finding = Finding(
        "r", Severity.ERROR, "a.csv", _("is not unique"), _("rename"), field="id", ids=("A", "B"), line=3
    )
    assert str(finding) == "a.csv:3: id is not unique (A, B): rename"
    with use_language("zh"):
        assert str(finding) == "a.csv:3: id 不唯一（A, B）：请重命名"


def test_the_operating_system_is_told_in_chinese(compiled):
    with use_language("zh"):
        assert str(told(OSError(errno.ENOENT, "No such file or directory"))) == "没有该文件或目录"
        assert str(told(OSError(errno.ENOENT, "something unheard of"))) == "something unheard of"
        assert str(told(UnicodeError("strange"))) == "strange"


def test_the_glossary_and_the_catalogue_agree(chinese):
    page = (ROOT / "docs" / "explanation" / "glossary.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \|", page, re.MULTILINE)[2:]
    assert len(rows) > 40
    both = [(english, words) for english, words in rows if english in chinese]
    assert len(both) > 15
    for english_word, words in both:
        assert chinese[english_word].string in words.split("、"), english_word
