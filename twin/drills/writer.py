"""From a `Scenario` to a YAML file, and changes to a file that keep its comments."""

from __future__ import annotations

import io
from collections.abc import Sequence

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.resolver import VersionedResolver
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from twin.drills import words
from twin.drills.overrides import FREE_KEYS, canonical, steps_of
from twin.drills.reader import parse_scenario
from twin.drills.schema import Scenario
from twin.drills.tree import Branch, Leaf, Node, Path, Series, tree_of

_RULES = VersionedResolver(version=(1, 2))
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
        written = _document(_data(tree_of(value, setting)[0]), ("variants",), "en")
        _set(document, steps_of(path), written)
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
    yaml.dump(_document(value, ("variants",), "en"), target)
    return target.getvalue().removesuffix("\n").removesuffix("\n...").strip()


class _Texts(VersionedResolver):
    """Every scalar is a text, so that none is rewritten as a number, a date or a truth value."""

    def resolve(self, kind: type, value: object, implicit: object) -> object:
        """The tag of a node of this kind."""
        return super().resolve(kind, "text" if kind is ScalarNode else value, implicit)


def _yaml() -> YAML:
    yaml = YAML(typ="rt", pure=True)
    yaml.Resolver = _Texts
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
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, dict):
        return None if value is None else _quoted(str(value))
    written = CommentedMap()
    for key, each in value.items():
        chosen = path[:1] == ("variants",) or (len(path) == 1 and path[0] in FREE_KEYS)
        spelt = key if chosen else words.spelt(key, "key", language)
        written[_quoted(spelt)] = _document(each, (*path, key), language)
    if path[-1:] in (("tell",), ("else",)) or path[-2:-1] in _ITEMS_ON_ONE_LINE:
        written.fa.set_flow_style()
    return written


def _quoted(text: str) -> str:
    """A text, between quotation marks where it would be taken for a date, a truth value or a sign of YAML."""
    kind = _RULES.resolve(ScalarNode, text, (True, False))
    bare = text[:1].isalnum() and str(kind).endswith((":str", ":int", ":float"))
    return text if bare else DoubleQuotedScalarString(text)


def _data(node: Node) -> object:
    """What stands in a tree as nested mappings, lists and texts."""
    if isinstance(node, Series):
        return [_data(item) for item in node.items]
    if isinstance(node, Branch):
        return {key: _data(entry.value) for key, entry in node.entries.items()}
    return node.text


def _set(node: CommentedMap | CommentedSeq, steps: list[str], value: object, path: Path = ()) -> None:
    """Lay `value` over what `steps` lead to below `node`, under the spelling the file uses."""
    key: str | int = canonical(steps[0], path)
    step: str | int = next((each for each in node if canonical(str(each), path) == key), steps[0])
    if isinstance(node, CommentedSeq):
        key = step = int(steps[0]) - 1
    elif steps[1:]:
        node.setdefault(step, CommentedMap())
    there = isinstance(node, CommentedSeq) or step in node
    if steps[1:]:
        _set(node[step], steps[1:], value, (*path, key))
    elif value is None and there:
        del node[step]
    elif isinstance(value, CommentedMap) and there and isinstance(node[step], CommentedMap):
        for inner, part in value.items():
            _set(node[step], [inner], part, (*path, key))
    elif value is not None:
        node[step] = value
