"""Where errors end: each class becomes a sentence and an exit code, a traceback only with `--debug`."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import typer

from twin.cli import foreign, screen
from twin.cli.settings import settings
from twin.errors import InputError, TwinError
from twin.text import _
from twin.text.system import told

DIFFERS, BAD_INPUT, FAILED, INTERRUPTED = 1, 2, 3, 130
_NAMES = "EACCES EPERM EROFS ENOSPC EDQUOT ENOENT ENOTDIR EISDIR EEXIST ENAMETOOLONG"
_PLACE = frozenset(getattr(errno, name) for name in _NAMES.split() if hasattr(errno, name))
"""Errors of the operating system about a place that the user named."""


@contextmanager
def boundary(leave: Callable[[int], BaseException]) -> Iterator[None]:
    """Show whatever goes wrong inside and leave with its exit code."""
    try:
        yield
    except KeyboardInterrupt:
        screen.complain(_("Interrupted."))
        raise leave(INTERRUPTED) from None
    except BrokenPipeError:
        raise
    except TwinError as error:
        _traceback()
        findings = error.findings if isinstance(error, InputError) else ()
        screen.complain(error.args[0] if error.args else error, findings)
        raise leave(error.exit_code) from None
    except OSError as error:
        _traceback()
        place = str(error.filename or "")
        screen.complain(_("{place}: {reason}", place=place, reason=told(error)))
        raise leave(BAD_INPUT if error.errno in _PLACE else FAILED) from None
    except Exception as error:
        if is_usage(error) or type(error).__name__ == "Exit":
            raise
        _traceback()
        what = f"{type(error).__name__}: {error}"
        screen.complain(_("twin failed ({what}); run it again with --debug and report it", what=what))
        raise leave(FAILED) from None


def _traceback() -> None:
    if settings().debug:
        traceback.print_exc()


def is_usage(error: BaseException) -> bool:
    """Whether the command line itself was wrong."""
    return isinstance(error, typer.TyperException)


def explain_usage(error: Exception) -> int | None:
    """Say what is wrong with the command line; None where `error` is something else."""
    if not is_usage(error):
        return None
    name, context = type(error).__name__, getattr(error, "ctx", None)
    path = context.command_path if context is not None else "twin"
    if name == "NoArgsIsHelpError":
        return BAD_INPUT
    screen.complain(_("{command}: {problem}", command=path, problem=_usage_sentence(name, error)))
    if not settings().json:
        screen.note(_("'{command} --help' shows what it takes.", command=path))
    return BAD_INPUT


def _usage_sentence(name: str, error: Any) -> object:
    parameter = getattr(error, "param", None)
    label = parameter.get_error_hint() if parameter is not None else ""
    if name == "MissingParameter":
        return _("{name} is missing", name=label)
    if name == "NoSuchOption":
        near = ", ".join(error.possibilities or ())
        if near:
            return _("there is no option {name}; did you mean {near}?", name=error.option_name, near=near)
        return _("there is no option {name}", name=error.option_name)
    if name == "BadParameter" and label:
        return _("{name} cannot be used: {reason}", name=label, reason=foreign.reason(error.message))
    if name == "BadOptionUsage":
        return _("{name} needs a value", name=error.option_name)
    return foreign.reason(error.format_message())


def stop_quietly() -> int:
    """End when the reader of our output went away, as a pipe into `head` does."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
