"""What a lifeline says of the reference engine of its field: how to ask it, and what agrees when."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from twin.model.city import Manifest
from twin.model.network import Network
from twin.model.state import State
from twin.physics.solution import Solution
from twin.text import Message

Answer = Mapping[str, Mapping[str, NDArray[np.float64]]]


@dataclass(frozen=True)
class Compared:
    """One quantity that is compared with the reference.

    Attributes
    ----------
    name, table, column
        What it is called, and where it stands in `Solution.tables`.
    unit
        The unit of its differences; "" for relative ones.
    tolerance
        Largest difference that agrees: absolute in `unit`, or with a `floor` |ours - theirs| relative to
        |theirs| + floor.
    floor
        Size below which relative differences do not matter; None: the difference is absolute.
    rows
        Which components have this quantity, bool[n]; None: all of the table.
    """

    name: str
    table: str
    column: str
    unit: str
    tolerance: float
    floor: float | None = None
    rows: Callable[[Network], NDArray[np.bool_]] | None = None


class Export(Protocol):
    """Writes a network in one state for the engine."""

    def __call__(
        self, network: Network, manifest: Manifest, state: State, solution: Solution, t_s: float, folder: Path
    ) -> Mapping[str, Any]:
        """The job for the engine's script; the files that it names are written into `folder`."""
        ...


class Read(Protocol):
    """Reads what the engine's script answered."""

    def __call__(self, network: Network, solution: Solution, result: Mapping[str, Any]) -> Answer:
        """Columns per component table, of the table's length; NaN where the engine has no value."""
        ...


@dataclass(frozen=True)
class Reference:
    """The reference engine of a lifeline.

    Attributes
    ----------
    engine
        What it is called.
    script, arguments
        File name of its standalone script in `twin/verify/scripts`, and what stands on its command line
        before the paths of the job and of the result.
    compared
        Quantities and their tolerances.
    export, read
        The job for a state, and the answer in the lifeline's own columns.
    remark
        What is to be said about the engine's answer: that it is not as fine as it was asked to be. None
        where there is nothing to say.
    """

    engine: str
    script: str
    compared: tuple[Compared, ...]
    export: Export
    read: Read
    arguments: tuple[str, ...] = ()
    remark: Callable[[Mapping[str, Any]], Message | None] = lambda _result: None


@cache
def reference(lifeline: str) -> Reference | None:
    """The reference engine of a lifeline, found by the entry point `twin.references`; None without one."""
    for point in entry_points(group="twin.references", name=lifeline):
        module, _, name = point.value.partition(":")
        found: Reference = getattr(import_module(module), name)
        return found
    return None
