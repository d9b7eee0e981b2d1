"""A person at a pipe or a terminal: runs commands with an emulator's keys in the environment."""

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
    """The clock of an emulated server, moved by hand."""

    def __init__(self) -> None:
        self._present = datetime.now(timezone.utc)

    def __call__(self) -> datetime:
        return self._present

    def advance(self, **amount: int) -> None:
        """Let time pass, e.g. `days=2`."""
        self._present += timedelta(**amount)


def keys_of(server: Emulator) -> dict[str, str]:
    """The environment of somebody who may use the server."""
    return {
        "OPSMANAGER_BASE_URL": server.url,
        "OPSMANAGER_PUBLIC_KEY": server.public_key,
        "OPSMANAGER_PRIVATE_KEY": server.private_key,
        "OPSMANAGER_PROJECT_ID": server.project_id,
    }


def run(server: Emulator | None, *arguments: str, **environment: str) -> Result:
    """Run `pulumi-opsmanager`; an exception that is no message to a person comes through."""
    variables = (keys_of(server) if server is not None else {}) | environment
    return CliRunner().invoke(main, arguments, env=variables, catch_exceptions=False)


def environment_of(server: Emulator | None, **changes: str) -> dict[str, str]:
    """The environment of a process of its own."""
    # Wide enough for a row; how wide the machine's terminal is, is no matter.
    return os.environ | {"TERM": "xterm", "COLUMNS": "80"} | (keys_of(server) if server is not None else {}) | changes


def on_a_terminal(
    server: Emulator | None,
    *arguments: str,
    stream: str = "stdout",
    command: Sequence[str] = (COMMAND,),
    **changes: str,
) -> str:
    """What a command writes to one of its streams when that is a terminal of 80 columns; the other is a pipe."""
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
        # The way a terminal ends whose other side was closed.
        pass
    finally:
        os.close(ours)
        process.communicate(timeout=30)
    return written.decode()
