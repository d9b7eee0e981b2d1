"""The resources that a program declares: typed inputs and documented outputs, no logic."""

from .archive import LogArchive
from .collection import LogCollection
from .completion import LogCollectionCompletion
from .failures import FailedChildJob, FailedJob
from .job import LogCollectionJob, LogCollectionJobArgs
from .provider import Provider
from .target import Cluster, Process, ReplicaSet, Target
from .window import LogCollectionWindow

__all__ = [
    "Cluster",
    "FailedChildJob",
    "FailedJob",
    "LogArchive",
    "LogCollection",
    "LogCollectionCompletion",
    "LogCollectionJob",
    "LogCollectionJobArgs",
    "LogCollectionWindow",
    "Process",
    "Provider",
    "ReplicaSet",
    "Target",
]
