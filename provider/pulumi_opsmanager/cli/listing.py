"""How commands read and print the jobs of a project."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click

from pulumi_opsmanager.api.jobs import Jobs
from pulumi_opsmanager.api.models import Job
from pulumi_opsmanager.errors import JobNotFound, UnexpectedResponse, printable
from pulumi_opsmanager.instants import format_instant
from pulumi_opsmanager.lifecycle.job_state import answered_inputs
from pulumi_opsmanager.lifecycle.listing import creation_of
from pulumi_opsmanager.lifecycle.naming import deployment_name
from pulumi_opsmanager.lifecycle.selection import Selection
from pulumi_opsmanager.schema.types import canonical_word

from .access import Connection, as_given
from .terminal import Column, progress, show, size

STATUS_COLOURS = {"IN_PROGRESS": "yellow", "SUCCESS": "green", "FAILURE": "red", "EXPIRED": "dim"}

_COLUMNS = (
    Column("id"),
    Column("status", STATUS_COLOURS),
    Column("resource type"),
    Column("resource name"),
    Column("log types", folds=True),
    Column("created (UTC)"),
    Column("expires (UTC)"),
    Column("size", justify="right"),
)

_PART_COLUMNS = (
    Column("host"),
    Column("log type"),
    Column("status", STATUS_COLOURS),
    Column("size", justify="right"),
    Column("path"),
    Column("message", folds=True),
)


@dataclass(frozen=True)
class Listing:
    """The selected jobs in the server's order. `gap` says why jobs may be missing; None if the list is complete."""

    jobs: tuple[Job, ...]
    gap: str | None = None


def listed(connection: Connection, selection: Selection, *, verbose: bool = False) -> Listing:
    """Read the list of jobs. `verbose` adds their child jobs.

    Raises:
        OpsManagerError: The list cannot be read. A partly readable list is returned with a gap.
    """
    jobs: list[Job] = []
    gap = None
    with progress("reading the list", unit="jobs") as report:
        try:
            for job in connection.jobs.walk(verbose=verbose):
                jobs.append(job)
                report(len(jobs))
        except UnexpectedResponse as error:
            # An error without a status is about single entries. It comes after all readable ones.
            if error.status is not None or not jobs:
                raise
            gap = as_given(str(error))
    server_now = connection.clock.now() + connection.client.server_ahead
    ages = [server_now - created if (created := creation_of(job)) else None for job in jobs]
    return Listing(tuple(job for job, age in zip(jobs, ages, strict=True) if selection.includes(job, age)), gap)


def fetched(jobs: Jobs, job_ids: Sequence[str]) -> tuple[Job, ...]:
    """Read single jobs with their child jobs.

    Raises:
        JobNotFound: At least one job does not exist. The error names all of them.
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
    """Return the server's answer as JSON by vendor name, without child jobs. Missing fields are None.

    Words have the form of a program's inputs. A missing creation date is read from the id.
    """
    answer = job.model_dump(by_alias=True, mode="json", exclude={"child_jobs"})
    created = creation_of(job)
    answer["creationDate"] = format_instant(created) if created else None
    answer["rootResourceType"] = canonical_word(job.root_resource_type)
    return answer | answered_inputs(job)


def parts_of(job: Job) -> list[dict[str, Any]]:
    """Return the child jobs of a job as JSON by vendor name. Missing fields are None."""
    return [child.model_dump(by_alias=True, mode="json") for child in job.child_jobs or ()]


def print_job(job: Job) -> None:
    """Print a job, and a table of its parts."""
    answer = answer_of(job)
    size_bytes, requested = answer["uncompressedSizeTotalBytes"], answer["sizeRequestedPerFileBytes"]
    window = (answer["logCollectionFromDate"], answer["logCollectionToDate"])
    said = {
        "job": job.id,
        "status": job.status,
        "resource": deployment_name(job),
        "part of": " ".join(filter(None, (answer["rootResourceType"], answer["rootResourceName"]))),
        "log types": ", ".join(answer["logTypes"] or ()),
        "requested": f"{size(requested)} per log type and process" if requested is not None else "",
        "window": f"{window[0]} to {window[1]}" if all(window) else "",
        "redacted": {True: "yes", False: "no"}.get(answer["redacted"], ""),
        "created": answer["creationDate"],
        "expires": answer["expirationDate"],
        "made by": f"user {job.user_id}" if job.user_id else "",
        "size": size(size_bytes) if size_bytes is not None else "",
    }
    for name, words in said.items():
        if words:
            click.echo(f"{name:<11}{printable(str(words))}")
    if parts := parts_of(job):
        click.echo()
        show(_PART_COLUMNS, [_part_cells(part) for part in parts])


def _part_cells(part: dict[str, Any]) -> tuple[str | None, ...]:
    size_bytes = part["uncompressedDiskSpaceBytes"]
    return (
        *(part[key] for key in ("hostName", "logCollectionType", "status")),
        None if size_bytes is None else size(size_bytes),
        part["path"],
        part["errorMessage"] or "",
    )


def print_listing(listing: Listing, *, nothing: str, as_json: bool, with_makers: bool = False) -> None:
    """Print jobs as a table or as a JSON array. `nothing` goes to standard error instead of an empty table.

    Args:
        listing: The jobs.
        nothing: Message for an empty list.
        as_json: Whether to print an array of objects.
        with_makers: Whether the table shows who made each job. The objects always do.

    Raises:
        ClickException: The list is incomplete. The readable jobs were printed.
    """
    answers = [answer_of(job) for job in listing.jobs]
    if as_json:
        click.echo(json.dumps(answers, indent=2))
    elif answers:
        makers = [(answer["userId"],) if with_makers else () for answer in answers]
        rows = [(*_cells(answer), *maker) for answer, maker in zip(answers, makers, strict=True)]
        show((*_COLUMNS, Column("made by user")) if with_makers else _COLUMNS, rows)
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
