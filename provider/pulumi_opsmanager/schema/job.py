"""The fields of a log collection job: what a program declares, and what is stored beside it.

Source: Ops Manager API reference, "Create Log Collection Job"; policies and defaults are our decisions.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from pulumi_opsmanager.instants import epoch_ms, parse_instant

from .fields import Declaration, InBody, OnChange, fields_of, says
from .freeform import FreeForm
from .types import (
    MAX_EXACT_INTEGER,
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
    """What a program declares of a job."""

    resource_type: Annotated[
        ResourceType,
        OnChange.REPLACE,
        InBody.AS_IS,
        says("What to collect from: `REPLICASET`, `CLUSTER` (sharded) or `PROCESS`; any case."),
    ]
    resource_name: Annotated[
        Text,
        OnChange.REPLACE,
        InBody.AS_IS,
        says("Name of the replica set or shard, of the cluster, or of the process in the automation config."),
    ]
    log_types: Annotated[
        LogTypes,
        OnChange.REPLACE,
        InBody.AS_IS,
        says(
            "Any of `MONGODB`, `FTDC`, `AUTOMATION_AGENT`, `BACKUP_AGENT`, `MONITORING_AGENT`; a set: order, "
            "case and repetition do not matter."
        ),
    ]
    size_requested_per_file_bytes: Annotated[
        WholeNumber,
        OnChange.REPLACE,
        InBody.AS_IS,
        Field(gt=0, le=MAX_EXACT_INTEGER),
        says(
            "Uncompressed bytes to collect of each log type per process or host, newest lines first; the "
            "server takes it as approximate. More than 0, at most 2^53."
        ),
    ]
    redacted: Annotated[
        Flag,
        OnChange.REPLACE,
        InBody.AS_IS,
        says(
            "Whether the server replaces addresses, host names, namespaces and strings. No default: what "
            "leaves the hosts is a decision."
        ),
    ]
    log_collection_from_date: Annotated[
        Instant | None,
        OnChange.REPLACE,
        InBody.INSTANT,
        says(
            "First instant to collect, RFC 3339 text or an aware `datetime`; with the last one or not at all. "
            "Needs Ops Manager 8.0.9 or 7.0.16, or Cloud Manager."
        ),
    ] = None
    log_collection_to_date: Annotated[
        Instant | None,
        OnChange.REPLACE,
        InBody.INSTANT,
        says("Last instant to collect, included; later than the first."),
    ] = None
    project_id: Annotated[
        ObjectId | None,
        OnChange.REPLACE,
        says(
            "24 lower-case hex digits; the vendor also says group. Not declared: `opsmanager:projectId` when "
            "the job is made, also when it replaces another."
        ),
    ] = None
    expiration_date: Annotated[
        Instant | None,
        OnChange.UPDATE,
        says(
            "When the server deletes the archive: in the future, at most 6 months after the job's creation. "
            "Not declared: the server's own, usually 30 days."
        ),
    ] = None
    retention_days: Annotated[
        RetentionDays | None,
        OnChange.UPDATE,
        says(
            "How many days after its creation the archive is deleted, at most 6 months; instead of `expiration_date`."
        ),
    ] = None
    renew_when_days_left: Annotated[
        RenewalDays | None,
        OnChange.UPDATE,
        says(
            "When fewer days are left, an `up` moves the expiry to `retention_days` from now (the next midnight in "
            "UTC), at most 6 months after the creation. Not declared: never."
        ),
    ] = None
    on_expired: Annotated[
        OnExpired,
        OnChange.UPDATE,
        says(
            "What becomes of a job that ran out: `keep` leaves it in the state, `recreate` collects again, `fail` "
            "makes the `up` fail."
        ),
    ] = "keep"
    max_retries: Annotated[
        WholeNumber,
        OnChange.UPDATE,
        Field(ge=0, le=100),
        says("How often the failed parts of this job may be restarted by an `up`; 0 = never."),
    ] = 1
    triggers: Annotated[
        list[FreeForm] | None,
        OnChange.REPLACE,
        says("Text, numbers, booleans, lists and maps, in a list; a change of one collects again."),
    ] = None


class JobState(Declaration):
    """What is stored of a job beside its inputs. `expirationDate` is both: declared, and as the server has it."""

    status: Annotated[
        str | None,
        OnChange.COMPUTED,
        says(
            "`IN_PROGRESS`, `SUCCESS`, `FAILURE`, `MARKED_FOR_EXPIRY` or `EXPIRED`, as of the last `up` or `refresh`."
        ),
    ] = None
    creation_date: Annotated[
        str | None,
        OnChange.COMPUTED,
        says("When the job was made."),
    ] = None
    expiration_date: Annotated[
        str | None,
        OnChange.COMPUTED,
        says("When the server deletes the archive."),
    ] = None
    declared_expiration_date: Annotated[
        str | None,
        OnChange.COMPUTED,
        says("The expiry that the program declared at the last `up`; others may have moved the real one since."),
    ] = None
    download_url: Annotated[
        str,
        OnChange.COMPUTED,
        says(
            "Where the archive (`.tar.gz`) can be fetched with the same key pair; built from the configured base URL."
        ),
    ]
    last_seen_url: Annotated[
        str | None,
        OnChange.COMPUTED,
        says(
            "The former `download_url`, after `baseUrl` was changed and until the new server has answered for this job."
        ),
    ] = None
    child_job_counts: Annotated[
        dict[str, int] | None,
        OnChange.COMPUTED,
        says("Number of child jobs (a log type of a process or host) by status."),
    ] = None
    failed_child_jobs: Annotated[
        list[dict[str, str | None]] | None,
        OnChange.COMPUTED,
        says("The child jobs that failed: host, log type, path, message."),
    ] = None
    uncompressed_size_total_bytes: Annotated[
        int | None,
        OnChange.COMPUTED,
        says("Size of all files after extraction; grows while the job runs."),
    ] = None
    root_resource_type: Annotated[
        str | None,
        OnChange.COMPUTED,
        says("Type of the whole deployment that the resource is part of."),
    ] = None
    root_resource_name: Annotated[
        str | None,
        OnChange.COMPUTED,
        says("Name of that deployment."),
    ] = None
    user_id: Annotated[
        str | None,
        OnChange.COMPUTED,
        says("Who asked for the job."),
    ] = None
    retries: Annotated[
        int,
        OnChange.COMPUTED,
        says("How often failed parts were restarted."),
    ] = 0


def request_body(inputs: JobInputs, *, epoch_dates: bool) -> dict[str, Any]:
    """The create request of a job.

    Args:
        inputs: What is declared.
        epoch_dates: Send instants as epoch milliseconds (Ops Manager) rather than as text (Cloud Manager).
    """
    declared = inputs.model_dump(by_alias=True)
    body = {}
    for field in fields_of(JobInputs).values():
        value = declared[field.key]
        if field.body is not None and value is not None:
            as_number = field.body is InBody.INSTANT and epoch_dates
            body[field.key] = epoch_ms(parse_instant(value)) if as_number else value
    return body
