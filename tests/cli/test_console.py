"""Colours and moving lines: on a terminal, and where they are asked for."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import pytest

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.cli import progress
from pulumi_opsmanager.emulator import Emulator
from tests.cli.terminal import on_a_terminal, run
from tests.support import job_request

# The same command, to which everything takes long.
IMPATIENT = (
    sys.executable,
    "-c",
    "from pulumi_opsmanager.cli import main, progress; progress.PATIENCE_SECONDS = 0.0; main.main()",
)


@pytest.fixture
def failed(server: Emulator, client: Client) -> str:
    """A job whose row is red."""
    job_id = client.jobs(server.project_id).create(job_request(resourceName="a-replica-set-with-a-long-name"))
    server.set_status(job_id, "FAILURE")
    return job_id


@pytest.mark.usefixtures("failed")
def test_colours_are_forced_into_a_pipe_and_nothing_else_changes(server: Emulator) -> None:
    """FORCE_COLOR makes the failure red, and wraps no row."""
    plain = run(server, "list").stdout
    coloured = run(server, "list", FORCE_COLOR="1").stdout
    assert "\x1b" not in plain
    assert "\x1b[31mFAILURE" in coloured
    assert len(coloured.splitlines()) == len(plain.splitlines()) == 2


@pytest.mark.usefixtures("failed")
@pytest.mark.parametrize("forced", ["", "1"])
def test_no_color_leaves_no_escape_code(server: Emulator, forced: str) -> None:
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
def test_what_takes_long_says_so_on_a_terminal_and_nowhere_else(
    server: Emulator,
    failed: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    words: str,
) -> None:
    """A line on standard error disappears at the end. A log gets none, even with forced colours."""
    # An archive without members, with so much padding that the line appears before the end.
    (tmp_path / "empty.tar.gz").write_bytes(gzip.compress(bytes(50_000_000), 1))
    command = [word.replace("JOB", failed).replace("FOLDER", str(tmp_path)) for word in arguments]
    shown = on_a_terminal(server, *command, stream="stderr", command=IMPATIENT)
    assert words in shown
    # Clears the line.
    assert "\x1b[2K" in shown.rpartition(words)[2]
    monkeypatch.setattr(progress, "PATIENCE_SECONDS", 0.0)
    logged = run(server, *command, FORCE_COLOR="1")
    assert logged.exit_code == 0
    assert words not in logged.stderr
    assert "\x1b" not in logged.stderr


@pytest.mark.usefixtures("failed")
def test_what_takes_no_second_shows_no_line(server: Emulator) -> None:
    """Nothing flickers."""
    assert on_a_terminal(server, "list", stream="stderr") == ""
