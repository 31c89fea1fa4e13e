"""MkDocs hook: the pages of the manual that are made from what the program itself reads.

Columns of data sets come from the schema CSVs, words of scenario files from the tables of the language, verbs
of the command line from the application, unverified constants from their files.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from ruamel.yaml import YAML
from typer.main import get_command

from twin.census import mappings
from twin.census.rules import register
from twin.census.survey import JOINED, SCHEMAS
from twin.cli.app import GROUPS, application
from twin.drills import vocabulary, words
from twin.importers.infrarisk import repairs
from twin.lifelines import registry
from twin.model.city import CITY_SCHEMAS, LAYER_SCHEMAS
from twin.model.schema import Column, Schema
from twin.model.state import COMMON, StateColumn
from twin.response import times

TABLES = "reference/tables"
SECTION = "Columns of a data set"
RECALL = "<!-- {name} -->"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """List the generated pages where the navigation names their section."""
    reference = next(part["Reference"] for part in config.nav or () if "Reference" in part)
    for part in reference:
        if isinstance(part, dict) and SECTION in part:
            part[SECTION] = [f"{TABLES}/{name}.md" for name in data_set()]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add one page per lifeline, one for each layer, one for the tables that join them, and the verbs."""
    made = {f"{TABLES}/{name}.md": text for name, text in data_set().items()}
    for place, text in {**made, "reference/cli.md": command_line()}.items():
        files.append(File.generated(config, place, content=text))
    return files


def on_page_markdown(markdown: str, **_context: Any) -> str:
    """Put the generated tables where a page asks for one with a comment of its name."""
    for name, rows in TABLES_BY_NAME.items():
        mark = RECALL.format(name=name)
        if mark in markdown:
            markdown = markdown.replace(mark, "\n".join(rows()))
    return markdown


def data_set() -> dict[str, str]:
    """The pages about the columns of a city data set, by name."""
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
    yield from heading("column", "type", "unit", "kinds", "default", "bounds", "description")
    for column in schema.columns:
        yield row(
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
    yield from heading("table", "column", "type", "starts as", "solved again for", "description")
    for column in state:
        yield row(
            column.table, f"`{column.name}`", column.type, column.default, column.effect, column.description
        )


def command_line() -> str:
    """The page about the verbs, from the application itself."""
    groups = get_command(application()).commands  # type: ignore[attr-defined]
    lines = [
        "# The command line",
        "",
        "`twin VERB --help` prints the same. Every verb also takes the options in the last section.",
        "",
    ]
    shared: dict[str, Any] = {}
    for panel, names in GROUPS.items():
        lines += [f"## {panel}", ""]
        for name in (name.rstrip("_") for name in names):
            inner = getattr(groups[name], "commands", {"": groups[name]})
            for sub, command in inner.items():
                lines += [
                    f"### twin {name} {sub}".rstrip(),
                    "",
                    *verb(f"{name} {sub}".strip(), command, shared),
                ]
    return "\n".join([*lines, "## Everywhere", "", *options(shared.values())]) + "\n"


def verb(name: str, command: Any, shared: dict[str, Any]) -> Iterator[str]:
    """What one verb does and takes; the options that all verbs have are gathered in `shared`."""
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    own = [one for one in command.params if one.param_type_name == "option" and one.name != "help"]
    shared |= {one.name: one for one in own if getattr(one, "rich_help_panel", None)}
    taken = " ".join(place(one) if one.required else f"[{place(one).strip('[]')}]" for one in arguments)
    yield from (command.help, "", f"`twin {name} {taken}`".replace(" `", "`"), "")
    if arguments:
        yield from heading("argument", "what it is")
        yield from (row(f"`{place(one)}`", one.help or "") for one in arguments)
        yield ""
    mine = [one for one in own if one.name not in shared]
    if mine:
        yield from options(mine)
        yield ""


def place(argument: Any) -> str:
    """The name of an argument as the help has it."""
    return str(argument.metavar or argument.name.upper())


def options(given: Iterable[Any]) -> Iterator[str]:
    """A table of options."""
    yield from heading("option", "what it does")
    for one in given:
        value = f" {one.metavar}" if one.metavar else ""
        names = ", ".join(f"`{name}{value}`" for name in [*one.opts, *one.secondary_opts])
        yield row(names, one.help or "")


def verbs() -> Iterator[str]:
    """The verbs of `do` and `does`."""
    yield from heading("verb", "Chinese", "in", "example", "does")
    for one in vocabulary.verbs().values():
        later = "" if one.provider else " (not simulated yet)"
        uses = ", ".join(f"`{use}`" for use in one.uses)
        chinese = words.spelt(one.name, "verb", "zh")
        yield row(f"`{one.name}`", chinese, uses, f"`{one.example}`", one.description + later)


def quantities() -> Iterator[str]:
    """The quantities of conditions."""
    yield from heading("quantity", "Chinese", "asked of", "measure", "is")
    for one in vocabulary.quantities().values():
        later = "" if one.provider else " (not simulated yet)"
        chinese = words.spelt(one.name, "quantity", "zh")
        measure = ", ".join(one.dimensions)
        yield row(f"`{one.name}`", chinese, ", ".join(one.arguments), measure, one.description + later)


def other_words() -> Iterator[str]:
    """Every other word with its Chinese alias."""
    yield from heading("word", "Chinese", "role")
    for role in ("key", "function", "preposition", "channel", "value", "storm", "column"):
        for english, chinese in words.aliases(role).items():
            yield row(f"`{english}`", chinese, role)


def limits() -> Iterator[str]:
    """The default time limits of expectations."""
    yield from heading("expectation", "within", "source", "verified")
    for one in vocabulary.targets().values():
        yield row(f"`{one.of}`", one.within, one.source, "yes" if one.verified else "no")


def response_times() -> Iterator[str]:
    """The medians of the response times, one row each."""
    yield from heading("component", *(f"{stage}, min" for stage in times.STAGES), "source", "verified")
    for one in yaml_rows(times):
        figures = (one.get(stage, "") for stage in times.STAGES)
        yield row(f"`{one['of']}`", *map(str, figures), one["source"], "yes" if one["verified"] else "no")


def repair_hours() -> Iterator[str]:
    """Repair hours of imported InfraRisk cities."""
    path = Path(repairs.__file__).with_name("repair_hours.csv")
    yield from heading("id begins with", "hours", "what", "source", "verified")
    for one in csv.DictReader(path.read_text(encoding="utf-8").splitlines()):
        yield row(f"`{one['prefix']}`", one["hours"], one["what"], one["source"], one["verified"])


def exclusions() -> Iterator[str]:
    """The networks that are not compared with EPANET, with the reason."""
    path = Path(__file__).parents[1] / "tests/lifelines/water/exclusions.csv"
    yield from heading("network", "not compared", "reason")
    for one in csv.DictReader(path.read_text(encoding="utf-8").splitlines()):
        yield row(one["network"], one["check"].replace("*", "at all"), one["reason"])


def census_rules() -> Iterator[str]:
    """The register of the census check."""
    yield from heading("rule", "what is wrong", "问题", "severity", "what to do", "repairable", "verified")
    for one in register().values():
        marks = ["yes" if mark else "no" for mark in (one.repairable, one.verified)]
        yield row(f"`{one.id}`", one.text, one.text_zh, one.severity, one.remedy, *marks)


def yaml_rows(module: Any) -> list[dict[str, Any]]:
    """The rows of the YAML file that stands beside a module."""
    text = Path(module.__file__).with_suffix(".yaml").read_text(encoding="utf-8")
    return list(YAML(typ="safe", pure=True).load(text))


def joined_tables() -> Iterator[str]:
    """The columns of the joined tables."""
    for name, schema in JOINED.items():
        yield from (f"### {name}", "", *columns(schema), "")


def mapping_files() -> Iterator[str]:
    """The bundled mappings with their own headers."""
    yield from heading("mapping", "what it is", "fragment", "points", "lines")
    for name in mappings.names():
        one = mappings.bundled(name)
        headers = (one.headers[table].values() for table in mappings.TABLES)
        own = (", ".join(f"`{given[0]}`" for given in each) for each in headers)
        yield row(f"`{name}`", f"{one.title} ({one.source})", "yes" if one.fragment else "no", *own)


TABLES_BY_NAME = {
    **{f"census {name}": partial(columns, schema) for name, schema in SCHEMAS.items()},
    "census joined": joined_tables,
    "census mappings": mapping_files,
    "table of verbs": verbs,
    "table of quantities": quantities,
    "table of words": other_words,
    "table of limits": limits,
    "table of response times": response_times,
    "table of repair hours": repair_hours,
    "table of exclusions": exclusions,
    "table of census rules": census_rules,
}


def heading(*cells: str) -> Iterator[str]:
    """The heading of a Markdown table."""
    yield row(*cells)
    yield "|" + " --- |" * len(cells)


def row(*cells: str) -> str:
    """One Markdown row; what is no code may hold `<`."""
    shown = (cell if cell.startswith("`") else cell.replace("<", "&lt;") for cell in cells)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in shown) + " |"
