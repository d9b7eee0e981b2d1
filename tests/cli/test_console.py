"""Colours and moving lines: on a terminal, and where they are asked for."""

from __future__ import annotations

import os
import subprocess
import tarfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.emulator import Emulator, FaultKind
from tests.cli.terminal import COMMAND, environment_of, on_a_terminal
from tests.support import job_request

# Longer than the patience of a line, also on a busy machine.
SLOW_SECONDS = 2.5


@pytest.fixture
def failed(server: Emulator, client: Client) -> str:
    """A job whose row is red."""
    job_id = client.create_job(server.project_id, job_request(resourceName="a-replica-set-with-a-long-name"))
    server.set_status(job_id, "FAILURE")
    return job_id


def in_a_pipe(server: Emulator | None, *arguments: str, **changes: str) -> tuple[str, str]:
    """What a command writes to its two streams when both are pipes."""
    environment = environment_of(server, **changes)
    finished = subprocess.run(
        [COMMAND, *arguments], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    return finished.stdout, finished.stderr


@pytest.mark.usefixtures("failed")
def test_colours_are_forced_into_a_pipe_and_nothing_else_changes(server: Emulator) -> None:
    """FORCE_COLOR makes the failure red; the row is as whole as without it."""
    plain, _ = in_a_pipe(server, "list")
    coloured, _ = in_a_pipe(server, "list", FORCE_COLOR="1")
    assert "\x1b" not in plain
    assert "\x1b[31mFAILURE" in coloured
    assert len(coloured.splitlines()) == len(plain.splitlines()) == 2


@pytest.mark.usefixtures("failed")
@pytest.mark.parametrize("forced", ["", "1"])
def test_no_color_leaves_no_escape_code(server: Emulator, forced: str) -> None:
    """On a terminal as in a pipe, and FORCE_COLOR does not overrule it."""
    assert "\x1b" not in on_a_terminal(server, "list", NO_COLOR="1", FORCE_COLOR=forced)
    assert "\x1b" not in in_a_pipe(server, "list", NO_COLOR="1", FORCE_COLOR=forced)[0]


def slow_list(server: Emulator, _: str, __: Path) -> list[str]:
    server.fail("list", FaultKind.STALL, seconds=SLOW_SECONDS)
    return ["list"]


def slow_doctor(server: Emulator, _: str, __: Path) -> list[str]:
    server.fail("list", FaultKind.STALL, seconds=SLOW_SECONDS)
    return ["doctor"]


def slow_download(server: Emulator, job_id: str, folder: Path) -> list[str]:
    server.fail("download", FaultKind.STALL, seconds=SLOW_SECONDS, after_bytes=100)
    return ["download", job_id, "-o", f"{folder}/", "--overwrite", "--allow-incomplete"]


def slow_archive(_: Emulator, __: str, folder: Path) -> list[str]:
    """A pipe whose writer takes its time."""
    whole, pipe = folder / "whole.tar.gz", folder / f"pipe-{time.monotonic_ns()}"
    tarfile.open(whole, "w:gz").close()
    os.mkfifo(pipe)

    def write() -> None:
        with pipe.open("wb") as opened:
            opened.write(whole.read_bytes()[:10])
            opened.flush()
            time.sleep(SLOW_SECONDS)
            opened.write(whole.read_bytes()[10:])

    threading.Thread(target=write, daemon=True).start()
    return ["archive", "show", str(pipe)]


@pytest.mark.parametrize(
    ("slowly", "words"),
    [
        (slow_list, "reading the list"),
        (slow_doctor, "asking the server"),
        (slow_download, "downloading"),
        (slow_archive, "reading"),
    ],
)
def test_what_takes_long_says_so_on_a_terminal_and_nowhere_else(
    server: Emulator, failed: str, tmp_path: Path, slowly: Callable[[Emulator, str, Path], list[str]], words: str
) -> None:
    """A line on standard error that is taken away at the end; a log gets none, whatever colours it asks for."""
    shown = on_a_terminal(server, *slowly(server, failed, tmp_path), stream="stderr")
    assert words in shown
    # Clears the line.
    assert "\x1b[2K" in shown.rpartition(words)[2]
    _, complained = in_a_pipe(server, *slowly(server, failed, tmp_path), FORCE_COLOR="1")
    assert words not in complained
    assert "\x1b" not in complained


@pytest.mark.usefixtures("failed")
def test_what_takes_no_second_shows_no_line(server: Emulator) -> None:
    """Nothing flickers."""
    assert on_a_terminal(server, "list", stream="stderr") == ""
