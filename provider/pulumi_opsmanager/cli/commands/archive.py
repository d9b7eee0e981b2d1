"""`archive show`: the contents of a downloaded archive, and whether it is verified. Needs no server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pulumi_opsmanager.cli.arguments import examples
from pulumi_opsmanager.cli.terminal import Column, progress, size
from pulumi_opsmanager.cli.terminal import show as show_table
from pulumi_opsmanager.errors import counted
from pulumi_opsmanager.instants import format_instant

if TYPE_CHECKING:
    from pulumi_opsmanager.download.contents import Contents, Row

_EXAMPLES = examples(
    "archive show logs.tar.gz",
    """archive show logs.tar.gz --json | jq '.rows[] | select(.logType == "MONGODB")'""",
)

_COLUMNS = (
    *map(Column, ("host", "port", "log type")),
    *(Column(title, justify="right") for title in ("files", "size", "lines")),
    *map(Column, ("first line (UTC)", "last line (UTC)")),
)


@click.group(epilog=_EXAMPLES)
def archive() -> None:
    """Look into archives on this machine."""


@archive.command(epilog=_EXAMPLES)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print an object with the rows and the verdict.")
def show(file: Path, *, as_json: bool) -> None:
    """Show the hosts and log types in an archive, with sizes, lines and time span.

    The command reads the complete file. Verified means: gzip stream and tar are complete, and the checksum is
    correct. Exits with 1 if the file is not verified or holds no Ops Manager logs; the rows are what could be read.
    """
    from pulumi_opsmanager.download.contents import contents

    try:
        size_bytes = file.stat().st_size
        with file.open("rb") as packed, progress("reading", unit="bytes", total=size_bytes) as report:
            found = contents(packed, progress=report)
    except OSError as error:
        raise click.ClickException(f"cannot read {file}: {error.strerror}") from None
    if as_json:
        answer = {
            "file": str(file),
            "verified": found.refusal is None,
            "problem": found.refusal,
            "otherFiles": found.others,
            "suspicious": found.suspicious,
            "rows": [_values(row) for row in found.rows],
        }
        click.echo(json.dumps(answer, indent=2))
    else:
        _print(file, found)
    if found.refusal is not None:
        raise click.exceptions.Exit(1)


def _values(row: Row) -> dict[str, Any]:
    """The values of a row by their names in JSON, in the order of the columns."""
    return {
        "host": row.host,
        "port": row.port,
        "logType": row.log_type,
        "files": row.files,
        "sizeBytes": row.size_bytes,
        "lines": row.lines,
        "first": row.first and format_instant(row.first),
        "last": row.last and format_instant(row.last),
    }


def _print(file: Path, found: Contents) -> None:
    if found.rows:
        rows = [_values(row) | {"sizeBytes": size(row.size_bytes)} for row in found.rows]
        show_table(_COLUMNS, [list(row.values()) for row in rows])
    if found.others:
        click.echo(f"{counted(found.others, 'other file')} outside the folders of Ops Manager logs", err=True)
    if found.suspicious:
        click.echo(f"warning: {found.suspicious}", err=True)
    verdict = "verified" if found.refusal is None else f"not verified: {found.refusal}"
    click.echo(f"{file}: {verdict if found.rows or found.refusal else 'verified, without files'}")
