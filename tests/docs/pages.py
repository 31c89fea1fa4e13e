"""The code blocks of the manual, with what the comments above them say about running them.

Every `console`, `sh` and `python` block is run. A comment right above a block changes that:

`<!-- not run: reason -->`   it is not run
`<!-- make: reason -->`      its `make` targets are looked up, not run
`<!-- needs: data -->`       it needs reference data (`data`), the engines (`engines`) or pictures (`drawing`)
`<!-- shows -->`             what stands below a command is what it prints; `...` stands for anything
`<!-- exits: 1 -->`          the last command leaves with this code
`<!-- file: name -->`        the block (of any language) is saved under this name
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RUN = ("console", "sh", "python")
_BLOCK = re.compile(
    r"(?P<notes>(?:^[ ]*<!--.*?-->\n)*)^(?P<indent>[ ]*)```(?P<language>\w*)\n(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
_NOTE = re.compile(r"<!--\s*(?P<key>[a-z ]+?)\s*(?::\s*(?P<value>.*?))?\s*-->")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, text, line in the page and the notes above it."""

    language: str
    text: str
    line: int
    notes: dict[str, str]

    def commands(self) -> Iterator[tuple[str, str]]:
        """The commands of a shell block, each with the text that it is to print."""
        if self.language == "sh":
            joined = self.text.replace("\\\n", " ")
            yield from ((line, "") for line in joined.splitlines() if line and not line.startswith("#"))
            return
        for part in re.split(r"^\$ ", self.text, flags=re.MULTILINE)[1:]:
            command, _, printed = part.partition("\n")
            yield command, printed


def pages() -> list[Path]:
    """README and every page of the manual."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path) -> list[Block]:
    """The blocks of a page that are run or saved."""
    text = page.read_text(encoding="utf-8")
    found = []
    for match in _BLOCK.finditer(text):
        notes = {note["key"]: note["value"] or "" for note in _NOTE.finditer(match["notes"])}
        if match["language"] in RUN or "file" in notes:
            line = text.count("\n", 0, match.start("language")) + 1
            indent = match["indent"]
            body = "".join(row.removeprefix(indent) for row in match["text"].splitlines(keepends=True))
            found.append(Block(match["language"], body, line, notes))
    return found
