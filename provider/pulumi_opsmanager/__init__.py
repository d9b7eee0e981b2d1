"""MongoDB Ops Manager and Cloud Manager log collection jobs as Pulumi resources."""

from __future__ import annotations

from importlib import metadata

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
from .resources.archive import LogArchive
from .resources.collection import Cluster, LogCollection, Process, ReplicaSet, Target
from .resources.completion import LogCollectionCompletion
from .resources.failures import FailedChildJob, FailedJob
from .resources.job import LogCollectionJob
from .resources.provider import Provider
from .resources.window import LogCollectionWindow

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


def __getattr__(name: str) -> str:
    if name == "__version__":
        return metadata.version("pulumi-opsmanager")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
