"""Which lifelines there are: found by the entry point `twin.lifelines`, bound on first use."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from twin.lifelines.base import Check, Declaration, Model
from twin.model.city import City, Manifest
from twin.model.finding import Finding
from twin.model.network import Network
from twin.model.state import State


@cache
def declarations() -> Mapping[str, Declaration]:
    """All registered lifelines by name, in order of name."""
    found = sorted(entry_points(group="twin.lifelines"), key=lambda point: point.name)
    return {point.name: point.load() for point in found}


def declaration(name: str) -> Declaration:
    """The declaration of one lifeline; KeyError where none is registered under this name."""
    return declarations()[name]


def _load(path: str) -> Any:
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)


def bind(network: Network, manifest: Manifest) -> Model:
    """The network bound to its kernel."""
    model: Model = _load(declaration(network.lifeline).binding)(network, manifest)
    return model


def check(network: Network) -> list[Finding]:
    """What the lifeline's own checks find in a network."""
    path = declaration(network.lifeline).checks
    if not path:
        return []
    function: Check = _load(path)
    return function(network)


def initial_state(city: City) -> State:
    """The state of an undisturbed city."""
    known = declarations()
    return State(city.layers, {name: known[name].state for name in city.networks})
