"""Finds the jobs that a stack manages in the output of `pulumi stack export`. Nothing is decrypted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TYPES = "pulumi-python:dynamic/opsmanager:"
"""Prefix of the type of our resources in a state."""

JOB_TYPE = f"{TYPES}LogCollectionJob"

JOB_TYPES = frozenset({JOB_TYPE, "opsmanager:index:LogCollectionJob"})
"""Types of a job: that of a Python program, and that of the plugin for other languages."""


def is_export(content: Any) -> bool:
    """Whether parsed JSON is a stack export."""
    return isinstance(content, dict) and isinstance(content.get("deployment"), dict)


def managed_job_ids(export: Mapping[str, Any]) -> frozenset[str]:
    """The IDs of the jobs that an exported state manages, without the jobs that it only reads (`.get`).

    Raises:
        KeyError: A resource has no id or type.
        TypeError: A resource is not an object.
    """
    resources = export["deployment"].get("resources") or []
    return frozenset(
        str(stored["id"]) for stored in resources if stored["type"] in JOB_TYPES and not stored.get("external")
    )
