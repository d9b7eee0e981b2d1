"""`plugin`: gives Pulumi programs in other languages than Python what they need."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import click

from pulumi_opsmanager.cli.arguments import examples
from pulumi_opsmanager.errors import OpsManagerError

_TITLES = {
    "installed": "Installed the plugin opsmanager {version}:",
    "replaced": "Replaced the plugin opsmanager {version}:",
    "unchanged": "The plugin opsmanager {version} is already there:",
}

_INSTALLED = """\
{title}
  {path}
It runs {python}.

All Pulumi projects of this user find it. If you move or remove this Python environment, the plugin stops working.
After each upgrade of the package, run this command again. Then run `pulumi package add opsmanager` in each project that
has the folder sdks/opsmanager.
"""


@click.group(epilog=examples("plugin install", "plugin schema --out schema.json"))
def plugin() -> None:
    """Install or describe the Pulumi plugin for YAML, TypeScript, Go, C# and Java."""


@plugin.command(epilog=examples("plugin install", "plugin install --json"))
@click.option("--json", "as_json", is_flag=True, help="Print an object with the version and the paths.")
def install(*, as_json: bool) -> None:
    """Install the plugin of this Python environment for all Pulumi projects of this user.

    The command needs `pulumi` on PATH, and no network. Programs in Python need no plugin. Run the command again after
    each upgrade of the package, because Pulumi looks for the version that a program's SDK has.
    """
    from pulumi_opsmanager import __version__
    from pulumi_opsmanager.cli import plugin_cache

    try:
        script = plugin_cache.script()
        installed = plugin_cache.install(__version__, script, os.environ)
    except OpsManagerError as error:
        raise click.ClickException(str(error)) from None
    if as_json:
        answer = {
            "version": __version__,
            "outcome": installed.outcome,
            "path": str(installed.path),
            "script": str(script),
            "python": sys.executable,
        }
        click.echo(json.dumps(answer, indent=2))
        return
    title = _TITLES[installed.outcome].format(version=__version__)
    click.echo(_INSTALLED.format(title=title, path=installed.path, python=sys.executable), nl=False)


@plugin.command(epilog=examples("plugin schema", "plugin schema --out schema.json"))
@click.option(
    "--out", "file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write the schema to FILE."
)
@click.option("--json", "as_json", is_flag=True, help="The schema is always JSON.")
def schema(file: Path | None, *, as_json: bool) -> None:  # noqa: ARG001  every command has --json
    """Print the package schema, from which `pulumi package gen-sdk` generates an SDK."""
    from pulumi_opsmanager import __version__
    from pulumi_opsmanager.cli.files import write_together
    from pulumi_opsmanager.plugin.package import package

    text = json.dumps(package(__version__), indent=2, ensure_ascii=False)
    if file is None:
        click.echo(text)
        return
    try:
        write_together({file: f"{text}\n"})
    except OpsManagerError as error:
        raise click.ClickException(str(error)) from None
