"""No sentence for users bypasses the catalogue: found in the syntax tree, whatever is run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import twin
from twin.errors import SolveError, TwinError

PACKAGE = Path(twin.__file__).parent
SPEAKERS = {"print", "echo", "say", "note", "complain", "working", "progress"}
"""Functions whose first argument is shown."""
TABLES = {"table"}
"""Functions whose headings are shown."""
HELPS = {"Option", "Argument"}
MARKS = {"_": 1, "N_": 1, "plural": 2}
SCRIPTS = {"scripts"}
"""Folders of programs that other programs read."""
NAMES = {"twin"}
BILINGUAL = {"census_summary.html"}
"""Pages that say everything in both languages at once."""
MAY_LOOK_UP = {"app.py": {"_translate_attribute"}, "foreign.py": {"usage"}}
"""Functions that translate what others marked."""


def test_errors_are_imported():
    assert {"ScenarioError", "DatasetError", "RunError"} <= errors()


def errors() -> set[str]:
    """Names of the errors that users see; a `SolveError` speaks to who calls a kernel."""
    import twin.bench.cases
    import twin.verify.environment  # noqa: F401 (both define errors)

    def below(kind: type) -> Iterator[str]:
        for each in kind.__subclasses__():
            if each is not SolveError:
                yield each.__name__
                yield from below(each)

    return {"TwinError", *below(TwinError)}


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def says(node: ast.AST) -> str:
    """The words of a literal text; "" where it has none, or is no literal."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        text = re.sub(r"\{\w*\}", "", node.value)
    elif isinstance(node, ast.JoinedStr):
        text = " ".join(part.value for part in node.values if isinstance(part, ast.Constant))
    elif isinstance(node, ast.BinOp):
        return says(node.left) or says(node.right)
    elif isinstance(node, ast.IfExp):
        return says(node.body) or says(node.orelse)
    elif isinstance(node, ast.Tuple | ast.List):
        return next((found for part in node.elts if (found := says(part))), "")
    else:
        return ""
    return "" if text in NAMES or {*text.split()} <= NAMES else " ".join(re.findall(r"[A-Za-z]{2,}.*", text))


def shown(node: ast.Call) -> Iterator[ast.AST]:
    """What a call shows to the user."""
    name, given = called(node), {each.arg: each.value for each in node.keywords}
    if name in SPEAKERS | errors() or name == "Message":
        yield from node.args[:1]
    elif name in TABLES and isinstance(node.func, ast.Attribute):
        yield from node.args[1:2]
    elif name == "RefusedError":
        yield from node.args[:2]
    elif name == "Finding":
        yield from node.args[3:5]
        yield from (given[key] for key in ("problem", "remedy") if key in given)
    elif name in HELPS or name == "Typer":
        yield from (given[key] for key in ("help", "rich_help_panel") if key in given)


def sources() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        if not SCRIPTS & set(path.parts):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def strays(tree: ast.AST) -> list[str]:
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [f"{each.lineno}: {says(each)}" for node in calls for each in shown(node) if says(each)]


@pytest.mark.core
def test_every_sentence_that_is_shown_goes_through_the_catalogue():
    found = [f"{path.relative_to(PACKAGE)}:{each}" for path, tree in sources() for each in strays(tree)]
    assert found == []


@pytest.mark.core
def test_the_catalogue_is_asked_for_literals_only():
    wrong = []
    for path, tree in sources():
        free = MAY_LOOK_UP.get(path.name, set())
        inside = {
            id(node)
            for each in ast.walk(tree)
            if getattr(each, "name", "") in free
            for node in ast.walk(each)
        }
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or called(node) not in MARKS or id(node) in inside:
                continue
            texts = node.args[: MARKS[called(node)]]
            if not all(isinstance(each, ast.Constant) for each in texts):
                wrong.append(f"{path.relative_to(PACKAGE)}:{node.lineno}")
    assert wrong == []


@pytest.mark.parametrize(
    "line",
    [
        'screen.say(f"Done with {name}")',
        'raise InputError("this is wrong")',
        'raise RunError("it went " + why)',
        'Finding("r", e, "f", Message("is wrong"), _("mend it"))',
        'typer.Option("--x", help="Say it.")',
        'screen.table(rows, ("name", _("count")))',
        'print("yes it is" if x else y)',
    ],
)
def test_a_stray_sentence_is_found(line):
    assert strays(ast.parse(line))


@pytest.mark.parametrize(
    "line",
    ['screen.say(f"{a}: {b}")', 'raise InputError(_("it is {a}", a=a))', 'screen.say(f"twin {version}")'],
)
def test_what_is_no_sentence_may_pass(line):
    assert not strays(ast.parse(line))


def test_the_template_of_the_report_has_no_word_of_its_own():
    for path in sorted((PACKAGE / "views" / "templates").glob("*.html")):
        if path.name in BILINGUAL:
            continue
        text = path.read_text(encoding="utf-8")
        for pattern in (
            r"\{#.*?#\}",
            r"\{%.*?%\}",
            r"\{\{.*?\}\}",
            r"<(style|script)\b.*?</\1>",
            r"<[^>]*>",
            r"&\w+;",
        ):
            text = re.sub(pattern, " ", text, flags=re.DOTALL)
        assert set(re.findall(r"[A-Za-z]+", text)) <= {"h", "SAIDI", "SAIFI", "CAIDI"}, path.name
