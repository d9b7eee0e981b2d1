"""Adds advice to errors that applies to Terraform only, and writes values as a configuration does."""

from __future__ import annotations

import re

from pulumi_opsmanager.errors import BadCredentials, Hint, JobNotFound, NotAllowed, OpsManagerError
from pulumi_opsmanager.lifecycle.kinds import KINDS

from .attributes import RESOURCES, resource_name

_HINTS = {
    Hint.FIND_UNMANAGED: "`pulumi-opsmanager orphans` lists jobs that no state manages",
    Hint.FORGET: "`terraform state rm` forgets it",
}
_SETTINGS = "the provider block and OPSMANAGER_… variables give the settings"
_MISSING_JOB = "if somebody deleted it, the next plan removes it from the state; then apply again"

# Replace only the forms that the rules write, because a path or a name may contain the same words.
_INPUTS = {name for resource in RESOURCES.values() for name, one in resource.attributes.items() if one.input}
_EQUALS = re.compile(rf"\b({'|'.join(sorted(_INPUTS))})=(?=True\b|False\b|\d|\")")
_LITERALS = {"True": "true", "False": "false", "None": "null"}
_BARE = re.compile(r"(?<= = )(True|False|None)\b|(?<=, not )(True|False|None)\b")
_NAMES = {kind.name: resource_name(kind) for kind in KINDS}
_KINDS = re.compile(rf"(?<![\w/.-])({'|'.join(_NAMES)})(?![\w/.-])")


def phrased(error: OpsManagerError, method: str) -> str:
    """The message of an error, with advice for the protocol's method that Terraform called."""
    added = [_HINTS[error.hint]] if error.hint else []
    if isinstance(error, BadCredentials | NotAllowed):
        added.append(_SETTINGS)
    if isinstance(error, JobNotFound) and method == "ApplyResourceChange":
        added.append(_MISSING_JOB)
    return f"{error} ({'; '.join(added)})" if added else str(error)


def as_written(line: str) -> str:
    """A line of the rules, with resources and values as a configuration writes them."""
    equals = _EQUALS.sub(r"\1 = ", line)
    literals = _BARE.sub(lambda found: _LITERALS[found[0]], equals)
    return _KINDS.sub(lambda found: _NAMES[found[1]], literals)
