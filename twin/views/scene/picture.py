"""The scene as a picture in a file, drawn without a display."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from twin.errors import InputError
from twin.io.files import replacing
from twin.model.city import City
from twin.text import _
from twin.views.scene.stage import Stage
from twin.views.scene.wish import Wish

SHARP = 2.0
"""Pixels drawn for each pixel of the picture, in both directions: what smooths its edges."""
MOST_PIXELS = 30_000_000
"""Largest number of pixels drawn; larger pictures are smoothed less."""
MANY, LESS_SHARP = 150_000, 1.4
"""Links above which smoothing would take longer than it is worth, and the smoothing then."""
ENDINGS = (".png", ".jpg", ".jpeg", ".webp")


@dataclass(frozen=True)
class Drawn:
    """What a picture shows: lines by layer, links that have no place, and the renderer used."""

    lines: dict[str, int]
    left_out: int
    renderer: str


def check_ending(path: Path) -> None:
    """InputError where pictures cannot be written under this name."""
    if path.suffix.lower() not in ENDINGS:
        known = ", ".join(ENDINGS)
        raise InputError(
            _("{path} is no picture to write; use one of the endings {known}", path=path, known=known)
        )


def write_picture(city: City, wish: Wish, path: Path) -> Drawn:
    """Draw a city into `path`, whole or not at all.

    Raises
    ------
    RenderingError
        Where nothing draws here.
    InputError
        Where the file's ending is no picture's.
    """
    check_ending(path)
    wide, tall = wish.size
    links = sum(
        len(network.tables["links"]) for network in city.networks.values() if "links" in network.tables
    )
    wanted = LESS_SHARP if links > MANY and wish.clip is None else SHARP
    sharp = max(1.0, min(wanted, (MOST_PIXELS / (wide * tall)) ** 0.5))
    stage = Stage(city, wish, sharp=sharp)
    from PIL import Image

    try:
        pixels = stage.plotter.screenshot(None, return_img=True)
    finally:
        stage.plotter.close()
    smooth = Image.fromarray(pixels).resize(wish.size, Image.Resampling.LANCZOS)
    with replacing(path, "wb") as file:
        smooth.save(file, format="JPEG" if path.suffix.lower() == ".jpg" else path.suffix[1:].upper())
    return Drawn(stage.counts, stage.left_out, stage.renderer)
