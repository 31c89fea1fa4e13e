"""The non-linear solve: voltages of a connected, numbered problem, by power-grid-model.

The face is small so that the engine can be exchanged: a `Structure` (what stays), a `Loading` (what
changes), complex voltages back or None where the iteration finds none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from power_grid_model import (
    CalculationMethod,
    ComponentType,
    DatasetType,
    LoadGenType,
    PowerGridModel,
    initialize_array,
)
from power_grid_model.errors import PowerGridError  # type: ignore[attr-defined]

from twin.physics.powerflow.grid import Complexes, Flags, Floats, Ints

STIFF_VA = 1e20
"""Short-circuit power of a source: 1e-14 of a pu of voltage drop per MW it gives."""
TOLERANCE_PU = 1e-8
"""Largest voltage change of the last step. Steps shrink quadratically, so the answer is exact to rounding;
much less cannot be asked of feeders with 100,000 buses."""
MAX_ITERATIONS = 20


@dataclass(frozen=True)
class Structure:
    """Nodes with rated voltage [n] and branches [m] between them; equal structures are one object.

    `z_ohm` and `y_s` (total shunt admittance, half at each end) stand on the end's voltage level, `ratio`
    is the voltage ratio (start over end, V/V, complex). `current` and `impedance` mark the nodes that may
    have demands of these kinds, `source` those that may have a source.
    """

    rated_v: Floats
    start: Ints
    end: Ints
    z_ohm: Complexes
    y_s: Complexes
    ratio: Complexes
    current: Ints
    impedance: Ints
    source: Ints


@dataclass(frozen=True)
class Loading:
    """What changes from solve to solve: branches on [m], demands [n] at rated voltage, sources."""

    on: Flags
    power_va: Complexes
    current_va: Complexes
    impedance_va: Complexes
    source_pu: Complexes


class Engine:
    """One structure, solved for one loading after the other.

    `analyses` counts how often the structure was analysed: at first and after every switching.
    """

    def __init__(self, structure: Structure) -> None:
        self.structure = structure
        self.analyses = 0
        self._model: PowerGridModel | None = None
        self._on: Flags | None = None

    def voltages(self, loading: Loading, *, linear: bool = False) -> Complexes | None:
        """Complex voltages in pu of rated, 0 where no source reaches; None where there is no solution.

        `linear` takes every demand as a constant impedance.
        """
        method = CalculationMethod.linear if linear else CalculationMethod.newton_raphson
        try:
            model = self._prepare(loading)
            result = model.calculate_power_flow(
                calculation_method=method,
                error_tolerance=TOLERANCE_PU,
                max_iterations=MAX_ITERATIONS,
                output_component_types=[ComponentType.node],
            )
        except PowerGridError:
            self._model = self._on = None
            return None
        nodes = result[ComponentType.node]
        voltages = np.asarray(nodes["u_pu"] * np.exp(1j * nodes["u_angle"]), dtype=np.complex128)
        return voltages if np.isfinite(voltages).all() else None

    def _prepare(self, loading: Loading) -> PowerGridModel:
        if self._on is None or not np.array_equal(self._on, loading.on):
            self.analyses += 1
        self._on = loading.on
        if self._model is None:
            self._model = PowerGridModel(self._columns(loading, DatasetType.input))
        else:
            self._model.update(update_data=self._columns(loading, DatasetType.update))
        return self._model

    def _columns(self, loading: Loading, kind: DatasetType) -> dict[ComponentType, np.ndarray]:
        """The arrays of power-grid-model: all of a structure for `input`, what changes for `update`."""
        given = self.structure
        branches = initialize_array(kind, ComponentType.generic_branch, given.start.size)
        sources = initialize_array(kind, ComponentType.source, given.source.size)
        counts = (given.rated_v.size, given.current.size, given.impedance.size)
        loads = initialize_array(kind, ComponentType.sym_load, sum(counts))
        first = given.rated_v.size
        for array in (branches, sources, loads):
            array["id"] = np.arange(first, first + array.size)
            first += array.size
        branches["from_status"] = branches["to_status"] = loading.on
        held = loading.source_pu[given.source]
        sources["status"] = held != 0
        sources["u_ref"] = np.where(held != 0, np.abs(held), 1.0)
        sources["u_ref_angle"] = np.angle(held)
        demand = np.concatenate(
            (
                loading.power_va,
                loading.current_va[given.current],
                loading.impedance_va[given.impedance],
            )
        )
        loads["p_specified"], loads["q_specified"] = demand.real, demand.imag
        columns = {
            ComponentType.generic_branch: branches,
            ComponentType.source: sources,
            ComponentType.sym_load: loads,
        }
        if kind is DatasetType.input:
            columns[ComponentType.node] = self._fixed(branches, sources, loads)
        return columns

    def _fixed(self, branches: np.ndarray, sources: np.ndarray, loads: np.ndarray) -> np.ndarray:
        """Fill in what never changes and return the nodes."""
        given = self.structure
        nodes = initialize_array(DatasetType.input, ComponentType.node, given.rated_v.size)
        nodes["id"] = np.arange(given.rated_v.size)
        nodes["u_rated"] = given.rated_v
        branches["from_node"], branches["to_node"] = given.start, given.end
        branches["r1"], branches["x1"] = given.z_ohm.real, given.z_ohm.imag
        branches["g1"], branches["b1"] = given.y_s.real, given.y_s.imag
        branches["k"] = np.abs(given.ratio) * given.rated_v[given.end] / given.rated_v[given.start]
        branches["theta"] = np.angle(given.ratio)
        branches["sn"] = 1.0
        sources["node"] = given.source
        sources["sk"] = STIFF_VA
        loads["node"] = np.concatenate((nodes["id"], given.current, given.impedance))
        loads["status"] = 1
        loads["type"] = np.repeat(
            [LoadGenType.const_power, LoadGenType.const_current, LoadGenType.const_impedance],
            [nodes.size, given.current.size, given.impedance.size],
        )
        return nodes
