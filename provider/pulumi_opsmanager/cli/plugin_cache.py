"""Pulumi's plugin cache, in which the engine finds the provider plugin of this Python environment.

The cache gets a copy of the console script. The first line of the script is the path of the environment's Python.

Source: `pulumi plugin install` and `GetPulumiHomeDir` of Pulumi 3.259, read 2026-11.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from pulumi_opsmanager.errors import CannotStore, InvalidSettings

EXECUTABLE = "pulumi-resource-opsmanager"

Outcome = Literal["installed", "replaced", "unchanged"]


@dataclass(frozen=True)
class Installed:
    """The plugin in the cache, after it was installed."""

    path: Path
    outcome: Outcome


def script() -> Path:
    """The console script of the plugin in this Python environment.

    Raises:
        InvalidSettings: The environment has no such script.
    """
    for file in metadata.files("pulumi-opsmanager") or ():
        path = Path(str(file.locate())).resolve()
        if file.name == EXECUTABLE and path.exists():
            return path
    raise InvalidSettings(
        f"this Python environment has no script {EXECUTABLE}; install pulumi-opsmanager into a virtual environment"
    )


def cached(version: str, environment: Mapping[str, str]) -> Path:
    """The path of the plugin in the cache.

    Args:
        version: Version of the plugin.
        environment: The variables with which `pulumi` runs.
    """
    home = environment.get("PULUMI_HOME")
    # Pulumi takes the home folder of the user, for any value of HOME.
    folder = Path(home).absolute() if home else Path(pwd.getpwuid(os.getuid()).pw_dir) / ".pulumi"
    return folder / "plugins" / f"resource-opsmanager-v{version}" / EXECUTABLE


def install(version: str, file: Path, environment: Mapping[str, str]) -> Installed:
    """Put the plugin into the cache. A plugin of the same version is replaced.

    Args:
        version: Version of the plugin.
        file: The script of the plugin.
        environment: The variables with which `pulumi` runs.

    Raises:
        InvalidSettings: `pulumi` is not on `PATH`.
        CannotStore: `pulumi` has failed.
    """
    pulumi = shutil.which("pulumi", path=environment.get("PATH"))
    if pulumi is None:
        raise InvalidSettings("pulumi is not on PATH; install the Pulumi CLI, or add its folder to PATH")
    path, text = cached(version, environment), file.read_bytes()
    try:
        before = path.read_bytes()
    except OSError:
        before = None  # pulumi says why, if it cannot replace it either
    # Without --reinstall, pulumi keeps a plugin of the same version and exits with 0.
    command = [pulumi, "plugin", "install", "resource", "opsmanager", version, "--reinstall", "--file", str(file)]
    done = subprocess.run(  # noqa: S603
        command,
        env={**environment, "PULUMI_SKIP_UPDATE_CHECK": "true"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        lines = done.stdout.strip().splitlines() or [f"exit code {done.returncode}"]
        raise CannotStore(f"pulumi cannot install the plugin: {lines[-1].removeprefix('error: ')}")
    return Installed(path, "installed" if before is None else "unchanged" if before == text else "replaced")
