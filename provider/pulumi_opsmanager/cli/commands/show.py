"""`show`: show one job with all its parts."""

from __future__ import annotations

import json

import click

from pulumi_opsmanager.cli.access import Connection, uses_server
from pulumi_opsmanager.cli.arguments import checked_ids, examples


@click.command(
    epilog=examples(
        "show 69a5553c7e41b2000f5d8a01",
        """show 69a5553c7e41b2000f5d8a01 --json | jq '.childJobs[] | select(.status == "FAILURE")'""",
    )
)
@uses_server()
@click.argument("job_id", callback=checked_ids)
@click.option("--json", "as_json", is_flag=True, help="Print an object with the vendor's field names.")
def show(connection: Connection, job_id: str, *, as_json: bool) -> None:
    """Show one job: status, dates, size, and each part.

    A part is one log type of one process or host, with its status, path and error message.
    """
    from pulumi_opsmanager.cli.listing import answer_of, fetched, parts_of, print_job

    (job,) = fetched(connection.jobs, [job_id])
    if as_json:
        click.echo(json.dumps(answer_of(job) | {"childJobs": parts_of(job)}, indent=2))
    else:
        print_job(job)
