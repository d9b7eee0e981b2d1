"""`delete`: delete jobs and their archives on the server."""

from __future__ import annotations

import click

from pulumi_opsmanager.cli.access import Connection, uses_server
from pulumi_opsmanager.cli.arguments import checked_ids, examples, yes_option


@click.command(epilog=examples("delete 69a5553c7e41b2000f5d8a01", "delete 69a5553c7e41b2000f5d8a01 --yes --json"))
@uses_server()
@click.argument("job_ids", nargs=-1, required=True, callback=checked_ids)
@yes_option
@click.option("--json", "as_json", is_flag=True, help="Print an object with the deleted ids.")
def delete(connection: Connection, job_ids: tuple[str, ...], *, yes: bool, as_json: bool) -> None:
    """Delete jobs and their archives on the server.

    The command shows the jobs and asks. A job that a program manages is created again by its next run: remove it from
    the program instead.
    """
    from pulumi_opsmanager.cli.deletion import delete_jobs
    from pulumi_opsmanager.cli.listing import fetched

    delete_jobs(connection, lambda: fetched(connection.jobs, job_ids), is_confirmed=yes, as_json=as_json)
