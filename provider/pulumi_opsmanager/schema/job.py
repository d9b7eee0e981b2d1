"""The fields of a log collection job: its inputs and its outputs.

Source: Ops Manager API reference, "Create Log Collection Job"; policies and defaults are our decision.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from pulumi_opsmanager.instants import epoch_ms, parse_instant

from .failed import FailedChildJob
from .fields import Declaration, InBody, OnChange, Reported, fields_of, says
from .freeform import FreeForm
from .types import (
    LONGEST_LIFE_DAYS,
    MAX_EXACT_INTEGER,
    MAX_LIFE_MONTHS,
    ByteSize,
    Flag,
    Instant,
    LogTypes,
    ObjectId,
    OnExpired,
    RenewalDays,
    ResourceType,
    RetentionDays,
    Text,
    WholeNumber,
)


class JobInputs(Declaration):
    """The inputs of a job."""

    resource_type: Annotated[
        ResourceType,
        InBody.AS_IS,
        says(
            "Type of the deployment: `REPLICASET`, `CLUSTER` (sharded cluster) or `PROCESS`. Upper and lower case are "
            "equal."
        ),
    ]
    resource_name: Annotated[
        Text,
        InBody.AS_IS,
        says("Name of the replica set, shard, cluster or process, as in the automation configuration."),
    ]
    log_types: Annotated[
        LogTypes,
        InBody.AS_IS,
        says(
            "Log types to collect: `MONGODB`, `FTDC`, `AUTOMATION_AGENT`, `BACKUP_AGENT`, `MONITORING_AGENT`. Order, "
            "case and repetition do not matter."
        ),
    ]
    size_requested_per_file_bytes: Annotated[
        ByteSize,
        InBody.AS_IS,
        Field(gt=0, le=MAX_EXACT_INTEGER),
        says(
            "Uncompressed bytes to collect per log type and per process or host, newest lines first. From 1 to 2^53. "
            "The server treats the size as approximate."
        ),
    ]
    redacted: Annotated[
        Flag,
        InBody.AS_IS,
        says(
            "If true, the server replaces IP addresses, host names, namespaces and string values in the logs. "
            "Required, because the choice affects privacy."
        ),
    ]
    log_collection_from_date: Annotated[
        Instant | None,
        InBody.INSTANT,
        says(
            "Start of the collected period (RFC 3339 with time zone). Give both dates or none. Needs Cloud Manager or "
            "Ops Manager 7.0.16, 8.0.9 or later. Default: the newest lines, whatever their date."
        ),
    ] = None
    log_collection_to_date: Annotated[
        Instant | None,
        InBody.INSTANT,
        says(
            "End of the collected period, included (RFC 3339 with time zone). Must be later than "
            "`log_collection_from_date`. Default: the newest lines, whatever their date."
        ),
    ] = None
    project_id: Annotated[
        ObjectId | None,
        OnChange.REPLACE,
        says(
            "Project of the job: 24 lower-case hexadecimal digits, the API's group ID. Default: the configured "
            "project when the job is created."
        ),
    ] = None
    expiration_date: Annotated[
        Instant | None,
        OnChange.UPDATE,
        says(
            "When the server deletes the archive (RFC 3339 with time zone). Must be in the future, at most "
            f"{MAX_LIFE_MONTHS} months after the job's creation. Give `retention_days` or `expiration_date`, not both. "
            "Default: the server decides, usually 30 days after the creation."
        ),
    ] = None
    retention_days: Annotated[
        RetentionDays | None,
        OnChange.UPDATE,
        says(
            f"Days from the job's creation until the server deletes the archive. From 1 to {LONGEST_LIFE_DAYS}; the "
            f"server allows at most {MAX_LIFE_MONTHS} months. Give `retention_days` or `expiration_date`, not both. "
            "Default: `expiration_date` applies, or the server decides."
        ),
    ] = None
    renew_when_days_left: Annotated[
        RenewalDays | None,
        OnChange.UPDATE,
        says(
            "When fewer days than this are left, the next run moves the expiry. The new expiry is `retention_days` "
            f"after that run, at the next midnight UTC. It is at most {MAX_LIFE_MONTHS} months after the job's "
            f"creation. From 1 to {LONGEST_LIFE_DAYS - 1}, and less than `retention_days`. Default: no run renews the "
            "expiry."
        ),
    ] = None
    on_expired: Annotated[
        OnExpired,
        OnChange.UPDATE,
        says(
            "What to do when the job has expired: `keep` it in the state, `recreate` it (collect again) or `fail` the "
            "run."
        ),
    ] = "keep"
    max_retries: Annotated[
        WholeNumber,
        OnChange.UPDATE,
        Field(ge=0, le=100),
        says("Maximum number of restarts of failed parts over the life of the job. From 0 (never) to 100."),
    ] = 1
    triggers: Annotated[
        list[FreeForm] | None,
        OnChange.REPLACE,
        says("List of text, numbers, booleans, lists and maps; a change starts a new job. Default: no triggers."),
    ] = None


class JobState(Reported):
    """The outputs of a job. An output that the state cannot store is absent."""

    status: Annotated[
        str | None,
        says("Last status that was read: `IN_PROGRESS`, `SUCCESS`, `FAILURE`, `MARKED_FOR_EXPIRY` or `EXPIRED`."),
    ] = None
    creation_date: Annotated[Instant | None, says("When the server created the job (RFC 3339, UTC).")] = None
    expires_at: Annotated[Instant | None, says("When the server deletes the archive (RFC 3339, UTC).")] = None
    download_url: Annotated[
        str,
        says("URL of the archive (`.tar.gz`), built from the configured base URL. A download needs the same API key."),
    ] = ""
    last_seen_url: Annotated[
        str | None,
        says(
            "Previous `download_url` after a change of the base URL. Absent after the new server has answered for "
            "this job."
        ),
    ] = None
    child_job_counts: Annotated[
        dict[str, int] | None,
        says("Number of parts by status. A part (child job) is one log type of one process or host."),
    ] = None
    failed_child_jobs: Annotated[
        list[FailedChildJob] | None, says("Parts that failed: host, log type, path and error message.")
    ] = None
    uncompressed_size_total_bytes: Annotated[
        int | None, says("Size of all collected files, uncompressed (bytes). Grows while the job runs.")
    ] = None
    root_resource_type: Annotated[
        str | None, says("Type of the deployment that contains the resource, for example the cluster of a shard.")
    ] = None
    root_resource_name: Annotated[
        str | None, says("Name of the deployment that contains the resource, for example the cluster of a shard.")
    ] = None
    user_id: Annotated[str | None, says("ID of the user who created the job.")] = None
    retries: Annotated[int, says("Number of restarts of failed parts over the life of the job so far.")] = 0


def request_body(inputs: JobInputs, *, epoch_dates: bool) -> dict[str, Any]:
    """The body of the create request.

    Args:
        inputs: The checked inputs.
        epoch_dates: If true, dates are epoch milliseconds (Ops Manager); if false, text (Cloud Manager).
    """
    declared = inputs.model_dump(by_alias=True)
    body = {}
    for field in fields_of(JobInputs).values():
        value = declared[field.key]
        if field.body is not None and value is not None:
            as_number = field.body is InBody.INSTANT and epoch_dates
            body[field.key] = epoch_ms(parse_instant(value)) if as_number else value
    return body
