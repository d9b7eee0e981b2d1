"""Which jobs does a stack manage already? Read from what `pulumi stack export` writes; nothing is decrypted.

A shell may have written it: with a byte order mark, as UTF-16 (`>` of PowerShell), or packed.
"""

from __future__ import annotations

import gzip
import json
import zlib
from pathlib import Path
from typing import Any

import click

from pulumi_opsmanager.errors import InvalidInput

STATE_FILE = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
"""The type of an option for an exported state; `-` is standard input."""

_STDIN = Path("-")
_GZIP = b"\x1f\x8b"
_TYPE_END = ":LogCollectionJob"


class _NoState(Exception):
    """Says what the file is instead."""


def owned_job_ids(export: Path) -> frozenset[str]:
    """The ids of the jobs that an exported state manages; those that it only reads are left out.

    Args:
        export: A file, or `-` for standard input. JSON in UTF-8, UTF-16 or UTF-32, also packed by gzip.

    Raises:
        InvalidInput: It cannot be read, or is no export of a stack.
    """
    name, written = ("standard input", "FILE") if export == _STDIN else (str(export), str(export))
    try:
        resources = _resources(_content(export))
        return frozenset(
            str(stored["id"])
            for stored in resources
            if str(stored["type"]).endswith(_TYPE_END) and not stored.get("external")
        )
    except OSError as error:
        raise InvalidInput(f"{name} cannot be read: {error.strerror or error}") from error
    except (_NoState, KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(
            f"{name} is not what `pulumi stack export --file {written}` writes: {_problem(error)}"
        ) from error


def _content(export: Path) -> Any:
    if export == _STDIN:
        with click.open_file("-", "rb") as stdin:
            written = stdin.read()
    else:
        written = export.read_bytes()
    if written.startswith(_GZIP):
        try:
            written = gzip.decompress(written)
        except (OSError, EOFError, zlib.error):
            raise _NoState("its gzip data is damaged") from None
    try:
        # It finds out by itself which Unicode these bytes are.
        return json.loads(written)
    except (ValueError, RecursionError):
        raise _NoState("it is not JSON text, or is encrypted or truncated" if written else "it is empty") from None


def _resources(content: Any) -> list[dict[str, Any]]:
    if not isinstance(content, dict) or not isinstance(content.get("deployment"), dict):
        raise _NoState("it is JSON without a deployment")
    resources: list[dict[str, Any]] = content["deployment"].get("resources") or []
    return resources


def _problem(error: Exception) -> str:
    return str(error) if isinstance(error, _NoState) else "one of its resources has no id or type"
