"""`emulator`: a local Ops Manager as a process."""

from __future__ import annotations

import json
import os
import re
import signal
from threading import Event

import click

from pulumi_opsmanager.cli.arguments import checked_ids, examples


def _pace(_context: click.Context, _parameter: click.Parameter, value: str) -> tuple[str, float]:
    match = re.fullmatch(r"instant|(reads):(\d+)|(seconds):(\d+(?:\.\d+)?)", value)
    if match is None:
        raise click.BadParameter("must be instant, reads:N or seconds:T")
    return match[1] or match[3] or "instant", float(match[2] or match[4] or 0)


@click.command(epilog=examples("emulator --public-key k --private-key s --project-id 66f2a41b9d3c5e0012ab34cd"))
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="Port, or 0 for a free one."
)
@click.option("--public-key", required=True, help="Public part of the accepted API key.")
@click.option("--private-key", required=True, help="Private part of the accepted API key.")
@click.option("--project-id", required=True, callback=checked_ids, help="Project id: 24 lower-case hex digits.")
@click.option(
    "--pace",
    callback=_pace,
    default="instant",
    show_default=True,
    help="How long jobs are in progress: instant, reads:N (for N read requests) or seconds:T.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the base URL as one line of JSON.")
def emulator(
    *, port: int, public_key: str, private_key: str, project_id: str, pace: tuple[str, float], as_json: bool
) -> None:
    """Run a local Ops Manager on 127.0.0.1.

    The command prints the base URL when the server is ready, and runs until SIGINT or SIGTERM.
    """
    try:
        from pulumi_opsmanager.emulator import Emulator, Pace
    except ImportError as error:
        raise click.ClickException(f"{error.name} is missing; run pip install 'pulumi-opsmanager[emulator]'") from None
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    kind, bound = pace
    speed = Pace(reads=int(bound)) if kind == "reads" else Pace(seconds=bound)
    server = Emulator(pace=speed, public_key=public_key, private_key=private_key, project_id=project_id, port=port)
    try:
        with server:
            click.echo(json.dumps({"url": server.url}) if as_json else server.url)
            stop.wait()
    except OSError as error:
        raise click.ClickException(f"cannot listen on 127.0.0.1:{port}: {os.strerror(error.errno or 0)}") from None
