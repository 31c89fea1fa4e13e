"""Draw the pictures of the manual: `make pictures [CITY=<name>]`.

The clipped part is the crossing where most lifelines meet, the cross-section the street with most of them;
both are found in the city, so that any city can be drawn.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from twin import api
from twin.api import views
from twin.errors import InputError
from twin.model.city import City
from twin.text import use_language
from twin.views.scene.geometry import Ground, lines_of
from twin.views.sections import cross_section

IMAGES = Path(__file__).parent / "images"
SQUARE_M, ACROSS_M = 120.0, 56.0
SIZE = "1280x800"


def busiest_crossing(city: City) -> str:
    """The square around the crossing of streets where most lifelines, then most points of lines, lie."""
    nodes = city.roads.tables["nodes"]
    arms = np.bincount(np.concatenate(city.roads.ends), minlength=len(nodes))
    ground = Ground.of(city)
    places = [lines_of(network, ground).xyz[:, :2] for network in city.networks.values()]
    best, found = "", (0, 0)
    for row in np.flatnonzero(arms >= min(4, arms.max())).tolist():
        x, y = float(nodes["x"][row]), float(nodes["y"][row])
        counts = [int((np.abs(xy - (x, y)).max(axis=1) < SQUARE_M / 2).sum()) for xy in places]
        rank = (np.count_nonzero(counts), sum(counts))
        if rank > found:
            found, half = rank, SQUARE_M / 2
            best = f"{x - half:.0f},{y - half:.0f},{x + half:.0f},{y + half:.0f}"
    return best


def fullest_street(city: City) -> str:
    """A line across the street under which most lifelines lie."""
    nodes = city.roads.tables["nodes"]
    xy = np.column_stack([nodes["x"], nodes["y"]])
    start, end = city.roads.ends
    best, found = "", (0, 0.0)
    for row in range(0, len(start), max(len(start) // 150, 1)):
        a, b = xy[start[row]], xy[end[row]]
        length = float(np.hypot(*(b - a)))
        if length < ACROSS_M:
            continue
        side = np.array([a[1] - b[1], b[0] - a[0]]) / length * ACROSS_M / 2
        middle = a + (b - a) * 0.4
        try:
            section = cross_section(city, tuple(middle - side), tuple(middle + side))
        except InputError:
            continue
        rank = (len({pipe.layer for pipe in section.pipes}), -float(len(section.pipes)))
        if rank > found:
            found = rank
            best = ",".join(f"{value:.1f}" for value in (*(middle - side), *(middle + side)))
    return best


def main(name: str) -> None:
    """Draw all."""
    city = api.load_city(name)
    square = busiest_crossing(city)
    for file, wished in {
        "plan": views.wish(city, plan=True, size=SIZE),
        "perspective": views.wish(city, size=SIZE),
        "district": views.wish(city, clip=square, size=SIZE, exaggerate=1.5),
    }.items():
        views.draw(city, wished, IMAGES / f"{city.name}-{file}.png")
    if street := fullest_street(city):
        views.section(city, IMAGES / f"{city.name}-street.svg", line=street)
    sys.stdout.write(f"clip {square}\nline {street}\n")


if __name__ == "__main__":
    with use_language("en"):
        main(sys.argv[1])
