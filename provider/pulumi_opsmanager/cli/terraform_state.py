"""The jobs that a state manages, in the output of `terraform state pull` or `terraform show -json`.

OpenTofu writes the same forms. Both commands decrypt its encrypted state file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

JOB_TYPE = "opsmanager_log_collection_job"

_MANAGED = "managed"
# The output of `show` for a state without resources and outputs. Plans and other answers have more keys.
_OF_EMPTY = frozenset({"format_version", "terraform_version", "checks"})


def is_state(content: Any) -> bool:
    """Whether parsed JSON is a state in one of the two forms. A plan is not a state."""
    return isinstance(content, dict) and (_is_pulled(content) or _is_shown(content))


def managed_job_ids(state: Mapping[str, Any]) -> frozenset[str]:
    """Return the ids of the jobs that a state manages, without those that data sources only read.

    A job that the next run will replace or delete counts too.

    Raises:
        KeyError: A resource has no id or type.
        TypeError: A resource has another form, or an id is not text.
        AttributeError: A module has another form.
    """
    ids = frozenset(attributes["id"] for attributes in (_pulled(state) if _is_pulled(state) else _shown(state)))
    if not all(isinstance(job_id, str) for job_id in ids):
        raise TypeError("an id is no text")
    return ids


def _is_pulled(state: Mapping[str, Any]) -> bool:
    return state.get("version") == 4 and isinstance(state.get("resources"), list)


def _is_shown(state: Mapping[str, Any]) -> bool:
    if "format_version" not in state:
        return False
    values = state.get("values", {"root_module": {}})
    return state.keys() <= _OF_EMPTY | {"values"} and isinstance(values, dict) and "root_module" in values


def _pulled(state: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for resource in state["resources"]:
        if _is_job(resource):
            for instance in resource["instances"]:
                yield instance["attributes"]


def _shown(state: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    modules = [state["values"]["root_module"]] if "values" in state else []
    while modules:
        module = modules.pop()
        modules += module.get("child_modules", [])
        for resource in module.get("resources", []):
            if _is_job(resource):
                yield resource["values"]


def _is_job(resource: Mapping[str, Any]) -> bool:
    return bool(resource["type"] == JOB_TYPE and resource["mode"] == _MANAGED)
