"""The log collection job, as a program declares it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, Optional

import pulumi
from pulumi.dynamic import Resource

from pulumi_opsmanager.dynamic.job import LogCollectionJobProvider
from pulumi_opsmanager.schema.job import JobInputs, JobState

from .base import DeclaredResource, instant
from .failures import FailedChildJob


class LogCollectionJob(DeclaredResource, module="opsmanager", name="LogCollectionJob"):
    """A log collection job: the server gathers logs of a deployment's hosts into one archive.

    Creating starts the job and returns without waiting for it; refresh moves `status`; destroying deletes job and
    archive. Every input is described in the README's table, each with what a change of it does.
    """

    declarations = (JobInputs, JobState)

    resource_type: pulumi.Output[str]
    resource_name: pulumi.Output[str]
    log_types: pulumi.Output[list[str]]
    size_requested_per_file_bytes: pulumi.Output[int]
    redacted: pulumi.Output[bool]
    log_collection_from_date: pulumi.Output[Optional[str]]
    log_collection_to_date: pulumi.Output[Optional[str]]
    project_id: pulumi.Output[str]
    expiration_date: pulumi.Output[Optional[str]]
    retention_days: pulumi.Output[Optional[int]]
    renew_when_days_left: pulumi.Output[Optional[int]]
    on_expired: pulumi.Output[str]
    max_retries: pulumi.Output[int]
    triggers: pulumi.Output[Optional[list[Any]]]
    status: pulumi.Output[Optional[str]]
    creation_date: pulumi.Output[Optional[str]]
    declared_expiration_date: pulumi.Output[Optional[str]]
    download_url: pulumi.Output[str]
    child_job_counts: pulumi.Output[Optional[dict[str, int]]]
    failed_child_jobs: pulumi.Output[Optional[list[FailedChildJob]]]
    uncompressed_size_total_bytes: pulumi.Output[Optional[int]]
    root_resource_type: pulumi.Output[Optional[str]]
    root_resource_name: pulumi.Output[Optional[str]]
    user_id: pulumi.Output[Optional[str]]
    retries: pulumi.Output[int]

    def __init__(
        self,
        name: str,
        *,
        resource_type: pulumi.Input[str],
        resource_name: pulumi.Input[str],
        log_types: pulumi.Input[Sequence[pulumi.Input[str]]],
        size_requested_per_file_bytes: pulumi.Input[int],
        redacted: pulumi.Input[bool],
        log_collection_from_date: pulumi.Input[str | datetime] | None = None,
        log_collection_to_date: pulumi.Input[str | datetime] | None = None,
        project_id: pulumi.Input[str] | None = None,
        expiration_date: pulumi.Input[str | datetime] | None = None,
        retention_days: pulumi.Input[int] | None = None,
        renew_when_days_left: pulumi.Input[int] | None = None,
        on_expired: pulumi.Input[Literal["keep", "recreate", "fail"]] | None = None,
        max_retries: pulumi.Input[int] | None = None,
        triggers: pulumi.Input[Sequence[Any]] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare a job.

        Args:
            name: Pulumi's name of the resource, unique in the stack.
            resource_type: `REPLICASET`, `CLUSTER` or `PROCESS`, in any case.
            resource_name: Name of the deployment or process.
            log_types: Any of `MONGODB`, `FTDC`, `AUTOMATION_AGENT`, `BACKUP_AGENT`, `MONITORING_AGENT`; a set.
            size_requested_per_file_bytes: Uncompressed bytes of each log type per process or host; 1 to 2^53.
            redacted: Whether the server replaces addresses, names and strings.
            log_collection_from_date: First instant; RFC 3339 text or aware `datetime`. With the last, or none.
            log_collection_to_date: Last instant, included.
            project_id: 24 lower-case hex digits; None takes `opsmanager:projectId`.
            expiration_date: When the archive is deleted; None leaves it to the server.
            retention_days: Days from the creation to the expiry, 1 to 184, instead of a date.
            renew_when_days_left: When fewer days are left, an `up` moves the expiry to `retention_days` from now.
            on_expired: What becomes of a job that ran out: `keep` (None), `recreate` or `fail`.
            max_retries: How often failed parts may be restarted; None is 1.
            triggers: Any values; a change collects again. Keys of maps among them may come back in Python's spelling.
            opts: Pulumi's resource options.

        Source: Ops Manager API reference, "Create Log Collection Job".
        """
        properties = self._all_properties(
            resource_type=resource_type,
            resource_name=resource_name,
            log_types=log_types,
            size_requested_per_file_bytes=size_requested_per_file_bytes,
            redacted=redacted,
            log_collection_from_date=instant(log_collection_from_date),
            log_collection_to_date=instant(log_collection_to_date),
            project_id=project_id,
            expiration_date=instant(expiration_date),
            retention_days=retention_days,
            renew_when_days_left=renew_when_days_left,
            on_expired=on_expired,
            max_retries=max_retries,
            triggers=triggers,
        )
        super().__init__(LogCollectionJobProvider(), name, properties, opts)

    @classmethod
    def get(
        cls,
        name: str,
        job_id: pulumi.Input[str],
        project_id: pulumi.Input[str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> LogCollectionJob:
        """Read a job that others own; it is never changed or deleted from here.

        Args:
            name: Pulumi's name of the resource, unique in the stack.
            job_id: 24 lower-case hex digits.
            project_id: Where the job is; None takes `opsmanager:projectId`.
            opts: Pulumi's resource options.

        Raises:
            JobNotFound: At preview, when there is no such job.
        """
        job = cls.__new__(cls)
        properties = cls._all_properties(project_id=project_id)
        options = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=job_id))
        Resource.__init__(job, LogCollectionJobProvider(), name, properties, options)
        return job
