"""The jobs that a stack can take over without a change, and their stored form.

The program declares the inputs of the create request that the server's answer repeats.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pulumi_opsmanager.api.models import EXPIRED_STATUS
from pulumi_opsmanager.dynamic.import_format import ImportedJob
from pulumi_opsmanager.dynamic.layout import outputs_of
from pulumi_opsmanager.errors import counted, shorten
from pulumi_opsmanager.lifecycle.expiry import StoredJob
from pulumi_opsmanager.lifecycle.job import imported
from pulumi_opsmanager.lifecycle.selection import Selection
from pulumi_opsmanager.schema.models import values_of

from .access import Connection
from .listing import Listing, fetched, listed


@dataclass(frozen=True)
class Takeover:
    """The jobs to take over, sorted by name, with notes about them and about the jobs that are left out."""

    jobs: tuple[ImportedJob, ...]
    notes: tuple[str, ...]


def take_over(
    connection: Connection, selection: Selection, job_ids: Sequence[str], *, managed: Collection[str]
) -> Takeover:
    """Read the jobs with these ids, or all that the filters select, and prepare them for a stack.

    Expired jobs need an id or a filter by status. Jobs with a managed id are left out.

    Raises:
        JobNotFound: One of the ids does not exist.
        OpsManagerError: The jobs cannot be read.
    """
    listing = Listing(fetched(connection.jobs, job_ids)) if job_ids else listed(connection, selection, verbose=True)
    notes = [] if listing.gap is None else [f"the list is incomplete: {listing.gap}"]
    jobs = [job for job in listing.jobs if job_ids or selection.statuses or job.status != EXPIRED_STATUS]
    if expired := len(listing.jobs) - len(jobs):
        notes.append(f"left out: {counted(expired, 'expired job')} (include with --status expired or --job ID)")
    free = [job for job in jobs if job.id not in managed]
    if already := len(jobs) - len(free):
        notes.append(f"left out: {counted(already, 'job')} that the given state already manages")
    taken = []
    for job in free:
        found = imported(job, connection.jobs)
        if found.failures:
            problems = "; ".join(map(str, found.failures))
            notes.append(f"left out: job {shorten(job.id)} cannot be declared from the server's answer: {problems}")
        else:
            taken.append(_declared(found.stored))
    if any("max_retries" in job.arguments for job in taken):
        notes.append("failed jobs are declared with max_retries=0, so that the next run does not restart them")
    return Takeover(tuple(sorted(taken, key=lambda job: job.name)), tuple(notes))


def _declared(stored: StoredJob) -> ImportedJob:
    """The arguments in a program, and the inputs and outputs that a stack with this program would have stored."""
    return ImportedJob(
        job_id=stored.id,
        name=f"{stored.inputs.resource_name}-{stored.id}",
        arguments=stored.inputs.model_dump(exclude_unset=True),
        inputs=values_of(stored.inputs),
        outputs=outputs_of(stored),
    )
