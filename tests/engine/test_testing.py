"""The test tools for users, through the real engine."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from pulumi.automation import PulumiCommand

from pulumi_opsmanager.emulator import Emulator
from pulumi_opsmanager.testing import Stack
from tests.engine.stack import job
from tests.support import ROOT

pytest_plugins = ["pytester"]

PLUGIN = "pulumi_opsmanager.testing.plugin"

PROJECT = """\
name: theirs
description: Has what must not reach a test
runtime: {name: python, options: {virtualenv: venv}}
backend: {url: "https://api.pulumi.com"}
config:
  opsmanager:baseUrl: https://om.example.net:8443
  opsmanager:privateKey: {value: theirs}
  theirs:redacted: true
"""

PROGRAM = """\
import pulumi
from settings import LOG_TYPES
import pulumi_opsmanager as om

config = pulumi.Config()
settings = dict(resource_type="REPLICASET", log_types=LOG_TYPES, size_requested_per_file_bytes=10_000,
    redacted=config.require_bool("redacted"))
logs = om.LogCollectionJob("logs", resource_name=config.require("replicaSet"), **settings)
om.LogCollectionJob("kept", resource_name="rs8", **settings, opts=pulumi.ResourceOptions(protect=True))
pulumi.export("url", logs.download_url)
"""


@pytest.fixture
def run(pytester: pytest.Pytester, engine: PulumiCommand, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A user's test run: the plugin, and `pulumi` on PATH."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PATH", f"{Path(engine.command).parent}{os.pathsep}{os.environ['PATH']}")
    pytester.plugins = [PLUGIN]
    return pytester


def blocks() -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", (ROOT / "docs" / "testing.md").read_text(), re.MULTILINE | re.DOTALL)


def project(folder: Path) -> Path:
    """A user's project, with a real server in its configuration."""
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text(PROJECT)
    (folder / "Pulumi.test.yaml").write_text("encryptionsalt: v1:theirs\nconfig:\n  opsmanager:publicKey: theirs\n")
    (folder / "settings.py").write_text('LOG_TYPES = ["MONGODB"]\n')
    (folder / "__main__.py").write_text(PROGRAM)
    return folder


def test_guide_of_the_engine_runs(run: pytest.Pytester) -> None:
    """The page's first block is a complete test file."""
    run.makepyfile(blocks()[0])
    run.runpytest_subprocess().assert_outcomes(passed=3)


def test_missing_project_folder_is_named(run: pytest.Pytester) -> None:
    """The failure shows the line of the test, and no code of this package."""
    run.makepyfile(
        """
from pathlib import Path

def test_folder(opsmanager_stack):
    opsmanager_stack(Path("infr"))
"""
    )
    finished = run.runpytest_subprocess()
    finished.assert_outcomes(failed=1)
    finished.stdout.fnmatch_lines([">*opsmanager_stack(Path(?infr?))", "E*no such project folder: infr"])
    finished.stdout.no_fnmatch_line("*copytree*")
    finished.stdout.no_fnmatch_line("*plugin.py*")


def test_lines_are_diagnostics(run: pytest.Pytester) -> None:
    """A successful `up` has none, unless the program prints or logs."""
    run.makepyfile(
        f"PROGRAM = {job()!r}\n"
        """
def test_lines(opsmanager_stack):
    stack = opsmanager_stack(PROGRAM)
    stack.up()
    assert stack.lines == []
    stack.program(PROGRAM + "\\nprint('printed')\\npulumi.log.warn('logged')\\n")
    stack.up()
    assert sorted(stack.lines) == ["logged", "printed"]
"""
    )
    run.runpytest_subprocess().assert_outcomes(passed=1)


def test_resources_of_a_test_are_destroyed(run: pytest.Pytester) -> None:
    """Faults and a wrong key do not matter. With the `conftest.py` of the page, jobs finish at the third request."""
    run.makeconftest(blocks()[1])
    run.makepyfile(
        f"PROGRAM = {job()!r}\n"
        """
from pulumi_opsmanager.emulator import FaultKind

LEFT = []

def test_leaves(opsmanager, opsmanager_stack):
    stack = opsmanager_stack(PROGRAM)
    stack.up()
    assert stack.outputs()["status"] == "IN_PROGRESS"
    stack.environ(OPSMANAGER_PRIVATE_KEY="wrong")
    opsmanager.fail("delete", FaultKind.SERVER_ERROR, times=100)
    assert len(opsmanager.job_ids) == 1
    LEFT.append(opsmanager)

def test_finds_nothing():
    assert [server.job_ids for server in LEFT] == [[]]
"""
    )
    run.runpytest_subprocess("-p", "no:randomly").assert_outcomes(passed=2)


def test_project_folder_is_copied_and_uses_only_the_emulator(
    engine: PulumiCommand, server: Emulator, tmp_path: Path
) -> None:
    """Modules and configuration are copied; the real server and stacks are not. `close` keeps a protected job."""
    folder = project(tmp_path / "theirs")
    before = {path.name: path.read_text() for path in folder.iterdir()}
    (made := tmp_path / "stack").mkdir()
    stack = Stack(folder, server, made, engine=engine, config={"replicaSet": "rs7"})
    assert stack.up() == {"create": 3}
    assert stack.outputs()["url"].startswith(server.url)
    kept, stored = sorted(stack.resources("LogCollectionJob"), key=lambda resource: resource["name"])
    assert (kept["name"], stored["name"]) == ("kept", "logs")
    assert {stored["id"], kept["id"]} == set(server.job_ids)
    assert stored["type"] == "pulumi-python:dynamic/opsmanager:LogCollectionJob"
    assert (stored["inputs"]["resourceName"], stored["outputs"]["status"]) == ("rs7", "SUCCESS")
    assert not [key for key in stored["inputs"] | stored["outputs"] if key.startswith("__")]
    assert stack.resources() == stack.resources("LogCollectionJob")
    assert {path.name: path.read_text() for path in folder.iterdir()} == before
    stack.close()
    assert [resource["id"] for resource in stack.resources()] == server.job_ids == [kept["id"]]
