"""The command `emulator`, run as a process."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.settings import Settings
from pulumi_opsmanager.clock import wall_clock
from tests.cli.terminal import environment_of, run
from tests.support import PROJECT, ROOT, job_request

COMMAND = [str(Path(sys.executable).with_name("pulumi-opsmanager")), "emulator"]


@contextmanager
def started(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """A process on a free port, and the lines that it printed when it was ready."""
    lines = 1 if "--json" in arguments else 4
    process = subprocess.Popen(
        [*COMMAND, "--port", "0", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield process, [process.stdout.readline() for _ in range(lines)]
    finally:
        process.kill()
        process.communicate()


def blocks(language: str) -> list[str]:
    """The code blocks of the emulator's page in one language."""
    page = (ROOT / "docs" / "emulator.md").read_text()
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize(
    ("pace", "statuses"),
    [("instant", ["SUCCESS"]), ("reads:1", ["IN_PROGRESS", "SUCCESS"]), ("seconds:60", ["IN_PROGRESS"])],
)
def test_process_serves_until_it_receives_a_signal(stop: signal.Signals, pace: str, statuses: list[str]) -> None:
    """It accepts the given keys, says on standard error how to stop it, and exits with 0."""
    keys = ["--public-key", "K", "--private-key", "S", "--project-id", PROJECT]
    with started(*keys, "--pace", pace, "--json") as (process, (line,)):
        settings = json.loads(line)
        assert settings.keys() == {"url", "publicKey", "privateKey", "projectId"}
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", settings["url"])
        client = Client(Settings(settings["url"], "K", "S"), wall_clock())
        job_id = client.jobs(PROJECT).create(job_request())
        assert [client.jobs(PROJECT).get(job_id).status for _ in statuses] == statuses
        process.send_signal(stop)
        assert process.wait(10) == 0
        assert process.communicate() == ("", "")


def test_printed_lines_give_a_shell_all_settings(tmp_path: Path) -> None:
    """No option is needed. The lines can be sourced from a file, and `doctor` then accepts the settings."""
    file = tmp_path / "emulator.env"
    with started() as (process, lines):
        file.write_text("".join(lines))
        checked = subprocess.run(
            ["/bin/sh", "-euc", f". {shlex.quote(str(file))}; exec {shlex.quote(COMMAND[0])} doctor --json"],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        process.terminate()
        assert process.stderr is not None
        assert re.fullmatch(
            r"A local Ops Manager is running on http://127\.0\.0\.1:\d+\. Press Ctrl-C to stop it\.\n",
            process.stderr.read(),
        )
    assert checked.returncode == 0, checked.stdout
    assert [line.partition("=")[0] for line in lines] == [
        f"export OPSMANAGER_{name}" for name in ("BASE_URL", "PUBLIC_KEY", "PRIVATE_KEY", "PROJECT_ID")
    ]


def test_page_shows_what_the_command_prints(tmp_path: Path) -> None:
    """Its block for scripts runs in bash, on a free port."""
    (shown,), (block,) = blocks("text"), blocks("sh")
    path = f"{Path(COMMAND[0]).parent}{os.pathsep}{os.environ['PATH']}"
    finished = subprocess.run(
        ["/bin/bash", "-euc", block],
        cwd=tmp_path,
        env=environment_of(None, PATH=path),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    written = (tmp_path / "emulator.env").read_text()
    assert re.sub(r":\d+\n", ":8080\n", written) == shown


@pytest.mark.parametrize(("number", "printed"), [(0, r"\[\] \[\]\n"), (1, r"http://127\.0\.0\.1:\d+\n")])
def test_programs_of_the_page_run(number: int, printed: str) -> None:
    """They print what a client needs, and that no request has come yet."""
    finished = subprocess.run(
        [sys.executable, "-c", blocks("python")[number]], capture_output=True, text=True, check=True
    )
    assert re.search(f"{printed}$", finished.stdout)


def test_fault_of_the_page_fails_a_part() -> None:
    """The last program plans it in another process."""
    with started("--json") as (_, (line,)):
        settings = json.loads(line)
        program = blocks("python")[2].replace("http://127.0.0.1:8080", settings["url"])
        subprocess.run([sys.executable, "-c", program], check=True, timeout=30)
        jobs = Client(Settings(settings["url"], settings["publicKey"], settings["privateKey"]), wall_clock()).jobs(
            PROJECT
        )
        assert jobs.get(jobs.create(job_request())).status == "FAILURE"


def test_key_with_special_characters_is_quoted() -> None:
    """A shell reads the very key back."""
    key = "a'b $HOME \"c"
    with started("--private-key", key) as (_, lines):
        assert shlex.split(lines[2]) == ["export", f"OPSMANAGER_PRIVATE_KEY={key}"]


def test_clock_starts_at_the_given_instant_and_goes_on() -> None:
    """A new job has the date of that clock."""
    with started("--now", "2026-03-01T00:00:00+01:00", "--json") as (_, (line,)):
        settings = json.loads(line)
        client = Client(Settings(settings["url"], settings["publicKey"], settings["privateKey"]), wall_clock())
        job = client.jobs(PROJECT).get(client.jobs(PROJECT).create(job_request()))
    assert job.creation_date is not None
    assert job.creation_date.strftime("%Y-%m-%dT%H") == "2026-02-28T23"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--project-id", "xyz"], "must be 24 lower-case hex digits"),
        (["--pace", "slow"], "must be instant, reads:N or seconds:T"),
        (["--port", "99999"], "is not in the range 0<=x<=65535"),
        (["--now", "yesterday"], "must be an RFC 3339 date and time with a zone, such as 2026-03-01T00:00:00Z"),
        (["--now", "2026-03-01"], "must be an RFC 3339 date and time with a zone"),
        (["--now", "9999-12-31T23:59:59Z"], "must be in the years 1970 to 2105"),
    ],
)
def test_malformed_option_is_a_usage_error(arguments: list[str], words: str) -> None:
    """The error says what the value must be."""
    finished = run(None, "emulator", *arguments)
    assert finished.exit_code == 2
    assert words in finished.stderr


def test_used_port_fails_with_what_to_do() -> None:
    """The error has one line and no traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        finished = subprocess.run([*COMMAND, "--port", port], capture_output=True, text=True, check=False, timeout=30)
    assert (finished.returncode, finished.stdout) == (1, "")
    assert finished.stderr == (
        f"Error: cannot listen on 127.0.0.1:{port}: Address already in use; stop the program that uses the port, "
        "or give another one with --port (0 takes a free port)\n"
    )
