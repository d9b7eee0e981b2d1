"""What the server could not collect: the failed parts of a job, and the jobs that stayed failed."""

from __future__ import annotations

from typing import Annotated

from pulumi_opsmanager.api.models import Wire

from .fields import says


class FailedChildJob(Wire):
    """A part (one log type of one process or host) that failed, or has no file in an archive.

    A value that the server leaves out is None.
    """

    host_name: Annotated[str | None, says("`host:port` of the process, or host of the agent.")] = None
    log_collection_type: Annotated[str | None, says("Log type of the part, for example `MONGODB`.")] = None
    path: Annotated[str | None, says("Folder of the part's files in the archive.")] = None
    error_message: Annotated[str | None, says("Message of the server.")] = None


class FailedJob(Wire):
    """A job that stayed failed, with its failed parts. The archive has the other parts."""

    job_id: Annotated[str, says("ID of the job: 24 lower-case hexadecimal digits.")]
    status: Annotated[str, says("Status that the server reports, for example `FAILURE`.")]
    resource_type: Annotated[str | None, says("Type of the deployment: `REPLICASET`, `CLUSTER` or `PROCESS`.")] = None
    resource_name: Annotated[str | None, says("Name of the deployment or process.")] = None
    failed_child_jobs: Annotated[list[FailedChildJob], says("Parts that failed. The archive has the other parts.")] = []
