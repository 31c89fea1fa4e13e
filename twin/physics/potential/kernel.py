"""The kernel: one analysis per topology, any number of solves."""

from __future__ import annotations

from twin.physics.potential.flow import Flow
from twin.physics.potential.network import Links, Nodes, Options, Topology


class Kernel:
    """Heads and flows of one topology."""

    def __init__(self, topology: Topology) -> None:
        self.topology = topology

    def solve(
        self, links: Links, nodes: Nodes, options: Options | None = None, warm: Flow | None = None
    ) -> Flow:
        """The steady state for these columns; `warm` is an earlier answer to start from."""
        raise NotImplementedError
