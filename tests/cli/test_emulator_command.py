"""The command `emulator`, run as a process."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.settings import Settings
from pulumi_opsmanager.clock import wall_clock
from tests.support import PROJECT, job_request

COMMAND = [str(Path(sys.executable).with_name("pulumi-opsmanager")), "emulator"]
KEYS = ["--public-key", "K", "--private-key", "S", "--project-id", PROJECT]


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize(
    ("pace", "statuses"),
    [("instant", ["SUCCESS"]), ("reads:1", ["IN_PROGRESS", "SUCCESS"]), ("seconds:60", ["IN_PROGRESS"])],
)
def test_process_serves_until_it_receives_a_signal(stop: signal.Signals, pace: str, statuses: list[str]) -> None:
    """It prints its URL when it is ready, and exits with 0."""
    process = subprocess.Popen([*COMMAND, "--port", "0", *KEYS, "--pace", pace], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", url)
        client = Client(Settings(url, "K", "S"), wall_clock())
        job_id = client.jobs(PROJECT).create(job_request())
        assert [client.jobs(PROJECT).get(job_id).status for _ in statuses] == statuses
        process.send_signal(stop)
        assert process.wait(10) == 0
        assert process.stdout.read() == ""
    finally:
        process.kill()
        process.communicate()


def test_json_output_is_one_line_with_the_url() -> None:
    """A program can read the line while the server runs."""
    process = subprocess.Popen([*COMMAND, "--port", "0", *KEYS, "--json"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["url"].startswith("http://127.0.0.1:")
    finally:
        process.terminate()
        process.communicate()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--project-id", "xyz"], "must be 24 lower-case hex digits"),
        (["--pace", "slow"], "must be instant, reads:N or seconds:T"),
        (["--port", "99999"], "is not in the range 0<=x<=65535"),
    ],
)
def test_malformed_option_is_a_usage_error(arguments: list[str], words: str) -> None:
    """The error says what the value must be."""
    finished = subprocess.run([*COMMAND, *KEYS, *arguments], capture_output=True, text=True, check=False, timeout=30)
    assert finished.returncode == 2
    assert words in finished.stderr


def test_used_port_fails_in_one_line() -> None:
    """There is no traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        finished = subprocess.run(
            [*COMMAND, *KEYS, "--port", port], capture_output=True, text=True, check=False, timeout=30
        )
    assert (finished.returncode, finished.stderr) == (
        1,
        f"Error: cannot listen on 127.0.0.1:{port}: Address already in use\n",
    )
