"""The commands in docs/cli.md run, and its tables are complete."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.cli.main import EXIT_CODES, main
from pulumi_opsmanager.cli.mirror import cli_configuration
from pulumi_opsmanager.emulator import Emulator
from tests.cli.terminal import environment_of
from tests.support import PROJECT, ROOT, job_request

PAGE = (ROOT / "docs" / "cli.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def typed(block: str, server: Emulator | None, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a block in bash, with the address and keys of an emulator."""
    if server is not None:
        block = block.replace("https://om.example.net:8443", server.url).replace("qwertyui", server.public_key)
        block = block.replace("01234567-89ab-cdef-0123-456789abcdef", server.private_key)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["/bin/bash", "-euc", block],
        cwd=folder,
        env=environment_of(None, PATH=path),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_commands_of_the_first_block_run(
    server: Emulator, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The settings are in the environment."""
    client.jobs(PROJECT).create(job_request())
    for name, value in environment_of(server).items():
        monkeypatch.setenv(name, value)
    finished = typed(BLOCKS[0], None, tmp_path)
    assert finished.returncode == 0, finished.stderr
    (shown,) = re.findall(r"^```text\n(deployments .*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert all(line in finished.stdout for line in shown.splitlines())
    assert {path.name for path in tmp_path.iterdir()} == {"logs.tar.gz", "logs.tar.gz.json", "import.json", "jobs.py"}


def test_profile_of_the_second_block_is_enough_for_doctor(server: Emulator, home: Path, tmp_path: Path) -> None:
    """The block writes the file into a temporary home."""
    finished = typed(BLOCKS[1], server, tmp_path)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert f"profile           ok       staging of {home}" in finished.stdout
    assert server.calls == ["GET 200"] * 3


def test_third_block_enables_completion_in_bash(tmp_path: Path) -> None:
    """Bash then has a completion function for the command."""
    finished = typed(f"{BLOCKS[2]}\ncomplete -p pulumi-opsmanager", None, tmp_path)
    assert "-F _pulumi_opsmanager_completion pulumi-opsmanager" in finished.stdout, finished.stderr


def test_fourth_block_installs_the_provider(home: Path, tmp_path: Path) -> None:
    """It needs no server and no settings."""
    finished = typed(BLOCKS[3], None, tmp_path)
    assert finished.returncode == 0, finished.stderr
    assert {path.name for path in home.glob(".terraform.d/plugins/*")} == {
        "registry.opentofu.org",
        "registry.terraform.io",
    }
    assert len(BLOCKS) == 4


def test_block_for_a_mirror_is_the_one_that_install_prints() -> None:
    """The page shows it for a folder that several users share."""
    assert re.findall(r"^```terraform\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL) == [
        cli_configuration(Path("/srv/mirror"))
    ]


def test_page_lists_all_commands_and_exit_codes() -> None:
    """The meanings of the exit codes are those of the help."""
    commands = PAGE.partition("| command |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `([a-z-]+)(?: [^`]+)?` \|", commands, re.MULTILINE)) == set(main.commands)
    codes = re.findall(r"^\| (\d+) \| (.*) \|$", PAGE, re.MULTILINE)
    assert {int(code): meaning for code, meaning in codes} == EXIT_CODES
