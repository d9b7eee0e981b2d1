"""`doctor`: check everything between this machine and the jobs of a project, with a remedy for a failure."""

from __future__ import annotations

import json

import click

from pulumi_opsmanager.cli.access import Connection, uses_server
from pulumi_opsmanager.cli.arguments import examples
from pulumi_opsmanager.cli.terminal import Column, progress, show

_COLOURS = {"ok": "green", "warning": "yellow", "failed": "bold red", "not checked": "dim"}


@click.command(epilog=examples("doctor", "doctor --base-url https://om.example.net:8443 --ca-file ca.pem"))
# A person waits for the diagnosis. The first request takes two exchanges, without and with a signature: at most 14 s.
@uses_server(timeout_seconds=7)
@click.option("--json", "as_json", is_flag=True, help="Print an array of check, outcome, finding and remedy.")
def doctor(connection: Connection, *, as_json: bool) -> None:
    """Check the connection, and list what can be collected.

    It checks settings, server, TLS, credentials, project access, version and clock. The last two rows list the resource
    types and names that a job can collect from. The command changes nothing. It sends at most three requests, and each
    of them once more if the server fails. Exits with 1 if a check failed, and with 0 after a warning.
    """
    from pulumi_opsmanager.cli.diagnosis import Outcome, diagnose, probe

    with progress("asking the server"):
        seen = probe(connection, connection.clock)
    verdicts = diagnose(seen)
    if as_json:
        click.echo(json.dumps([vars(verdict) | {"outcome": verdict.outcome.value} for verdict in verdicts], indent=2))
    else:
        columns = (Column("check"), Column("outcome", _COLOURS), Column("finding", folds=True))
        rows = []
        for verdict in verdicts:
            rows.append((verdict.check, verdict.outcome.value, verdict.finding))
            if verdict.remedy is not None:
                rows.append(("", "", f"-> {verdict.remedy}"))
        show(columns, rows)
    if any(verdict.outcome is Outcome.FAILED for verdict in verdicts):
        raise click.exceptions.Exit(1)
