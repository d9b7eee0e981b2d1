"""The workspace of a stack under test: folder, settings of the project, environment and Python."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from collections.abc import Mapping
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pulumi import automation as auto

if TYPE_CHECKING:
    # The emulator needs an extra, and every test that makes a stack has it.
    from pulumi_opsmanager.emulator import Emulator

_NAMESPACE = "opsmanager:"

# Settings of other stacks, environments, states and logs are no part of the program.
_LEFT_OUT = shutil.ignore_patterns(
    "Pulumi.*.yaml", ".pulumi", ".venv", "venv", ".git", "__pycache__", "node_modules", "*.tar.gz"
)

# The language host asks pip for the installed packages before each preview and up, which takes 0.3 s of CPU.
_PYTHON = """\
#!/bin/sh
case "$*" in
"-m pip list "*) exec cat {packages} ;;
*) exec {python} "$@" ;;
esac
"""


def workspace_of(
    program: str | Path, folder: Path, engine: auto.PulumiCommand, variables: Mapping[str, str]
) -> auto.LocalWorkspace:
    """Put a program and its project's settings into a folder.

    Args:
        program: As in `Stack`.
        folder: As in `Stack`.
        engine: The Pulumi command.
        variables: Variables of its operations beside those of this process.
    """
    settings = auto.ProjectSettings(name="under-test", runtime=_runtime())
    if isinstance(program, Path):
        shutil.copytree(program, folder, ignore=_LEFT_OUT, dirs_exist_ok=True)
        settings = _project_in(folder, engine) or settings
    else:
        write_program(folder, program)
    return auto.LocalWorkspace(str(folder), env_vars=variables, pulumi_command=engine, project_settings=settings)


def write_program(folder: Path, text: str) -> None:
    """Write a text as the program of a folder."""
    (folder / "__main__.py").write_text(text)


def variables_of(server: Emulator, folder: Path) -> dict[str, str | None]:
    """Return the environment that gives a stack the emulator, its own backend and this Python."""
    return {
        "PULUMI_BACKEND_URL": f"file://{folder}",
        "PULUMI_CONFIG_PASSPHRASE": "passphrase",
        "PULUMI_HOME": str(folder / "home"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_PYTHON_CMD": str(_python(folder / "home")),
        "OPSMANAGER_BASE_URL": server.url,
        "OPSMANAGER_PUBLIC_KEY": server.public_key,
        "OPSMANAGER_PRIVATE_KEY": server.private_key,
        "OPSMANAGER_PROJECT_ID": server.project_id,
    }


def _project_in(folder: Path, engine: auto.PulumiCommand) -> auto.ProjectSettings | None:
    """Return the settings of a copied project, for this Python and this server; None if the folder has none."""
    if not list(folder.glob("Pulumi.y*ml")):
        return None
    settings = auto.LocalWorkspace(work_dir=str(folder), pulumi_command=engine).project_settings()
    settings.runtime = _runtime()
    settings.backend = settings.template = None
    # Configuration wins over the environment, and would give the real server. The SDK declares it as text.
    config: Any = settings.config
    if isinstance(config, dict):
        settings.config = {key: value for key, value in config.items() if not key.startswith(_NAMESPACE)}  # type: ignore[assignment]
    return settings


def _runtime() -> auto.ProjectRuntimeInfo:
    # Without the option `virtualenv` every language host uses PULUMI_PYTHON_CMD.
    return auto.ProjectRuntimeInfo("python", {"toolchain": "pip"})


def _python(folder: Path) -> Path:
    """Write a command that runs this Python and answers `pip list` from a file."""
    folder.mkdir(parents=True, exist_ok=True)
    packages, command = folder / "packages.json", folder / "python"
    installed = [
        {"name": found.metadata["Name"], "version": found.version, "location": str(found.locate_file(""))}
        for found in distributions()
    ]
    packages.write_text(json.dumps(installed))
    command.write_text(_PYTHON.format(packages=shlex.quote(str(packages)), python=shlex.quote(sys.executable)))
    command.chmod(0o700)
    return command
