"""The nested outputs that tell what could not be collected."""

from __future__ import annotations

from typing import Optional

import pulumi


@pulumi.output_type
class FailedChildJob:
    """A child job (one log type of one process or host) that failed, or has no file in an archive.

    Attributes:
        host_name: `host:port` of the process, or the host of an agent; None where the server does not say.
        log_collection_type: Its log type: `MONGODB`.
        path: Folder of its files in the archive.
        error_message: The server's words; None where it gives none.
    """

    host_name: Optional[str] = pulumi.property("hostName")
    log_collection_type: Optional[str] = pulumi.property("logCollectionType")
    path: Optional[str] = pulumi.property("path")
    error_message: Optional[str] = pulumi.property("errorMessage")


@pulumi.output_type
class FailedJob:
    """A job that stayed failed, and why.

    Attributes:
        job_id: 24 lower-case hex digits.
        status: The server's word: `FAILURE`.
        resource_type: `REPLICASET`, `CLUSTER` or `PROCESS`; None where the server does not say.
        resource_name: Name of the deployment or process; None where the server does not say.
        failed_child_jobs: The parts that failed; the archive has the others.
    """

    job_id: str = pulumi.property("jobId")
    status: str = pulumi.property("status")
    resource_type: Optional[str] = pulumi.property("resourceType")
    resource_name: Optional[str] = pulumi.property("resourceName")
    failed_child_jobs: list[FailedChildJob] = pulumi.property("failedChildJobs")
