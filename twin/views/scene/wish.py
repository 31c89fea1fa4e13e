"""What somebody wants to see of a city, and how."""

from __future__ import annotations

from dataclasses import dataclass

from twin.errors import InputError
from twin.text import _
from twin.views.scene.clip import Clip

SOLID_M = 800.0
"""Longest side of a part whose lines are drawn as bodies; in a larger one they would be too thin to see."""
LEAST, MOST = 64, 8192
"""Pixels of a side of a picture."""


@dataclass(frozen=True)
class Wish:
    """What to draw.

    Attributes
    ----------
    plan
        From above without perspective.
    layers
        Lifelines (and `other`, `facility`) to draw; () for all.
    clip
        The part of the city; None for all.
    exaggerate
        Factor of elevations.
    size
        Width and height, pixels.
    lines
        Draw a small clipped part by lines too, not by bodies of true size.
    labels
        Name facilities and plants.
    turn, tilt
        Where the perspective looks to: degrees clockwise from north, and down from the horizon.
    """

    plan: bool = False
    layers: tuple[str, ...] = ()
    clip: Clip | None = None
    exaggerate: float = 1.0
    size: tuple[int, int] = (1600, 1000)
    lines: bool = False
    labels: bool = True
    turn: float = 28.0
    tilt: float = 40.0

    @property
    def solid(self) -> bool:
        """Whether lines are drawn as bodies of their true size: of a part so small that they can be seen."""
        return self.clip is not None and not self.lines and self.clip.side_m <= SOLID_M


def size_of(text: str) -> tuple[int, int]:
    """Width and height from `1600x1000`.

    Raises
    ------
    InputError
        Where it is not two numbers within the limits.
    """
    wide, _cross, tall = text.lower().replace("×", "x").partition("x")
    if not (wide.isdigit() and tall.isdigit()) or not all(LEAST <= int(n) <= MOST for n in (wide, tall)):
        raise InputError(
            _(
                "'{size}' is no size; give WIDTHxHEIGHT, each {least} to {most}",
                size=text,
                least=LEAST,
                most=MOST,
            )
        )
    return int(wide), int(tall)
