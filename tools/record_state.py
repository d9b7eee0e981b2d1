"""Store what this release leaves in a state: the material of the upgrade tests of all releases to come.

Runs each program beside the stored states through the real engine against the local emulator, and puts the exported
state and a copy of the program into a folder named after the version. Once for each release, before it is published: a
state is a witness, and is never made again.
"""

from __future__ import annotations

import json
import shutil
import socket
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from tools.shell import PRIVATE_KEY, ROOT, Shell, emulator, end_with, interruptible_engine, keys, write_project

STATES = ROOT / "tests" / "engine" / "states"

RECORDED_URL = "https://om.example.net:8443"
"""Stands in a stored state for wherever the emulator was."""

# The same as those of the stack that a state is imported into: URNs hold both.
_PROJECT, _STACK = "under-test", "test"


def programs() -> list[Path]:
    """Those whose states are stored."""
    return sorted(path for path in STATES.glob("*.py") if path.name != "__init__.py")


def telltales(text: str, *foreign: str) -> list[str]:
    """What a text says of the machine that it was made on, or of its keys; none of it may be stored."""
    words = (*foreign, "../", str(ROOT), str(Path.home()), sys.prefix, socket.gethostname(), PRIVATE_KEY)
    return [word for word in words if word in text]


def cleaned(export: str) -> str:
    """An exported state without lines of source code, whose paths are the machine's, and without the means to encrypt.

    Nothing in it is encrypted: the keys come from the environment.
    """
    state = json.loads(export)
    state["deployment"].pop("secrets_providers", None)
    for resource in state["deployment"]["resources"]:
        resource.pop("sourcePosition", None)
        resource.pop("stackTrace", None)
    return json.dumps(state, indent=2) + "\n"


def record(program: Path, engine: Path) -> str:
    """The exported state of a program that was applied, refreshed and applied again."""
    with tempfile.TemporaryDirectory(prefix="opsmanager-state-") as name:
        folder = Path(name)
        project = folder / "project"
        write_project(project, _PROJECT, program.read_text(), Path(sys.executable))
        shell = Shell(folder, engine, project=project)
        with emulator(shell) as url:
            shell.environment |= keys(url)
            shell.run("pulumi", "stack", "init", _STACK)
            shell.run("pulumi", "up", "--yes", "--skip-preview")
            shell.run("pulumi", "refresh", "--yes", "--skip-preview")
            shell.run("pulumi", "up", "--yes", "--skip-preview")
            shell.run("pulumi", "preview", "--expect-no-changes")
            shell.run("pulumi", "stack", "export", "--file", "state.json")
            text = cleaned((project / "state.json").read_text().replace(url, RECORDED_URL))
            shell.run("pulumi", "destroy", "--yes", "--skip-preview")
        if found := telltales(text, str(folder)):
            raise SystemExit(f"error: the state of {program.name} holds {', '.join(found)}")
        return text


def main() -> int:
    """Record all programs, or nothing."""
    folder = STATES / version("pulumi-opsmanager")
    if folder.exists():
        raise SystemExit(f"error: {folder} is there; only the states of a release that nobody has may be made again")
    engine = interruptible_engine()
    recorded = {program: record(program, engine) for program in programs()}
    folder.mkdir()
    for program, text in recorded.items():
        shutil.copy(program, folder)
        (folder / program.with_suffix(".json").name).write_text(text)
    print(f"\nDone: {', '.join(program.stem for program in recorded)} in {folder.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    end_with(main)
