"""The one way a function is compiled: Numba, machine code cached on disk, free of the interpreter lock.

Numba keeps machine code as long as the function's own file is unchanged, though the functions it calls are
compiled into it and may live in other files. Here the cache holds only while all files of the function's
folder and below have the same content, wherever they were checked out; compiled functions call no others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., object])


@cache
def source_stamp(folder: Path) -> str:
    """Digest of all sources in `folder` and below."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def compiled(function: F) -> F:
    """Compile a module-level `function` at its first call; division by zero gives infinity, as in NumPy.

    Where no folder can be written to, nothing is cached.
    """
    try:
        kernel = njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:
        return cast(F, njit(nogil=True, error_model="numpy")(function))
    if hasattr(kernel, "_cache"):
        folder = Path(function.__code__.co_filename).parent
        kernel._cache._cache_file._source_stamp = source_stamp(folder)
    return cast(F, kernel)
