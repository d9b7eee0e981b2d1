"""What only Pulumi can say next to an error: its own commands."""

from __future__ import annotations

from pulumi_opsmanager.errors import BadCredentials, Hint, InvalidSettings, NotAllowed, OpsManagerError

HINTS = {
    Hint.FIND_UNMANAGED: "`pulumi-opsmanager orphans` lists jobs that no stack manages",
    Hint.FORGET: "`pulumi state delete` forgets it",
}

_STORED_SETTINGS = (
    "`destroy` and `refresh` read OPSMANAGER_… variables now, but take opsmanager:… configuration from the last `up`; "
    "`--run-program` takes the present configuration"
)

# What refresh and destroy call. An `up` calls the others, with the present configuration.
_CALLED_FROM_STATE = frozenset({"read", "delete"})


def add_phrases(error: OpsManagerError, method: str) -> None:
    """Add to an error what helps in Pulumi.

    Args:
        error: Of the rules.
        method: Name of the provider's method that the engine called.
    """
    added = [HINTS[error.hint]] if error.hint else []
    if method in _CALLED_FROM_STATE and isinstance(error, (BadCredentials, NotAllowed, InvalidSettings)):
        added.append(_STORED_SETTINGS)
    if added:
        error.args = (f"{error} ({'; '.join(added)})",)
