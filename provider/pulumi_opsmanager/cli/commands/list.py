"""`list`: the jobs of a project, as a table or as JSON."""

from __future__ import annotations

import click

from pulumi_opsmanager.cli.access import Connection, uses_server
from pulumi_opsmanager.cli.arguments import Selection, filtered
from pulumi_opsmanager.cli.terminal import progress
from pulumi_opsmanager.clock import wall_clock

_EXAMPLES = """\b
Examples:
  pulumi-opsmanager list --status failure --newer-than 2d
  pulumi-opsmanager list --resource rs0 --json | jq -r '.[].id'
"""


@click.command("list", epilog=_EXAMPLES)
@uses_server()
@filtered
@click.option("--json", "as_json", is_flag=True, help="Print an array of objects with the vendor's field names.")
def list_jobs(connection: Connection, selection: Selection, *, as_json: bool) -> None:
    """List the log collection jobs of a project.

    The size is the sum of all files after extraction. An empty list exits with 0. If some entries cannot be read,
    the command prints the others and exits with 1.
    """
    from pulumi_opsmanager.cli.listing import listed, print_listing

    clock = wall_clock()
    client = connection.client(clock)
    with progress("reading the list", unit="jobs") as report:
        listing = listed(client, connection.project_id, selection, clock.now, progress=report)
    nothing = f"project {connection.project_id} has no jobs{selection.condition}"
    print_listing(listing, nothing=nothing, as_json=as_json)
