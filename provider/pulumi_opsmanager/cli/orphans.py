"""`orphans`: the jobs of a project that no stack owns, and the way to delete the ones named."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .connection import Connection, uses_server
from .ids import checked_ids
from .list import show_listing
from .progress import progress
from .selection import Selection, filtered
from .state import STATE_FILE, owned_job_ids

if TYPE_CHECKING:
    from pulumi_opsmanager.api.client import Client

_EXAMPLES = """\b
Examples:
  pulumi stack export --file state.json
  pulumi-opsmanager orphans --state state.json --older-than 1h
  pulumi-opsmanager orphans --state state.json --delete 69a5553c7e41b2000f5d8a01
"""


@click.command(epilog=_EXAMPLES)
@uses_server()
@filtered
@click.option(
    "--state",
    "states",
    type=STATE_FILE,
    multiple=True,
    required=True,
    help="What `pulumi stack export --file FILE` wrote, or - for standard input; one for each stack with jobs of the "
    "project.",
)
@click.option("--delete", "doomed", multiple=True, callback=checked_ids, metavar="ID", help="Delete this one of them.")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="An array of objects with the vendor's names instead; with --delete, an object of the ids that are deleted.",
)
def orphans(
    connection: Connection,
    selection: Selection,
    *,
    states: tuple[Path, ...],
    doomed: tuple[str, ...],
    as_json: bool,
) -> None:
    """List the project's jobs that the given stacks do not own.

    One is left behind when a create was cut off before its id reached the state; others belong to people or to stacks
    that are not given. Nothing is deleted but what --delete names, and of that only what no given stack owns.
    """
    if doomed and not selection.is_everything:
        raise click.UsageError("--delete names the jobs: leave out the filters")
    from pulumi_opsmanager.api.client import Client
    from pulumi_opsmanager.clock import wall_clock

    from .jobs import listed

    owned = frozenset[str]().union(*map(owned_job_ids, states))
    clock = wall_clock()
    client = Client(connection.settings(), clock)
    if spared := [job_id for job_id in doomed if job_id in owned]:
        raise click.UsageError(f"a given stack owns {', '.join(spared)}: `pulumi destroy` or its program deletes it")
    if doomed:
        _delete(client, connection.project_id, doomed, as_json=as_json)
        return
    with progress("reading the list", unit="jobs") as heard:
        listing = listed(client, connection.project_id, selection, clock.now, heard=heard)
    left = replace(listing, jobs=tuple(job for job in listing.jobs if job.id not in owned))
    nothing = f"project {connection.project_id} has no job that no given stack owns"
    show_listing(left, nothing=nothing, as_json=as_json)


def _delete(client: Client, project_id: str, job_ids: tuple[str, ...], *, as_json: bool) -> None:
    """Delete one after another, and tell what is deleted also when it ends before the last."""
    deleted: list[str] = []
    try:
        for job_id in job_ids:
            client.jobs(project_id).delete(job_id)
            deleted.append(job_id)
            if not as_json:
                click.echo(f"deleted {job_id}")
    finally:
        if as_json:
            click.echo(json.dumps({"deleted": deleted}, indent=2))
