"""The catalogue is complete and sound: what the code says, and nothing else, stands there in Chinese."""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterable, Iterator
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message

from tests.text.conftest import SOURCE

MEND = "run 'make messages', then translate what is new in twin/text/locales"
HAN = "\u4e00-\u9fff"
HALF_WIDTH = re.compile(rf"[{HAN}][,;:?!()]|[,;?!()][{HAN}]")
QUOTED = re.compile(r"“[^”]*”")
NO_WORD = re.compile(r"\{[^}]*\}|--?\w+|T\+|JSON Schema|import twin|Python|(?:pip|twin) \w+.*")
"""What stays Latin in a Chinese sentence that may have no other word."""


def written(catalogue: Catalog) -> Iterator[Message]:
    return (message for message in catalogue if message.id)


def ids(message: Message) -> tuple[str, ...]:
    return message.id if isinstance(message.id, tuple) else (message.id,)


def strings(message: Message) -> tuple[str, ...]:
    return message.string if isinstance(message.string, tuple) else (message.string,)


def placeholders(text: str) -> list[tuple[str, str]]:
    return sorted((name, spec or "") for _, name, spec, _ in Formatter().parse(text) if name is not None)


def catalogue_of(sentences: Iterable[str | tuple[str, ...]]) -> Catalog:
    result = Catalog()
    for sentence in sentences:
        result.add(sentence)
    return result


@pytest.mark.core
def test_every_sentence_of_the_code_has_an_entry(template: Catalog, chinese: Catalog):
    assert [message.id for message in written(template) if message.id not in chinese] == [], MEND


@pytest.mark.core
def test_no_entry_is_left_that_the_code_no_longer_says(template: Catalog, chinese: Catalog):
    assert [message.id for message in written(chinese) if message.id not in template] == [], MEND
    assert list(chinese.obsolete) == [], MEND


@pytest.mark.core
def test_no_entry_is_a_guess(chinese: Catalog):
    assert [message.id for message in written(chinese) if message.fuzzy] == [], "mend it, remove the mark"


@pytest.mark.core
def test_no_entry_is_empty(chinese: Catalog):
    assert [message.id for message in written(chinese) if not all(strings(message))] == []


@pytest.mark.core
def test_plural_forms_are_complete(template: Catalog, chinese: Catalog):
    plural = [message for message in written(chinese) if message.pluralizable]
    assert plural
    assert [message.id for message in plural if len(strings(message)) != chinese.num_plurals] == []
    assert [message.id for message in plural if not template[message.id].pluralizable] == []
    assert (chinese.num_plurals, chinese.plural_expr) == (1, "0")


@pytest.mark.core
def test_both_languages_name_the_same_values(chinese: Catalog):
    wrong = [
        message.id
        for message in written(chinese)
        if not message.fuzzy
        and {str(placeholders(text)) for text in strings(message)} != {str(placeholders(ids(message)[-1]))}
    ]
    assert wrong == []


@pytest.mark.core
def test_every_translation_is_chinese(chinese: Catalog):
    for message in written(chinese):
        for text in strings(message):
            assert re.search(f"[{HAN}]", text) or not re.search("[A-Za-z]", NO_WORD.sub("", text)), text


@pytest.mark.core
def test_chinese_sentences_have_chinese_punctuation(chinese: Catalog):
    for message in written(chinese):
        for text in strings(message):
            assert not HALF_WIDTH.search(QUOTED.sub("", text)), text
            english = ids(message)[-1]
            assert text.endswith("。") == (english.endswith(".") and not english.endswith("...")), text


def test_the_file_is_as_make_messages_writes_it(messages, template: Catalog):
    assert messages.updated(SOURCE, template) == SOURCE.read_text(encoding="utf-8"), MEND


def test_the_file_changes_only_with_the_words(messages, template: Catalog):
    text = SOURCE.read_text(encoding="utf-8")
    assert "Date:" not in text
    assert "\n#:" not in text
    sentences = [message.id for message in template if message.id]
    assert messages.updated(SOURCE, catalogue_of(reversed(sentences))) == messages.updated(SOURCE, template)


def test_a_changed_sentence_keeps_its_translation_as_a_guess(messages, tmp_path):
    folder = tmp_path / "zh" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    source = folder / "twin.po"
    source.write_text(
        '# Head.\nmsgid ""\nmsgstr "Language: zh\\n"\n\nmsgid "The run failed"\nmsgstr "运行失败"\n', "utf-8"
    )
    told = messages.updated(source, catalogue_of(["The run has failed"]))
    assert told.startswith("# Head.\n")
    assert '#, fuzzy\nmsgid "The run has failed"\nmsgstr "运行失败"' in told
    assert "The run failed" not in told


def test_the_build_compiles_what_is_written(compiled, chinese: Catalog):
    made = gettext.translation("twin", compiled, ["zh"])
    for message in written(chinese):
        shown = made.ngettext(*message.id, 2) if message.pluralizable else made.gettext(message.id)
        assert shown == strings(message)[0]
