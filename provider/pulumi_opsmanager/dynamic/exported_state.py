"""Which jobs does a stack manage? Read from the file that `pulumi stack export` writes; nothing is decrypted.

A shell may change the file: PowerShell's `>` writes UTF-16, and some pipelines compress it.
"""

from __future__ import annotations

import gzip
import json
import zlib
from typing import Any

from pulumi_opsmanager.errors import InvalidInput

_GZIP = b"\x1f\x8b"
TYPES = "pulumi-python:dynamic/opsmanager:"
"""What the type of each of our resources begins with in a state."""

JOB_TYPE = f"{TYPES}LogCollectionJob"


class _Problem(Exception):
    """Completes "the file is not a stack export: …"."""


def managed_job_ids(content: bytes, name: str) -> frozenset[str]:
    """The ids of the jobs that an exported state manages, without those that it only reads (`.get`).

    Args:
        content: JSON in UTF-8, UTF-16 or UTF-32, with or without a byte order mark, also compressed by gzip.
        name: Name of the file, for the error.

    Raises:
        InvalidInput: The content is not a stack export.
    """
    try:
        return frozenset(
            str(stored["id"])
            for stored in _resources(content)
            if stored["type"] == JOB_TYPE and not stored.get("external")
        )
    except (_Problem, KeyError, TypeError, AttributeError) as error:
        problem = error if isinstance(error, _Problem) else "one of its resources has no id or type"
        raise InvalidInput(
            f"{name} is not a stack export: {problem}; `pulumi stack export --file FILE` writes one"
        ) from error


# Any: each access is covered by the handler in managed_job_ids.
def _resources(content: bytes) -> Any:
    if content.startswith(_GZIP):
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error):
            raise _Problem("its gzip data is damaged") from None
    try:
        # json detects which Unicode encoding the bytes have.
        parsed = json.loads(content)
    except (ValueError, RecursionError):
        raise _Problem("it is not JSON, or it is encrypted or truncated" if content else "it is empty") from None
    if not isinstance(parsed, dict) or not isinstance(parsed.get("deployment"), dict):
        raise _Problem("it is JSON without a deployment")
    return parsed["deployment"].get("resources") or []
