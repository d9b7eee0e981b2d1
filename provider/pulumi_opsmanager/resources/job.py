"""The log collection job, as a program declares it."""

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
    size_requested_per_file_bytes: pulumi.Input[int]
    redacted: pulumi.Input[bool]


class LogCollectionJobArgs(_RequiredJobArgs, total=False):
    """The inputs of a job as a dictionary: `LogCollectionJob("logs", **args)`, with keys and types checked.

    For programs that declare many jobs alike, or hand on the inputs of one. Keys, shapes, units and defaults are those
    of `LogCollectionJob`; the five without a default have to be there. To change one make another dictionary,
    `{**args, "triggers": [2]}`: a type checker takes a keyword beside `**args` for one that is given twice.
    """

    log_collection_from_date: pulumi.Input[str | datetime] | None
    log_collection_to_date: pulumi.Input[str | datetime] | None
    project_id: pulumi.Input[str] | None
    expiration_date: pulumi.Input[str | datetime] | None
    retention_days: pulumi.Input[int] | None
    renew_when_days_left: pulumi.Input[int] | None
    on_expired: pulumi.Input[OnExpiredWord] | None
    max_retries: pulumi.Input[int] | None
    triggers: pulumi.Input[Sequence[Any]] | None


class LogCollectionJob(DeclaredResource, module="opsmanager", name="LogCollectionJob"):
    """A log collection job: the server gathers logs of a deployment's hosts into one archive.

    Creating starts the job and returns without waiting for it; refresh moves `status`; destroying deletes job and
    archive. Every input and output is described in `docs/reference.md`, each input with what a change of it does.
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
    """When the server deletes the archive."""
    retention_days: pulumi.Output[Optional[int]]
    renew_when_days_left: pulumi.Output[Optional[int]]
    on_expired: pulumi.Output[str]
    max_retries: pulumi.Output[int]
    triggers: pulumi.Output[Optional[list[Any]]]
    status: pulumi.Output[Optional[str]]
    """`IN_PROGRESS`, `SUCCESS`, `FAILURE`, `MARKED_FOR_EXPIRY` or `EXPIRED`, as of the last `up` or `refresh`."""
    creation_date: pulumi.Output[Optional[str]]
    """When the job was made."""
    declared_expiration_date: pulumi.Output[Optional[str]]
    """The expiry that the program declared at the last `up`; others may have moved the real one since."""
    download_url: pulumi.Output[str]
    """Where the archive (`.tar.gz`) can be fetched with the same key pair; built from the configured base URL."""
    last_seen_url: pulumi.Output[Optional[str]]
    """The former `download_url`, after `baseUrl` was changed and until the new server has answered for this job."""
    child_job_counts: pulumi.Output[Optional[dict[str, int]]]
    """Number of child jobs (a log type of a process or host) by status."""
    failed_child_jobs: pulumi.Output[Optional[list[FailedChildJob]]]
    """The child jobs that failed: host, log type, path, message."""
    uncompressed_size_total_bytes: pulumi.Output[Optional[int]]
    """Size of all files after extraction; grows while the job runs."""
    root_resource_type: pulumi.Output[Optional[str]]
    """Type of the whole deployment that the resource is part of."""
    root_resource_name: pulumi.Output[Optional[str]]
    """Name of that deployment."""
    user_id: pulumi.Output[Optional[str]]
    """Who asked for the job."""
    retries: pulumi.Output[int]
    """How often failed parts were restarted."""

    def __init__(
        self,
        name: str,
        *,
        resource_type: pulumi.Input[ResourceTypeWord | str],
        resource_name: pulumi.Input[str],
        log_types: pulumi.Input[Collection[pulumi.Input[LogTypeWord | str]]],
        size_requested_per_file_bytes: pulumi.Input[int],
        redacted: pulumi.Input[bool],
        log_collection_from_date: pulumi.Input[str | datetime] | None = None,
        log_collection_to_date: pulumi.Input[str | datetime] | None = None,
        project_id: pulumi.Input[str] | None = None,
        expiration_date: pulumi.Input[str | datetime] | None = None,
        retention_days: pulumi.Input[int] | None = None,
        renew_when_days_left: pulumi.Input[int] | None = None,
        on_expired: pulumi.Input[OnExpiredWord] | None = None,
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
            triggers: Text, numbers, booleans, lists and maps in a list; a change collects again. Keys of maps may
                come back in Python's spelling.
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
        """Read an existing job that this stack does not manage. It is never changed or deleted from here.

        Args:
            resource_name: Pulumi's name of the resource, unique in the stack.
            id: The job's id, 24 lower-case hex digits.
            opts: Pulumi's resource options.
            project_id: Project of the job. Default: `opsmanager:projectId`.

        Raises:
            RunError: `opts` are no options, or the id is no text.
            JobNotFound: At preview, when there is no such job.
        """
        # Before the merge below, which takes options only.
        require_supported(f"{cls.__name__} {resource_name!r}", opts)
        # The SDK takes a get without an id for a new job, and ends in a traceback for what is no text.
        is_text = isinstance(id, str) and id != "" and is_safe_text(id)
        if not is_text and not isinstance(id, (pulumi.Output, Awaitable)):
            raise pulumi.RunError(f"{cls.__name__} {resource_name!r}: id must be 24 lower-case hex digits, not {id!r}")
        job = cls.__new__(cls)
        properties = cls._properties({"project_id": project_id})
        options = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=id))
        DeclaredResource.__init__(job, LogCollectionJobProvider(), resource_name, properties, options)
        return job
