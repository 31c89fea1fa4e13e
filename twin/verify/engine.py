"""One job for a reference engine: a standalone script, run in the engines' environment, talking by files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from twin.text import _
from twin.verify.environment import EngineError, call, interpreter

SCRIPTS = Path(__file__).parent / "scripts"
LIMIT_S = 3600.0


def ask(
    script: str, arguments: Sequence[str], job: Mapping[str, Any], engines: Path, folder: Path
) -> Mapping[str, Any]:
    """The result of `script` for `job`.

    Parameters
    ----------
    script, arguments
        File name of a script in `twin/verify/scripts`, called with `arguments` and the paths of the job
        and of the result.
    engines
        Folder of the engines' environment.
    folder
        Where the files of the job lie and the result is written.

    Raises
    ------
    EngineError
        Where the engine fails, with its own words.
    """
    asked, answered = folder / "job.json", folder / "result.json"
    asked.write_text(json.dumps(job), encoding="utf-8")
    command = [str(interpreter(engines)), "-I", str(SCRIPTS / script), *arguments, str(asked), str(answered)]
    try:
        call(command, timeout_s=LIMIT_S)
    except EngineError:
        if not answered.is_file():
            raise
    try:
        result: Mapping[str, Any] = json.loads(answered.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise EngineError(_("the reference engine left no result")) from None
    if result.get("error"):
        raise EngineError(_("the reference engine refused: {reason}", reason=result["error"]))
    return result
