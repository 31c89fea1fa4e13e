"""AC power flow: voltages at buses, power through branches, balance at every bus that is reached.

    kernel = Kernel(Topology(n_buses, start, end, joint), rated_v)    # once
    flow = kernel.solve(Branches(...), Operation(...))    # any number of times

Branches are complex two-ports (pi with an ideal transformer of complex ratio); joints (closed switches,
links without impedance) fuse their buses before the solve; parts that no source reaches are cut before it
and stay dark. A source is an ideal voltage behind a reactance so small that it does not show
(`Residuals.source_pu`). `solve` never raises for a physical reason: where the equations have no solution
the outcome is `FALLBACK` with the energised parts by connectivity and voltages of the linear (constant
impedance) problem. Arrays that cannot describe a grid raise `SolveError`.

The non-linear solve stands behind the face of `engine.py`; today it is power-grid-model's Newton-Raphson.
"""

from twin.physics.powerflow.grid import Branches, Flow, Operation, Residuals, Topology
from twin.physics.powerflow.kernel import Kernel
from twin.physics.powerflow.transformer import Ratings, Tap, transformer

__all__ = [
    "Branches",
    "Flow",
    "Kernel",
    "Operation",
    "Ratings",
    "Residuals",
    "Tap",
    "Topology",
    "transformer",
]
