"""`import-file`: take over jobs that were made elsewhere, all at once."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import click

from .connection import Connection, uses_server
from .ids import checked_ids
from .progress import progress
from .selection import Selection, filtered
from .state import STATE_FILE, owned_job_ids

_EXAMPLES = """\b
Examples:
  pulumi-opsmanager import-file -o import.json --program jobs.py
  pulumi-opsmanager import-file --resource rs0 --newer-than 4w
  pulumi-opsmanager import-file --job 69a5553c7e41b2000f5d8a01
"""

_NEXT = """\
{output} and {program} are written; they hold {count} of project {project_id}.

1. In the folder of the stack, take them over. This changes the state and no job; without --yes it asks first.

    {command}

   Leave out what this stack owns already (--state): a job that is owned twice is deleted with either one.

2. Put the lines of {program} into the program before the next `pulumi up`: it deletes what the state has and the
   program lacks. `pulumi preview` then shows no change.
"""


@click.command("import-file", epilog=_EXAMPLES)
@uses_server()
@filtered
@click.option("--job", "job_ids", multiple=True, callback=checked_ids, metavar="ID", help="Just this one; repeatable.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default="import.json",
    show_default=True,
    help="File for `pulumi import --file`.",
)
@click.option(
    "--program",
    type=click.Path(dir_okay=False, path_type=Path),
    default="jobs.py",
    show_default=True,
    help="Python file with the declarations.",
)
@click.option(
    "--state",
    type=STATE_FILE,
    help="What `pulumi stack export --file FILE` wrote, or - for standard input: jobs that the stack manages already "
    "are left out.",
)
@click.option("--overwrite", is_flag=True, help="Replace the two files when they exist.")
@click.option("--json", "as_json", is_flag=True, help="Files, jobs, notes and the command to run as an object.")
def import_file(
    connection: Connection,
    selection: Selection,
    *,
    job_ids: tuple[str, ...],
    output: Path,
    program: Path,
    state: Path | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Write what Pulumi needs to take over existing jobs.

    That is a file to import (by Pulumi 3.254 or newer) and the program that declares the jobs; nothing is changed on
    the server. Expired jobs are taken only when they are asked for by --job or --status. A job whose answer lacks
    something that a program must declare is left out and named. The exit code is 1 when nothing could be written.
    """
    if job_ids and not selection.is_everything:
        raise click.UsageError("--job names the jobs: leave out the filters")
    if output.absolute() == program.absolute():
        raise click.UsageError("--output and --program must be two files")
    from pulumi_opsmanager.api.client import Client
    from pulumi_opsmanager.clock import wall_clock
    from pulumi_opsmanager.errors import counted

    from .files import require_free, write_together
    from .program import program_of
    from .takeover import import_content, take_over

    settings = connection.settings()
    require_free((output, program), overwrite=overwrite)
    clock = wall_clock()
    owned = owned_job_ids(state) if state is not None else frozenset()
    client = Client(settings, clock)
    with progress("reading the jobs", unit="jobs") as heard:
        taken = take_over(client, connection.project_id, selection, job_ids, clock.now, owned=owned, heard=heard)
    for note in taken.notes:
        click.echo(note, err=True)
    if not taken.jobs:
        raise click.ClickException(f"project {connection.project_id} has no such job to take over; nothing is written")
    write_together(
        {
            output: json.dumps(import_content(taken.jobs), indent=2) + "\n",
            program: program_of((job.name, job.arguments) for job in taken.jobs),
        }
    )
    command = ["pulumi", "import", "--file", str(output), "--protect=false", "--generate-code=false", "--yes"]
    if as_json:
        told = {
            "importFile": str(output),
            "program": str(program),
            "jobs": [{"id": job.job_id, "name": job.name} for job in taken.jobs],
            "notes": taken.notes,
            "command": command,
        }
        click.echo(json.dumps(told, indent=2))
        return
    click.echo(
        _NEXT.format(
            output=output,
            program=program,
            count=counted(len(taken.jobs), "job"),
            project_id=connection.project_id,
            command=shlex.join(command),
        )
    )
