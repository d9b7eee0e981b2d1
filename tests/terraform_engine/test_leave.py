"""docs/leave.md with Terraform and OpenTofu: the jobs stay, and nothing works after the launcher is gone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pulumi_opsmanager.cli.mirror import install
from pulumi_opsmanager.emulator import Emulator
from tests.blocks import blocks_of
from tests.cli.terminal import COMMAND
from tests.support import ROOT
from tests.terraform_engine.configuration import HEAD, Configuration, settings_of
from tests.terraform_engine.jobs import LOGS, flat
from tests.terraform_engine.test_install import RELEASE

pytestmark = pytest.mark.one_binary

(LIST, REMOVE), (PULL, ORPHANS) = (
    block.text.splitlines() for block in blocks_of(ROOT / "docs" / "leave.md") if block.kind == "terraform"
)
(REMOVED,) = (block.text for block in blocks_of(ROOT / "docs" / "leave.md") if block.kind == "configuration")
MAIN = (ROOT / "examples" / "terraform" / "first" / "main.tf").read_text()


def applied(binary: Path, server: Emulator, folder: Path, python: str = sys.executable) -> Configuration:
    """The first example, with a provider that `init` has found."""
    configuration = Configuration(folder / "program", binary, settings_of(server))
    configuration.write(MAIN)
    install(RELEASE, configuration.home / ".terraform.d" / "plugins", python)
    configuration.init()
    configuration.apply()
    return configuration


def test_state_without_the_job_leaves_it_on_the_server(binary: Path, server: Emulator, tmp_path: Path) -> None:
    """Without the launcher the command fails. With it the state is empty, and the job is still there."""
    configuration = applied(binary, server, tmp_path)
    plugins = configuration.home / ".terraform.d" / "plugins"
    plugins.rename(tmp_path / "elsewhere")
    for command in (REMOVE.split()[1:], ["destroy", "-auto-approve"]):
        failed = configuration.run(*command, expect_code=1)
        assert re.search(r"Required\s+plugins\s+are\s+not\s+installed", failed.output)
    (tmp_path / "elsewhere").rename(plugins)
    assert LOGS in configuration.run(*LIST.split()[1:]).output
    configuration.run(*REMOVE.split()[1:])
    assert configuration.state().get("values", {}) == {}
    assert len(server.job_ids) == 1
    (configuration.folder / "state.json").write_text(configuration.run(*PULL.split()[1:3]).output)
    listed = subprocess.run(
        [COMMAND, *ORPHANS.split()[1:]],
        cwd=configuration.folder,
        env=os.environ | settings_of(server),
        capture_output=True,
        text=True,
        check=True,
    )
    assert server.job_ids[0] in listed.stdout


def test_state_loses_the_job_without_the_python_of_the_launcher(binary: Path, server: Emulator, tmp_path: Path) -> None:
    """`destroy` fails and changes nothing."""
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    configuration = applied(binary, server, tmp_path, str(python))
    python.unlink()
    assert "the provider is gone" in flat(configuration.run("destroy", "-auto-approve", expect_code=1).output)
    assert LOGS in configuration.run(*LIST.split()[1:]).output
    configuration.run(*REMOVE.split()[1:])
    assert configuration.run(*LIST.split()[1:]).output == ""
    assert len(server.job_ids) == 1


def test_removed_block_leaves_the_job_on_the_server(binary: Path, server: Emulator, tmp_path: Path) -> None:
    """In place of the resource; the apply changes nothing on the server."""
    configuration = applied(binary, server, tmp_path)
    configuration.write(HEAD + REMOVED)
    configuration.apply()
    assert configuration.state().get("values", {}) == {}
    assert len(server.job_ids) == 1
