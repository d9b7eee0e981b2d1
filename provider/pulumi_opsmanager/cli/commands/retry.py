"""`retry`: collect the failed parts of one job again."""

from __future__ import annotations

import json

import click

from pulumi_opsmanager.cli.access import Connection, uses_server
from pulumi_opsmanager.cli.arguments import checked_ids, examples
from pulumi_opsmanager.cli.terminal import activity


@click.command(epilog=examples("retry 69a5553c7e41b2000f5d8a01"))
@uses_server()
@click.argument("job_id", callback=checked_ids)
@click.option("--json", "as_json", is_flag=True, help="Print an object with id and status.")
def retry(connection: Connection, job_id: str, *, as_json: bool) -> None:
    """Collect the failed parts of a failed job again.

    The command does not wait for them; `wait` does. Exits with 1 if the job has not failed.
    """
    from pulumi_opsmanager.cli.operation import context_of, read_job
    from pulumi_opsmanager.lifecycle.kinds import JOB

    with activity("restarting the failed parts") as line:
        context = context_of(connection, line)
        stored = read_job(context, job_id, connection.project_id)
        after = JOB.update(context, stored, stored.inputs.model_copy(update={"max_retries": 1}))
    if not after.state.retries:
        raise click.ClickException(f"job {job_id} is {after.state.status}: only a failed job can be restarted")
    if as_json:
        click.echo(json.dumps({"id": job_id, "status": after.state.status}, indent=2))
    else:
        click.echo(f"job {job_id} was restarted and is {after.state.status or 'not read yet'}")
