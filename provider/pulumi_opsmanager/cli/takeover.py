"""What a stack has to hold of a job that it did not make, so that its next preview shows no change.

The program declares what the job's answer repeats of its create request; inputs and outputs are those that such a
program would have stored. The engine takes them from the import file as they are: Python dynamic providers cannot
read a resource that is not in the state yet.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pulumi.dynamic.dynamic import serialize_provider

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.models import EXPIRED_STATUS, FAILED_STATUSES, Job
from pulumi_opsmanager.api.settings import OBJECT_ID
from pulumi_opsmanager.dynamic.job import LogCollectionJobProvider
from pulumi_opsmanager.errors import counted, shorten
from pulumi_opsmanager.lifecycle.check import check_job
from pulumi_opsmanager.lifecycle.outputs import applied_outputs
from pulumi_opsmanager.schema.fields import Bag, fields_of
from pulumi_opsmanager.schema.job import JobInputs

from .jobs import Listing, answer_of, fetched, listed
from .selection import Selection

_TYPE = "pulumi-python:dynamic/opsmanager:LogCollectionJob"


@dataclass(frozen=True)
class TakenJob:
    """A job as a stack holds it.

    Attributes:
        job_id: The server's id.
        name: Pulumi's name: the same in every run, and that of no other job.
        arguments: What the program says, by Python name, canonical.
        inputs: The same after check, by vendor name.
        outputs: The stored state, by vendor name.
    """

    job_id: str
    name: str
    arguments: dict[str, Any]
    inputs: dict[str, Any]
    outputs: dict[str, Any]


@dataclass(frozen=True)
class Takeover:
    """The jobs that can be taken over, by name, and what a person should know about them and about the others."""

    jobs: tuple[TakenJob, ...]
    notes: tuple[str, ...]


def take_over(
    client: Client,
    project_id: str,
    selection: Selection,
    job_ids: Sequence[str],
    now: Callable[[], datetime],
    *,
    owned: Collection[str] = (),
    heard: Callable[[int], None] = lambda _: None,
) -> Takeover:
    """Read jobs of a project and make declarations of them.

    Args:
        client: The server.
        project_id: Where.
        selection: The filters, when no ids are given. Expired jobs need a filter by status.
        job_ids: Just these.
        now: Our clock.
        owned: Jobs that the stack has already.
        heard: Hears how many of a list were read so far.

    Raises:
        JobNotFound: There is no job of such an id.
        OpsManagerError: The jobs cannot be read.
    """
    if job_ids:
        listing = Listing(fetched(client, project_id, job_ids))
    else:
        listing = listed(client, project_id, selection, now, verbose=True, heard=heard)
    notes = [] if listing.gap is None else [f"the list is incomplete: {listing.gap}"]
    jobs = listing.jobs if job_ids or selection.statuses else _unexpired(listing.jobs, notes)
    free = [job for job in jobs if job.id not in owned]
    if mine := len(jobs) - len(free):
        notes.append(f"left out: {counted(mine, 'job')} that the stack manages already")
    taken = []
    for job in free:
        declared = _declared(job, project_id)
        checked = check_job(declared, {}, default_project_id=None, now=now())
        problems = [str(failure) for failure in checked.failures]
        if not OBJECT_ID.fullmatch(job.id):
            problems.append("its id is none")
        if problems:
            reason = "; ".join(problems)
            notes.append(f"left out: job {shorten(job.id)} cannot be declared as the server answers it: {reason}")
        else:
            taken.append(_taken_job(job, declared, checked.inputs, client.jobs(project_id).download_url(job.id)))
    if any("max_retries" in job.arguments for job in taken):
        notes.append("failed jobs are declared with max_retries=0, so that no up restarts them")
    return Takeover(tuple(sorted(taken, key=lambda job: job.name)), tuple(notes))


def import_content(jobs: Sequence[TakenJob]) -> dict[str, Any]:
    """The content of a file for `pulumi import --file`.

    Source: `importSpec` in pkg/cmd/pulumi/operations/import.go of Pulumi 3.259; it knows `outputs` since 3.254.
    """
    # Where the SDK puts it when a program declares the resource. It names a class and holds no secret.
    provider = {"__provider": serialize_provider(LogCollectionJobProvider())}
    return {
        "resources": [
            {
                "type": _TYPE,
                "name": job.name,
                "id": job.job_id,
                "inputs": provider | job.inputs,
                "outputs": provider | job.outputs,
            }
            for job in jobs
        ]
    }


def _declared(job: Job, project_id: str) -> dict[str, Any]:
    """What a program would say of the job: the part of the create request that its answer repeats, by vendor name."""
    answer = answer_of(job)
    requested = (key for key, field in fields_of(JobInputs).items() if field.body is not None)
    declared = {key: answer[key] for key in requested if answer.get(key) is not None}
    # The stack's own default project may be another one, or none.
    declared["projectId"] = project_id
    if job.status in FAILED_STATUSES:
        # The next up would restart its failed parts, and taking over is to change nothing.
        declared["maxRetries"] = 0
    return declared


def _taken_job(job: Job, declared: Bag, inputs: dict[str, Any], download_url: str) -> TakenJob:
    fields = fields_of(JobInputs)
    return TakenJob(
        job_id=job.id,
        name=f"{inputs['resourceName']}-{job.id}",
        arguments={field.name: inputs[key] for key, field in fields.items() if key in declared},
        inputs=inputs,
        outputs=applied_outputs(job, inputs, download_url, retries=0),
    )


def _unexpired(jobs: Sequence[Job], notes: list[str]) -> list[Job]:
    kept = [job for job in jobs if job.status != EXPIRED_STATUS]
    if expired := len(jobs) - len(kept):
        notes.append(f"left out: {counted(expired, 'expired job')}; --status expired or --job ID includes them")
    return kept
