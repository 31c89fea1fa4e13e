"""The one way a function is compiled: Numba, machine code cached on disk, free of the interpreter lock."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """Compile a module-level `function` at its first call; division by zero gives infinity, as in NumPy."""
    return cast(F, njit(cache=True, nogil=True, error_model="numpy")(function))
