"""Which jobs a stack can take over without a change, and what it stores of them.

The program declares what the server's answer repeats of the create request.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.jobs import Jobs
from pulumi_opsmanager.api.models import EXPIRED_STATUS, Job
from pulumi_opsmanager.dynamic.import_format import ImportedJob
from pulumi_opsmanager.dynamic.layout import outputs_of
from pulumi_opsmanager.errors import InvalidInput, counted, shorten
from pulumi_opsmanager.lifecycle.job import imported
from pulumi_opsmanager.schema.fields import fields_of
from pulumi_opsmanager.schema.job import JobInputs
from pulumi_opsmanager.schema.models import values_of

from .arguments import Selection
from .listing import Listing, fetched, listed


@dataclass(frozen=True)
class Takeover:
    """The jobs to take over, sorted by name, and notes for the person about them and about the jobs left out."""

    jobs: tuple[ImportedJob, ...]
    notes: tuple[str, ...]


def take_over(
    client: Client,
    project_id: str,
    selection: Selection,
    job_ids: Sequence[str],
    now: Callable[[], datetime],
    *,
    managed: Collection[str],
    progress: Callable[[int], None],
) -> Takeover:
    """Read jobs and prepare them for a stack.

    Args:
        client: The server.
        project_id: The project.
        selection: The filters, used if there are no ids. Expired jobs need a filter by status.
        job_ids: Only these jobs.
        now: This machine's clock.
        managed: Ids of jobs that a stack already manages; they are left out.
        progress: Receives the number of listed jobs read so far.

    Raises:
        JobNotFound: One of the ids does not exist.
        OpsManagerError: The jobs cannot be read.
    """
    if job_ids:
        listing = Listing(fetched(client, project_id, job_ids))
    else:
        listing = listed(client, project_id, selection, now, verbose=True, progress=progress)
    notes = [] if listing.gap is None else [f"the list is incomplete: {listing.gap}"]
    jobs = [job for job in listing.jobs if job_ids or selection.statuses or job.status != EXPIRED_STATUS]
    if expired := len(listing.jobs) - len(jobs):
        notes.append(f"left out: {counted(expired, 'expired job')} (include with --status expired or --job ID)")
    free = [job for job in jobs if job.id not in managed]
    if already := len(jobs) - len(free):
        notes.append(f"left out: {counted(already, 'job')} that the given state already manages")
    taken = []
    for job in free:
        try:
            taken.append(_imported(job, client.jobs(project_id)))
        except InvalidInput as error:  # noqa: PERF203  one refused job does not stop the others
            notes.append(f"left out: job {shorten(job.id)} cannot be declared from the server's answer: {error}")
    if any("max_retries" in job.arguments for job in taken):
        notes.append("failed jobs are declared with max_retries=0, so that the next run does not restart them")
    return Takeover(tuple(sorted(taken, key=lambda job: job.name)), tuple(notes))


def _imported(job: Job, jobs: Jobs) -> ImportedJob:
    """The inputs and the state that a program with these declarations would have stored.

    Raises:
        InvalidInput: The answer lacks a required input, or has a value that a program cannot declare.
    """
    found = imported(job, jobs)
    if found.failures:
        raise InvalidInput("; ".join(map(str, found.failures)))
    inputs, values = found.stored.inputs, values_of(found.stored.inputs)
    return ImportedJob(
        job_id=job.id,
        name=f"{inputs.resource_name}-{job.id}",
        arguments={
            field.name: values[key]
            for key, field in fields_of(JobInputs).items()
            if field.name in inputs.model_fields_set
        },
        inputs=values,
        outputs=outputs_of(found.stored),
    )
