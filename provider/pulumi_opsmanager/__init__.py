"""MongoDB Ops Manager and Cloud Manager log collection jobs as Pulumi resources.

The resources are loaded when a program first names one: command line and emulator start without Pulumi.
"""

from __future__ import annotations

import importlib
import typing

from .errors import (
    BadCredentials,
    CannotStore,
    CollectionFailed,
    InvalidInput,
    InvalidSettings,
    JobNotFound,
    NotAllowed,
    OpsManagerError,
    ReplyLost,
    Unavailable,
    UnexpectedResponse,
)

__all__ = [
    "BadCredentials",
    "CannotStore",
    "Cluster",
    "CollectionFailed",
    "FailedChildJob",
    "FailedJob",
    "InvalidInput",
    "InvalidSettings",
    "JobNotFound",
    "LogArchive",
    "LogCollection",
    "LogCollectionCompletion",
    "LogCollectionJob",
    "LogCollectionWindow",
    "NotAllowed",
    "OpsManagerError",
    "Process",
    "Provider",
    "ReplicaSet",
    "ReplyLost",
    "Target",
    "Unavailable",
    "UnexpectedResponse",
]

_HOMES = {
    "Cluster": "collection",
    "FailedChildJob": "failures",
    "FailedJob": "failures",
    "LogArchive": "archive",
    "LogCollection": "collection",
    "LogCollectionCompletion": "completion",
    "LogCollectionJob": "job",
    "LogCollectionWindow": "window",
    "Process": "collection",
    "Provider": "provider",
    "ReplicaSet": "collection",
    "Target": "collection",
}


# Type checkers and editors read the imports, and complain of a name that is none; Python asks the function.
if typing.TYPE_CHECKING:
    from .resources.archive import LogArchive
    from .resources.collection import Cluster, LogCollection, Process, ReplicaSet, Target
    from .resources.completion import LogCollectionCompletion
    from .resources.failures import FailedChildJob, FailedJob
    from .resources.job import LogCollectionJob
    from .resources.provider import Provider
    from .resources.window import LogCollectionWindow

    __version__: str
else:

    def __getattr__(name: str) -> typing.Any:
        if name == "__version__":
            # Takes longer to load than the command line does.
            from importlib import metadata

            return metadata.version("pulumi-opsmanager")
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = getattr(importlib.import_module(f".resources.{_HOMES[name]}", __name__), name)
        # From now on it is found without this function.
        globals()[name] = found
        return found


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
