"""`download`: one job's archive as a verified file, by the same code as the resource."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .connection import Connection, uses_server
from .files import checked_path, require_free
from .ids import checked_ids
from .progress import progress

if TYPE_CHECKING:
    from pulumi_opsmanager.schema.archive import ArchiveState

_EXAMPLES = """\b
Examples:
  pulumi-opsmanager download 69a5553c7e41b2000f5d8a01 -o logs.tar.gz
  pulumi-opsmanager download 69a5553c7e41b2000f5d8a01 -o archives/ --json | jq -r .sha256
"""


@click.command(epilog=_EXAMPLES)
@uses_server()
@click.argument("job_id", callback=checked_ids)
@click.option(
    "-o",
    "--output",
    default="./",
    show_default=True,
    metavar="PATH",
    callback=checked_path,
    help="A file, or a folder (it exists, or ends in /) that gets a file named after resource, date and job.",
)
@click.option("--allow-incomplete", is_flag=True, help="Store an archive of which parts are missing, and name them.")
@click.option("--overwrite", is_flag=True, help="Replace the file when it exists.")
@click.option("--json", "as_json", is_flag=True, help="File, hash, sizes and missing parts as an object.")
def download(
    connection: Connection, job_id: str, *, output: str, allow_incomplete: bool, overwrite: bool, as_json: bool
) -> None:
    """Download the archive of a finished job, and verify it.

    The file appears under its name only after its last byte was checked. The exit code is 1 when the archive cannot
    be verified, and when parts of the job are missing, unless --allow-incomplete is given.
    """
    from pulumi_opsmanager.api.client import Client
    from pulumi_opsmanager.clock import wall_clock
    from pulumi_opsmanager.lifecycle.naming import NO_FILE, missing_parts
    from pulumi_opsmanager.lifecycle.transfer import Advice, is_folder, transfer

    if not is_folder(output):
        require_free([Path(output)], overwrite=overwrite)
    clock = wall_clock()
    # The server does not say how much will come.
    with progress("downloading", unit="bytes") as heard:
        stored = transfer(
            Client(connection.settings(), clock),
            clock,
            connection.project_id,
            job_id,
            output,
            require_complete=not allow_incomplete,
            advice=Advice(unfinished="try again later", incomplete="or take what there is with --allow-incomplete"),
            progress=heard,
            warn=lambda line: click.echo(f"warning: {line}", err=True),
            # A name in a folder is known only then, and another process may take any name meanwhile.
            claim=lambda file, _sha256: require_free([file], overwrite=overwrite),
        )
    if stored.missing:
        click.echo(missing_parts(stored.missing, NO_FILE), err=True)
    click.echo(json.dumps(stored.model_dump(by_alias=True), indent=2) if as_json else _told(stored))


def _told(stored: ArchiveState) -> str:
    from rich.filesize import decimal

    from pulumi_opsmanager.errors import counted

    return (
        f"{stored.file}: verified, {decimal(stored.size_bytes)}, "
        f"{counted(stored.members, 'file')} of {decimal(stored.uncompressed_size_bytes)}\n"
        f"sha256 {stored.sha256}"
    )
