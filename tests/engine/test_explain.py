"""Which of several simultaneous changes is blamed."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from twin.engine.explain import Explainer
from twin.engine.world import Counters, Touch
from twin.model.journal import Journal
from twin.model.network import Ref

pytestmark = pytest.mark.core
CONSUMER = ("power", "devices", 0)


class State:
    """Remembers which components were put back."""

    def __init__(self) -> None:
        self.undone: set[int] = set()

    def copy(self) -> State:
        return State()

    def write(self, ref: Ref, _column: str, _value: object) -> None:
        self.undone.add(ref.row)


def world(kinds: list[str], helps: int | None) -> tuple[SimpleNamespace, dict[str, list[Touch]]]:
    """One event per kind, about rows 0, 1, ...; undoing row `helps` brings the consumer's service back.

    An incident of long ago still disturbs the network.
    """
    journal = Journal()
    old = journal.append(0.0, "incident", lifeline="power", component="power/line/old")
    touches = [
        Touch(
            journal.append(9.0, kind, lifeline="power", component=f"power/line/{row}"), ref, "failed", False
        )
        for row, kind in enumerate(kinds)
        for ref in [Ref("power", "links", row)]
    ]

    def solve(state: State, _t_s: float, _previous: object) -> SimpleNamespace:
        return SimpleNamespace(share={"devices": np.array([1.0 if helps in state.undone else 0.0])})

    made = SimpleNamespace(
        journal=journal,
        share={("power", "devices"): np.zeros(1)},
        models={"power": SimpleNamespace(solve=solve)},
        solutions={},
        state=State(),
        city=SimpleNamespace(layers={"power": SimpleNamespace(tables={})}),
        disturbed={"power": {"power/line/old": old}},
        counters=Counters(),
        now=9.0,
        offset_s=0.0,
    )
    return made, {"power": touches}


@pytest.mark.parametrize(
    ("kinds", "helps", "blamed"),
    [
        (["incident"], None, 1),
        (["incident", "incident"], 1, 2),
        (["incident", "incident"], None, 1),
        (["control"], 0, 1),
        (["control"], None, 0),
        (["control", "incident"], None, 2),
        (["control", "incident"], 0, 1),
        ([], None, 0),
    ],
    ids=[
        "a single incident",
        "the one whose undoing helps",
        "the first where none helps alone",
        "a control that made it so",
        "not a control that only coincides",
        "rather an incident than a control",
        "a control rather than an incident that does not matter",
        "what still disturbs the network",
    ],
)
def test_the_event_that_is_blamed(kinds: list[str], helps: int | None, blamed: int):
    made, touched = world(kinds, helps)
    assert Explainer(made, touched).cause(*CONSUMER, threshold=0.5) == blamed


def test_each_change_is_undone_once_however_many_consumers_ask():
    made, touched = world(["incident", "incident"], 1)
    explainer = Explainer(made, touched)
    for _consumer in range(3):
        explainer.cause(*CONSUMER, threshold=0.5)
    assert made.counters.explanations == 2
