"""`terraform`: install or package the provider for `terraform init` and `tofu init`."""

from __future__ import annotations

import json
import os
import platform
import shlex
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pulumi_opsmanager.cli.arguments import examples
from pulumi_opsmanager.cli.terminal import progress, size
from pulumi_opsmanager.errors import OpsManagerError

if TYPE_CHECKING:
    from pulumi_opsmanager.cli.mirror import Launcher, Release


class _Folder(click.Path):
    """A folder. An empty text, as of an unset variable, is none: Python takes it for the present folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return super().convert(value, param, ctx) if value else self.fail("must not be empty", param, ctx)


_FOLDER = _Folder(file_okay=False, path_type=Path)

_TITLES = {
    "written": "Wrote the launcher of provider {version} for {platform}:",
    "replaced": "Replaced the launcher of provider {version} for {platform}:",
    "unchanged": "The launcher of provider {version} for {platform} is already there:",
}

_PACKAGED = """\
Wrote {archive} ({size}) and {sums}.
{runs_on}

For a mirror, copy the zip file to one or both of these paths, below the mirror's folder or URL:

{places}

For a registry, upload the zip file with the checksums, as that registry asks. Declare the provider in main.tf:

{block}"""


@click.group(
    epilog=examples("terraform install", "terraform install --dir /srv/mirror", "terraform package --out dist")
)
def terraform() -> None:
    """Install or package the provider for Terraform and OpenTofu."""


@terraform.command(epilog=examples("terraform install", "terraform install --dir /srv/mirror"))
@click.option(
    "--dir", "folder", type=_FOLDER, metavar="DIR", help="Folder of a mirror.  [default: the user's plugin folder]"
)
@click.option("--json", "as_json", is_flag=True, help="Print an object with the files and the blocks to add.")
def install(folder: Path | None, *, as_json: bool) -> None:
    """Install the provider of this Python environment on this machine.

    The command writes one launcher for each registry: registry.terraform.io and registry.opentofu.org. Without --dir,
    `terraform init` and `tofu init` need no CLI configuration. Run the command again after each upgrade of the package.
    """
    from pulumi_opsmanager.cli import mirror

    with _reported():
        release = _release()
        mirror.require_provider(sys.executable)
        place = folder.absolute() if folder else mirror.plugin_folder(Path.home(), os.environ, platform.system())
        launchers = mirror.install(release, place, sys.executable)
    _warn_of_newer(release, place)
    configuration = mirror.cli_configuration(place) if folder else None
    if as_json:
        answer = {
            "version": release.version,
            "platform": release.platform,
            "folder": str(place),
            "python": sys.executable,
            "launchers": [
                {"path": str(each.path), "outcome": each.outcome, "pythonBefore": each.python_before}
                for each in launchers
            ],
            "requiredProviders": release.required_providers,
            "cliConfiguration": configuration,
        }
        click.echo(json.dumps(answer, indent=2))
        return
    click.echo("\n".join(_installed(release, place, launchers)))
    if configuration:
        click.echo(f"\nAdd to ~/.terraformrc (OpenTofu: ~/.tofurc):\n\n{_indented(configuration)}", nl=False)
    block = _indented(release.required_providers)
    click.echo(f"\nDeclare the provider in main.tf, then run `terraform init`:\n\n{block}", nl=False)


@terraform.command(epilog=examples("terraform package --out dist"))
@click.option("--out", "folder", type=_FOLDER, required=True, metavar="DIR", help="Folder for the zip file.")
@click.option("--json", "as_json", is_flag=True, help="Print an object with the files and the checksum.")
def package(folder: Path, *, as_json: bool) -> None:
    """Make a zip file of the provider for machines without Python.

    The zip file is for the platform of this machine. Put it into a mirror or a registry. `terraform init` unpacks it,
    and records its checksum. A file SHA256SUMS has the checksums of all zip files of this version in the folder.
    """
    from pulumi_opsmanager.cli import bundle, mirror
    from pulumi_opsmanager.download.file_place import FilePlace
    from pulumi_opsmanager.download.place import digest_of

    with _reported():
        release = _release()
        bundle.require_builder()
        mirror.require_provider(sys.executable)
        try:
            with progress("making the executable"):
                archive, sums = bundle.make(release, folder)
        except bundle.BuildFailed as error:
            click.echo(str(error).rstrip(), err=True)
            raise click.ClickException("PyInstaller cannot make the executable; its output is above") from None
    if as_json:
        answer = {
            "version": release.version,
            "platform": release.platform,
            "file": str(archive),
            "sizeBytes": archive.stat().st_size,
            "sha256": digest_of(FilePlace(archive)),
            "checksums": str(sums),
            "mirrorPaths": [str(release.packed("", host)) for host in mirror.HOSTS],
            "requiredProviders": release.required_providers,
        }
        click.echo(json.dumps(answer, indent=2))
        return
    click.echo(
        _PACKAGED.format(
            archive=archive,
            size=size(archive.stat().st_size),
            sums=sums,
            runs_on=_runs_on(release),
            places=_indented("\n".join(str(release.packed("", host)) for host in mirror.HOSTS)),
            block=_indented(release.required_providers),
        ),
        nl=False,
    )


def _release() -> Release:
    from pulumi_opsmanager import __version__
    from pulumi_opsmanager.cli.mirror import Release, platform_name

    return Release(__version__, platform_name(platform.system(), platform.machine()))


def _installed(release: Release, place: Path, launchers: tuple[Launcher, ...]) -> Iterator[str]:
    """Return the lines that report the written launchers."""
    for outcome, title in _TITLES.items():
        paths = [launcher.path for launcher in launchers if launcher.outcome == outcome]
        if paths:
            yield title.format(version=release.version, platform=release.platform)
            yield from (f"  {path}" for path in paths)
    yield f"It runs {sys.executable}."
    if any(launcher.outcome == "replaced" for launcher in launchers):
        before = {launcher.python_before for launcher in launchers if launcher.python_before}
        if before:
            yield f"Before, it ran {' and '.join(sorted(before))}."
        yield "A configuration with a lock file of the replaced launcher needs this before its next plan:"
        yield f"  terraform providers lock -fs-mirror={shlex.quote(str(place))}"


def _warn_of_newer(release: Release, place: Path) -> None:
    from pulumi_opsmanager.cli.mirror import newer_than

    for path in newer_than(release, place):
        click.echo(f"warning: {path} is newer, and Terraform takes the newest: delete it, or pin the version", err=True)


def _runs_on(release: Release) -> str:
    library, version = platform.libc_ver()
    needs = f" with {library} {version} or newer" if library else ""
    return f"It runs on {release.platform}{needs}, without Python."


def _indented(text: str) -> str:
    return textwrap.indent(text, "    ")


@contextmanager
def _reported() -> Iterator[None]:
    try:
        yield
    except OpsManagerError as error:
        raise click.ClickException(str(error)) from None
