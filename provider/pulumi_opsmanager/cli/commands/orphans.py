"""`orphans`: list the jobs of a project that no given state manages, and delete chosen ones."""

from __future__ import annotations

from dataclasses import replace
from typing import BinaryIO

import click

from pulumi_opsmanager.cli.access import Connection, uses_server
from pulumi_opsmanager.cli.arguments import checked_ids, condition_of, filtered, state_option, yes_option
from pulumi_opsmanager.cli.states import managed_by
from pulumi_opsmanager.errors import counted
from pulumi_opsmanager.lifecycle.selection import Selection

_MANAGE = ("manages", "manage")

_LIMITS = (
    "Jobs of other programs and of people are in this list unless you give their states. "
    "Before you delete a job, ask the user who made it."
)

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
@yes_option
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
    yes: bool,
    as_json: bool,
) -> None:
    """List jobs that none of the given states manages.

    An interrupted create can leave such a job. Others were started by people, or belong to states that are not given.
    The states are those of Pulumi, Terraform or OpenTofu.

    --delete deletes the jobs that you name, after a question for each. It refuses jobs that a given state manages.
    """
    if job_ids and not selection.is_everything:
        raise click.UsageError("--delete takes ids: leave out the filters")
    from pulumi_opsmanager.cli.deletion import delete_jobs
    from pulumi_opsmanager.cli.listing import fetched, listed, print_listing

    managed = managed_by(states)
    if refused := [job_id for job_id in job_ids if job_id in managed]:
        raise click.UsageError(
            f"a given state manages {', '.join(refused)}: remove the declaration from the program and "
            "run `pulumi up` or `terraform apply`"
        )
    if job_ids:
        delete_jobs(
            connection,
            lambda: fetched(connection.jobs, job_ids),
            is_confirmed=yes,
            as_json=as_json,
            asks_for_each=True,
        )
        return
    listing = listed(connection, selection)
    unmanaged = replace(listing, jobs=tuple(job for job in listing.jobs if job.id not in managed))
    nothing = f"project {connection.project_id} has no unmanaged jobs{condition_of(selection)}"
    if unmanaged.jobs:
        compared = f"compared with {counted(len(states), 'state')} that {_MANAGE[len(states) > 1]}"
        click.echo(f"{compared} {counted(len(managed), 'job')}. {_LIMITS}", err=True)
    print_listing(unmanaged, nothing=nothing, as_json=as_json, with_makers=True)
