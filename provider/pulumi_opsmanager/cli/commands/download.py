"""`download`: download and verify the archive of one job, by the rules of `LogArchive`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click

from pulumi_opsmanager.cli.access import Connection, uses_server
from pulumi_opsmanager.cli.arguments import checked_ids, checked_path, examples, waits
from pulumi_opsmanager.cli.files import require_free_place
from pulumi_opsmanager.cli.terminal import activity, progress, size
from pulumi_opsmanager.errors import counted


@click.command(
    epilog=examples(
        "download 69a5553c7e41b2000f5d8a01 -o logs.tar.gz",
        "download 69a5553c7e41b2000f5d8a01 -o logs.tar.gz --wait --timeout 2h",
        "download 69a5553c7e41b2000f5d8a01 -o archives/ --json | jq -r .sha256",
    )
)
@uses_server()
@click.argument("job_id", callback=checked_ids)
@click.option(
    "-o",
    "--output",
    default="./",
    show_default=True,
    metavar="PATH",
    callback=checked_path,
    help="File, folder or URL (s3://, gs://, az://); a new folder ends in /. In a folder, the file is named after "
    "resource, date and job.",
)
@click.option("--wait", "is_waiting", is_flag=True, help="Wait until the job is finished, as the command `wait` does.")
@waits
@click.option("--allow-incomplete", is_flag=True, help="Store the archive even if parts of the job are missing.")
@click.option("--overwrite", is_flag=True, help="Replace an existing file.")
@click.option("--json", "as_json", is_flag=True, help="Print an object with file, hash, sizes and missing parts.")
def download(
    connection: Connection,
    job_id: str,
    *,
    output: str,
    is_waiting: bool,
    waiting: Mapping[str, Any],
    allow_incomplete: bool,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Download and verify the archive of a finished job.

    The file appears under its final name only after the archive was verified. Exits with 1 if the archive cannot be
    verified. Exits with 1 also if parts of the job are missing, unless --allow-incomplete is given.
    """
    from pulumi_opsmanager.download.place import is_folder, place_of
    from pulumi_opsmanager.lifecycle.naming import NO_FILE, missing_parts
    from pulumi_opsmanager.lifecycle.transfer import Advice, transfer

    if not is_folder(output):
        require_free_place(place_of(output), overwrite=overwrite)
    if is_waiting:
        _wait(connection, job_id, waiting)
    # Without a total: the server does not send the size.
    with progress("downloading", unit="bytes") as report:
        stored = transfer(
            connection.jobs,
            connection.clock,
            job_id,
            output,
            require_complete=not allow_incomplete,
            advice=Advice(
                unfinished="try again later, or give --wait",
                failed=f"run `pulumi-opsmanager retry {job_id}`",
                incomplete="or accept it with --allow-incomplete",
            ),
            progress=report,
            warn=lambda line: click.echo(f"warning: {line}", err=True),
            # The name in a folder is known only now. Another process may have created the file since the first check.
            claim=lambda place, _sha256: require_free_place(place, overwrite=overwrite),
        )
    if stored.missing:
        click.echo(missing_parts(stored.missing, NO_FILE), err=True)
    if as_json:
        click.echo(json.dumps(stored.model_dump(by_alias=True), indent=2))
        return
    unpacked = f"{counted(stored.members, 'file')} of {size(stored.uncompressed_size_bytes)}"
    click.echo(f"{stored.file}: verified, {size(stored.size_bytes)}, {unpacked}\nsha256 {stored.sha256}")


def _wait(connection: Connection, job_id: str, waiting: Mapping[str, Any]) -> None:
    from pulumi_opsmanager.cli.operation import checked, context_of, typed
    from pulumi_opsmanager.lifecycle.kinds import COMPLETION

    given = {"jobIds": [job_id], "onFailure": "accept", **waiting}
    with typed(), activity("waiting") as line:
        context = context_of(connection, line)
        COMPLETION.create(context, checked(COMPLETION, given, context, connection.project_id))
