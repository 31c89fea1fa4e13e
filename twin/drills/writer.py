"""From a `Scenario` to a YAML file, and changes to a file that keep its comments."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from twin.drills import words
from twin.drills.overrides import FREE_KEYS, canonical, steps_of
from twin.drills.reader import parse_scenario
from twin.drills.schema import Scenario
from twin.drills.tree import Leaf, Path, tree_of

_WHOLE = re.compile("0|[1-9][0-9]{0,9}")
_ITEMS_ON_ONE_LINE = (("expect",), ("hazards",), ("agencies",), ("variants",))


def plain(scenario: Scenario, language: str = "en") -> dict[str, object]:
    """`scenario` as nested mappings, lists and scalars without what is default; its terms in `language`."""
    return scenario.model_dump(by_alias=True, exclude_defaults=True, context={"language": language})


def to_yaml(scenario: Scenario, language: str = "en") -> str:
    """`scenario` as the text of a file, with keys and terms in `language` ("en" or "zh")."""
    return _dumped(_document(plain(scenario, language), (), language))


def edited(text: str, settings: Sequence[str]) -> str:
    """The YAML `text` with `key=value` settings written into it; comments stay where they are.

    Raises `ScenarioError` where the text or the changed text is no scenario.
    """
    changed = parse_scenario(text, settings=settings)
    document = _yaml().load(text)
    for setting in settings:
        path, __, value = setting.partition("=")
        _set(document, steps_of(path), _yaml().load(value))
    result = _dumped(document)
    assert parse_scenario(result) == changed
    return result


def flow_text(value: object) -> str:
    """A value of a setting or variant as text on one line, such that reading it gives the value again."""
    if isinstance(value, str):
        node, findings = tree_of(value, "")
        if not findings and isinstance(node, Leaf) and node.text == value:
            return value
    yaml = _yaml()
    yaml.default_flow_style = True
    target = io.StringIO()
    yaml.dump(value, target)
    return target.getvalue().removesuffix("\n").removesuffix("\n...").strip()


def _yaml() -> YAML:
    yaml = YAML(typ="rt", pure=True)
    yaml.preserve_quotes = True
    yaml.width = 1_000_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _dumped(document: object) -> str:
    target = io.StringIO()
    _yaml().dump(document, target)
    return target.getvalue()


def _document(value: object, path: Path, language: str) -> object:
    """`value` at `path` ready to be dumped: keys in `language`, small mappings on one line."""
    if isinstance(value, list | tuple):
        return CommentedSeq(_document(item, (*path, number), language) for number, item in enumerate(value))
    if not isinstance(value, dict):
        return int(value) if isinstance(value, str) and _WHOLE.fullmatch(value) else value
    written = CommentedMap()
    for key, each in value.items():
        chosen = path[:1] == ("variants",) or (len(path) == 1 and path[0] in FREE_KEYS)
        spelt = key if chosen else words.spelt(key, "key", language)
        written[spelt] = _document(each, (*path, key), language)
    if path[-1:] in (("tell",), ("else",)) or path[-2:-1] in _ITEMS_ON_ONE_LINE:
        written.fa.set_flow_style()
    return written


def _set(node: object, steps: list[str], value: object, path: Path = ()) -> None:
    """Lay `value` over what `steps` lead to below `node`, under the spelling the file uses."""
    if isinstance(node, CommentedSeq):
        number = int(steps[0]) - 1
        if steps[1:]:
            _set(node[number], steps[1:], value, (*path, number))
        else:
            node[number] = value
        return
    assert isinstance(node, CommentedMap)
    key = canonical(steps[0], path)
    spelt = next((each for each in node if canonical(str(each), path) == key), steps[0])
    below = node.get(spelt)
    if steps[1:]:
        _set(node.setdefault(spelt, CommentedMap()), steps[1:], value, (*path, key))
    elif value is None:
        node.pop(spelt, None)
    elif isinstance(value, CommentedMap) and isinstance(below, CommentedMap):
        for inner, part in value.items():
            _set(below, [inner], part, (*path, key))
    else:
        node[spelt] = value
