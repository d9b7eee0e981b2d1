"""Targets of a collection. They name resources, so their names must be known when the program runs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import pulumi

from pulumi_opsmanager.errors import shorten
from pulumi_opsmanager.schema.types import RESOURCE_TYPES, TEXT_RULE, ResourceTypeWord, canonical_word, is_safe_text

_SHOWN_CHARACTERS = 60


@dataclass(frozen=True)
class Target:
    """A deployment to collect from. Use `ReplicaSet`, `Cluster` or `Process`.

    Attributes:
        resource_type: Type of the deployment: `REPLICASET`, `CLUSTER` or `PROCESS`. Upper and lower case are equal.
        resource_name: Name of the deployment or process. It must be known when the program runs.
    """

    resource_type: ResourceTypeWord | str
    resource_name: str


def ReplicaSet(name: str) -> Target:  # noqa: N802  reads as what it makes
    """A replica set or shard, by its name in the automation configuration."""
    return Target("REPLICASET", name)


def Cluster(name: str) -> Target:  # noqa: N802
    """A sharded cluster, by its name in the automation configuration."""
    return Target("CLUSTER", name)


def Process(name: str) -> Target:  # noqa: N802
    """A process, by its name in the automation configuration, for example `host:port`."""
    return Target("PROCESS", name)


def checked_targets(collection: str, given: object) -> tuple[Target, ...]:
    """The targets of a collection from any iterable, in a fixed order.

    Raises:
        RunError: The value is not a list of targets, a target is invalid, or two targets have one name.
    """
    where = f"LogCollection {collection!r}: targets"
    if isinstance(given, Target):
        raise pulumi.RunError(f"{where} must be a list: targets=[{_written(given)}]")
    if isinstance(given, (str, bytes, dict, pulumi.Output)) or not hasattr(given, "__iter__"):
        raise pulumi.RunError(f"{where} must be a list of ReplicaSet, Cluster and Process, not {_shown(given)}")
    written = sorted(given, key=repr) if isinstance(given, (set, frozenset)) else given
    targets = tuple(map(_plain, written))
    for place, target in enumerate(targets):
        if problem := _problem(target):
            raise pulumi.RunError(f"{where}[{place}] {problem}")
    names = [target.resource_name for target in targets]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise pulumi.RunError(
            f"LogCollection {collection!r}: two targets are named {', '.join(map(repr, twice))}; "
            "give each its own LogCollection, because the outputs are keyed by name"
        )
    return targets


def _plain(target: Any) -> Any:
    """The target with the value of an `Enum` as its name, because Python versions format the member differently."""
    if isinstance(target, Target) and isinstance(target.resource_name, Enum):
        return replace(target, resource_name=target.resource_name.value)
    return target


def _problem(target: object) -> str | None:
    if not isinstance(target, Target):
        return f"must be a ReplicaSet, Cluster or Process, not {_shown(target)}"
    kind, name = target.resource_type, target.resource_name
    if isinstance(kind, pulumi.Output) or canonical_word(kind) not in RESOURCE_TYPES:
        return f"({_written(target)}): resource_type must be one of {', '.join(RESOURCE_TYPES)}, not {_shown(kind)}"
    if isinstance(name, pulumi.Output):
        return f"({_written(target)}): the name must be known when the program runs, not an Output"
    if not isinstance(name, str):
        return f"({_written(target)}): the name must be text, not {_shown(name)}"
    if not is_safe_text(name):
        return f"({_written(target)}): the name {TEXT_RULE}"
    return None if name.strip() else f"({_written(target)}): the name must not be empty"


def _written(target: Target) -> str:
    kinds = {"REPLICASET": "ReplicaSet", "CLUSTER": "Cluster", "PROCESS": "Process"}
    kind = "" if isinstance(target.resource_type, pulumi.Output) else str(canonical_word(target.resource_type))
    return f"{kinds.get(kind, 'Target')}({_shown(target.resource_name)})"


def _shown(value: object) -> str:
    # The repr of an Output explains `apply` or raises. The repr of a dictionary may be long.
    return "an Output" if isinstance(value, pulumi.Output) else shorten(repr(value), _SHOWN_CHARACTERS)
