"""Which jobs a stack can take over without a change, and what it stores of them.

The program declares what the server's answer repeats of the create request.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.models import EXPIRED_STATUS, FAILED_STATUSES, Job
from pulumi_opsmanager.api.settings import OBJECT_ID
from pulumi_opsmanager.dynamic.import_format import ImportedJob
from pulumi_opsmanager.errors import InvalidInput, counted, shorten
from pulumi_opsmanager.lifecycle.check import check_job
from pulumi_opsmanager.lifecycle.outputs import applied_outputs
from pulumi_opsmanager.schema.fields import fields_of
from pulumi_opsmanager.schema.job import JobInputs

from .arguments import Selection
from .listing import Listing, answer_of, fetched, listed


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
            taken.append(_imported(job, project_id, client.jobs(project_id).download_url(job.id), now()))
        except InvalidInput as error:  # noqa: PERF203  one refused job does not stop the others
            notes.append(f"left out: job {shorten(job.id)} cannot be declared from the server's answer: {error}")
    if any("max_retries" in job.arguments for job in taken):
        notes.append("failed jobs are declared with max_retries=0, so that the next run does not restart them")
    return Takeover(tuple(sorted(taken, key=lambda job: job.name)), tuple(notes))


def _imported(job: Job, project_id: str, download_url: str, now: datetime) -> ImportedJob:
    """The inputs and the state that a program with these declarations would have stored.

    Raises:
        InvalidInput: The answer lacks a required input, or has a value that a program cannot declare.
    """
    answer, fields = answer_of(job), fields_of(JobInputs)
    declared = {
        key: answer[key] for key, field in fields.items() if field.body is not None and answer.get(key) is not None
    }
    # The stack may have another default project, or none.
    declared["projectId"] = project_id
    if job.status in FAILED_STATUSES:
        # The next run would restart the failed parts, and a takeover changes nothing.
        declared["maxRetries"] = 0
    checked = check_job(declared, {}, default_project_id=None, now=now)
    problems = [str(failure) for failure in checked.failures]
    if not OBJECT_ID.fullmatch(job.id):
        problems.append("its id is not 24 lower-case hex digits")
    if problems:
        raise InvalidInput("; ".join(problems))
    return ImportedJob(
        job_id=job.id,
        name=f"{checked.inputs['resourceName']}-{job.id}",
        arguments={field.name: checked.inputs[key] for key, field in fields.items() if key in declared},
        inputs=checked.inputs,
        outputs=applied_outputs(job, checked.inputs, download_url, retries=0),
    )
