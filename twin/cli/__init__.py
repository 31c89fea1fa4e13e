"""How one asks on the command line: one verb a file, no logic."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Sequence

LANGUAGE_FLAG = "--lang"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    0 done, 1 what was compared differs, 2 bad input, 3 failed, 130 interrupted.
    """
    from twin.text import use_language

    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["--version"]:
        given[0] = "version"
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    with use_language(_language_in(given)):
        code = _answer(given)
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.flush()
    return code if isinstance(code, int) else 0


def _answer(given: Sequence[str]) -> object:
    from twin.cli import foreign

    with foreign.adopted():
        from twin.cli.app import command
        from twin.cli.boundary import explain_usage, stop_quietly

        if len(given) <= 1 or {"-h", "--help"} & set(given):
            foreign.fold_help()
        try:
            return command(given).main(given, prog_name="twin", standalone_mode=False)
        except KeyboardInterrupt:
            return 130
        except BrokenPipeError:
            return stop_quietly()
        except Exception as error:
            if (usage := explain_usage(error)) is None:
                raise
            return usage


def _language_in(arguments: Sequence[str]) -> str | None:
    """The language asked for on the command line: help and usage errors need it before anything is parsed."""
    for index, word in enumerate(arguments):
        if word.startswith(f"{LANGUAGE_FLAG}="):
            return word.partition("=")[2]
        if word == LANGUAGE_FLAG and index + 1 < len(arguments):
            return arguments[index + 1]
    return None
