"""The state of a job, from the answers of the server.

An unknown value is absent. A state without a status was never read, so an update reads the job first.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from pulumi_opsmanager.api.models import FAILED_STATUSES, ChildJob, Job
from pulumi_opsmanager.instants import format_instant
from pulumi_opsmanager.schema.failed import FailedChildJob, FailedJob
from pulumi_opsmanager.schema.fields import fields_of
from pulumi_opsmanager.schema.job import JobInputs, JobState
from pulumi_opsmanager.schema.types import canonical_word


def read_state(job: Job, download_url: str, before: JobState | None = None) -> JobState:
    """Make the state from the answer to a GET or from an entry of a list.

    Args:
        job: The answer; an entry of a list may lack child jobs.
        download_url: URL of the archive.
        before: The stored state, for values that the answer does not have.
    """
    before = before or JobState()
    children = job.child_jobs
    return JobState(
        status=job.status,
        creation_date=format_instant(job.made_at),
        expires_at=format_instant(job.expiration_date) if job.expiration_date else None,
        download_url=download_url,
        child_job_counts=before.child_job_counts if children is None else _counts(children),
        failed_child_jobs=before.failed_child_jobs if children is None else failed_children(job),
        uncompressed_size_total_bytes=job.uncompressed_size_total_bytes,
        root_resource_type=job.root_resource_type,
        root_resource_name=job.root_resource_name,
        user_id=job.user_id,
        retries=before.retries,
    )


def located(state: JobState, url: str) -> JobState:
    """The state with a new URL. It keeps the URL on the server that last answered for the job, if that is another."""
    seen = last_seen(state)
    return state.model_copy(update={"download_url": url, "last_seen_url": None if seen == url else seen})


def last_seen(state: JobState) -> str:
    """The URL of the archive on the server that last answered for the job."""
    return state.last_seen_url or state.download_url


def failed_children(job: Job) -> list[FailedChildJob]:
    """The failed parts of a job; empty if the job was read without child jobs."""
    return [failed_child(child) for child in job.child_jobs or () if child.status in FAILED_STATUSES]


def failed_child(child: ChildJob) -> FailedChildJob:
    """A part that failed or is missing."""
    return FailedChildJob(
        host_name=child.host_name,
        log_collection_type=child.log_collection_type,
        path=child.path,
        error_message=child.error_message,
    )


def failed_job(job: Job) -> FailedJob:
    """A job that stayed failed."""
    return FailedJob(
        job_id=job.id,
        status=job.status,
        resource_type=canonical_word(job.resource_type),
        resource_name=job.resource_name,
        failed_child_jobs=failed_children(job),
    )


def answered_inputs(job: Job) -> dict[str, Any]:
    """The inputs that the server returns with a job, by vendor name in canonical form."""
    answer = job.model_dump(by_alias=True, mode="json", exclude_none=True)
    return {key: field.canonical(answer[key]) for key, field in fields_of(JobInputs).items() if key in answer}


def _counts(children: tuple[ChildJob, ...]) -> dict[str, int]:
    return dict(sorted(Counter(child.status for child in children).items()))
