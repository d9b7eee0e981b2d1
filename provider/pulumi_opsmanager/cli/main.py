"""The command `pulumi-opsmanager`: puts its parts together."""

from __future__ import annotations

import io
import sys

import click

from .archive import archive
from .doctor import doctor
from .download import download
from .emulator import emulator
from .import_file import import_file
from .list import list_jobs
from .orphans import orphans


@click.group(
    commands=[archive, doctor, download, emulator, import_file, list_jobs, orphans],
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="pulumi-opsmanager")
def main() -> None:
    """MongoDB Ops Manager log collection jobs, beside Pulumi."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A letter that an output's encoding lacks is no reason to fail; standard error does the same by itself.
        sys.stdout.reconfigure(errors="backslashreplace")
