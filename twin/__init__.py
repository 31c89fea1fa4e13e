"""The digital twin of a city's lifelines: a dozen public names, each loaded on first use."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twin.api import (
        City,
        Run,
        check,
        from_wntr,
        list_cities,
        list_scenarios,
        load_city,
        open_run,
        run,
        save_city,
        solve,
        synth,
    )
    from twin.errors import DatasetError, RunError, ScenarioError, SolveError, TwinError

__version__ = "0.1.0"

_API = (
    "City",
    "Run",
    "check",
    "from_wntr",
    "list_cities",
    "list_scenarios",
    "load_city",
    "open_run",
    "run",
    "save_city",
    "solve",
    "synth",
)
_ERRORS = ("DatasetError", "RunError", "ScenarioError", "SolveError", "TwinError")
_HOMES = dict.fromkeys(_API, "twin.api") | dict.fromkeys(_ERRORS, "twin.errors")

__all__ = [
    "City",
    "DatasetError",
    "Run",
    "RunError",
    "ScenarioError",
    "SolveError",
    "TwinError",
    "check",
    "from_wntr",
    "list_cities",
    "list_scenarios",
    "load_city",
    "open_run",
    "run",
    "save_city",
    "solve",
    "synth",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'twin' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
