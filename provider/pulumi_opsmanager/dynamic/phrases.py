"""Puts Pulumi's own commands into errors and into the lines of a plan."""

from __future__ import annotations

from pulumi_opsmanager.errors import BadCredentials, Hint, InvalidSettings, JobNotFound, NotAllowed, OpsManagerError

HINTS = {
    Hint.FIND_UNMANAGED: "`pulumi-opsmanager orphans` lists jobs that no stack manages",
    Hint.FORGET: "`pulumi state delete` forgets it",
}

_STORED_SETTINGS = (
    "`destroy` and `refresh` read OPSMANAGER_… variables now, but take opsmanager:… configuration from the last `up`; "
    "`--run-program` takes the present configuration"
)
_MISSING_JOB = "`pulumi refresh` removes deleted jobs from the state; then run `pulumi up` again"

# Errors, the methods that raise them, and the advice. Refresh and destroy call read and delete.
_BY_ERROR: tuple[tuple[tuple[type[OpsManagerError], ...], frozenset[str], str], ...] = (
    ((BadCredentials, NotAllowed, InvalidSettings), frozenset({"read", "delete"}), _STORED_SETTINGS),
    ((JobNotFound,), frozenset({"create", "update"}), _MISSING_JOB),
)


def of_up(line: str) -> str:
    """Name the command in a line of a plan. `up` shows the line too, so the line must not promise a later run."""
    return line.replace("the next run", "up")


def add_phrases(error: OpsManagerError, method: str) -> None:
    """Add advice for Pulumi to an error.

    Args:
        error: An error that a rule has raised.
        method: Name of the provider's method that the engine called.
    """
    added = [HINTS[error.hint]] if error.hint else []
    added += [words for kinds, methods, words in _BY_ERROR if isinstance(error, kinds) and method in methods]
    if added:
        error.args = (f"{error} ({'; '.join(added)})",)
