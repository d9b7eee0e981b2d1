"""The nested outputs that describe failed jobs and failed parts."""

from __future__ import annotations

from typing import Optional

import pulumi


@pulumi.output_type
class FailedChildJob:
    """A part (one log type of one process or host) that failed or has no file in an archive.

    Attributes:
        host_name: `host:port` of the process, or host of the agent. None if the server reports none.
        log_collection_type: Log type of the part, for example `MONGODB`.
        path: Folder of the part's files in the archive.
        error_message: Message of the server. None if the server reports none.
    """

    host_name: Optional[str] = pulumi.property("hostName")
    log_collection_type: Optional[str] = pulumi.property("logCollectionType")
    path: Optional[str] = pulumi.property("path")
    error_message: Optional[str] = pulumi.property("errorMessage")


@pulumi.output_type
class FailedJob:
    """A job that stayed failed, and why.

    Attributes:
        job_id: ID of the job: 24 lower-case hexadecimal digits.
        status: Status that the server reports, for example `FAILURE`.
        resource_type: `REPLICASET`, `CLUSTER` or `PROCESS`. None if the server reports none.
        resource_name: Name of the deployment or process. None if the server reports none.
        failed_child_jobs: Parts that failed. The archive has the other parts.
    """

    job_id: str = pulumi.property("jobId")
    status: str = pulumi.property("status")
    resource_type: Optional[str] = pulumi.property("resourceType")
    resource_name: Optional[str] = pulumi.property("resourceName")
    failed_child_jobs: list[FailedChildJob] = pulumi.property("failedChildJobs")
