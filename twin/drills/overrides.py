"""Changes laid over a scenario file before it is checked: `--set key=value` and named variants.

Both say the same: a dotted path and a value. A mapping is merged key by key, anything else replaces
what was there, and an empty value takes the key away. Items of a list are counted from 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from twin.drills import words
from twin.drills.refusal import RefusedError, instead_of
from twin.drills.tree import Branch, Entry, Leaf, Mark, Node, Path, Series, defect, is_nothing, tree_of
from twin.errors import ScenarioError
from twin.model.finding import Finding
from twin.text import _

FREE_KEYS = ("names", "agencies", "variants")
SETTINGS = "--set"


def override(tree: Branch, setting: str) -> Branch:
    """`tree` with one `key=value` laid over it, as in `agencies.gas company.crews=1`.

    Raises `ScenarioError` where the setting cannot be read or its path leads nowhere.
    """
    path, equals, text = setting.partition("=")
    mark = Mark(f"{SETTINGS} {setting}")
    if not equals or not path.strip():
        problem, remedy = _("this is no setting"), _("write key=value, as in seed=7")
        raise ScenarioError(_("A setting cannot be used"), (defect(mark, "set", problem, remedy),))
    value, findings = tree_of(text, mark.file)
    if findings:
        raise ScenarioError(_("A setting cannot be used"), tuple(findings))
    return _placed(tree, path.strip(), value, mark)


def apply_variant(tree: Branch, name: str) -> Branch:
    """`tree` with the variant called `name` laid over it; its `do` becomes a row at T+0.

    Raises `ScenarioError` where there is no such variant or one of its paths leads nowhere.
    """
    variants = tree.entries.get("variants")
    known = variants.value.entries if variants and isinstance(variants.value, Branch) else {}
    if name not in known:
        finding = defect(
            variants.mark if variants else tree.mark,
            "variant",
            _("there is no variant {name}", name=f'"{name}"'),
            instead_of(name, known),
        )
        raise ScenarioError(_("A variant cannot be used"), (finding,))
    changes = known[name].value
    if not isinstance(changes, Branch):
        raise ScenarioError(_("A variant cannot be used"), (not_a_mapping(changes, name),))
    measure: Entry | None = None
    for written, entry in changes.entries.items():
        if words.english(written, "key") == "do":
            measure = entry
        else:
            tree = _placed(tree, written, entry.value, entry.mark)
    return _with_measure(tree, measure) if measure else tree


def not_a_mapping(node: Node, field: str) -> Finding:
    """The finding for a value that should hold keys."""
    return defect(
        node.mark, "mapping", _("must hold keys with values"), _("write key: value below it"), field
    )


def in_english(node: Node, path: Path, findings: list[Finding]) -> Node:
    """`node` at `path` with its Chinese keys in English; keys that people choose stay as they are."""
    if isinstance(node, Series):
        items = enumerate(node.items)
        return replace(
            node, items=tuple(in_english(item, (*path, number), findings) for number, item in items)
        )
    if not isinstance(node, Branch) or path[:1] == ("variants",):
        return node
    entries: dict[str, Entry] = {}
    for written, entry in node.entries.items():
        key = canonical(written, path)
        if key in entries:
            problem = _("says the same as {other}", other=entries[key].written)
            findings.append(defect(entry.mark, "duplicate-key", problem, _("keep one"), written))
        else:
            entries[key] = replace(entry, value=in_english(entry.value, (*path, key), findings))
    return replace(node, entries=entries)


def canonical(written: str, path: Path) -> str:
    """The key `written` below `path` in English; a key that people choose stays as it is."""
    free = len(path) == 1 and path[0] in FREE_KEYS
    return written if free else (words.english(written, "key") or written)


def steps_of(dotted: str) -> list[str]:
    """The steps of a dotted path; a step between quotation marks may hold dots itself."""
    return [step.strip().strip('"') for step in re.findall(r'"[^"]*"|[^.]+', dotted)]


def _placed(tree: Branch, dotted: str, value: Node, mark: Mark) -> Branch:
    findings: list[Finding] = []
    if not steps_of(dotted):
        problem, remedy = _("this is no path to a key"), _("write keys with dots between them")
        raise ScenarioError(_("An override cannot be used"), (defect(mark, "set", problem, remedy, dotted),))
    try:
        changed = _merged(tree, (), steps_of(dotted), value, mark, findings)
    except RefusedError as refused:
        findings = [defect(mark, refused.rule, refused.problem, refused.remedy, dotted)]
    if findings:
        raise ScenarioError(_("An override cannot be used"), tuple(findings))
    assert isinstance(changed, Branch)
    return changed


def _merged(
    node: Node, path: Path, steps: list[str], value: Node, mark: Mark, findings: list[Finding]
) -> Node:
    """`node`, which stands at `path`, with `value` laid over what `steps` lead to."""
    if not steps:
        value = in_english(value, path, findings)
        if isinstance(node, Branch) and isinstance(value, Branch):
            for key, entry in value.entries.items():
                node = _with_entry(node, path, key, [], entry.value, entry.mark, findings)
            return node
        return value
    if isinstance(node, Series):
        return _with_item(node, path, steps, value, mark, findings)
    if not isinstance(node, Branch):
        raise RefusedError(
            _("the path goes on below a single value, at {step}", step=steps[0]),
            _("shorten the path"),
            rule="set",
        )
    return _with_entry(node, path, canonical(steps[0], path), steps[1:], value, mark, findings)


def _with_entry(
    node: Branch, path: Path, key: str, steps: list[str], value: Node, mark: Mark, findings: list[Finding]
) -> Branch:
    entries = dict(node.entries)
    if not steps and is_nothing(value):
        entries.pop(key, None)
        return replace(node, entries=entries)
    old = entries.get(key)
    inner: Node = old.value if old else (Branch({}, mark) if steps else Leaf(None, mark))
    entries[key] = Entry(key, mark, _merged(inner, (*path, key), steps, value, mark, findings))
    return replace(node, entries=entries)


def _with_item(
    node: Series, path: Path, steps: list[str], value: Node, mark: Mark, findings: list[Finding]
) -> Series:
    number = int(steps[0]) if steps[0].isascii() and steps[0].isdigit() and len(steps[0]) < 7 else 0
    if not 1 <= number <= len(node.items):
        raise RefusedError(
            _("there is no item {step} in a list of {count}", step=steps[0], count=len(node.items)),
            _("count its items from 1"),
            rule="set",
        )
    items = list(node.items)
    if not steps[1:] and is_nothing(value):
        del items[number - 1]
    else:
        items[number - 1] = _merged(items[number - 1], (*path, number - 1), steps[1:], value, mark, findings)
    return replace(node, items=tuple(items))


def _with_measure(tree: Branch, measure: Entry) -> Branch:
    """`tree` with a last row that does `measure` at T+0; the rows of the file keep their numbers."""
    row = Branch({"at": Entry("at", measure.mark, Leaf("T+0", measure.mark)), "do": measure}, measure.mark)
    script = tree.entries.get("script")
    rows: Iterable[Node] = script.value.items if script and isinstance(script.value, Series) else ()
    entry = Entry("script", measure.mark, Series((*rows, row), script.mark if script else measure.mark))
    return replace(tree, entries={**tree.entries, "script": entry})
