"""The program `pulumi-opsmanager`: its commands and its exit codes."""

from __future__ import annotations

import io
import sys
from typing import Any

import click

from .commands.archive import archive
from .commands.collect import collect
from .commands.delete import delete
from .commands.doctor import doctor
from .commands.download import download
from .commands.emulator import emulator
from .commands.extend import extend
from .commands.import_file import import_file
from .commands.list import list_jobs
from .commands.orphans import orphans
from .commands.plugin import plugin
from .commands.retry import retry
from .commands.show import show
from .commands.terraform import terraform
from .commands.wait import wait

EXIT_CODES = {
    0: "success, also with an empty list",
    1: "failure, an invalid setting, a failed check, an incomplete list, or an archive that is not verified",
    2: "usage error: unknown option, missing file or invalid value",
    3: "partial: parts of jobs, or some of several archives, are missing",
    130: "interrupted by Ctrl-C",
}

_EPILOG = """\b
Examples:
  pulumi-opsmanager doctor
  pulumi-opsmanager list --status failure --newer-than 2d
  pulumi-opsmanager download 69a5553c7e41b2000f5d8a01 -o logs.tar.gz

\b
Exit codes:
{codes}

\b
Completion (in the shell's start-up file; zsh_source and fish_source for other shells):
  eval "$(_PULUMI_OPSMANAGER_COMPLETE=bash_source pulumi-opsmanager)"
"""


class Commands(click.Group):
    """A group whose commands exit with 130 on Ctrl-C, as shells expect."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            # The terminal printed ^C without a line break.
            click.echo("\nInterrupted.", err=True)
            ctx.exit(130)


@click.group(
    cls=Commands,
    commands=[
        archive,
        collect,
        delete,
        doctor,
        download,
        emulator,
        extend,
        import_file,
        list_jobs,
        orphans,
        plugin,
        retry,
        show,
        terraform,
        wait,
    ],
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_EPILOG.format(codes="\n".join(f"  {code:<5}{meaning}" for code, meaning in EXIT_CODES.items())),
)
@click.version_option(package_name="pulumi-opsmanager")
def main() -> None:
    """Work with MongoDB Ops Manager log collection jobs from the shell.

    Commands that need a server find its settings in options, in the environment (OPSMANAGER_*, then mongocli's
    MCLI_*) and in a mongocli profile, in this order.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Print an escape for a character that the encoding lacks, as standard error does by default.
        sys.stdout.reconfigure(errors="backslashreplace")
