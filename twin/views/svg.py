"""Inline SVG: elements, escaping, and how wide a text is without asking a browser."""

from __future__ import annotations

import unicodedata
from html import escape

SIZE = 12.0
"""Font size that widths are estimated for, in user units."""


def tag(name: str, *children: str, **attributes: object) -> str:
    """One element; children are markup already. `class_` is written `class`, `_` in names as `-`."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(number(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{written}>{''.join(children)}</{name}>" if children else f"<{name}{written}/>"


def number(value: object) -> str:
    """A value as attribute text: floats with one decimal."""
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)


def text(x: float, y: float, content: object, class_: str = "", **attributes: object) -> str:
    """A text element with its baseline at (x, y)."""
    return tag("text", escape(str(content)), x=x, y=y, class_=class_ or None, **attributes)


def title(content: object) -> str:
    """A tooltip."""
    return tag("title", escape(str(content)))


def figure(
    width: float, height: float, label: object, *children: str, class_: str = "", least: float = 0.0
) -> str:
    """A whole drawing that scales with its column, down to the share `least` of its size.

    `label` says what it shows to who cannot see it.
    """
    attributes = {"viewBox": f"0 0 {number(width)} {number(height)}", "role": "img", "aria-label": str(label)}
    head = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items())
    style = f' style="max-width:{number(width)}px;min-width:{number(width * least)}px"'
    classes = f' class="{escape(class_)}"' if class_ else ""
    start = '<svg xmlns="http://www.w3.org/2000/svg" width="100%"'
    return f"{start}{head}{style}{classes}>{''.join(children)}</svg>"


def width_of(content: object, size: float = SIZE) -> float:
    """Estimated width of a text: wide (Chinese) characters take one em, others a little over half."""
    return sum(
        size if unicodedata.east_asian_width(sign) in "WF" else size * _em(sign) for sign in str(content)
    )


def _em(sign: str) -> float:
    if sign in "ijl.,:;'|!()[] ":
        return 0.33
    return 0.72 if sign.isupper() or sign in "mw%@" else 0.56


def wrapped(content: object, width: float, lines: int, size: float = SIZE) -> list[str]:
    """A text broken into at most `lines` lines of `width`; what does not fit ends in an ellipsis."""
    found: list[str] = [""]
    for word in _words(str(content)):
        if found[-1] and width_of(found[-1] + word.rstrip(), size) > width:
            found.append(word.lstrip())
        else:
            found[-1] += word
    found = [line.rstrip() for line in found]
    if len(found) > lines:
        found = [*found[: lines - 1], cut(found[lines - 1] + "…", width, size)]
    return [cut(line, width, size) for line in found]


def cut(content: object, width: float, size: float = SIZE) -> str:
    """A text shortened with an ellipsis until it fits."""
    shown = str(content)
    if width_of(shown, size) <= width:
        return shown
    while len(shown) > 1 and width_of(shown + "…", size) > width:
        shown = shown[:-1]
    return shown.rstrip(" …") + "…"


_CLOSING = "，。；：、）！？”》"
"""Signs that no line begins with."""


def _words(content: str) -> list[str]:
    """Places where a line may break: after blanks, and between wide characters."""
    words, word = [], ""
    for sign in content:
        wide = unicodedata.east_asian_width(sign) in "WF"
        if word and (word[-1] == " " or wide) and sign not in _CLOSING:
            words.append(word)
            word = ""
        word += sign
    return [*words, word] if word else words
