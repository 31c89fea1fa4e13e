"""The members of a CityGML file one by one: streamed, of limited size, without document types or entities."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path
from xml.parsers import expat

from twin.io.files import MAX_BYTES, refuse
from twin.text import Message, _
from twin.text.system import told

MOST_DEEP = 64
"""Elements in each other beyond which a file is refused."""
MOST_IN_MEMBER = 2_000_000
"""Elements and attributes of one city object beyond which a file is refused."""
MOST_TEXT = 64 * 1024**2
"""Characters of one city object beyond which a file is refused."""
_CHUNK = 1 << 20
_MEMBERS = frozenset({"cityObjectMember", "featureMember"})


@dataclass(slots=True)
class Node:
    """An element: local name, attributes by local name, text, children; `line` counts from 1."""

    name: str
    attributes: dict[str, str]
    line: int
    text: str = ""
    children: list[Node] = field(default_factory=list)

    def walk(self) -> Iterator[Node]:
        """The element itself and all below it, in the order of the file."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.children))

    def child(self, name: str) -> Node | None:
        """The first child of that name."""
        return next((child for child in self.children if child.name == name), None)


def members(path: Path, *, limit: int = MAX_BYTES) -> Iterator[Node]:
    """The `boundedBy` of a city model and each of its city objects, as they come.

    Raises
    ------
    DatasetError
        Where the file cannot be read, is no city model, has a document type, or goes beyond a limit.
    """
    builder = _Builder(path)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = builder.doctype
    parser.EntityDeclHandler = builder.doctype
    parser.StartElementHandler = lambda name, given: builder.start(name, given, parser.CurrentLineNumber)
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.characters
    read = 0
    try:
        with _opened(path) as file:
            while chunk := file.read(_CHUNK):
                read += len(chunk)
                if read > limit:
                    problem = _("is larger than {limit} bytes", limit=limit)
                    raise refuse("file.too-large", path, problem, _("split the file"))
                parser.Parse(chunk, False)
                yield from builder.taken()
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        problem = _("is no whole XML (line {line}: {reason})", line=error.lineno, reason=str(error))
        raise refuse("citygml.broken", path, problem, _("export it again")) from None
    except FileNotFoundError:
        raise refuse("file.missing", path, _("does not exist"), _("check the path")) from None
    except (OSError, EOFError, zlib.error) as error:
        problem = _("cannot be read ({reason})", reason=told(error))
        raise refuse("file.unreadable", path, problem, _("check the file and its permissions")) from None
    yield from builder.taken()


def _opened(path: Path) -> gzip.GzipFile | BufferedReader:
    return gzip.open(path, "rb") if path.suffix.lower() == ".gz" else path.open("rb")


class _Builder:
    """What the parser tells, kept only as far as the member that is being read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.depth = 0
        self.open: list[Node] = []
        self.texts: list[list[str]] = []
        self.whole: list[Node] = []
        self.size = 0
        self.letters = 0

    def doctype(self, *_given: object) -> None:
        raise self._refused(
            "citygml.doctype",
            _("has a document type or declares an entity"),
            _("remove it; such files are not read"),
        )

    def start(self, name: str, given: dict[str, str], line: int) -> None:
        local = _local(name)
        self.depth += 1
        if self.depth > MOST_DEEP:
            problem = _("has elements more than {limit} deep in each other", limit=MOST_DEEP)
            raise self._refused("citygml.too-deep", problem, _("export it again"))
        if self.depth == 1 and local != "CityModel":
            problem = _("is no city model (it begins with {name})", name=local[:40])
            raise self._refused("citygml.no-model", problem, _("give a CityGML file"))
        if self.depth == 2 and local not in _MEMBERS and local != "boundedBy":
            return
        if self.depth >= 2 and (self.open or self.depth == 2):
            node = Node(local, {_local(key): value for key, value in given.items()}, line)
            if self.open:
                self.open[-1].children.append(node)
            self.open.append(node)
            self.texts.append([])
            self._grown(1 + len(given))

    def end(self, _name: str) -> None:
        self.depth -= 1
        if not self.open:
            return
        node = self.open.pop()
        node.text = "".join(self.texts.pop()).strip()
        if not self.open:
            self.size = self.letters = 0
            self.whole.extend(node.children if node.name in _MEMBERS and node.children else [node])

    def characters(self, text: str) -> None:
        if self.open:
            self.texts[-1].append(text)
            self.letters += len(text)
            self._grown(0)

    def taken(self) -> list[Node]:
        whole, self.whole = self.whole, []
        return whole

    def _grown(self, count: int) -> None:
        self.size += count
        if self.size > MOST_IN_MEMBER or self.letters > MOST_TEXT:
            problem = _("has a city object of more than {limit} elements", limit=MOST_IN_MEMBER)
            raise self._refused("citygml.too-large", problem, _("split the object"))

    def _refused(self, rule: str, problem: Message, remedy: Message) -> Exception:
        return refuse(rule, self.path, problem, remedy)


def _local(name: str) -> str:
    return name.rpartition(" ")[2]
