"""`archive show`: what a downloaded archive holds, and whether it is verified. Asks no server."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .progress import progress

if TYPE_CHECKING:
    from pulumi_opsmanager.download.contents import Contents, Row

_EXAMPLES = """\b
Examples:
  pulumi-opsmanager archive show logs.tar.gz
  pulumi-opsmanager archive show logs.tar.gz --json | jq '.rows[] | select(.logType == "MONGODB")'
"""

_NOT_KNOWN = "-"


@click.group(epilog=_EXAMPLES)
def archive() -> None:
    """Look into archives on this machine."""


@archive.command(epilog=_EXAMPLES)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="An object with the rows and whether all of it was verified.")
def show(file: Path, *, as_json: bool) -> None:
    """Show hosts and log types of an archive, with sizes, lines and time span.

    The file is read to its last byte: verified means that gzip's end and checksum and the tar's end are there. The
    exit code is 1 when they are not, or when the files are not logs of Ops Manager; the rows are what could be read.
    """
    from pulumi_opsmanager.download.contents import contents

    try:
        size_bytes = file.stat().st_size
        with file.open("rb") as packed, progress("reading", unit="bytes", total=size_bytes) as heard:
            found = contents(packed, progress=heard)
    except OSError as error:
        raise click.ClickException(f"cannot read {file}: {error.strerror}") from None
    if as_json:
        click.echo(json.dumps(_object(file, found), indent=2))
    else:
        _show(file, found)
    if found.refusal is not None:
        raise click.exceptions.Exit(1)


def _object(file: Path, found: Contents) -> dict[str, Any]:
    return {
        "file": str(file),
        "whole": found.refusal is None,
        "problem": found.refusal,
        "otherFiles": found.others,
        "odd": found.odd,
        "rows": [
            {
                "host": row.host,
                "port": row.port,
                "logType": row.log_type,
                "files": row.files,
                "sizeBytes": row.size_bytes,
                "lines": row.lines,
                "first": _instant(row.first),
                "last": _instant(row.last),
            }
            for row in found.rows
        ],
    }


def _show(file: Path, found: Contents) -> None:
    from pulumi_opsmanager.errors import counted

    from .table import Column, show

    columns = (
        Column("host"),
        Column("port"),
        Column("log type"),
        Column("files", justify="right"),
        Column("size", justify="right"),
        Column("lines", justify="right"),
        Column("first line (UTC)"),
        Column("last line (UTC)"),
    )
    if found.rows:
        show(columns, [_cells(row) for row in found.rows])
    if found.others:
        click.echo(f"{counted(found.others, 'file')} in other places", err=True)
    if found.odd:
        click.echo(f"warning: {found.odd}", err=True)
    verdict = "verified" if found.refusal is None else f"not verified: {found.refusal}"
    click.echo(f"{file}: {verdict if found.rows or found.refusal else 'verified, and it holds no file'}")


def _cells(row: Row) -> tuple[str, ...]:
    from rich.filesize import decimal

    return (
        row.host,
        row.port or _NOT_KNOWN,
        row.log_type,
        str(row.files),
        decimal(row.size_bytes),
        _NOT_KNOWN if row.lines is None else f"{row.lines}",
        _instant(row.first) or _NOT_KNOWN,
        _instant(row.last) or _NOT_KNOWN,
    )


def _instant(instant: datetime | None) -> str | None:
    from pulumi_opsmanager.instants import format_instant

    return None if instant is None else format_instant(instant)
