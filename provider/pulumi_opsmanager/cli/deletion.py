"""The deletion of jobs. A person sees the jobs and confirms before the command deletes them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence

import click

from pulumi_opsmanager.api.models import Job
from pulumi_opsmanager.errors import counted, shorten
from pulumi_opsmanager.instants import format_instant
from pulumi_opsmanager.lifecycle.job import imported
from pulumi_opsmanager.lifecycle.kinds import JOB
from pulumi_opsmanager.lifecycle.listing import creation_of
from pulumi_opsmanager.lifecycle.naming import deployment_name

from .access import Connection
from .listing import Listing, print_listing
from .operation import context_of
from .terminal import activity


def require_consent(*, is_confirmed: bool) -> None:
    """Check that a person can confirm, or has confirmed.

    Raises:
        UsageError: Standard input is not a terminal, and --yes is not given.
    """
    if not is_confirmed and not sys.stdin.isatty():
        raise click.UsageError("standard input is not a terminal, so nobody can confirm the deletion: give --yes")


def delete_jobs(
    connection: Connection,
    find: Callable[[], Sequence[Job]],
    *,
    is_confirmed: bool,
    as_json: bool,
    asks_for_each: bool = False,
) -> None:
    """Show jobs, ask, and delete them one after another. Report the deleted ids also if one fails.

    Args:
        connection: Connection to the server of the jobs.
        find: Function that reads the jobs. If it raises, nothing is deleted.
        is_confirmed: Whether to delete without a question.
        as_json: Whether standard output has only an object with the deleted ids.
        asks_for_each: Whether to ask for each job instead of once for all.

    Raises:
        UsageError: Nobody can confirm.
        Abort: The answer was no. Nothing was deleted.
        OpsManagerError: A job could not be deleted.
    """
    require_consent(is_confirmed=is_confirmed)
    jobs = find()
    if not as_json:
        print_listing(Listing(tuple(jobs)), nothing="", as_json=False, with_makers=True)
    if not (is_confirmed or asks_for_each):
        question = f"Delete {counted(len(jobs), 'job and its archive', 'jobs and their archives')} on the server?"
        click.confirm(question, abort=True, err=True)
    deleted: list[str] = []
    try:
        for job in jobs:
            if asks_for_each and not is_confirmed and not click.confirm(f"Delete {_described(job)}?", err=True):
                continue
            # Without the question, because the progress line would overwrite it.
            with activity(f"deleting job {job.id}") as line:
                JOB.delete(context_of(connection, line), imported(job, connection.jobs).stored)
            deleted.append(job.id)
            if not as_json:
                click.echo(f"deleted {job.id}")
    finally:
        if as_json:
            click.echo(json.dumps({"deleted": deleted}, indent=2))


def _described(job: Job) -> str:
    created = creation_of(job)
    made = f", made {format_instant(created)}" if created else ""
    return f"job {job.id} of {deployment_name(job)}{made} by user {shorten(job.user_id or 'unknown')}"
