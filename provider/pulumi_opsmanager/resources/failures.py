"""The nested outputs that tell what could not be collected."""

from __future__ import annotations

from typing import Optional

import pulumi


@pulumi.output_type
class FailedChildJob:
    """A child job (one log type of one process or host) that failed, or has no file in an archive."""

    host_name: Optional[str] = pulumi.property("hostName")
    log_collection_type: Optional[str] = pulumi.property("logCollectionType")
    path: Optional[str] = pulumi.property("path")
    error_message: Optional[str] = pulumi.property("errorMessage")


@pulumi.output_type
class FailedJob:
    """A job that stayed failed, and why."""

    job_id: str = pulumi.property("jobId")
    status: str = pulumi.property("status")
    resource_type: Optional[str] = pulumi.property("resourceType")
    resource_name: Optional[str] = pulumi.property("resourceName")
    failed_child_jobs: list[FailedChildJob] = pulumi.property("failedChildJobs")
