"""Runs commands in this process, in a pipe or on a terminal, with the keys of an emulator in the environment."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path

from click.testing import CliRunner, Result

from pulumi_opsmanager.cli.main import main
from pulumi_opsmanager.emulator import Emulator

COMMAND = str(Path(sys.executable).with_name("pulumi-opsmanager"))


class ServerClock:
    """The clock of an emulated server; a test moves it."""

    def __init__(self) -> None:
        self._present = datetime.now(timezone.utc)

    def __call__(self) -> datetime:
        return self._present

    def advance(self, **amount: int) -> None:
        """Let time pass, e.g. `days=2`."""
        self._present += timedelta(**amount)


def keys_of(server: Emulator) -> dict[str, str]:
    """The variables of a person with access to the server."""
    return {
        "OPSMANAGER_BASE_URL": server.url,
        "OPSMANAGER_PUBLIC_KEY": server.public_key,
        "OPSMANAGER_PRIVATE_KEY": server.private_key,
        "OPSMANAGER_PROJECT_ID": server.project_id,
    }


def run(server: Emulator | None, *arguments: str, **environment: str) -> Result:
    """Run `pulumi-opsmanager` in this process; an exception that is not click's reaches the test."""
    variables = (keys_of(server) if server is not None else {}) | environment
    return CliRunner().invoke(main, arguments, env=variables, catch_exceptions=False)


def environment_of(server: Emulator | None, **changes: str) -> dict[str, str]:
    """The environment of a new process."""
    # The width must not depend on the terminal that runs the tests.
    return os.environ | {"TERM": "xterm", "COLUMNS": "80"} | (keys_of(server) if server is not None else {}) | changes


def answered(server: Emulator, *arguments: str, keys: str) -> subprocess.CompletedProcess[str]:
    """Run a command whose standard input is a terminal on which a person types."""
    ours, theirs = pty.openpty()
    os.write(ours, keys.encode())
    try:
        return subprocess.run(
            [COMMAND, *arguments],
            env=environment_of(server),
            stdin=theirs,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    finally:
        os.close(theirs)
        os.close(ours)


def on_a_terminal(
    server: Emulator | None,
    *arguments: str,
    stream: str = "stdout",
    command: Sequence[str] = (COMMAND,),
    **changes: str,
) -> str:
    """The output of a command to one stream that is a terminal of 80 columns; the other stream is a pipe."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*command, *arguments],
        env=environment_of(server, **changes),
        stdout=theirs if stream == "stdout" else subprocess.PIPE,
        stderr=theirs if stream == "stderr" else subprocess.PIPE,
    )
    os.close(theirs)
    written = b""
    try:
        while piece := os.read(ours, 100_000):
            written += piece
    except OSError:
        # Reading a terminal fails when its other side is closed.
        pass
    finally:
        os.close(ours)
        process.communicate(timeout=30)
    return written.decode()
