"""`twin new scenario`: a scenario file to start from."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twin.cli import names, screen
from twin.errors import DatasetError
from twin.model.finding import Finding, Severity
from twin.text import N_, _, language

if TYPE_CHECKING:
    from twin.api import City

HELP = N_("Make a new file to start from.")
_SIGNS = re.compile(r"[^\w .-]+")
"""Signs that a file name does better without and that YAML may give a meaning."""


def scenario(
    name: Annotated[str, typer.Argument(metavar="NAME", help=N_("What the scenario is called."))],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help=N_("The file (default: NAME.yaml)."))
    ] = None,
    city: Annotated[
        str, typer.Option("--city", help=N_("The city it is played on."), autocompletion=names.cities)
    ] = "quarter",
    overwrite: names.Overwrite = False,
) -> None:
    """Write a scenario that can be run as it stands: one component fails, its owner is expected there."""
    from twin import api
    from twin.io.files import write_text

    loaded = api.load_city(city)
    path = output or Path(f"{_SIGNS.sub(' ', name).strip(' .-') or 'scenario'}.yaml")
    if path.exists() and not overwrite:
        finding = Finding(
            "output.exists", Severity.ERROR, str(path), _("exists"), _("give another file or --overwrite")
        )
        raise DatasetError(_("{path} cannot be written", path=path), (finding,))
    component = _first(loaded)
    write_text(path, _text(name, city, component, loaded.owner(component.split("/", maxsplit=1)[0])))
    screen.say(_("Scenario: {path}; play it with: twin run {path}", path=path))


def _first(city: City) -> str:
    """A component that others need, else the first of all."""
    suppliers = sorted(str(name) for name in city.dependencies["supplier"])
    return suppliers[0] if suppliers else sorted(city.refs)[0]


def _text(name: str, city: str, component: str, owner: str) -> str:
    from importlib.resources import files

    chosen = "zh" if language() == "zh" else "en"
    template = files("twin.cli").joinpath(f"scenario.{chosen}.txt").read_text(encoding="utf-8")
    rows = template if owner else template[: template.index("    #")]
    return rows.format(name=_quoted(name), city=_quoted(city), component=component, owner=owner)


def _quoted(text: str) -> str:
    """A text as YAML has it: in quotation marks where a sign in it could mean something."""
    strange = _SIGNS.search(text) or text != text.strip(" .-")
    return json.dumps(text, ensure_ascii=False) if strange else text


VERBS = {scenario: N_("Make a scenario file that can be played as it stands.")}
