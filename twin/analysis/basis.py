"""What a result rests on: how far the components that a run harmed are known by measurement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from twin.analysis.kinds import HARM, sort_of
from twin.model.city import City
from twin.model.journal import Journal
from twin.model.network import Network, Ref

UNSURE = frozenset({"assumed", "repaired"})


@dataclass(frozen=True)
class Basis:
    """The harmed components of one layer.

    Attributes
    ----------
    layer
        The lifeline.
    harmed
        How many components an incident, a failure or a loss touched.
    resting
        How many of them have an attribute that was assumed or repaired.
    confidence
        Mean of their confidence, 0 to 1.
    attributes
        Those attributes with the number of components, most frequent first.
    """

    layer: str
    harmed: int
    resting: int
    confidence: float
    attributes: tuple[tuple[str, int], ...]

    @property
    def share(self) -> float:
        """Share of the harmed components that rest on something assumed or repaired."""
        return self.resting / self.harmed


def basis(journal: Journal, city: City) -> tuple[Basis, ...]:
    """For each layer that a census was built into, what the harm of a run rests on; in order of layer.

    A device counts with the attributes of the node it stands at. Layers that say nothing of the origin of
    their attributes are left out.
    """
    harmed = sorted({event.component for event in journal if sort_of(event.kind) in HARM and event.component})
    refs = [city.refs[name] for name in harmed if name in city.refs]
    found = []
    for name, network in sorted(city.networks.items()):
        own = [_known(network, ref) for ref in refs if ref.layer == name]
        if own and _surveyed(network):
            found.append(_of(name, network, own))
    return tuple(found)


def _surveyed(network: Network) -> bool:
    return any(
        "provenance" in table and (table["provenance"] != "").any() for table in network.components.values()
    )


def _known(network: Network, ref: Ref) -> Ref:
    """The component whose attributes count: the node of a device, else the component itself."""
    if ref.table == "devices":
        return Ref(ref.layer, "nodes", int(network.device_nodes[ref.row]))
    return ref


def _of(layer: str, network: Network, refs: Iterable[Ref]) -> Basis:
    count: Counter[str] = Counter()
    confidence, resting, harmed = 0.0, 0, 0
    for ref in refs:
        table = network.tables[ref.table]
        parts = [part.partition(":") for part in str(table["provenance"][ref.row]).split()]
        unsure = [name for name, _colon, origin in parts if origin in UNSURE]
        harmed += 1
        resting += bool(unsure)
        confidence += float(table["confidence"][ref.row])
        count.update(unsure)
    ranked = tuple(sorted(count.items(), key=lambda pair: (-pair[1], pair[0])))
    return Basis(layer, harmed, resting, confidence / harmed, ranked)
