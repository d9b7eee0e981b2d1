"""Lists the jobs of a project for a program that reads them and does not manage them."""

from __future__ import annotations

from datetime import datetime, timedelta

from pulumi_opsmanager.api.models import Job
from pulumi_opsmanager.api.settings import OBJECT_ID
from pulumi_opsmanager.errors import UnexpectedResponse, attempting, shorten
from pulumi_opsmanager.instants import parse_duration
from pulumi_opsmanager.schema.filter import JobFilter

from .context import Context
from .expiry import StoredJob
from .job import imported
from .selection import Selection


def selection_of(declared: JobFilter) -> Selection:
    """Convert the declared filters."""
    return Selection(
        statuses=_one(declared.status),
        resource_types=_one(declared.resource_type),
        resource_names=_one(declared.resource_name),
        newer_than=_age(declared.newer_than),
        older_than=_age(declared.older_than),
    )


def list_jobs(context: Context, project_id: str | None, selection: Selection) -> tuple[StoredJob, ...]:
    """The selected jobs with their child jobs, newest first. Ages use the server's clock.

    Args:
        context: What to work with.
        project_id: The project to list; None takes the configured project.
        selection: Which jobs to return.

    Raises:
        InvalidInput: No project is known.
        UnexpectedResponse: An entry of the list cannot be read, so jobs may be missing.
        OpsManagerError: The list cannot be read.
    """
    jobs = context.jobs(project_id)
    with attempting("list the jobs"):
        listed = list(jobs.walk(verbose=True))
        for job in listed:
            if not OBJECT_ID.fullmatch(job.id):
                raise UnexpectedResponse(f"the id of a job must be 24 lower-case hex digits, not {shorten(job.id)!r}")
    server_now = context.clock.now() + context.server.client.server_ahead
    selected = [job for job in listed if selection.includes(job, server_now - job.made_at)]
    selected.sort(key=lambda job: (job.made_at, job.id), reverse=True)
    return tuple(imported(job, jobs).stored for job in selected)


def creation_of(job: Job) -> datetime | None:
    """When the server created a job; None if neither the answer nor the id shows it."""
    return job.made_at if job.creation_date or OBJECT_ID.fullmatch(job.id) else None


def _one(word: str | None) -> tuple[str, ...]:
    return () if word is None else (word,)


def _age(text: str | None) -> timedelta | None:
    return None if text is None else parse_duration(text)
