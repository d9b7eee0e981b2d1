"""`list`: list the jobs of a project, as a table or as JSON."""

from __future__ import annotations

import click

from pulumi_opsmanager.cli.access import Connection, uses_server
from pulumi_opsmanager.cli.arguments import condition_of, examples, filtered
from pulumi_opsmanager.lifecycle.selection import Selection


@click.command(
    "list", epilog=examples("list --status failure --newer-than 2d", "list --resource rs0 --json | jq -r '.[].id'")
)
@uses_server()
@filtered
@click.option("--json", "as_json", is_flag=True, help="Print an array of objects with the vendor's field names.")
def list_jobs(connection: Connection, selection: Selection, *, as_json: bool) -> None:
    """List the log collection jobs of a project.

    The size is the sum of all files after extraction. An empty list exits with 0. If some entries cannot be read,
    the command prints the others and exits with 1.
    """
    from pulumi_opsmanager.cli.listing import listed, print_listing

    listing = listed(connection, selection)
    nothing = f"project {connection.project_id} has no jobs{condition_of(selection)}"
    print_listing(listing, nothing=nothing, as_json=as_json)
