"""`emulator`: run a local Ops Manager as a process, and print the settings with which other programs reach it."""

from __future__ import annotations

import errno
import json
import os
import re
import shlex
import signal
from datetime import datetime, timezone
from threading import Event

import click

from pulumi_opsmanager.api.settings import SETTINGS
from pulumi_opsmanager.cli.arguments import checked_ids, examples
from pulumi_opsmanager.errors import needs_extra
from pulumi_opsmanager.instants import parse_instant

# ObjectIds have four bytes for the seconds since 1970, which end in 2106.
_YEARS = range(1970, 2106)


def _pace(_context: click.Context, _parameter: click.Parameter, value: str) -> tuple[str, float]:
    match = re.fullmatch(r"instant|(reads):(\d+)|(seconds):(\d+(?:\.\d+)?)", value)
    if match is None:
        raise click.BadParameter("must be instant, reads:N or seconds:T")
    return match[1] or match[3] or "instant", float(match[2] or match[4] or 0)


def _instant(_context: click.Context, _parameter: click.Parameter, value: str | None) -> datetime | None:
    try:
        instant = None if value is None else parse_instant(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    if instant is not None and instant.year not in _YEARS:
        raise click.BadParameter(f"must be in the years {_YEARS[0]} to {_YEARS[-1]}")
    return instant


@click.command(
    epilog=examples(
        "emulator",
        "emulator --port 0 --pace seconds:10",
        "emulator --now 2026-03-01T00:00:00Z",
        "emulator >emulator.env &    # then, in any shell: . ./emulator.env",
    )
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="Port, or 0 for a free one."
)
@click.option(
    "--public-key", metavar="KEY", default="qwertyui", show_default=True, help="Public part of the accepted API key."
)
@click.option(
    "--private-key",
    metavar="KEY",
    default="01234567-89ab-cdef-0123-456789abcdef",
    show_default=True,
    help="Private part of the accepted API key.",
)
@click.option(
    "--project-id",
    metavar="ID",
    callback=checked_ids,
    default="66f2a41b9d3c5e0012ab34cd",
    show_default=True,
    help="Project id: 24 lower-case hex digits.",
)
@click.option(
    "--pace",
    callback=_pace,
    metavar="PACE",
    default="instant",
    show_default=True,
    help="How long jobs are in progress: instant, reads:N (for N read requests) or seconds:T.",
)
@click.option(
    "--now",
    "starts_at",
    callback=_instant,
    metavar="INSTANT",
    help="Time at which the server's clock starts, in RFC 3339: 2026-03-01T00:00:00Z. Default: the present time.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the settings as one line of JSON.")
def emulator(
    *,
    port: int,
    public_key: str,
    private_key: str,
    project_id: str,
    pace: tuple[str, float],
    starts_at: datetime | None,
    as_json: bool,
) -> None:
    """Run a local Ops Manager on 127.0.0.1.

    When the server is ready, the command prints its settings as lines for a shell. Paste them into another terminal,
    or write them to a file and source it. The server runs until Ctrl-C or SIGTERM, and keeps nothing.
    """
    try:
        from pulumi_opsmanager.emulator import Emulator, Pace
    except ImportError as error:
        raise click.ClickException(f"{error.name} is missing; the command {needs_extra('emulator')}") from None
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    kind, bound = pace
    began_at = datetime.now(timezone.utc)
    ahead = (starts_at or began_at) - began_at
    server = Emulator(
        pace=Pace(reads=int(bound)) if kind == "reads" else Pace(seconds=bound),
        public_key=public_key,
        private_key=private_key,
        project_id=project_id,
        port=port,
        now=lambda: datetime.now(timezone.utc) + ahead,
    )
    try:
        with server:
            settings = {
                "base_url": server.url,
                "public_key": public_key,
                "private_key": private_key,
                "project_id": project_id,
            }
            click.echo(_as_json(settings) if as_json else _as_exports(settings))
            if not as_json:
                click.echo(f"A local Ops Manager is running on {server.url}. Press Ctrl-C to stop it.", err=True)
            stop.wait()
    except OSError as error:
        raise click.ClickException(_port_problem(port, error)) from None


def _as_json(settings: dict[str, str]) -> str:
    keys = {row.name: row.key for row in SETTINGS} | {"base_url": "url"}
    return json.dumps({keys[name]: value for name, value in settings.items()})


def _as_exports(settings: dict[str, str]) -> str:
    variables = {row.name: row.variables[0] for row in SETTINGS if row.variables}
    return "\n".join(f"export {variables[name]}={shlex.quote(value)}" for name, value in settings.items())


def _port_problem(port: int, error: OSError) -> str:
    problem = f"cannot listen on 127.0.0.1:{port}: {os.strerror(error.errno or 0)}"
    if error.errno == errno.EADDRINUSE:
        return f"{problem}; stop the program that uses the port, or give another one with --port (0 takes a free port)"
    return f"{problem}; give another port with --port (0 takes a free port)"
