"""The jobs of a project as commands see them: as the server answers, words in their canonical form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.models import Job
from pulumi_opsmanager.api.settings import OBJECT_ID
from pulumi_opsmanager.errors import JobNotFound, UnexpectedResponse
from pulumi_opsmanager.instants import format_instant
from pulumi_opsmanager.lifecycle.outputs import answered_inputs
from pulumi_opsmanager.schema.types import canonical_word

from .selection import Selection, takes


@dataclass(frozen=True)
class Listing:
    """What a walk over a project's jobs brought.

    Attributes:
        jobs: Those that were selected, in the server's order.
        gap: Why others may be missing; None when the list is complete.
    """

    jobs: tuple[Job, ...]
    gap: str | None = None


def listed(
    client: Client,
    project_id: str,
    selection: Selection,
    now: Callable[[], datetime],
    *,
    verbose: bool = False,
    heard: Callable[[int], None] = lambda _: None,
) -> Listing:
    """Walk all jobs of a project.

    Args:
        client: The server.
        project_id: Where.
        selection: The filters.
        now: Our clock; ages are told by the server's.
        verbose: Read them with their child jobs.
        heard: Hears how many were read so far.

    Raises:
        OpsManagerError: The walk broke off, or nothing of it can be read.
    """
    jobs: list[Job] = []
    gap = None
    try:
        for job in client.jobs(project_id).walk(verbose=verbose):
            jobs.append(job)
            heard(len(jobs))
    except UnexpectedResponse as error:
        # The one without a status is about single entries, and comes after all that can be read.
        if error.status is not None or not jobs:
            raise
        gap = str(error)
    server_now = now() + client.server_ahead
    selected = [job for job in jobs if _is_selected(job, selection, server_now)]
    return Listing(tuple(selected), gap)


def fetched(client: Client, project_id: str, job_ids: Sequence[str]) -> tuple[Job, ...]:
    """Read single jobs with their child jobs.

    Raises:
        JobNotFound: The server says so; all such ids at once.
    """
    found = {job_id: _find(client, project_id, job_id) for job_id in job_ids}
    missing = [job_id for job_id, job in found.items() if job is None]
    if missing:
        raise JobNotFound(f"project {project_id} has no job {', '.join(missing)}: check the ids and the project")
    return tuple(job for job in found.values() if job is not None)


def answer_of(job: Job) -> dict[str, Any]:
    """The job's answer by vendor name as plain JSON, without child jobs; None for what the server does not say.

    The creation date is also that inside the id, and words that a program could declare are in its form.
    """
    answer = job.model_dump(by_alias=True, mode="json", exclude={"child_jobs"})
    created = _created(job)
    words = {
        "creationDate": format_instant(created) if created else None,
        "rootResourceType": canonical_word(job.root_resource_type),
    }
    return answer | answered_inputs(job) | words


def _find(client: Client, project_id: str, job_id: str) -> Job | None:
    try:
        return client.jobs(project_id).get(job_id, verbose=True)
    except JobNotFound:
        return None


def _is_selected(job: Job, selection: Selection, server_now: datetime) -> bool:
    created = _created(job)
    age = server_now - created if created else None
    return takes(selection, status=job.status, resource=job.resource_name, age=age)


def _created(job: Job) -> datetime | None:
    return job.made_at if job.creation_date or OBJECT_ID.fullmatch(job.id) else None
