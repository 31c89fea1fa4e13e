"""Potential flow: heads at nodes, flows in links, conservation at every node that has no given head.

    kernel = Kernel(Topology(n_nodes, start, end, fixed))    # analysed once
    flow = kernel.solve(Links(...), Nodes(...), Options(), warm=None)    # any number of times

`warm` is an earlier `Flow` of the same kernel to start from. `solve` never raises for a physical reason:
`flow.outcome` is `CONVERGED` or `FAILED` with a `reason` (message id) and `params`. Arrays that cannot
describe a network raise `SolveError`. Parts that no fixed head can supply (over open links, along their
allowed direction) are cut before the solve: flow 0, delivered 0, head = elevation, `connected` False.
See `Links`, `Nodes`, `Options` for columns and units, `Flow` for results.

Method: global gradient (Todini and Pilati 1987), active set for one-way links and outlets. Each step is
`newton` (laws to matrix) -> `reduction` (leaves and chains out) -> `ldl` (core) -> back. Another fluid needs
another law in `laws`, nothing else. `reference` holds every compiled kernel once more in plain NumPy.
"""

from twin.physics.potential.flow import Flow, Residuals, Status
from twin.physics.potential.kernel import Kernel
from twin.physics.potential.network import (
    CUBIC_FOOT_M3,
    FOOT_M,
    Law,
    Links,
    Nodes,
    Options,
    Topology,
    minor_loss_s2_m5,
)

__all__ = [
    "CUBIC_FOOT_M3",
    "FOOT_M",
    "Flow",
    "Kernel",
    "Law",
    "Links",
    "Nodes",
    "Options",
    "Residuals",
    "Status",
    "Topology",
    "minor_loss_s2_m5",
]
