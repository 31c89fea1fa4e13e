"""What import contracts cannot say: homes of packages, names of lifelines, sizes, light import."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import twin

PACKAGE = Path(twin.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
LONGEST_FILE = 420
LONGEST_FUNCTION = 60
HOMES = {
    "simpy": ("engine", "response", "drills"),
    "lark": ("drills",),
    "pydantic": ("drills",),
    "pydantic_core": ("drills",),
    "numba": ("physics",),
    "qdldl": ("physics",),
    "power_grid_model": ("physics",),
    "pyvista": ("views",),
    "jinja2": ("views",),
    "typer": ("cli",),
    "click": ("cli",),
    "openpyxl": ("views", "drills", "io", "census"),
    "pyarrow": ("io", "views", "cli", "census", "synthesis"),
    "pyogrio": ("io", "views", "census", "importers"),
    "pyproj": ("io", "census", "synthesis"),
    "access_parser": ("census",),
    "ruamel": ("io", "drills", "response", "model"),
}
NAMES = ("gas", "heat", "water", "power", "telecom", "drainage")
MAY_NAME = ("lifelines", "importers", "synthesis", "networks", "scenarios")


def folder(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0]


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.split(".")[0]


@pytest.mark.core
def test_third_party_packages_stay_at_home():
    strays = []
    for path in FILES:
        if "scripts" in path.parts:
            continue
        for name in set(imported(ast.parse(path.read_text(encoding="utf-8")))):
            if name in HOMES and folder(path) not in HOMES[name]:
                strays.append(f"{path.relative_to(PACKAGE)} imports {name}")
    assert not strays


@pytest.mark.core
def test_no_lifeline_is_named_outside_its_folder():
    word = re.compile(rf"""(?<![\w/])["']({"|".join(NAMES)})["'/]""")
    strays = []
    for path in FILES:
        if folder(path) in MAY_NAME or "scripts" in path.parts:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if word.search(line):
                strays.append(f"{path.relative_to(PACKAGE)}:{number}: {line.strip()}")
    assert not strays


@pytest.mark.core
def test_files_stay_short():
    lengths = {
        str(path.relative_to(PACKAGE)): len(path.read_text(encoding="utf-8").splitlines()) for path in FILES
    }
    assert not {name: length for name, length in lengths.items() if length > LONGEST_FILE}


@pytest.mark.core
def test_functions_stay_short():
    long = []
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.end_lineno is not None:
                length = node.end_lineno - node.lineno + 1 - docstring_lines(node)
                if length > LONGEST_FUNCTION:
                    long.append(f"{path.relative_to(PACKAGE)}:{node.lineno} {node.name} has {length} lines")
    assert not long


def docstring_lines(node: ast.FunctionDef) -> int:
    first = node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and first.end_lineno is not None:
        return first.end_lineno - first.lineno + 1
    return 0


@pytest.mark.core
def test_importing_twin_loads_nothing_heavy():
    code = "import sys, twin; print(sorted(m for m in sys.modules if m.split('.')[0] in sys.argv[1:]))"
    heavy = [
        "numpy",
        "pandas",
        "scipy",
        "simpy",
        "numba",
        "networkx",
        "pyarrow",
        "pydantic",
        "rich",
        "typer",
        "vtkmodules",
    ]
    result = subprocess.run([sys.executable, "-c", code, *heavy], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


@pytest.mark.core
def test_importing_twin_loads_only_the_standard_library():
    code = "import sys; before = set(sys.modules); import twin; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    added = {name.split(".")[0] for name in done.stdout.split()}
    assert added <= {"twin", *sys.stdlib_module_names}
    assert not added & {"json", "logging", "asyncio", "email", "zipfile"}


def test_every_public_name_loads():
    for name in twin.__all__:
        assert getattr(twin, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = twin.nothing
