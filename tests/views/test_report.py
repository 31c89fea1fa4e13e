"""The report: self-contained, complete, in both languages, safe, the same for the same run."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from tests.sample_run import sample_city, write_sample_run
from twin.io.runs import StoredRun, open_run
from twin.model.city import Manifest
from twin.model.journal import Journal
from twin.text import message, use_language
from twin.views.report import TEMPLATES, report, tied, write_report
from twin.views.story import Story

VOID = {"meta", "br", "input", "link", "hr", "img"}
SECTIONS = ["Who was out, and since when", "Resilience figures", "Timeline", "Basis"]


class Page(HTMLParser):
    """Reads a page: its ids, links, tags left open, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.requests: list[str] = []
        self.tags: list[str] = []
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.nodes: list[str] = []
        self.headings: list[str] = []
        self.feed(text)

    @property
    def text(self) -> str:
        return "".join(self.nodes)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        found = dict(attrs)
        self.ids |= {found["id"]} if "id" in found else set()
        self.links += [found["href"]] if tag == "a" and "href" in found else []
        asks = ("src", "srcset") if tag == "a" else ("src", "srcset", "href")
        self.requests += [value for key, value in attrs if key in asks]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data):
        if not self.open or self.open[-1] not in ("style", "script"):
            self.nodes.append(data)
        if self.open and self.open[-1] == "h2":
            self.headings.append(data)


@pytest.fixture(scope="module", autouse=True)
def chinese_catalogue(tmp_path_factory):
    """The Chinese catalogue, compiled from its source."""
    folder = tmp_path_factory.mktemp("locales") / "zh" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    source = Path(message.__file__).parent / "locales" / "zh" / "LC_MESSAGES" / "twin.po"
    with source.open("rb") as file, (folder / "twin.mo").open("wb") as made:
        write_mo(made, read_po(file))
    patch = pytest.MonkeyPatch()
    patch.setattr(message, "_CATALOGUES", folder.parent.parent)
    message._catalogue.cache_clear()
    yield
    patch.undo()
    message._catalogue.cache_clear()


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> StoredRun:
    return open_run(write_sample_run(tmp_path_factory.mktemp("run") / "run"))


@pytest.fixture(scope="module")
def page(run) -> Page:
    return Page(report(run, sample_city(), "en"))


@pytest.mark.core
def test_the_page_is_well_formed_and_asks_for_nothing_outside(run, page):
    assert (page.wrong, page.open) == ([], [])
    assert page.requests == []
    text = report(run, sample_city(), "en")
    outside = [
        link for link in re.findall(r"https?://[^\s\"'<]+", text) if not link.startswith("http://www.w3.org")
    ]
    assert outside == []
    assert "url(" not in text
    assert "@import" not in text


@pytest.mark.core
def test_every_link_leads_to_an_event_of_the_timeline(page, run):
    assert page.links
    assert {link.removeprefix("#") for link in page.links} <= page.ids
    evidence = {f"e{number}" for one in run.summary["expectations"] for number in one["evidence"]}
    assert evidence <= page.ids


def test_the_answer_comes_before_everything_else(page):
    sections = ["The run on one page", "Expectations", "The cascade", "Service"]
    assert page.headings == [*sections, *SECTIONS]
    assert page.text.index("2 of 3 judged expectations were met.") < page.text.index(sections[0])
    assert "A fatal one was missed: served(hospital/*) >= 90" in page.text
    assert "It began at T+0:10:00: line F-1 is damaged." in page.text
    assert "St. Anne's Hospital went without from T+1:10:00 for 1" in page.text


def test_it_names_what_it_stands_on(page):
    for words in ("Pipe roughness 120", "repair.line.median", "every solve of the run converged"):
        assert words in page.text
    assert "numpy 2.1.0" in page.text


def test_score_and_coverage_are_apart(page):
    assert "2 / 3" in page.text
    assert "4 / 5" in page.text
    assert "its row never fired" in page.text


@pytest.mark.core
def test_the_chinese_page_has_no_english_sentence(tmp_path):
    stored = open_run(write_sample_run(tmp_path / "run", chinese=True))
    text = report(stored, sample_city(chinese=True), "zh")
    assert '<html lang="zh-Hans">' in text
    shown = Page(text).text
    assert "第三人民医院自 T+1:10:00 起中断" in shown
    template = (TEMPLATES / "report.html").read_text(encoding="utf-8")
    english = set(re.findall(r'_\("([^"]+)"', template))
    assert len(english) > 80
    assert english & {node.strip() for node in Page(text).nodes} == set()


def test_equal_runs_have_equal_pages(run):
    assert report(run, sample_city(), "en") == report(run, sample_city(), "en")


def test_texts_of_the_run_are_never_markup(tmp_path):
    folder = write_sample_run(tmp_path / "run")
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    evil = "<script>alert(1)</script><img src=x>"
    summary["scenario"]["title"] = summary["expectations"][0]["text"] = evil
    summary["unverified"][0]["source"] = evil
    (folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    stored = open_run(folder)
    for number in range(len(stored.journal)):
        stored.journal._events[number] = stored.journal[number]._replace(value=evil, rule=evil)
    city = replace(sample_city(), manifest=Manifest("sample", title=evil, assumed=(evil,)))
    found = Page(report(stored, city, "en"))
    assert found.tags.count("script") == 1
    assert "img" not in found.tags
    assert found.wrong == []


def test_a_killed_run_says_so_first(tmp_path):
    folder = write_sample_run(tmp_path / "run")
    (folder / "summary.json").write_text('{"status": "killed"}', encoding="utf-8")
    text = Page(report(open_run(folder), sample_city(), "en")).text
    assert "The run was killed; this report tells what it had written down until then." in text


def test_a_run_in_which_nothing_happened_has_a_page(run, tmp_path):
    empty = StoredRun(run.folder, {}, {"status": "done", "end_s": 3600.0}, Journal())
    page = Page(report(empty, sample_city(), "en"))
    assert "Nothing was damaged." in page.text
    assert "Nobody went without service." in page.text
    assert page.wrong == []


def test_networks_without_coordinates_are_drawn_as_schematics(run):
    text = Page(report(run, sample_city(xy=False), "en")).text
    assert text.count("schematic: no coordinates") == 2


def test_a_solve_that_fell_back_is_told(run):
    journal = Journal()
    journal.append(60.0, "fallback", lifeline="water", rule="no source is left")
    stored = StoredRun(run.folder, run.request, {**run.summary, "fallbacks": 1}, journal)
    text = Page(report(stored, sample_city(), "en")).text
    assert "Water was judged by reachability alone: no source is left" in text
    assert "1 solves did not converge" in text


def test_the_file_appears_whole(run, tmp_path):
    path = write_report(run, sample_city(), tmp_path / "deep" / "report.html", "en")
    assert path.read_text(encoding="utf-8").endswith("</html>")
    assert [one.name for one in path.parent.iterdir()] == ["report.html"]


def test_clock_times_follow_the_start(run):
    with use_language("en"):
        assert Story(run, sample_city()).clock(3_725) == "09:02:05"
        for start, shown in (("23:30", "00:30:00"), ("soon", ""), ("", "")):
            stored = StoredRun(run.folder, {}, {"start": start}, Journal())
            assert Story(stored, sample_city()).clock(3600) == shown


def test_numbers_stay_with_their_units():
    assert tied("90 % for 5 h, 3 streets").replace("\N{NO-BREAK SPACE}", "_") == "90_% for 5_h, 3 streets"
