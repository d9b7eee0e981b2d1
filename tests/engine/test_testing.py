"""What users test their programs with, through the real engine."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from pulumi.automation import PulumiCommand

from pulumi_opsmanager.emulator import Emulator
from pulumi_opsmanager.testing import Refused, Stack
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
logs = om.LogCollectionJob(
    "logs",
    resource_type="REPLICASET",
    resource_name=config.require("replicaSet"),
    log_types=LOG_TYPES,
    size_requested_per_file_bytes=10_000,
    redacted=config.require_bool("redacted"),
)
pulumi.export("url", logs.download_url)
"""


@pytest.fixture
def run(pytester: pytest.Pytester, engine: PulumiCommand, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A test run of a user: the plugin, and `pulumi` on PATH."""
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
    """The page's first block is a test file as it stands."""
    run.makepyfile(blocks()[0])
    run.runpytest_subprocess().assert_outcomes(passed=3)


def test_guide_of_another_emulator_runs(run: pytest.Pytester) -> None:
    """With the page's `conftest.py` jobs are in progress for two looks."""
    run.makeconftest(blocks()[1])
    run.makepyfile(
        f"PROGRAM = {job()!r}\n\n"
        "def test_pace(opsmanager_stack):\n"
        "    stack = opsmanager_stack(PROGRAM)\n"
        "    stack.up()\n"
        "    assert stack.outputs()['status'] == 'IN_PROGRESS'\n"
    )
    run.runpytest_subprocess().assert_outcomes(passed=1)


def test_what_a_test_leaves_is_destroyed(run: pytest.Pytester) -> None:
    """Also when it planned faults and spoilt the environment."""
    run.makepyfile(
        f"PROGRAM = {job()!r}\n"
        """
import pytest
from pulumi_opsmanager.emulator import Emulator, FaultKind

@pytest.fixture(scope="module")
def opsmanager():
    with Emulator() as server:
        yield server

def test_leaves(opsmanager, opsmanager_stack):
    stack = opsmanager_stack(PROGRAM)
    stack.up()
    stack.environ(OPSMANAGER_PRIVATE_KEY="wrong")
    opsmanager.fail("delete", FaultKind.SERVER_ERROR, times=100)
    assert len(opsmanager.job_ids) == 1

def test_finds_nothing(opsmanager):
    assert opsmanager.job_ids == []
"""
    )
    run.runpytest_subprocess().assert_outcomes(passed=2)


def test_folder_is_copied_and_meets_the_emulator_only(engine: PulumiCommand, server: Emulator, tmp_path: Path) -> None:
    """Its modules and its own configuration are there; the real server, the backend and other stacks are not."""
    folder = project(tmp_path / "theirs")
    before = {path.name: path.read_text() for path in folder.iterdir()}
    (made := tmp_path / "stack").mkdir()
    stack = Stack(folder, server, made, engine=engine, config={"replicaSet": "rs7"})
    assert stack.up() == {"create": 2}
    assert stack.outputs()["url"].startswith(server.url)
    (stored,) = stack.resources("LogCollectionJob")
    assert (stored["name"], stored["id"]) == ("logs", server.job_ids[0])
    assert stored["type"] == "pulumi-python:dynamic/opsmanager:LogCollectionJob"
    assert (stored["inputs"]["resourceName"], stored["outputs"]["status"]) == ("rs7", "SUCCESS")
    assert not [key for key in stored["inputs"] | stored["outputs"] if key.startswith("__")]
    assert stack.resources() == [stored]
    assert {path.name: path.read_text() for path in folder.iterdir()} == before
    stack.close()
    assert server.job_ids == []


def test_protected_resource_stays_when_a_stack_is_closed(
    engine: PulumiCommand, server: Emulator, tmp_path: Path
) -> None:
    """Somebody meant it; what is not protected goes."""
    text = job().replace("dict()))", "dict()), opts=pulumi.ResourceOptions(protect=True))")
    assert "protect" in text
    stack = Stack(text + "om.LogCollectionJob('other', **GOOD)\n", server, tmp_path, engine=engine)
    stack.up()
    stack.close()
    assert [stored["name"] for stored in stack.resources()] == ["logs"]
    assert len(server.job_ids) == 1


def test_refused_says_what_a_person_would_read(engine: PulumiCommand, server: Emulator, tmp_path: Path) -> None:
    """The diagnostics, and the state as it was."""
    stack = Stack(job(), server, tmp_path, engine=engine, environment={"OPSMANAGER_PRIVATE_KEY": "wrong"})
    with pytest.raises(Refused, match=r"BadCredentials: cannot create the job for REPLICASET rs0"):
        stack.up()
    assert stack.resources() == []
    stack.close()
