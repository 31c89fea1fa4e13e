"""MkDocs hook: the manual's column tables, made from the schema CSVs that the readers use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from twin.lifelines import registry
from twin.model.city import CITY_SCHEMAS, LAYER_SCHEMAS
from twin.model.schema import Column, Schema
from twin.model.state import COMMON, StateColumn

FOLDER = "reference/tables"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add one page per lifeline, one for the layers and one for the tables that join them."""
    for name, text in pages().items():
        files.append(File.generated(config, f"{FOLDER}/{name}.md", content=text))
    return files


def pages() -> dict[str, str]:
    """The Markdown of every generated page by name."""
    result = {"city": page("Tables of a city", "", CITY_SCHEMAS, ())}
    for name, schemas in LAYER_SCHEMAS.items():
        result[name] = page(f"Tables of the layer {name}", f"{name}/", schemas, ())
    for name, declaration in registry.declarations().items():
        title = f"Tables of {declaration.label.lower()}"
        result[name] = page(title, f"{name}/", declaration.schemas, (*COMMON, *declaration.state))
    return result


def page(title: str, prefix: str, schemas: Mapping[str, Schema], state: tuple[StateColumn, ...]) -> str:
    """One page: a section per table, then what can change during a run."""
    lines = [f"# {title}", "", "An empty default means that the column is required.", ""]
    for name, schema in schemas.items():
        lines += [f"## {prefix}{name}", "", *columns(schema), ""]
    if state:
        lines += ["## What can change during a run", "", *state_rows(state)]
    return "\n".join(lines) + "\n"


def columns(schema: Schema) -> Iterator[str]:
    """The rows of one table's Markdown."""
    yield from row("column", "type", "unit", "kinds", "default", "bounds", "description")
    for column in schema.columns:
        yield from row(
            f"`{column.name}`",
            type_of(column),
            column.unit,
            ", ".join(column.kinds) or "all",
            "" if column.default is None else column.default or "may be missing",
            column.bounds,
            column.description,
        )


def type_of(column: Column) -> str:
    """The type as the manual writes it, with the choices or the table referred to."""
    if column.choices:
        return "one of " + ", ".join(f"`{choice}`" for choice in column.choices)
    return f"id of a row in `{column.target}`" if column.target else column.type


def state_rows(state: tuple[StateColumn, ...]) -> Iterator[str]:
    """State columns as Markdown rows."""
    yield from row("table", "column", "type", "starts as", "solved again for", "description")
    for column in state:
        yield from row(
            column.table, f"`{column.name}`", column.type, column.default, column.effect, column.description
        )


def row(*cells: str) -> Iterator[str]:
    """One Markdown row; the row that begins with `column` or `table` is a heading."""
    yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
    if cells[0] in ("column", "table"):
        yield "|" + " --- |" * len(cells)
