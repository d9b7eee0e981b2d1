"""The provider class of the job. Its dotted path is in every state, so it never changes."""

from __future__ import annotations

from pulumi_opsmanager.lifecycle.kinds import JOB

from .adapter import Adapter


class LogCollectionJobProvider(Adapter):
    """Passes the engine's calls to the rules of a job."""

    kind = JOB
