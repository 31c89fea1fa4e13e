"""The application: every verb with its help, in the language in use."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import typer

from twin.cli import foreign, settings
from twin.cli.boundary import boundary
from twin.text import N_, _, use_language

GROUPS = {
    N_("Drills"): ("run", "why", "report", "export", "compare"),
    N_("Cities and scenarios"): (
        "synth",
        "check",
        "import_",
        "solve",
        "list_",
        "show",
        "view",
        "section",
        "new",
        "seal",
        "schema",
    ),
    N_("Census"): ("census",),
    N_("Trust and speed"): ("verify", "engines", "bench", "doctor", "warmup", "version"),
}
HELP_FLAGS = ["-h", "--help"]
HELP = N_("The digital twin of a city's lifelines: drills in which networks fail together, and explain why.")


def command(arguments: Sequence[str] = ()) -> Any:
    """The command line in the language in use: the verb that `arguments` begin with, else all verbs."""
    settings.reset()
    words = [word for word in arguments if not word.startswith("-")]
    known = {name.rstrip("_"): name for names in GROUPS.values() for name in names}
    chosen = known.get(words[0]) if words and arguments[0] == words[0] else None
    result = typer.main.get_command(application(chosen))
    _translate(result)
    return result


def application(only: str | None = None) -> typer.Typer:
    """The Typer application with English texts: all verbs, or one of them, which starts faster."""
    app = typer.Typer(
        help=HELP, no_args_is_help=True, rich_markup_mode="rich", pretty_exceptions_enable=False,
        context_settings={"help_option_names": HELP_FLAGS},
    )  # fmt: skip
    app.callback()(_everywhere)
    for panel, names in GROUPS.items():
        for name in names:
            if only in (None, name):
                _add(app, import_module(f"twin.cli.verbs.{name}"), name.rstrip("_"), panel)
    return app


def _add(app: typer.Typer, module: Any, name: str, panel: str) -> None:
    """One verb, or a group of verbs where the module has `VERBS`."""
    if not hasattr(module, "VERBS"):
        app.command(name, help=module.HELP, rich_help_panel=panel)(
            verb(getattr(module, module.__name__.split(".")[-1]))
        )
        return
    group = typer.Typer(help=module.HELP, no_args_is_help=True)
    group.callback()(_everywhere)
    for function, text in module.VERBS.items():
        group.command(function.__name__, help=text)(verb(function))
    app.add_typer(group, name=name, rich_help_panel=panel)


def _everywhere(
    lang: settings.Lang = None,
    json: settings.Json = False,
    quiet: settings.Quiet = False,
    debug: settings.Debug = False,
    strict: settings.Strict = False,
) -> None:
    settings.use(settings.Settings(lang, json, quiet, debug, strict))


def verb(function: Callable[..., int | None]) -> Callable[..., None]:
    """The function of a verb with the options that all verbs have, inside the error boundary.

    The function returns its exit code; None is 0.
    """
    own = inspect.signature(function, eval_str=True)
    added = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None if name == "lang" else False,
            annotation=annotation,
        )
        for name, annotation in settings.ANNOTATIONS.items()
    ]

    @functools.wraps(function)
    def wrapped(**arguments: Any) -> None:
        wished = settings.Settings(**{name: arguments.pop(name) for name in settings.ANNOTATIONS})
        settings.use(wished)
        with use_language(settings.settings().lang), boundary(typer.Exit):
            _check_language()
            code = function(**arguments)
        raise typer.Exit(code or 0)

    parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own.parameters.values()]
    wrapped.__signature__ = own.replace(parameters=[*parameters, *added])  # type: ignore[attr-defined]
    wrapped.__annotations__ = {p.name: p.annotation for p in (*parameters, *added)}
    return wrapped


def _check_language() -> None:
    from twin.errors import InputError

    wish = settings.settings().lang
    if wish and not wish.lower().startswith(settings.LANGUAGES):
        raise InputError(_("there is no language {name}; use en or zh", name=wish))


def _translate(command: Any) -> None:
    """Put the help of a command, its options and its sub-commands into the language in use."""
    for name in ("help", "short_help", "epilog", "rich_help_panel", "options_metavar", "subcommand_metavar"):
        _translate_attribute(command, name)
    command.get_usage = functools.partial(foreign.usage, command.get_usage)
    parameters = (
        *command.params,
        command.get_help_option(typer.Context(command, help_option_names=HELP_FLAGS)),
    )
    for parameter in parameters:
        _translate_attribute(parameter, "help")
        _translate_attribute(parameter, "rich_help_panel")
    for inner in getattr(command, "commands", {}).values():
        _translate(inner)


def _translate_attribute(thing: Any, name: str) -> None:
    text = getattr(thing, name, None)
    if isinstance(text, str) and text:
        setattr(thing, name, str(_(text)))
