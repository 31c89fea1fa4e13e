"""A scenario file as it was written: branches, series and leaves, each with its line and column.

Made from the events of a YAML 1.2 parser or from the cells of a workbook. Leaves are texts; what a
text means is decided by the schema, so no word turns into a truth value or a number by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from twin.model.finding import Finding, Severity
from twin.text import Message, _

LARGEST_FILE = 1_000_000
LONGEST_LINE = 10_000
DEEPEST_TREE = 12
MOST_VALUES = 50_000
_NOTHING = ("", "~", "null", "Null", "NULL")


@dataclass(frozen=True)
class Mark:
    """A place in a file; line and column count from 1, 0 where there is none.

    `exact` says that the text there stands as it is, so that an offset in it is an offset in the line.
    """

    file: str
    line: int = 0
    column: int = 0
    exact: bool = False

    def into(self, characters: int) -> Mark:
        """The place so many characters further on; the same place where that cannot be known."""
        return replace(self, column=self.column + characters) if self.exact else self


@dataclass(frozen=True)
class Leaf:
    """One text, None where nothing is written."""

    text: str | None
    mark: Mark


@dataclass(frozen=True)
class Entry:
    """One key of a branch, as written, with its value."""

    written: str
    mark: Mark
    value: Node


@dataclass(frozen=True)
class Branch:
    """Keys and values in the order of the file."""

    entries: dict[str, Entry]
    mark: Mark


@dataclass(frozen=True)
class Series:
    """A list of values."""

    items: tuple[Node, ...]
    mark: Mark


Node = Leaf | Branch | Series
Path = tuple[str | int, ...]


def is_nothing(node: Node) -> bool:
    """Whether nothing is written there."""
    return isinstance(node, Leaf) and node.text is None


def defect(mark: Mark, rule: str, problem: Message, remedy: Message, field: str = "") -> Finding:
    """A blocking finding at `mark`; `field` is the offending key as it is written."""
    name = f"scenario/{rule}"
    return Finding(name, Severity.ERROR, mark.file, problem, remedy, field, (), mark.line, mark.column)


def tree_of(text: str, file: str) -> tuple[Node, list[Finding]]:
    """The tree of a YAML text and what is wrong with it; an unreadable text gives an empty leaf."""
    builder = _Builder(file)
    try:
        return builder.document(text), builder.findings
    except MarkedYAMLError as error:
        unfinished = "<stream end>" in (error.problem or "")
        at = (unfinished and error.context_mark) or error.problem_mark or error.context_mark
        mark = Mark(file, at.line + 1, at.column + 1) if at else Mark(file)
        problem = _("this is not YAML ({reason})", reason=error.problem or error.context or "")
        builder.findings.append(defect(mark, "yaml", problem, _yaml_remedy(text, mark)))
    except YAMLError as error:
        reason = str(error).splitlines()[0]
        problem = _("this is not YAML ({reason})", reason=reason)
        builder.findings.append(defect(Mark(file), "yaml", problem, _yaml_remedy(text, Mark(file))))
    except _TooMuchError as error:
        builder.findings.append(defect(error.mark, "limit", error.problem, error.remedy))
    return Leaf(None, Mark(file)), builder.findings


def _yaml_remedy(text: str, mark: Mark) -> Message:
    lines = text.splitlines()
    near = lines[max(0, mark.line - 2) : mark.line] if mark.line else []
    if any("：" in line for line in near):
        return _('write ": " (a colon and a space) after a key instead of "：" there or just above')
    if any("\t" in line for line in near):
        return _("indent with spaces instead of tabs, there or just above")
    return _("mend the indentation, brackets or quotation marks there or just above")


class _TooMuchError(Exception):
    def __init__(self, mark: Mark, problem: Message, remedy: Message) -> None:
        super().__init__()
        self.mark, self.problem, self.remedy = mark, problem, remedy


class _Builder:
    """Builds the tree from parser events and gathers what is refused on the way."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.findings: list[Finding] = []
        self.events: Iterator[Event] = iter(())
        self.values = 0

    def document(self, text: str) -> Node:
        """The tree of the one document that `text` must hold."""
        for number, line in enumerate(text.split("\n"), 1):
            if len(line) > LONGEST_LINE:
                problem = _("the line has more than {limit} characters", limit=LONGEST_LINE)
                raise _TooMuchError(Mark(self.file, number), problem, _("break it"))
        self.events = iter(YAML(typ="safe", pure=True).parse(text))
        root: Node | None = None
        for event in self.events:
            if isinstance(event, DocumentStartEvent):
                self._check_version(event)
            if isinstance(event, DocumentStartEvent) and root is not None:
                self._refuse(
                    event, "documents", _("a second document begins"), _("keep one scenario in a file")
                )
                break
            if isinstance(event, DocumentStartEvent):
                root = self._node(next(self.events), 0)
        return root or Leaf(None, Mark(self.file, 1, 1))

    def _mark(self, event: Event) -> Mark:
        start = event.start_mark
        return Mark(self.file, start.line + 1, start.column + 1)

    def _refuse(self, event: Event, rule: str, problem: Message, remedy: Message, field: str = "") -> None:
        self.findings.append(defect(self._mark(event), rule, problem, remedy, field))

    def _check_version(self, event: DocumentStartEvent) -> None:
        version = event.version
        if version is not None and tuple(version) != (1, 2):
            shown = ".".join(str(part) for part in version)
            self._refuse(
                event,
                "version",
                _("YAML {version} is not read", version=shown),
                _("remove the %YAML line: the rules are those of 1.2"),
            )

    def _node(self, event: Event, depth: int) -> Node:
        if depth > DEEPEST_TREE:
            problem = _("lists and mappings stand more than {limit} deep in each other", limit=DEEPEST_TREE)
            raise _TooMuchError(self._mark(event), problem, _("flatten the file"))
        self.values += 1
        if self.values > MOST_VALUES:
            problem = _("there are more than {limit} keys and values", limit=MOST_VALUES)
            raise _TooMuchError(self._mark(event), problem, _("split the file"))
        if isinstance(event, AliasEvent):
            self._refuse(
                event,
                "alias",
                _("aliases are not allowed: *{name}", name=event.anchor),
                _("write the value out"),
            )
            return Leaf("", self._mark(event))
        assert isinstance(event, NodeEvent)
        self._check_properties(event)
        if isinstance(event, MappingStartEvent):
            return self._branch(event, depth)
        if isinstance(event, SequenceStartEvent):
            return self._series(event, depth)
        assert isinstance(event, ScalarEvent)
        return self._leaf(event)

    def _check_properties(self, event: NodeEvent) -> None:
        if event.anchor:
            self._refuse(
                event,
                "alias",
                _("anchors are not allowed: &{name}", name=event.anchor),
                _("remove it and write values out"),
            )
        if tag := getattr(event, "ctag", None):
            tag = str(tag).replace("tag:yaml.org,2002:", "!!")
            self._refuse(event, "tag", _("tags are not allowed: {tag}", tag=tag), _("write the plain value"))

    def _leaf(self, event: ScalarEvent) -> Leaf:
        mark, plain = self._mark(event), event.style is None
        if plain and event.value in _NOTHING:
            return Leaf(None, mark)
        width = event.end_mark.column - event.start_mark.column
        one_line = event.end_mark.line == event.start_mark.line
        marks = 0 if plain else 2
        exact = one_line and event.style in (None, "'", '"') and width == len(event.value) + marks
        column = mark.column + (1 if exact and not plain else 0)
        return Leaf(event.value, Mark(mark.file, mark.line, column, exact))

    def _series(self, event: SequenceStartEvent, depth: int) -> Series:
        items: list[Node] = []
        while not isinstance(following := next(self.events), SequenceEndEvent):
            items.append(self._node(following, depth + 1))
        return Series(tuple(items), self._mark(event))

    def _branch(self, event: MappingStartEvent, depth: int) -> Branch:
        entries: dict[str, Entry] = {}
        while not isinstance(key_event := next(self.events), MappingEndEvent):
            key = self._node(key_event, depth + 1)
            value = self._node(next(self.events), depth + 1)
            if not isinstance(key, Leaf) or key.text is None:
                self._refuse(
                    key_event, "key", _("a key must be a word"), _("write one word before the colon")
                )
            elif key.text in entries:
                first = entries[key.text].mark.line
                self._refuse(
                    key_event,
                    "duplicate-key",
                    _("stands twice: first in line {line}", line=first),
                    _("keep one"),
                    key.text,
                )
            else:
                entries[key.text] = Entry(key.text, self._mark(key_event), value)
        return Branch(entries, self._mark(event))
