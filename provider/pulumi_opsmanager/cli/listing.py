"""The jobs of a project as commands read and print them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import click

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.models import Job
from pulumi_opsmanager.api.settings import OBJECT_ID
from pulumi_opsmanager.errors import JobNotFound, UnexpectedResponse
from pulumi_opsmanager.instants import format_instant
from pulumi_opsmanager.lifecycle.job_state import answered_inputs
from pulumi_opsmanager.schema.types import canonical_word

from .arguments import Selection
from .terminal import Column, show, size

_COLUMNS = (
    Column("id"),
    Column("status", {"IN_PROGRESS": "yellow", "SUCCESS": "green", "FAILURE": "red", "EXPIRED": "dim"}),
    Column("resource type"),
    Column("resource name"),
    Column("log types", folds=True),
    Column("created (UTC)"),
    Column("expires (UTC)"),
    Column("size", justify="right"),
)


@dataclass(frozen=True)
class Listing:
    """Jobs of a project.

    Attributes:
        jobs: The selected jobs, in the server's order.
        gap: Why jobs may be missing; None if the list is complete.
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
    progress: Callable[[int], None],
) -> Listing:
    """Read the list of jobs.

    Args:
        client: The server.
        project_id: The project.
        selection: The filters. Ages are by the server's clock.
        now: This machine's clock.
        verbose: Read the jobs with their child jobs.
        progress: Receives the number of jobs read so far.

    Raises:
        OpsManagerError: The list cannot be read. One that is readable in part is returned with a gap.
    """
    jobs: list[Job] = []
    gap = None
    try:
        for job in client.jobs(project_id).walk(verbose=verbose):
            jobs.append(job)
            progress(len(jobs))
    except UnexpectedResponse as error:
        # Without a status it is about single entries, and raised after all readable ones.
        if error.status is not None or not jobs:
            raise
        gap = str(error)
    server_now = now() + client.server_ahead
    return Listing(tuple(job for job in jobs if _is_selected(job, selection, server_now)), gap)


def fetched(client: Client, project_id: str, job_ids: Sequence[str]) -> tuple[Job, ...]:
    """Read single jobs with their child jobs.

    Raises:
        JobNotFound: At least one job does not exist; the error names all of them.
    """
    found = {job_id: _find(client, project_id, job_id) for job_id in job_ids}
    missing = [job_id for job_id, job in found.items() if job is None]
    if missing:
        raise JobNotFound(
            f"no job {', '.join(missing)} in project {project_id}; `pulumi-opsmanager list` shows the existing jobs"
        )
    return tuple(job for job in found.values() if job is not None)


def answer_of(job: Job) -> dict[str, Any]:
    """The server's answer as JSON by vendor name, without child jobs; None for what the server left out.

    Words are in the form that a program declares. A missing creation date is taken from the id.
    """
    answer = job.model_dump(by_alias=True, mode="json", exclude={"child_jobs"})
    created = _created(job)
    words = {
        "creationDate": format_instant(created) if created else None,
        "rootResourceType": canonical_word(job.root_resource_type),
    }
    return answer | answered_inputs(job) | words


def print_listing(listing: Listing, *, nothing: str, as_json: bool) -> None:
    """Print jobs as a table or as JSON.

    Args:
        listing: The jobs.
        nothing: Printed to standard error instead of an empty table.
        as_json: Print an array.

    Raises:
        ClickException: The list is incomplete. The readable jobs were printed.
    """
    answers = [answer_of(job) for job in listing.jobs]
    if as_json:
        click.echo(json.dumps(answers, indent=2))
    elif answers:
        show(_COLUMNS, [_cells(answer) for answer in answers])
    else:
        click.echo(nothing, err=True)
    if listing.gap is not None:
        raise click.ClickException(f"the list is incomplete: {listing.gap}")


def _cells(answer: dict[str, Any]) -> tuple[str | None, ...]:
    size_bytes = answer["uncompressedSizeTotalBytes"]
    return (
        answer["id"],
        answer["status"],
        answer["resourceType"],
        answer["resourceName"],
        ", ".join(answer["logTypes"] or ()) or None,
        _minute(answer["creationDate"]),
        _minute(answer["expirationDate"]),
        None if size_bytes is None else size(size_bytes),
    )


def _minute(instant: str | None) -> str | None:
    return instant and instant[:16].replace("T", " ")


def _find(client: Client, project_id: str, job_id: str) -> Job | None:
    try:
        return client.jobs(project_id).get(job_id, verbose=True)
    except JobNotFound:
        return None


def _is_selected(job: Job, selection: Selection, server_now: datetime) -> bool:
    created = _created(job)
    age = server_now - created if created else None
    return selection.includes(status=job.status, resource=job.resource_name, age=age)


def _created(job: Job) -> datetime | None:
    return job.made_at if job.creation_date or OBJECT_ID.fullmatch(job.id) else None
