"""The log collection job, as a program declares it. `make generate` writes its fields from the schema."""

from __future__ import annotations

from collections.abc import Awaitable, Collection, Sequence
from datetime import datetime
from typing import Any, Optional, TypedDict

import pulumi

from pulumi_opsmanager.dynamic.job import LogCollectionJobProvider
from pulumi_opsmanager.schema.job import JobInputs, JobState
from pulumi_opsmanager.schema.types import LogTypeWord, OnExpiredWord, ResourceTypeWord, is_safe_text

from .base import DeclaredResource
from .failures import FailedChildJob
from .options import require_supported


class _RequiredJobArgs(TypedDict):
    resource_type: pulumi.Input[ResourceTypeWord | str]
    resource_name: pulumi.Input[str]
    log_types: pulumi.Input[Collection[pulumi.Input[LogTypeWord | str]]]
    size_requested_per_file_bytes: pulumi.Input[int | str]
    redacted: pulumi.Input[bool]


class LogCollectionJobArgs(_RequiredJobArgs, total=False):
    """The inputs of a job as a dictionary, whose keys and types are checked: `LogCollectionJob("logs", **args)`.

    Use it to declare several similar jobs. Keys, types, units and defaults are those of `LogCollectionJob`. To change a
    value, make another dictionary: `{**args, "triggers": [2]}`. Type checkers refuse a keyword beside `**args` as given
    twice.
    """

    log_collection_from_date: pulumi.Input[str | datetime] | None
    log_collection_to_date: pulumi.Input[str | datetime] | None
    project_id: pulumi.Input[str] | None
    expiration_date: pulumi.Input[str | datetime] | None
    retention_days: pulumi.Input[int | str] | None
    renew_when_days_left: pulumi.Input[int | str] | None
    on_expired: pulumi.Input[OnExpiredWord] | None
    max_retries: pulumi.Input[int] | None
    triggers: pulumi.Input[Sequence[Any]] | None


class LogCollectionJob(DeclaredResource, module="opsmanager", name="LogCollectionJob"):
    """A log collection job: the server collects logs of a deployment's hosts into one archive.

    `up` starts the job and does not wait for it. `refresh` reads the new `status`. `destroy` deletes the job and its
    archive. `docs/reference.md` describes every input and output, and what a change of each input does. Keys of maps in
    `triggers` may come back in Python's spelling.
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
    """When the server deletes the archive (RFC 3339, UTC)."""
    retention_days: pulumi.Output[Optional[int]]
    renew_when_days_left: pulumi.Output[Optional[int]]
    on_expired: pulumi.Output[str]
    max_retries: pulumi.Output[int]
    triggers: pulumi.Output[Optional[list[Any]]]
    status: pulumi.Output[Optional[str]]
    """Last status that was read: `IN_PROGRESS`, `SUCCESS`, `FAILURE`, `MARKED_FOR_EXPIRY` or `EXPIRED`."""
    creation_date: pulumi.Output[Optional[str]]
    """When the server created the job (RFC 3339, UTC)."""
    declared_expiration_date: pulumi.Output[Optional[str]]
    """Declared expiry that the last run applied (RFC 3339, UTC)."""
    download_url: pulumi.Output[str]
    """URL of the archive (`.tar.gz`), built from the configured base URL. A download needs the same API key."""
    last_seen_url: pulumi.Output[Optional[str]]
    """Previous `download_url` after a change of the base URL. Absent after the new server has answered for this job."""
    child_job_counts: pulumi.Output[Optional[dict[str, int]]]
    """Number of parts by status. A part (child job) is one log type of one process or host."""
    failed_child_jobs: pulumi.Output[Optional[list[FailedChildJob]]]
    """Parts that failed: host, log type, path and error message."""
    uncompressed_size_total_bytes: pulumi.Output[Optional[int]]
    """Size of all collected files, uncompressed (bytes). Grows while the job runs."""
    root_resource_type: pulumi.Output[Optional[str]]
    """Type of the deployment that contains the resource, for example the cluster of a shard."""
    root_resource_name: pulumi.Output[Optional[str]]
    """Name of the deployment that contains the resource, for example the cluster of a shard."""
    user_id: pulumi.Output[Optional[str]]
    """ID of the user who created the job."""
    retries: pulumi.Output[int]
    """Number of restarts of failed parts over the life of the job so far."""

    def __init__(
        self,
        name: str,
        *,
        resource_type: pulumi.Input[ResourceTypeWord | str],
        resource_name: pulumi.Input[str],
        log_types: pulumi.Input[Collection[pulumi.Input[LogTypeWord | str]]],
        size_requested_per_file_bytes: pulumi.Input[int | str],
        redacted: pulumi.Input[bool],
        log_collection_from_date: pulumi.Input[str | datetime] | None = None,
        log_collection_to_date: pulumi.Input[str | datetime] | None = None,
        project_id: pulumi.Input[str] | None = None,
        expiration_date: pulumi.Input[str | datetime] | None = None,
        retention_days: pulumi.Input[int | str] | None = None,
        renew_when_days_left: pulumi.Input[int | str] | None = None,
        on_expired: pulumi.Input[OnExpiredWord] | None = None,
        max_retries: pulumi.Input[int] | None = None,
        triggers: pulumi.Input[Sequence[Any]] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare a job.

        Args:
            name: Pulumi's name of the resource, unique in the stack.
            resource_type: Type of the deployment: `REPLICASET`, `CLUSTER` (sharded cluster) or `PROCESS`.
            resource_name: Name of the replica set, shard, cluster or process, as in the automation configuration.
            log_types: Log types to collect: `MONGODB`, `FTDC`, `AUTOMATION_AGENT`, `BACKUP_AGENT`, `MONITORING_AGENT`.
            size_requested_per_file_bytes: Uncompressed bytes to collect per log type and per process or host, newest
                lines first. Text with a unit works too: `100MB`, `1GiB`.
            redacted: If true, the server replaces IP addresses, host names, namespaces and string values in the logs.
            log_collection_from_date: Start of the collected period (RFC 3339 with time zone). Default: the newest
                lines, whatever their date.
            log_collection_to_date: End of the collected period, included (RFC 3339 with time zone). Default: the newest
                lines, whatever their date.
            project_id: Project of the job: 24 lower-case hexadecimal digits, the API's group ID. Default: the
                configured project when the job is created.
            expiration_date: When the server deletes the archive (RFC 3339 with time zone). Default: the server decides,
                usually 30 days after the creation.
            retention_days: Days from the job's creation until the server deletes the archive. Text with a unit works
                too: `90d`, `2w`. Default: `expiration_date` applies, or the server decides.
            renew_when_days_left: When fewer days than this are left, the next run moves the expiry. Text with a unit
                works too: `90d`, `2w`. Default: no run renews the expiry.
            on_expired: What to do when the job has expired: `keep` it in the state, `recreate` it (collect again) or
                `fail` the run. Default: `keep`.
            max_retries: Maximum number of restarts of failed parts over the life of the job. Default: 1.
            triggers: List of text, numbers, booleans, lists and maps; a change starts a new job. Default: no triggers.
            opts: Pulumi's resource options.

        Source: Ops Manager API reference, "Create Log Collection Job".
        """
        super().__init__(LogCollectionJobProvider(), name, self._properties(locals()), opts)

    @classmethod
    def get(
        cls,
        resource_name: str,
        id: pulumi.Input[str],  # noqa: A002  as every Pulumi resource names it
        opts: pulumi.ResourceOptions | None = None,
        *,
        project_id: pulumi.Input[str] | None = None,
    ) -> LogCollectionJob:
        """Read an existing job that this stack does not manage, and never change or delete it.

        Args:
            resource_name: Pulumi's name of the resource, unique in the stack.
            id: ID of the job: 24 lower-case hexadecimal digits.
            opts: Pulumi's resource options.
            project_id: Project of the job. Default: the configured project.

        Raises:
            RunError: `opts` is not `ResourceOptions`, or `id` is not text.
            JobNotFound: The job does not exist. A preview raises it too.
        """
        # Before the merge below, which accepts only options.
        require_supported(f"{cls.__name__} {resource_name!r}", opts)
        # The SDK creates a job for a blank id, and ends with a traceback for an id that is not text.
        is_text = isinstance(id, str) and id != "" and is_safe_text(id)
        if not is_text and not isinstance(id, (pulumi.Output, Awaitable)):
            raise pulumi.RunError(f"{cls.__name__} {resource_name!r}: id must be 24 lower-case hex digits, not {id!r}")
        job = cls.__new__(cls)
        properties = cls._properties({"project_id": project_id})
        options = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=id))
        DeclaredResource.__init__(job, LogCollectionJobProvider(), resource_name, properties, options)
        return job
