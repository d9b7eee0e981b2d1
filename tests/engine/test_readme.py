"""Every block of the README works when it is copied."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from pulumi.automation import PulumiCommand

from pulumi_opsmanager.emulator import Emulator
from tests.engine.stack import Stack

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def test_program_shows_the_preview_that_is_printed(new_stack: Callable[..., Stack], server: Emulator) -> None:
    """The ten lines preview as shown, apply, and are destroyed."""
    stack = new_stack(blocks("python")[0])
    assert stack.preview() == {"create": 2}
    for line in blocks("text")[0].splitlines()[1:]:
        assert line.strip() in stack.printed, line
    stack.up()
    assert stack.outputs()["download_url"].startswith(server.url)
    stack.destroy()


def test_program_of_a_collection_runs(new_stack: Callable[..., Stack], server: Emulator) -> None:
    """Three targets, three archives, nothing left."""
    stack = new_stack(blocks("python")[1])
    stack.up()
    assert len(stack.outputs()["archives"]) == 3
    assert stack.preview() == {}
    stack.destroy()
    assert (server.job_ids, list((stack.folder / "archives").iterdir())) == ([], [])


def test_program_of_the_reference_runs(new_stack: Callable[..., Stack], server: Emulator) -> None:
    """How a completion and an archive get their jobs."""
    text = (ROOT / "docs" / "reference.md").read_text()
    (block,) = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    stack = new_stack(block)
    stack.up()
    assert len(list((stack.folder / "archives").iterdir())) == 1
    assert stack.preview() == {}
    stack.destroy()
    assert server.job_ids == []


def test_program_of_two_servers_runs(new_stack: Callable[..., Stack], server: Emulator) -> None:
    """With the emulator in the place of the eastern server."""
    stack = new_stack(
        blocks("python")[2]
        .replace("https://om-east.example.net:8443", server.url)
        .replace("qwertyui", server.public_key)
    )
    stack.configure("eastPrivateKey", server.private_key, secret=True)
    stack.up()
    assert len(server.job_ids) == 1
    assert server.private_key not in stack.exported()


def test_emulator_block_runs() -> None:
    """It prints what a client needs."""
    finished = subprocess.run([sys.executable, "-c", blocks("python")[3]], capture_output=True, text=True, check=True)
    assert finished.stdout.startswith("http://127.0.0.1:")


def test_commands_for_a_real_server_run(engine: PulumiCommand, server: Emulator, tmp_path: Path) -> None:
    """Typed as they stand, with the emulator's address and keys in the place of the server's."""
    for name in ("Pulumi.yaml", "examples", "tools"):
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, tmp_path / name)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    commands = (
        blocks("sh")[2]
        .replace("https://om.example.net:8443", server.url)
        # --local is the home of the user, whatever HOME says.
        .replace("pulumi login --local", f"pulumi login file://{tmp_path}")
        .replace("qwertyui", server.public_key)
        .replace("01234567-89ab-cdef-0123-456789abcdef", server.private_key)
    )
    environment = {
        "HOME": os.environ["HOME"],
        "PULUMI_HOME": str(tmp_path / "pulumi"),
        "PULUMI_SKIP_CONFIRMATIONS": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PATH": f"{Path(engine.command).parent}{os.pathsep}{os.environ['PATH']}",
    }
    finished = subprocess.run(
        ["/bin/sh", "-eu"], input=commands, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert server.calls == ["POST 201", "GET 200", "GET 200", "GET 200", "DELETE 200"]
