"""What is under the mouse, and everything the city knows of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from twin.model.network import Ref
from twin.views.names import Names, sentence_case
from twin.views.scene.stage import Layer, Stage

TOLERANCE = 0.004
"""How near to the mouse a line must be, as a share of the window's diagonal."""
MOST_ROWS = 24
Show = Callable[[str], None]


def found_at(stage: Stage, x: float, y: float) -> tuple[Layer, Ref] | None:
    """The component drawn at a pixel (from the lower left); None where there is none."""
    from vtkmodules.vtkRenderingCore import vtkCellPicker

    picker = vtkCellPicker()
    picker.SetTolerance(TOLERANCE)
    picker.Pick(x, y, 0.0, stage.plotter.renderer)
    actor, cell = picker.GetActor(), picker.GetCellId()
    if actor is None or cell < 0:
        return None
    for layer in stage.layers.values():
        for drawn in layer.actors:
            if drawn is actor and id(drawn) in layer.rows:
                table, rows = layer.rows[id(drawn)]
                return layer, Ref(layer.name, table, int(rows[cell]))
    return None


def told(stage: Stage, ref: Ref) -> str:
    """Everything known of a component, a line for each attribute that has a value."""
    network = stage.city.layers.get(ref.layer, stage.city.other)
    table = network.tables[ref.table]
    ident = network.name(ref)
    head = sentence_case(Names(stage.city)(ident)) if ident in stage.city.refs else ident
    lines = [head, ident]
    for column in table.columns:
        value = table[column][ref.row]
        if column not in ("id", "kind") and _says(value):
            lines.append(f"{column}  {value:g}" if isinstance(value, float) else f"{column}  {value}")
    more = len(lines) - MOST_ROWS
    return "\n".join([*lines[:MOST_ROWS], "…"] if more > 0 else lines)


def _says(value: Any) -> bool:
    return bool(value) if isinstance(value, str) else not (isinstance(value, float) and np.isnan(value))
