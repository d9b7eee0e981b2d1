"""The jobs of a project as commands read and print them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click

from pulumi_opsmanager.api.jobs import Jobs
from pulumi_opsmanager.api.models import Job
from pulumi_opsmanager.errors import JobNotFound, UnexpectedResponse
from pulumi_opsmanager.instants import format_instant
from pulumi_opsmanager.lifecycle.job_state import answered_inputs
from pulumi_opsmanager.lifecycle.listing import creation_of
from pulumi_opsmanager.lifecycle.selection import Selection
from pulumi_opsmanager.schema.types import canonical_word

from .access import Connection
from .terminal import Column, progress, show, size

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
    """The selected jobs in the server's order. `gap` says why jobs may be missing; None if the list is complete."""

    jobs: tuple[Job, ...]
    gap: str | None = None


def listed(connection: Connection, selection: Selection, *, verbose: bool = False) -> Listing:
    """Read the list of jobs; `verbose` adds their child jobs.

    Raises:
        OpsManagerError: The list cannot be read. One that is readable in part is returned with a gap.
    """
    jobs: list[Job] = []
    gap = None
    with progress("reading the list", unit="jobs") as report:
        try:
            for job in connection.jobs.walk(verbose=verbose):
                jobs.append(job)
                report(len(jobs))
        except UnexpectedResponse as error:
            # Without a status it is about single entries, and raised after all readable ones.
            if error.status is not None or not jobs:
                raise
            gap = str(error)
    server_now = connection.clock.now() + connection.client.server_ahead
    ages = [server_now - created if (created := creation_of(job)) else None for job in jobs]
    return Listing(tuple(job for job, age in zip(jobs, ages, strict=True) if selection.includes(job, age)), gap)


def fetched(jobs: Jobs, job_ids: Sequence[str]) -> tuple[Job, ...]:
    """Read single jobs with their child jobs.

    Raises:
        JobNotFound: At least one job does not exist; the error names all of them.
    """
    found, missing = [], []
    with progress("reading the jobs", unit="jobs") as report:
        for job_id in dict.fromkeys(job_ids):
            try:
                found.append(jobs.get(job_id, verbose=True))
            except JobNotFound:
                missing.append(job_id)
            report(len(found))
    if missing:
        where = f"in project {jobs.project_id}; `pulumi-opsmanager list` shows the existing jobs"
        raise JobNotFound(f"no job {', '.join(missing)} {where}")
    return tuple(found)


def answer_of(job: Job) -> dict[str, Any]:
    """The server's answer as JSON by vendor name, without child jobs; None for what the server left out.

    Words are in the form that a program declares. A missing creation date is taken from the id.
    """
    answer = job.model_dump(by_alias=True, mode="json", exclude={"child_jobs"})
    created = creation_of(job)
    answer["creationDate"] = format_instant(created) if created else None
    answer["rootResourceType"] = canonical_word(job.root_resource_type)
    return answer | answered_inputs(job)


def print_listing(listing: Listing, *, nothing: str, as_json: bool) -> None:
    """Print jobs as a table or as a JSON array. `nothing` goes to standard error instead of an empty table.

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
    size_bytes, instants = answer["uncompressedSizeTotalBytes"], (answer["creationDate"], answer["expirationDate"])
    return (
        *(answer[key] for key in ("id", "status", "resourceType", "resourceName")),
        ", ".join(answer["logTypes"] or ()) or None,
        *(instant and instant[:16].replace("T", " ") for instant in instants),
        None if size_bytes is None else size(size_bytes),
    )
