"""What the server could not collect: the failed parts of a job, and the jobs that stayed failed."""

from __future__ import annotations

from pulumi_opsmanager.api.models import Wire


class FailedChildJob(Wire):
    """A part (one log type of one process or host) that failed, or has no file in an archive.

    A value that the server leaves out is None.
    """

    host_name: str | None = None
    log_collection_type: str | None = None
    path: str | None = None
    error_message: str | None = None


class FailedJob(Wire):
    """A job that stayed failed, with its failed parts. The archive has the other parts."""

    job_id: str
    status: str
    resource_type: str | None = None
    resource_name: str | None = None
    failed_child_jobs: list[FailedChildJob] = []
