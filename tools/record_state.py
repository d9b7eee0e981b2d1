"""Store the states that this release writes. The upgrade tests of all later releases read them.

Runs each program beside the stored states through the real engine against the local emulator. Writes the state and a
copy of the program into a folder named after the version. Run it once for each release, before it is published. A
stored state is never changed.
"""

from __future__ import annotations

import json
import shutil
import socket
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from pulumi.automation import PulumiCommand

from pulumi_opsmanager.emulator import Emulator, after_reads
from pulumi_opsmanager.testing import Stack
from tools.shell import PRIVATE_KEY, ROOT, end_with, find_engine

STATES = ROOT / "tests" / "engine" / "states"

RECORDED_URL = "https://om.example.net:8443"
"""Replaces the emulator's URL in a stored state."""


def programs() -> list[Path]:
    """The programs whose states are stored."""
    return sorted(path for path in STATES.glob("*.py") if path.name != "__init__.py")


def telltales(text: str, *foreign: str) -> list[str]:
    """Return the words in a text that reveal this machine or its keys. A stored state must not contain any."""
    words = (*foreign, "../", str(ROOT), str(Path.home()), sys.prefix, socket.gethostname(), PRIVATE_KEY)
    return [word for word in words if word in text]


def record(program: Path, engine: Path) -> str:
    """Apply, refresh and apply a program. Return its state in the form of `pulumi stack export`."""
    with (
        tempfile.TemporaryDirectory(prefix="opsmanager-state-") as folder,
        Emulator(pace=after_reads(1), private_key=PRIVATE_KEY) as server,
    ):
        stack = Stack(program.read_text(), server, Path(folder), engine=PulumiCommand(root=str(engine)))
        for step in (stack.up, stack.refresh, stack.up):
            print(program.name, step.__name__, step(), flush=True)
        if changes := stack.preview():
            raise SystemExit(f"error: {program.name} still changes after its last up: {changes}")
        checkpoint = json.loads(stack.exported().replace(server.url, RECORDED_URL))
        stack.close()
    state = checkpoint["checkpoint"]["latest"]
    # Nothing is encrypted, because the keys come from the environment. Source positions contain paths of this machine.
    state.pop("secrets_providers", None)
    for resource in state["resources"]:
        resource.pop("sourcePosition", None)
        resource.pop("stackTrace", None)
    text = json.dumps({"version": checkpoint["version"], "deployment": state}, indent=2) + "\n"
    if found := telltales(text, folder):
        raise SystemExit(f"error: the state of {program.name} holds {', '.join(found)}")
    return text


def main() -> int:
    """Store the states of all programs. If one fails, store none."""
    folder = STATES / version("pulumi-opsmanager")
    if folder.exists():
        raise SystemExit(f"error: {folder} exists; its release may be published, so its states must not change")
    engine = find_engine()
    recorded = {program: record(program, engine) for program in programs()}
    folder.mkdir()
    for program, text in recorded.items():
        shutil.copy(program, folder)
        (folder / program.with_suffix(".json").name).write_text(text)
    print(f"\nDone: {', '.join(program.stem for program in recorded)} in {folder.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    end_with(main)
