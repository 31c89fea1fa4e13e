"""The error tree: what a caller can catch by meaning.

Every error carries a sentence in the user's words with the offending value and the remedy;
the command line maps each class to its exit code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twin.model.finding import Finding


class TwinError(Exception):
    """Anything that `twin` refuses or fails to do; `exit_code` is what the command line returns."""

    exit_code = 3


class InputError(TwinError):
    """Bad input: nothing was written. `findings` lists each defect with place, value and remedy."""

    exit_code = 2

    def __init__(self, message: object, findings: tuple[Finding, ...] = ()) -> None:
        super().__init__(message)
        self.findings = findings

    def __str__(self) -> str:
        lines = [str(self.args[0]), *(f"  {finding}" for finding in self.findings)]
        return "\n".join(lines)


class DatasetError(InputError):
    """A city data set, table or foreign network file cannot be used as it stands."""


class ScenarioError(InputError):
    """A scenario file cannot be read or does not fit the city."""


class SolveError(TwinError):
    """A kernel was called with arrays that cannot describe a network."""


class RunError(TwinError):
    """A run could not go on; the run folder keeps everything up to that instant."""
