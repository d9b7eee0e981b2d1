"""The story of docs/incident.md, as `make demo-incident` tells it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys

import pytest

from tests.blocks import blocks_of
from tests.support import ROOT
from tools.demo_incident import COLLECT


def test_demo_ends_with_two_verified_archives() -> None:
    """Two targets, one host down, interrupted once, run again, verified: each command does what the demo says."""
    finished = subprocess.run(
        [sys.executable, "-m", "tools.demo_incident"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert len(re.findall(r"^incident/\S+\.tar\.gz +verified +[0-9a-f]{64}$", finished.stdout, re.MULTILINE)) == 2
    assert "with one job for each, and verified both archives." in finished.stdout


def test_interrupted_demo_says_so_in_one_line_and_leaves_no_process() -> None:
    """Ctrl-C reaches all its processes."""
    demo = subprocess.Popen(
        [sys.executable, "-m", "tools.demo_incident"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert demo.stdout is not None
    while not demo.stdout.readline().startswith("$ pulumi-opsmanager collect"):
        assert demo.poll() is None
    os.killpg(demo.pid, signal.SIGINT)
    _, complained = demo.communicate(timeout=60)
    assert (demo.returncode, complained) == (130, "\nStopped. The local Ops Manager and its files are gone.\n")
    with pytest.raises(ProcessLookupError):
        os.killpg(demo.pid, 0)


def test_guide_begins_with_the_command_of_the_demo() -> None:
    """A reader may copy it."""
    first = blocks_of(ROOT / "docs" / "incident.md")[0].text
    assert COLLECT in " ".join(first.replace("\\\n", " ").split())
