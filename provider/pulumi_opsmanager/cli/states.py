"""The jobs that a program already manages, read from its state of Pulumi, Terraform or OpenTofu.

A shell may change the file: PowerShell's `>` writes UTF-16, and some pipelines compress the file.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterable
from typing import Any, BinaryIO

from pulumi_opsmanager.dynamic import exported_state
from pulumi_opsmanager.errors import InvalidInput

from . import terraform_state

WRITERS = "`pulumi stack export --file FILE` or `terraform state pull > FILE`"
"""The commands that write a state."""

_GZIP = b"\x1f\x8b"


class _Problem(Exception):
    """Completes "the file is not a state: …"."""


def managed_by(states: Iterable[BinaryIO]) -> frozenset[str]:
    """Return the ids of the jobs that any of the states manages.

    Raises:
        InvalidInput: A file cannot be read, or is not a state.
    """
    managed = frozenset[str]()
    for state in states:
        name = getattr(state, "name", "-")
        try:
            managed |= managed_job_ids(state.read(), name)
        except OSError as error:
            raise InvalidInput(f"cannot read {name}: {error.strerror or error}") from error
    return managed


def managed_job_ids(content: bytes, name: str) -> frozenset[str]:
    """Return the ids of the jobs that a state manages, without those that it only reads.

    Args:
        content: JSON in UTF-8, UTF-16 or UTF-32, with or without a byte order mark, also compressed by gzip.
        name: Name of the file, for the error.

    Raises:
        InvalidInput: The content is not a state.
    """
    try:
        return _ids_of(_parsed(content))
    except (_Problem, KeyError, TypeError, AttributeError) as error:
        problem = error if isinstance(error, _Problem) else "one of its resources has no id or type"
        raise InvalidInput(f"{name} is not a state: {problem}; {WRITERS} writes one") from error


def _ids_of(parsed: Any) -> frozenset[str]:
    if exported_state.is_export(parsed):
        return exported_state.managed_job_ids(parsed)
    if terraform_state.is_state(parsed):
        return terraform_state.managed_job_ids(parsed)
    raise _Problem("it is JSON of another kind")


def _parsed(content: bytes) -> Any:
    if content.startswith(_GZIP):
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error):
            raise _Problem("its gzip data is damaged") from None
    try:
        # json detects the Unicode encoding of the bytes.
        return json.loads(content)
    except (ValueError, RecursionError):
        raise _Problem("it is not JSON, or it is encrypted or truncated" if content else "it is empty") from None
