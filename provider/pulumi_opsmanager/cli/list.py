"""`list`: the jobs of a project, for people as a table and for programs as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from .connection import Connection, uses_server
from .progress import progress
from .selection import Selection, filtered

if TYPE_CHECKING:
    from .jobs import Listing

_EXAMPLES = """\b
Examples:
  pulumi-opsmanager list --status failure --newer-than 2d
  pulumi-opsmanager list --resource rs0 --json | jq -r '.[].id'
"""

_NOT_SAID = "-"

_STATUS_COLOURS = {"IN_PROGRESS": "yellow", "SUCCESS": "green", "FAILURE": "red", "EXPIRED": "dim"}


@click.command("list", epilog=_EXAMPLES)
@uses_server()
@filtered
@click.option("--json", "as_json", is_flag=True, help="An array of objects with the vendor's names instead.")
def list_jobs(connection: Connection, selection: Selection, *, as_json: bool) -> None:
    """List the log collection jobs of a project.

    The size is that of all files after extraction. No job is no failure; a list with entries that
    cannot be read is shown, and the exit code is then 1.
    """
    from pulumi_opsmanager.api.client import Client
    from pulumi_opsmanager.clock import wall_clock

    from .jobs import listed

    clock = wall_clock()
    client = Client(connection.settings(), clock)
    with progress("reading the list", unit="jobs") as heard:
        listing = listed(client, connection.project_id, selection, clock.now, heard=heard)
    selected = "has no jobs" if selection.is_everything else "has no job that passes the filters"
    show_listing(listing, nothing=f"project {connection.project_id} {selected}", as_json=as_json)


def show_listing(listing: Listing, *, nothing: str, as_json: bool) -> None:
    """Print what a walk brought.

    Args:
        listing: The jobs.
        nothing: Said on standard error in the place of an empty table.
        as_json: An array instead of a table.

    Raises:
        ClickException: The list was incomplete; what there is has been printed.
    """
    from .jobs import answer_of

    answers = [answer_of(job) for job in listing.jobs]
    if as_json:
        click.echo(json.dumps(answers, indent=2))
    elif answers:
        _show(answers)
    else:
        click.echo(nothing, err=True)
    if listing.gap is not None:
        raise click.ClickException(f"the list is incomplete: {listing.gap}")


def _show(answers: list[dict[str, Any]]) -> None:
    from .table import Column, show

    columns = (
        Column("id"),
        Column("status", _STATUS_COLOURS),
        Column("resource type"),
        Column("resource name"),
        Column("log types", folds=True),
        Column("created (UTC)"),
        Column("expires (UTC)"),
        Column("size", justify="right"),
    )
    show(columns, [_cells(answer) for answer in answers])


def _cells(answer: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        answer["id"],
        answer["status"],
        answer["resourceType"] or _NOT_SAID,
        answer["resourceName"] or _NOT_SAID,
        ", ".join(answer["logTypes"] or ()) or _NOT_SAID,
        _minute(answer["creationDate"]),
        _minute(answer["expirationDate"]),
        _size(answer["uncompressedSizeTotalBytes"]),
    )


def _minute(instant: str | None) -> str:
    return _NOT_SAID if instant is None else instant[:16].replace("T", " ")


def _size(size_bytes: int | None) -> str:
    from rich.filesize import decimal

    return _NOT_SAID if size_bytes is None else decimal(size_bytes)
