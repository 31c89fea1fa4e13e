"""What a lifeline is to the rest of the house: a declaration, and a model that answers three questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from twin.lifelines.census import CensusTerms
from twin.model.city import Manifest
from twin.model.finding import Finding
from twin.model.network import Network, Ref
from twin.model.schema import Schema
from twin.model.state import State, StateColumn
from twin.physics.solution import Solution

Role = Literal["source", "consumer", "carrier", "store", "device"]


@dataclass(frozen=True)
class Kind:
    """One kind of component: its table, its role, how it is called and drawn."""

    table: str
    role: Role
    label: str
    symbol: str = "line"


@dataclass(frozen=True)
class Quantity:
    """A number that scenarios and `solve` can read: where it stands in `Solution.tables`."""

    name: str
    table: str
    column: str
    dimension: str


@dataclass(frozen=True)
class Declaration:
    """Everything that makes a lifeline what it is, apart from its physics.

    Attributes
    ----------
    name, label, colour
        `water`, its English label (a message id) and its colour `#rrggbb`.
    schemas
        Schema per table, component tables first.
    state
        State columns beyond the common four.
    kinds
        Component kinds by name.
    consumers
        The component table whose rows demand service.
    quantities
        What can be asked of a solution.
    verbs
        What an action of a scenario writes: verb -> (state column, value); "amount" takes the action's,
        "bore" that share of the component's cross-section.
    hazards
        Hazards that its physics answers to (`rain`).
    binding
        `module:function` with `bind(network, manifest) -> Model`; imported on first solve; "" where the
        lifeline has no physics: its networks are graphs, whose components work or do not.
    census
        Its class in a pipeline census; None where it has none.
    checks
        `module:function` with `check(network) -> list[Finding]`, beyond the schema; "" for none.
    survey
        `module:function` with `tables(surveyed) -> Mapping[str, DataFrame]`: its tables from a pipeline
        census whose chains are collapsed and whose devices stand between nodes
        (`twin.lifelines.surveyed`); "" where it takes them as they are.
    """

    name: str
    label: str
    colour: str
    schemas: Mapping[str, Schema]
    state: tuple[StateColumn, ...]
    kinds: Mapping[str, Kind]
    consumers: str
    quantities: tuple[Quantity, ...]
    binding: str
    checks: str = ""
    survey: str = ""
    verbs: Mapping[str, Sequence[tuple[str, float | bool | str]]] = field(default_factory=dict)
    hazards: tuple[str, ...] = ()
    census: CensusTerms | None = None


class Write(NamedTuple):
    """A state change that a network makes by itself: a tank level, a control, a protection.

    `rule` names what made it (empty for stored quantities, which are not journal events); `kind` is the
    journal's kind of event.
    """

    ref: Ref
    column: str
    value: float | bool
    rule: str = ""
    kind: str = "control"


@dataclass(frozen=True)
class Horizon:
    """How long the present solution holds, and why it ends."""

    seconds: float
    reason: str = ""


class Model(Protocol):
    """A network bound to its kernel. It is asked; it never waits and never writes."""

    @property
    def network(self) -> Network:
        """The network it is bound to."""
        ...

    def solve(self, state: State, t_s: float, previous: Solution | None = None) -> Solution:
        """The instantaneous solution at `t_s` (seconds since the data set's time zero); pure."""
        ...

    def horizon(self, state: State, solution: Solution, t_s: float) -> Horizon:
        """How long from `t_s` until the network changes by itself (pattern, store, control, step)."""
        ...

    def advance(self, state: State, solution: Solution, t_s: float, dt_s: float) -> tuple[Write, ...]:
        """What changed by itself between `t_s` and `t_s + dt_s` under constant flows: stores and controls."""
        ...

    def react(self, state: State, solution: Solution) -> tuple[Write, ...]:
        """What the network's own protection does at once about this solution (overload trips)."""
        ...


class Bind(Protocol):
    """The binding function a declaration names."""

    def __call__(self, network: Network, manifest: Manifest) -> Model:
        """A model of the network."""
        ...


class Check(Protocol):
    """The checking function a declaration names."""

    def __call__(self, network: Network) -> list[Finding]:
        """Findings beyond what the schema says."""
        ...


def no_shares(network: Network) -> dict[str, NDArray[np.float64]]:
    """Shares of 1 for every component: where a model starts from."""
    return {name: np.ones(len(table)) for name, table in network.components.items()}
