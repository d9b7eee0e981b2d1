"""The command `pulumi-opsmanager`: puts its parts together, and says how each of them may end."""

from __future__ import annotations

import io
import sys
from typing import Any

import click

from .archive import archive
from .doctor import doctor
from .download import download
from .emulator import emulator
from .import_file import import_file
from .list import list_jobs
from .orphans import orphans

EXIT_CODES = {
    0: "done",
    1: "failed: standard error says why; also a failed check, an incomplete list, or an archive that is not verified",
    2: "wrong usage: an option, argument or file that is not there, or not of its form",
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
Completion, for the shell's start-up file; zsh and fish in the same way:
  eval "$(_PULUMI_OPSMANAGER_COMPLETE=bash_source pulumi-opsmanager)"
"""


class Commands(click.Group):
    """A group whose commands end as a shell expects of what was interrupted."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            # The terminal has echoed ^C.
            click.echo("\nInterrupted.", err=True)
            ctx.exit(130)


@click.group(
    cls=Commands,
    commands=[archive, doctor, download, emulator, import_file, list_jobs, orphans],
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_EPILOG.format(codes="\n".join(f"  {code:<5}{meaning}" for code, meaning in EXIT_CODES.items())),
)
@click.version_option(package_name="pulumi-opsmanager")
def main() -> None:
    """MongoDB Ops Manager log collection jobs, beside Pulumi.

    Commands that ask a server take its address, key and project from options, from the environment (OPSMANAGER_*, or
    mongocli's MCLI_*) and from a profile of mongocli, in this order.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A letter that an output's encoding lacks is no reason to fail; standard error does the same by itself.
        sys.stdout.reconfigure(errors="backslashreplace")
