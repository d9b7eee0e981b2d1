"""`extend`: move the expiry of one job, by the rules of `expiration_date` of `LogCollectionJob`."""

from __future__ import annotations

import json
from datetime import timedelta

import click

from pulumi_opsmanager.cli.access import Connection, uses_server
from pulumi_opsmanager.cli.arguments import checked_field, checked_ids, examples
from pulumi_opsmanager.cli.terminal import activity


@click.command(
    epilog=examples(
        "extend 69a5553c7e41b2000f5d8a01 --days 90", "extend 69a5553c7e41b2000f5d8a01 --until 2026-12-31T00:00:00Z"
    )
)
@uses_server()
@click.argument("job_id", callback=checked_ids)
@click.option(
    "--days", metavar="N", callback=checked_field("job", "retentionDays"), help="Days from now, such as 90, 90d or 12w."
)
@click.option(
    "--until",
    metavar="DATE",
    callback=checked_field("job", "expirationDate"),
    help="RFC 3339 date and time with a zone.",
)
@click.option("--json", "as_json", is_flag=True, help="Print an object with id, status and expiry.")
def extend(connection: Connection, job_id: str, *, days: int | None, until: str | None, as_json: bool) -> None:
    """Move the expiry of a job.

    The server then keeps the job and its archive until the new date: at most 6 months after the job's creation.
    """
    from pulumi_opsmanager.cli.operation import context_of, read_job, typed
    from pulumi_opsmanager.instants import format_instant
    from pulumi_opsmanager.lifecycle.kinds import JOB

    if (days is None) == (until is None):
        raise click.UsageError("give --days or --until")
    with typed(expiration_date="--until" if days is None else "--days"), activity("moving the expiry") as line:
        context = context_of(connection, line)
        stored = read_job(context, job_id, connection.project_id)
        server_now = connection.clock.now() + connection.client.server_ahead
        expiry = until or format_instant(server_now + timedelta(days=days or 0))
        inputs = stored.inputs.model_copy(update={"expiration_date": expiry})
        state = JOB.update(context, stored, inputs).state
    if as_json:
        found = {"id": job_id, "status": state.status, "expirationDate": state.expires_at}
        click.echo(json.dumps(found, indent=2))
    else:
        click.echo(f"job {job_id} expires on {state.expires_at}")
