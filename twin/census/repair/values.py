"""Repairs of single values: axes, coatings, lengths, flow directions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from twin.census.repair.asked import Asked
from twin.census.repair.patch import Patch
from twin.census.rules import View
from twin.census.rules.view import series

_TURNED = {"+": "-", "-": "+"}
_LENGTH_SHARE = 0.02
_LENGTH_M = 0.5
"""How far mileages and the distance of the ends may differ: bends that were not surveyed, slope, noise."""


def swapped_axes(asked: Asked) -> Iterator[Patch]:
    """P06: the point lies in the survey area with its coordinates the other way round."""
    view = asked.view
    at = asked.at("P06", "points")
    if not len(at):
        return
    x, y = view.numbers("points", "x_m").copy(), view.numbers("points", "y_m").copy()
    x[at], y[at] = y[at].copy(), x[at].copy()
    turned = View(replace(asked.survey, points=view.points.assign(x_m=x, y_m=y)))
    at = at[np.isfinite(x[at] + y[at]) & ~turned.outside[at]]
    told = ["x <-> y"] * len(at)
    yield Patch("points", at, "x_m", list(x[at]), "P06", told)
    yield Patch("points", at, "y_m", list(y[at]), "P06", told)


def coatings(asked: Asked) -> Iterator[Patch]:
    """A04: a pipe of a diameter that only plastic has, has no coating; any other may be steel."""
    view = asked.view
    at = asked.at("A04", "lines", "coating")
    width = view.numbers("lines", "width_mm")[at]
    plastic, steel = np.isin(width, series("PE", "width")), np.isin(width, series("G", "width"))
    at = at[plastic & ~steel]
    yield Patch("lines", at, "coating", [""] * len(at), "A04", ["PE"] * len(at))


def lengths(asked: Asked) -> Iterator[Patch]:
    """A07: the difference of the mileages, where the distance of the ends is nearer to it."""
    view = asked.view
    at = asked.at("A07", "lines", "length_m")
    start, end, length = (
        view.numbers("lines", name)[at] for name in ("start_mileage_m", "end_mileage_m", "length_m")
    )
    run, apart = np.round(end - start, 3), view.plan[at]
    off = np.abs(run - apart)
    fits = (off <= np.maximum(_LENGTH_M, _LENGTH_SHARE * apart)) & (off < np.abs(length - apart))
    told = ["end_mileage - start_mileage"] * int(fits.sum())
    yield Patch("lines", at[fits], "length_m", list(run[fits]), "A07", told)


def directions(asked: Asked) -> Iterator[Patch]:
    """T01: the drain flows the way it falls."""
    view = asked.view
    at = asked.at("T01", "lines")
    flow = view.text("lines", "flow_dir")[at]
    known = np.array([text in _TURNED for text in flow], dtype=np.bool_)
    turned = [_TURNED[text] for text in flow[known]]
    yield Patch("lines", at[known], "flow_dir", turned, "T01", ["falls"] * len(turned))


REPAIRS = {"axes": swapped_axes, "coating": coatings, "mileage": lengths, "direction": directions}
