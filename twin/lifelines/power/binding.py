"""A power network bound to the power-flow kernel.

Solution tables: `nodes` voltage_pu, voltage_angle_rad, energised; `links` p_from_w, q_from_var, p_to_w,
q_to_var, current_a (the larger of both ends), loading (1 = rating); `devices` p_w and q_var with the signs
of the device's own columns (drawn by consumers, fed in by generators and external grids), required_w.

A line whose bus is out of service or failed stays energised from its other end; any other link is off
then (as pandapower has it). Demand is constant in time; a consumer is served when its node is energised. A
generator that may feed a network alone (`slack`) holds its voltage where no external grid reaches; any
other generator feeds in its active power at no reactive power.

Protection: a link whose loading exceeds its `trip_loading` trips at once, all such links together. Links
above their rating in the undisturbed network are exempt, and nothing trips where the city's manifest
switches protection off or where the power flow found no solution.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.lifelines.base import Horizon, Write
from twin.lifelines.power.declaration import DECLARATION
from twin.lifelines.power.electrical import (
    Complexes,
    Flags,
    Floats,
    branches,
    devices,
    rated_v,
    ratings_a,
    topology,
)
from twin.model.city import Manifest
from twin.model.network import Network, Ref
from twin.model.state import State
from twin.physics.powerflow import Branches, Flow, Kernel, Operation
from twin.physics.solution import Outcome, Solution

Columns = dict[str, NDArray[Any]]


class PowerModel:
    """The three questions of power."""

    def __init__(self, network: Network, manifest: Manifest) -> None:
        self.network = network
        self._layer = network.lifeline
        self._protected = manifest.protection
        self._rated_v = rated_v(network)
        self._kernel = Kernel(topology(network), self._rated_v)
        self._ratings_a = ratings_a(network)
        self._devices = devices(network)
        self._at = network.device_nodes
        self._is_line = network.tables["links"]["kind"].astype(str) == "line"
        self._tap: Floats | None = None
        self._branches: Branches

    def solve(self, state: State, t_s: float, previous: Solution | None = None) -> Solution:
        """Voltages, powers and service in `state`; the time does not matter."""
        live = self._switched_on(state)
        factor = state.column(self._layer, "devices", "factor")
        operation, sources = self._operation(state, live, factor)
        flow = self._kernel.solve(self._branches_at(state), operation)
        reached = flow.energised[self._at]
        on = state.column(self._layer, "devices", "on")
        required = np.where(on, self._devices.required_w * factor, 0.0)
        ends = self._kernel.topology
        carries = operation.link_on & (flow.energised[ends.start] | flow.energised[ends.end])
        tables: dict[str, Columns] = {
            "nodes": self._node_table(flow),
            "links": self._link_table(flow),
            "devices": self._device_table(flow, live, factor, sources) | {"required_w": required},
        }
        share = {
            "nodes": flow.energised.astype(np.float64),
            "links": carries.astype(np.float64),
            "devices": (state.available(self._layer, "devices") & reached).astype(np.float64),
        }
        return Solution(
            outcome=flow.outcome,
            tables=tables,
            share=share,
            required=required,
            supplied=np.where(live & reached, required, 0.0),
            work=flow.work,
            reason=flow.reason,
            params=flow.params,
            memory=flow.residuals,
        )

    def horizon(self, state: State, solution: Solution, t_s: float) -> Horizon:
        """For ever: nothing is stored and no demand changes with time."""
        return Horizon(math.inf)

    def advance(self, state: State, solution: Solution, t_s: float, dt_s: float) -> tuple[Write, ...]:
        """Nothing changes by itself."""
        return ()

    def react(self, state: State, solution: Solution) -> tuple[Write, ...]:
        """Trips of links loaded above their `trip_loading`."""
        if not self._protected or solution.outcome is not Outcome.CONVERGED:
            return ()
        limit = self.network.tables["links"]["trip_loading"]
        over = np.greater(solution.tables["links"]["loading"], limit) & ~self.exempt
        return tuple(
            Write(
                Ref(self._layer, "links", int(row)), "tripped", True, f"trip_loading {limit[row]:g}", "trips"
            )
            for row in np.flatnonzero(over)
        )

    @cached_property
    def exempt(self) -> Flags:
        """Links above their rating in the undisturbed network, bool[links]: their protection is off."""
        state = State({self._layer: self.network}, {self._layer: DECLARATION.state})
        return np.asarray(np.greater(self.solve(state, 0.0).tables["links"]["loading"], 1.0))

    def source_devices(self, state: State) -> Flags:
        """Devices that hold the voltage of a part of the network, bool[devices]."""
        return self._operation(state, self._switched_on(state), np.ones(len(self._at)))[1]

    def _switched_on(self, state: State) -> Flags:
        on = state.available(self._layer, "devices") & state.column(self._layer, "devices", "on")
        return np.asarray(on, dtype=np.bool_)

    def _branches_at(self, state: State) -> Branches:
        """The two-ports; the same object as long as no tap changer moves."""
        tap = state.column(self._layer, "links", "tap")
        if self._tap is None or not np.array_equal(self._tap, tap, equal_nan=True):
            self._tap = tap.copy()
            self._branches = branches(self.network, self._tap)
        return self._branches

    def _operation(self, state: State, live: Flags, factor: Floats) -> tuple[Operation, Flags]:
        """What holds at this moment, and which devices hold a voltage, bool[devices]."""
        layer, given, ends = self._layer, self._devices, self._kernel.topology
        bus_on = np.asarray(state.available(layer, "nodes") & state.column(layer, "nodes", "on"))
        link_on = np.asarray(state.available(layer, "links") & state.column(layer, "links", "closed"))
        operation = Operation(
            bus_on=bus_on,
            link_on=link_on & (self._is_line | (bus_on[ends.start] & bus_on[ends.end])),
            power_va=self._at_nodes(given.power_va * factor * live),
            current_va=self._at_nodes(given.current_va * factor * live),
            impedance_va=self._at_nodes(given.impedance_va * factor * live),
            source_pu=self._held(given.external & live),
        )
        sources = given.external & live
        if (given.starts_alone & live).any():
            alone = given.starts_alone & live & ~self._kernel.reached(operation)[self._at]
            sources = sources | alone
            power = self._at_nodes(given.power_va * factor * (live & ~alone))
            operation = replace(operation, power_va=power, source_pu=self._held(sources))
        return operation, sources

    def _at_nodes(self, values: Complexes) -> Complexes:
        total = np.zeros(self._rated_v.size, dtype=np.complex128)
        np.add.at(total, self._at, values)
        return total

    def _held(self, sources: Flags) -> Complexes:
        """Voltage held at each node; where several devices hold one, the first of them rules."""
        held = np.zeros(self._rated_v.size, dtype=np.complex128)
        rows = np.flatnonzero(sources)[::-1]
        held[self._at[rows]] = self._devices.source_pu[rows]
        return held

    def _node_table(self, flow: Flow) -> Columns:
        return {
            "voltage_pu": np.abs(flow.voltage_v) / self._rated_v,
            "voltage_angle_rad": np.angle(flow.voltage_v),
            "energised": flow.energised,
        }

    def _link_table(self, flow: Flow) -> Columns:
        ends = self._kernel.topology
        current = [
            _current_a(power, flow.voltage_v[bus])
            for power, bus in ((flow.start_va, ends.start), (flow.end_va, ends.end))
        ]
        loading = [amps / rating for amps, rating in zip(current, self._ratings_a, strict=True)]
        return {
            "p_from_w": flow.start_va.real,
            "q_from_var": flow.start_va.imag,
            "p_to_w": flow.end_va.real,
            "q_to_var": flow.end_va.imag,
            "current_a": np.maximum(*current),
            "loading": np.maximum(*loading),
        }

    def _device_table(self, flow: Flow, live: Flags, factor: Floats, sources: Flags) -> Columns:
        given = self._devices
        level = (np.abs(flow.voltage_v) / self._rated_v)[self._at]
        drawn = given.power_va + level * given.current_va + level**2 * given.impedance_va
        power = np.where(live & flow.energised[self._at], drawn * factor, 0)
        power = np.where(given.feeds, -power, power)
        several = np.bincount(self._at[sources], minlength=self._rated_v.size)[self._at]
        power = np.where(sources, flow.source_va[self._at] / np.maximum(several, 1), power)
        return {"p_w": power.real, "q_var": power.imag}


def _current_a(power_va: Complexes, voltage_v: Complexes) -> Floats:
    """Phase current of a three-phase power, A; 0 at a dead end."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(voltage_v == 0, 0.0, np.abs(power_va) / (np.sqrt(3) * np.abs(voltage_v)))


def bind(network: Network, manifest: Manifest) -> PowerModel:
    """The model of a power network."""
    return PowerModel(network, manifest)
