"""One network of an undisturbed city at one instant."""

from __future__ import annotations

import numpy as np

from twin.lifelines import registry
from twin.model.city import City
from twin.model.state import State
from twin.physics.solution import Outcome, Solution


def instant(city: City, lifeline: str, t_s: float) -> tuple[State, Solution]:
    """State and solution of one network, `t_s` seconds after the data set's time zero.

    Stores are as the data set has them at time zero; patterns and time controls are those of the instant.
    """
    model = registry.bind(city.networks[lifeline], city.manifest)
    state = registry.initial_state(city)
    nothing = np.zeros(0)
    before = Solution(Outcome.CONVERGED, {}, {}, nothing, nothing)
    for write in model.advance(state, before, t_s, 0.0):
        state.write(write.ref, write.column, write.value)
    return state, model.solve(state, t_s)
