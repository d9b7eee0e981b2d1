"""`import-file`: write the files with which a stack takes over existing jobs."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import BinaryIO

import click

from pulumi_opsmanager.cli.access import Connection, uses_server
from pulumi_opsmanager.cli.arguments import checked_ids, condition_of, examples, filtered, state_option
from pulumi_opsmanager.cli.files import require_free, write_together
from pulumi_opsmanager.cli.states import managed_by
from pulumi_opsmanager.errors import counted
from pulumi_opsmanager.lifecycle.selection import Selection

_NEXT = """\
Wrote {output} and {program} with {count} of project {project_id}.

1. Import the jobs in the folder of the stack. This changes only the state. Without --yes Pulumi asks first.

    {command}

   Import a job into one stack only: each stack that manages it can delete it. --state leaves managed jobs out.

2. Add {program} to the program before the next `pulumi up`. Otherwise `pulumi up` deletes the imported jobs.
   `pulumi preview` then shows no change.
"""

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(
    "import-file",
    epilog=examples(
        "import-file -o import.json --program jobs.py",
        "import-file --resource rs0 --newer-than 4w",
        "import-file --job 69a5553c7e41b2000f5d8a01",
    ),
)
@uses_server()
@filtered
@click.option("--job", "job_ids", multiple=True, callback=checked_ids, metavar="ID", help="Only this job; repeatable.")
@click.option(
    "-o", "--output", type=_FILE, default="import.json", show_default=True, help="File for `pulumi import --file`."
)
@click.option("--program", type=_FILE, default="jobs.py", show_default=True, help="Python file for the declarations.")
@state_option("Leave out the jobs that this state manages.", is_required=False)
@click.option("--overwrite", is_flag=True, help="Replace existing files.")
@click.option("--json", "as_json", is_flag=True, help="Print an object with files, jobs, notes and the next command.")
def import_file(
    connection: Connection,
    selection: Selection,
    *,
    job_ids: tuple[str, ...],
    output: Path,
    program: Path,
    state: BinaryIO | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Write the files with which a stack takes over existing jobs.

    The first file is for `pulumi import --file` (Pulumi 3.254 or newer), the second declares the jobs. Nothing on the
    server changes. Expired jobs need --job or --status. Jobs that cannot be declared are left out and named. Exits with
    1 if no job is left.
    """
    if job_ids and not selection.is_everything:
        raise click.UsageError("--job takes ids: leave out the filters")
    if output.absolute() == program.absolute():
        raise click.UsageError("--output and --program must be two files")
    # Late, because help and usage errors need no Pulumi.
    from pulumi_opsmanager.cli.takeover import take_over
    from pulumi_opsmanager.dynamic.import_format import import_content, program_of

    require_free((output, program), overwrite=overwrite)
    managed = managed_by([state] if state is not None else [])
    taken = take_over(connection, selection, job_ids, managed=managed)
    for note in taken.notes:
        click.echo(note, err=True)
    project_id, count = connection.project_id, counted(len(taken.jobs), "job")
    if not taken.jobs:
        raise click.ClickException(
            f"project {project_id} has no jobs to take over{condition_of(selection)}; no file was written"
        )
    write_together({output: json.dumps(import_content(taken.jobs), indent=2) + "\n", program: program_of(taken.jobs)})
    command = ["pulumi", "import", "--file", str(output), "--protect=false", "--generate-code=false", "--yes"]
    if as_json:
        written = {
            "importFile": str(output),
            "program": str(program),
            "jobs": [{"id": job.job_id, "name": job.name} for job in taken.jobs],
            "notes": taken.notes,
            "command": command,
        }
        click.echo(json.dumps(written, indent=2))
        return
    shown = shlex.join(command)
    click.echo(_NEXT.format(output=output, program=program, count=count, project_id=project_id, command=shown))
