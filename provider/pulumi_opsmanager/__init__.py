"""MongoDB Ops Manager and Cloud Manager log collection jobs as Pulumi resources.

The resources are imported at their first use, so the command line and the emulator start without Pulumi.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import (
    BadCredentials,
    CannotStore,
    CollectionFailed,
    Expired,
    InvalidInput,
    InvalidSettings,
    JobNotFound,
    NotAllowed,
    NotFinished,
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
    "Expired",
    "FailedChildJob",
    "FailedJob",
    "InvalidInput",
    "InvalidSettings",
    "JobNotFound",
    "LogArchive",
    "LogCollection",
    "LogCollectionCompletion",
    "LogCollectionJob",
    "LogCollectionJobArgs",
    "LogCollectionWindow",
    "NotAllowed",
    "NotFinished",
    "OpsManagerError",
    "Process",
    "Provider",
    "ReplicaSet",
    "ReplyLost",
    "Target",
    "Unavailable",
    "UnexpectedResponse",
]

# Importing the SDK takes longer than all other imports together. The command line, the emulator and the pytest plugin
# do not need it. Type checkers get real imports: in a module with `__getattr__` they accept every name.
if TYPE_CHECKING:
    from .resources import (
        Cluster,
        FailedChildJob,
        FailedJob,
        LogArchive,
        LogCollection,
        LogCollectionCompletion,
        LogCollectionJob,
        LogCollectionJobArgs,
        LogCollectionWindow,
        Process,
        Provider,
        ReplicaSet,
        Target,
    )

    __version__: str
else:

    def __getattr__(name: str) -> object:
        if name == "__version__":
            from importlib import metadata

            return metadata.version("pulumi-opsmanager")
        if name in __all__:
            from . import resources

            return getattr(resources, name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return [*globals(), *__all__]
