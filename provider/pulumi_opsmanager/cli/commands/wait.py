"""`wait`: wait until jobs are finished, by the rules of `LogCollectionCompletion`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click

from pulumi_opsmanager.cli.access import Connection, uses_server
from pulumi_opsmanager.cli.arguments import checked_ids, examples, waits
from pulumi_opsmanager.cli.terminal import Column, activity, show


@click.command(
    epilog=examples(
        "wait 69a5553c7e41b2000f5d8a01 --timeout 2h",
        "wait 69a5553c7e41b2000f5d8a01 69a5553c7e41b2000f5d8a02 --max-retries 0 --json",
    )
)
@uses_server()
@click.argument("job_ids", nargs=-1, required=True, callback=checked_ids)
@waits
@click.option("--json", "as_json", is_flag=True, help="Print an object with statuses, restarts and failed jobs.")
def wait(connection: Connection, job_ids: tuple[str, ...], *, waiting: Mapping[str, Any], as_json: bool) -> None:
    """Wait until jobs are finished, and restart failed parts.

    Exits with 0 if all jobs succeeded, and with 3 if all are finished and parts are missing. Exits with 1 if a job is
    not finished in time, has expired or does not exist. Run the command again to continue to wait.
    """
    from pulumi_opsmanager.cli.listing import STATUS_COLOURS
    from pulumi_opsmanager.cli.operation import checked, context_of, exit_code_of, typed
    from pulumi_opsmanager.lifecycle.kinds import COMPLETION
    from pulumi_opsmanager.lifecycle.naming import missing_parts

    given = {"jobIds": list(job_ids), "onFailure": "accept", **waiting}
    with typed(), activity("waiting") as line:
        context = context_of(connection, line)
        state = COMPLETION.create(context, checked(COMPLETION, given, context, connection.project_id)).state
    if as_json:
        click.echo(json.dumps(state.model_dump(by_alias=True), indent=2))
    else:
        missing = {job.job_id: missing_parts(job.failed_child_jobs) for job in state.failed_jobs}
        columns = (
            Column("id"),
            Column("status", STATUS_COLOURS),
            Column("restarts", justify="right"),
            Column("missing", folds=True),
        )
        rows = [
            (job_id, status, state.retries.get(job_id, 0), missing.get(job_id, ""))
            for job_id, status in state.statuses.items()
        ]
        show(columns, rows)
    if code := exit_code_of(state.statuses.values()):
        raise click.exceptions.Exit(code)
