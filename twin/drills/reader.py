"""From a scenario file to a `Scenario`: every defect found at once, each with file, line and column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path as FilePath

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from twin.drills import words
from twin.drills.overrides import apply_variant, in_english, not_a_mapping, override
from twin.drills.refusal import RefusedError, instead_of
from twin.drills.schema import Scenario, keys_of
from twin.drills.tree import (
    LARGEST_FILE,
    Branch,
    Entry,
    Leaf,
    Mark,
    Node,
    Path,
    Series,
    defect,
    is_nothing,
    tree_of,
)
from twin.errors import ScenarioError
from twin.model.finding import Finding
from twin.text import Message, _
from twin.text.system import told


def read_scenario(
    path: FilePath | str, variants: Sequence[str] = (), settings: Sequence[str] = ()
) -> Scenario:
    """The scenario in the YAML file or workbook at `path`.

    Parameters
    ----------
    path
        A `.yaml` or `.xlsx` file.
    variants
        Names of variants to lay over it, in this order.
    settings
        `key=value` changes laid over it after the variants.

    Raises
    ------
    ScenarioError
        With every finding, where the file cannot be read as a scenario.
    """
    path = FilePath(path)
    if path.suffix.lower() == ".xlsx":
        from twin.drills.workbook import tree_of_workbook

        return scenario_of(tree_of_workbook(path), variants, settings)
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise _unreadable(str(path), *_too_large())
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        problem = _("cannot be opened ({reason})", reason=told(error))
        raise _unreadable(str(path), problem, _("check the path")) from None
    return parse_scenario(data, str(path), variants, settings)


def parse_scenario(
    data: bytes | str, file: str = "<text>", variants: Sequence[str] = (), settings: Sequence[str] = ()
) -> Scenario:
    """The scenario in the YAML text `data`, called `file` in findings; else as `read_scenario`."""
    text = data if isinstance(data, str) else _decoded(data, file)
    if len(text) > LARGEST_FILE:
        raise _unreadable(file, *_too_large())
    node, findings = tree_of(text, file)
    if not findings and isinstance(node, Leaf) and node.text is None:
        raise _unreadable(file, _("is empty"), _("write a title and a script"))
    if not isinstance(node, Branch):
        raise ScenarioError(_headline(file), tuple(findings) or (not_a_mapping(node, ""),))
    translated = in_english(node, (), findings)
    if findings or not isinstance(translated, Branch):
        raise ScenarioError(_headline(file), tuple(findings))
    return scenario_of(translated, variants, settings)


def scenario_of(tree: Branch, variants: Sequence[str] = (), settings: Sequence[str] = ()) -> Scenario:
    """The scenario that `tree` (keys in English) says, with variants and settings laid over it.

    Where no variant is asked for, each is tried, so that a defect in one shows at once.
    """
    chosen = tree
    for name in variants:
        chosen = apply_variant(chosen, name)
    for setting in settings:
        chosen = override(chosen, setting)
    scenario, findings = _validated(chosen)
    for name in () if variants else _variant_names(chosen):
        known = {(found.rule, found.place) for found in findings}
        new = _variant_findings(chosen, name)
        findings += [found for found in new if (found.rule, found.place) not in known]
    if scenario is None or findings:
        findings.sort(key=lambda found: (found.line, found.column))
        raise ScenarioError(_headline(tree.mark.file), tuple(findings))
    return scenario


def _headline(file: str) -> Message:
    return _("{file} is not a scenario that can be used", file=file)


def _unreadable(file: str, problem: Message, remedy: Message) -> ScenarioError:
    return ScenarioError(_headline(file), (defect(Mark(file), "file", problem, remedy),))


def _too_large() -> tuple[Message, Message]:
    problem = _("is larger than {limit} bytes", limit=LARGEST_FILE)
    return problem, _("split it, or leave out what is not needed")


def _decoded(data: bytes, file: str) -> str:
    """The text of `data`, which must be UTF-8; a byte order mark is allowed."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problem = _("is not UTF-8 (byte {number})", number=error.start + 1)
        remedy = _("save it as UTF-8")
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            remedy = _("save it as UTF-8; it looks like UTF-16")
        elif _is_gb18030(data):
            remedy = _("save it as UTF-8; it looks like GB 18030 (GBK)")
        finding = defect(Mark(file, line), "encoding", problem, remedy)
        raise ScenarioError(_headline(file), (finding,)) from None


def _is_gb18030(data: bytes) -> bool:
    try:
        return any("\u4e00" <= sign <= "\u9fff" for sign in data.decode("gb18030"))
    except UnicodeDecodeError:
        return False


def _variant_names(tree: Branch) -> tuple[str, ...]:
    variants = tree.entries.get("variants")
    return tuple(variants.value.entries) if variants and isinstance(variants.value, Branch) else ()


def _variant_findings(tree: Branch, name: str) -> Sequence[Finding]:
    try:
        return _validated(apply_variant(tree, name))[1]
    except ScenarioError as error:
        return error.findings


def _validated(tree: Branch) -> tuple[Scenario | None, list[Finding]]:
    """The scenario that `tree` says, or None and what is wrong with it."""
    findings = list(_empty_values(tree, ()))
    try:
        scenario = Scenario.model_validate(_plain(tree))
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=True)
        return None, findings + [_finding(tree, each) for each in details]
    scenario._marks.update(_marks(tree, ()))
    return scenario, findings


def _plain(node: Node) -> object:
    if isinstance(node, Leaf):
        return node.text
    if isinstance(node, Series):
        return [_plain(item) for item in node.items]
    return {key: _plain(entry.value) for key, entry in node.entries.items() if not is_nothing(entry.value)}


def _empty_values(node: Node, path: Path) -> Iterator[Finding]:
    """A finding for each key without a value; a variant may take a key away by giving it none."""
    if isinstance(node, Series):
        for number, item in enumerate(node.items):
            yield from _empty_values(item, (*path, number))
    elif isinstance(node, Branch):
        for key, entry in node.entries.items():
            if not is_nothing(entry.value):
                yield from _empty_values(entry.value, (*path, key))
            elif path[:1] != ("variants",) or len(path) == 1:
                yield defect(
                    entry.mark, "empty", _("has no value"), _empty_remedy(entry.written), entry.written
                )


def _empty_remedy(written: str) -> Message:
    if ")" in written:
        return _("put a text with a comma in it between quotation marks")
    return _("give it one or remove the key")


def _marks(node: Node, path: Path) -> Iterator[tuple[Path, Mark]]:
    yield path, node.mark
    if isinstance(node, Series):
        for number, item in enumerate(node.items):
            yield from _marks(item, (*path, number))
    elif isinstance(node, Branch):
        for key, entry in node.entries.items():
            yield from _marks(entry.value, (*path, key))


def _finding(tree: Branch, error: ErrorDetails) -> Finding:
    """One finding for one validation error, at the key or value it is about."""
    node, entry = _at(tree, error["loc"])
    written = entry.written if entry else ""
    if entry and isinstance(error["loc"][-1], int):
        written += f"[{error['loc'][-1] + 1}]"
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, RefusedError):
        if cause.key and isinstance(node, Branch):
            entry = node.entries[cause.key]
            return defect(entry.mark, cause.rule, cause.problem, cause.remedy, entry.written)
        return defect(node.mark.into(cause.at), cause.rule, cause.problem, cause.remedy, written)
    if error["type"] == "extra_forbidden" and entry:
        known = _keys_at(error["loc"][:-1])
        return defect(entry.mark, "unknown-key", _("is no key here"), instead_of(written, known), written)
    if error["type"] == "missing":
        missing = str(error["loc"][-1])
        return defect(node.mark, "missing-key", _("is missing"), _("add it"), missing)
    problem, remedy = _misfit(error, node)
    return defect(node.mark, "value", problem, remedy, written)


def _at(tree: Branch, location: Path) -> tuple[Node, Entry | None]:
    """The node that a validation error is about, and the innermost key it stands under."""
    node: Node = tree
    found: Entry | None = None
    for step in location:
        if isinstance(node, Branch) and step in node.entries:
            found = node.entries[str(step)]
            node = found.value
        elif isinstance(node, Series) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
    return node, found


def _keys_at(location: Path) -> list[str]:
    """The keys that may stand at `location`, English and Chinese."""
    keys = keys_of(Scenario)
    for step in location:
        if below := keys.get(str(step)):
            keys = keys_of(below)
    return [*keys, *(words.spelt(key, "key", "zh") for key in keys)]


_MISFITS: dict[str, tuple[Message, Message]] = {
    "mapping": (_("must hold keys with values"), _("write key: value below it")),
    "list": (_("must be a list"), _('begin each of its items with "- "')),
    "text": (_("must be a single text"), _("write it on one line, without brackets")),
    "empty": (_("is empty"), _("give it a value or remove the key")),
    "control": (_("holds a control character"), _("remove it")),
}
_KINDS = {
    "model_type": "mapping",
    "dict_type": "mapping",
    "tuple_type": "list",
    "string_too_short": "empty",
    "string_pattern_mismatch": "control",
}
_BOUNDS = {"greater_than": ">", "greater_than_equal": ">=", "less_than": "<", "less_than_equal": "<="}


def _misfit(error: ErrorDetails, node: Node) -> tuple[Message, Message]:
    """Problem and remedy where a value has the wrong form."""
    kind = error["type"]
    if kind in _KINDS or not isinstance(node, Leaf) or node.text is None:
        return _MISFITS[_KINDS.get(kind, "text")]
    shown = f'"{node.text[:40]}"'
    if kind in _BOUNDS:
        limit = next(value for key, value in error["ctx"].items() if key != "error")
        rule = f"{_BOUNDS[kind]} {limit:g}"
        return _("{value} is out of range", value=shown), _("write a number {rule}", rule=rule)
    if kind == "string_too_long":
        limit = error["ctx"]["max_length"]
        return _("is longer than {limit} characters", limit=limit), _("shorten it")
    if kind.startswith("int_"):
        return _("{value} is not a whole number", value=shown), _("write one, such as 7")
    return _("{value} is not a number", value=shown), _("write one, such as 2.5")
