"""Colours and progress lines."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import pytest

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.cli import terminal
from pulumi_opsmanager.emulator import Emulator
from tests.cli.terminal import on_a_terminal, run
from tests.support import job_request

# The same command, which shows its progress line at once.
IMPATIENT = (
    sys.executable,
    "-c",
    "from pulumi_opsmanager.cli import main, terminal; terminal.PATIENCE_SECONDS = 0.0; main.main()",
)


@pytest.fixture
def failed(server: Emulator, client: Client) -> str:
    """A failed job, whose status is red."""
    job_id = client.jobs(server.project_id).create(job_request(resourceName="a-replica-set-with-a-long-name"))
    server.set_status(job_id, "FAILURE")
    return job_id


@pytest.mark.usefixtures("failed")
def test_force_color_colours_a_pipe_and_changes_nothing_else(server: Emulator) -> None:
    """The failure is red, and each row stays on one line."""
    plain = run(server, "list").stdout
    coloured = run(server, "list", FORCE_COLOR="1").stdout
    assert "\x1b" not in plain
    assert "\x1b[31mFAILURE" in coloured
    assert len(coloured.splitlines()) == len(plain.splitlines()) == 2


@pytest.mark.usefixtures("failed")
@pytest.mark.parametrize("forced", ["", "1"])
def test_no_color_removes_every_escape_code(server: Emulator, forced: str) -> None:
    """NO_COLOR wins over FORCE_COLOR, on a terminal and in a pipe."""
    assert "\x1b" not in on_a_terminal(server, "list", NO_COLOR="1", FORCE_COLOR=forced)
    assert "\x1b" not in run(server, "list", NO_COLOR="1", FORCE_COLOR=forced).stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["list"], "reading the list"),
        (["doctor"], "asking the server"),
        (["download", "JOB", "-o", "FOLDER/", "--overwrite", "--allow-incomplete"], "downloading"),
        (["archive", "show", "FOLDER/empty.tar.gz"], "reading"),
    ],
)
def test_slow_command_shows_its_progress_only_on_a_terminal(
    server: Emulator,
    failed: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    words: str,
) -> None:
    """The line on standard error disappears at the end. A log file gets no line, even with FORCE_COLOR."""
    # The padding makes reading slow enough for the line to appear.
    (tmp_path / "empty.tar.gz").write_bytes(gzip.compress(bytes(50_000_000), 1))
    command = [word.replace("JOB", failed).replace("FOLDER", str(tmp_path)) for word in arguments]
    shown = on_a_terminal(server, *command, stream="stderr", command=IMPATIENT)
    assert words in shown
    # This code clears the line.
    assert "\x1b[2K" in shown.rpartition(words)[2]
    monkeypatch.setattr(terminal, "PATIENCE_SECONDS", 0.0)
    logged = run(server, *command, FORCE_COLOR="1")
    assert logged.exit_code == 0
    assert words not in logged.stderr
    assert "\x1b" not in logged.stderr


@pytest.mark.usefixtures("failed")
def test_fast_command_shows_no_progress(server: Emulator) -> None:
    """Nothing flickers on the terminal."""
    assert on_a_terminal(server, "list", stream="stderr") == ""
