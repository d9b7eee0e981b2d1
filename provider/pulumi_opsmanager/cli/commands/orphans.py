"""`orphans`: the jobs of a project that no given stack manages, and the deletion of chosen ones."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

import click

from pulumi_opsmanager.cli.access import Connection, uses_server
from pulumi_opsmanager.cli.arguments import checked_ids, condition_of, filtered, state_option
from pulumi_opsmanager.cli.states import managed_by
from pulumi_opsmanager.lifecycle.selection import Selection

if TYPE_CHECKING:
    from pulumi_opsmanager.api.jobs import Jobs

_EXAMPLES = """\b
Examples:
  pulumi stack export --file state.json
  pulumi-opsmanager orphans --state state.json --older-than 1h
  pulumi-opsmanager orphans --state state.json --delete 69a5553c7e41b2000f5d8a01
"""


@click.command(epilog=_EXAMPLES)
@uses_server()
@filtered
@state_option("State of a program with jobs in the project; repeatable.", is_required=True)
@click.option(
    "--delete", "job_ids", multiple=True, callback=checked_ids, metavar="ID", help="Delete job ID; repeatable."
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print an array of objects with the vendor's field names; with --delete, an object with the deleted ids.",
)
def orphans(
    connection: Connection,
    selection: Selection,
    *,
    states: tuple[BinaryIO, ...],
    job_ids: tuple[str, ...],
    as_json: bool,
) -> None:
    """List jobs that none of the given states manages.

    An interrupted create can leave such a job. Others were started by people, or belong to states that are not given.
    The states are those of Pulumi, Terraform or OpenTofu.

    --delete deletes the jobs that you name, and refuses jobs that a given state manages.
    """
    if job_ids and not selection.is_everything:
        raise click.UsageError("--delete takes ids: leave out the filters")
    from pulumi_opsmanager.cli.listing import listed, print_listing

    managed, jobs = managed_by(states), connection.jobs
    if refused := [job_id for job_id in job_ids if job_id in managed]:
        raise click.UsageError(
            f"a given state manages {', '.join(refused)}: remove the declaration from the program and "
            "run `pulumi up` or `terraform apply`"
        )
    if job_ids:
        _delete(jobs, job_ids, as_json=as_json)
        return
    listing = listed(connection, selection)
    unmanaged = replace(listing, jobs=tuple(job for job in listing.jobs if job.id not in managed))
    nothing = f"project {connection.project_id} has no unmanaged jobs{condition_of(selection)}"
    print_listing(unmanaged, nothing=nothing, as_json=as_json)


def _delete(jobs: Jobs, job_ids: tuple[str, ...], *, as_json: bool) -> None:
    """Delete one after another, and report the deleted ids also if one fails."""
    deleted: list[str] = []
    try:
        for job_id in job_ids:
            jobs.delete(job_id)
            deleted.append(job_id)
            if not as_json:
                click.echo(f"deleted {job_id}")
    finally:
        if as_json:
            click.echo(json.dumps({"deleted": deleted}, indent=2))
