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
from .resources.job import FailedChildJob, LogCollectionJob
from .resources.provider import Provider

__all__ = [
    "BadCredentials",
    "CannotStore",
    "CollectionFailed",
    "FailedChildJob",
    "InvalidInput",
    "InvalidSettings",
    "JobNotFound",
    "LogCollectionJob",
    "NotAllowed",
    "OpsManagerError",
    "Provider",
    "ReplyLost",
    "Unavailable",
    "UnexpectedResponse",
]


def __getattr__(name: str) -> str:
    if name == "__version__":
        return metadata.version("pulumi-opsmanager")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
