"""What is stored of a job: the inputs as declared, beside the job as the server has it.

What is not known is not stored: a state without a status was never read, and diff asks for a read.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from pulumi_opsmanager.api.models import FAILED_STATUSES, ChildJob, Job
from pulumi_opsmanager.instants import format_instant
from pulumi_opsmanager.schema.fields import Bag, Declaration, fields_of
from pulumi_opsmanager.schema.job import JobInputs, JobState
from pulumi_opsmanager.schema.types import canonical_word

NOT_APPLIED: Final = {"retentionDays": None}
"""Marks a state whose retention never reached the server: what is declared then differs from it."""


def applied_outputs(job: Job, inputs: Bag, download_url: str, retries: int) -> dict[str, Any]:
    """After a create or update: the inputs are the ones just applied.

    Args:
        job: As read with its child jobs.
        inputs: Checked inputs.
        download_url: Where the archive is.
        retries: How often failed parts were restarted so far.
    """
    return inputs_in(inputs) | _seen(
        job, download_url=download_url, retries=retries, declared_expiration_date=inputs.get("expirationDate")
    )


def refreshed_outputs(job: Job, state: Bag, download_url: str) -> dict[str, Any]:
    """After a read: what only we know stays as it was, and what was never declared (a job of others) is the server's.

    Args:
        job: From a list, which has no child jobs, or as read with them.
        state: The stored outputs, project included.
        download_url: Where the archive is.
    """
    children = ("childJobCounts", "failedChildJobs")
    kept = {key: state.get(key) for key in children} if job.child_jobs is None else {}
    seen = _seen(
        job,
        download_url=download_url,
        retries=int(state.get("retries") or 0),
        declared_expiration_date=state.get("declaredExpirationDate"),
    )
    return answered_inputs(job) | inputs_in(state) | seen | kept


def unread_outputs(inputs: Bag, download_url: str) -> dict[str, Any]:
    """After a create whose job could not be read, so that no retention was applied."""
    state = JobState(download_url=download_url, declared_expiration_date=inputs.get("expirationDate"))
    return inputs_in(inputs) | state.model_dump(by_alias=True) | NOT_APPLIED


def exchanged(declaration: type[Declaration], state: Bag, inputs: Bag) -> dict[str, Any]:
    """Stored outputs with other inputs; one that is no longer declared goes.

    Args:
        declaration: Of the inputs.
        state: The stored outputs.
        inputs: Checked inputs.
    """
    known = fields_of(declaration)
    return {key: value for key, value in state.items() if key not in known} | inputs_in(inputs, declaration)


def located(state: Bag, url: str) -> dict[str, Any]:
    """Where the archive is by the present settings, and where the job was last seen, if that is elsewhere.

    Args:
        state: The stored outputs.
        url: Where the archive is by the present settings.
    """
    seen = last_seen(state)
    return {"downloadUrl": url, "lastSeenUrl": None if seen == url else seen}


def last_seen(state: Bag) -> str | None:
    """The URL of the archive on the server that last answered for the job."""
    return state.get("lastSeenUrl") or state.get("downloadUrl")


def inputs_in(bag: Bag, declaration: type[Declaration] = JobInputs) -> dict[str, Any]:
    """The inputs among stored outputs, or inputs without the keys of others."""
    known = fields_of(declaration)
    return {key: value for key, value in bag.items() if key in known and value is not None}


def _seen(job: Job, **ours: Any) -> dict[str, Any]:
    children = job.child_jobs or ()
    return JobState(
        status=job.status,
        creation_date=format_instant(job.made_at),
        expiration_date=format_instant(job.expiration_date) if job.expiration_date else None,
        child_job_counts=dict(sorted(Counter(child.status for child in children).items())),
        failed_child_jobs=failed_children(job),
        uncompressed_size_total_bytes=job.uncompressed_size_total_bytes,
        root_resource_type=job.root_resource_type,
        root_resource_name=job.root_resource_name,
        user_id=job.user_id,
        **ours,
    ).model_dump(by_alias=True)


def failed_children(job: Job) -> list[dict[str, str | None]]:
    """What is stored of a job's failed parts; empty where it was read without child jobs."""
    return [child_outputs(child) for child in job.child_jobs or () if child.status in FAILED_STATUSES]


def failed_outputs(job: Job) -> dict[str, Any]:
    """What a completion stores of a job that stayed failed."""
    return {
        "jobId": job.id,
        "status": job.status,
        "resourceType": canonical_word(job.resource_type),
        "resourceName": job.resource_name,
        "failedChildJobs": failed_children(job),
    }


def child_outputs(child: ChildJob) -> dict[str, str | None]:
    """What is stored of one part: host, log type, path, message."""
    return child.model_dump(by_alias=True, include={"host_name", "log_collection_type", "path", "error_message"})


def answered_inputs(job: Job) -> dict[str, Any]:
    """The inputs that a job's answer repeats, in canonical form."""
    answer = job.model_dump(by_alias=True, mode="json", exclude_none=True)
    return {key: field.canonical(answer[key]) for key, field in fields_of(JobInputs).items() if key in answer}
