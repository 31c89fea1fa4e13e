"""Buses that closed joints make one: the labels of the fused nodes, and what flows through the joints."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import coo_array, csc_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import SuperLU, splu

from twin.physics.powerflow.grid import Complexes, Flags, Ints, Topology


class Fusion:
    """The fused nodes of a topology while the links `closed` (bool[m], joints only) are closed.

    `label` gives the node of each bus, int32[n]; `first` the lowest bus of each node, int32[n_nodes].
    """

    def __init__(self, topology: Topology, closed: Flags) -> None:
        self.closed = closed
        self._rows = np.flatnonzero(closed)
        self._start, self._end = topology.start[self._rows], topology.end[self._rows]
        self.n_nodes, self.label = components(topology.n_buses, self._start, self._end)
        self.first: Ints = np.unique(self.label, return_index=True)[1].astype(np.int32)
        self._n_links = topology.n_links
        self._factor: SuperLU | None = None

    def sums(self, values: Complexes) -> Complexes:
        """Sums of bus values over each node, complex[n_nodes]."""
        total = np.zeros(self.n_nodes, dtype=np.complex128)
        np.add.at(total, self.label, values)
        return total

    def through_joints(self, surplus_va: Complexes) -> Complexes:
        """Power through each link from start to end, complex[m], zero where it is no closed joint.

        `surplus_va` (complex[n]) is what each bus has left over; it sums up to zero over each node. The
        answer is the flow between equal resistances, which is the only one where joints form no ring.
        """
        power = np.zeros(self._n_links, dtype=np.complex128)
        if self._rows.size:
            factor = self._factor = self._factor or self._grounded_laplacian()
            parts = np.column_stack((surplus_va.real, surplus_va.imag))
            parts[self.first] = 0.0
            level = factor.solve(parts)
            drop = level[self._start] - level[self._end]
            power[self._rows] = drop[:, 0] + 1j * drop[:, 1]
        return power

    def _grounded_laplacian(self) -> SuperLU:
        n = self.label.size
        diagonal = np.bincount(self._start, minlength=n) + np.bincount(self._end, minlength=n)
        ground = np.zeros(n)
        ground[self.first] = 1.0
        rows: Any = np.concatenate((self._start, self._end, np.arange(n)))
        columns: Any = np.concatenate((self._end, self._start, np.arange(n)))
        values = np.concatenate((-np.ones(2 * self._start.size), diagonal + ground))
        return splu(csc_array(coo_array((values, (rows, columns)), shape=(n, n))))


def components(n: int, start: Ints, end: Ints) -> tuple[int, Ints]:
    """Number of connected parts of `n` points and the part of each point, numbered by their lowest point."""
    links: Any = coo_array((np.ones(start.size, dtype=np.int8), (start, end)), shape=(n, n))
    count, label = connected_components(links, directed=False)
    return int(count), label.astype(np.int32)
