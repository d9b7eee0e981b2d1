"""A command line whose processes die: a server of forks, each of which runs one command and may kill itself.

Started as a program, it reads one JSON object a line: arguments, environment and the point at which the process dies.
It answers with the exit code, or the negative number of the signal, and with what was printed. A point is the begin or
the end of a request, of a piece of an archive, or of a file that takes its name.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.engine.scaled.clock import scaled_clock
from tests.support import ROOT


@dataclass(frozen=True)
class Ended:
    """How a process ended: its exit code, -9 after a kill; and what it printed."""

    code: int
    stdout: str
    stderr: str


class Processes:
    """Runs commands one after another, each in a process of its own."""

    def __init__(self, server: subprocess.Popen[str]) -> None:
        self._server = server

    def run(self, arguments: Sequence[str], environment: Mapping[str, str], *, dies_at: int = 0) -> Ended:
        """Run a command; with a number its process kills itself at that point, if it comes so far."""
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        order = {"arguments": arguments, "environment": environment, "dies_at": dies_at}
        self._server.stdin.write(json.dumps(order) + "\n")
        self._server.stdin.flush()
        return Ended(**json.loads(self._server.stdout.readline()))


@contextmanager
def processes(started: float, scale: float) -> Iterator[Processes]:
    """A server of forks, whose processes have a scaled clock."""
    command = [sys.executable, "-m", __name__, str(started), str(scale)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        yield Processes(server)
        assert server.stdin is not None
        server.stdin.close()


def _serve(started: float, scale: float) -> None:
    _prepare(started, scale)
    for line in sys.stdin:
        order = json.loads(line)
        with tempfile.TemporaryDirectory() as folder:
            out, err = Path(folder) / "out", Path(folder) / "err"
            if (child := os.fork()) == 0:
                _run(order, out, err)
            _, status = os.waitpid(child, 0)
            ended = {"code": os.waitstatus_to_exitcode(status), "stdout": out.read_text(), "stderr": err.read_text()}
        print(json.dumps(ended), flush=True)


def _run(order: Mapping[str, Any], out: Path, err: Path) -> None:
    """What a fork does; it never returns."""
    from pulumi_opsmanager.cli.main import main

    for number, path in ((1, out), (2, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), number)
    os.environ.update(order["environment"])
    _die_at(order["dies_at"])
    code = 1
    try:
        main(order["arguments"])
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _prepare(started: float, scale: float) -> None:
    """Import what a command needs, once for all forks, and give them their clock."""
    import pulumi_opsmanager.cli.collector
    import pulumi_opsmanager.download.fetch  # noqa: F401
    from pulumi_opsmanager.cli import access

    clock, connection = scaled_clock(started, scale), access.Connection
    access.Connection = lambda found, profile: connection(found, profile, clock)  # type: ignore[assignment,misc]


def _die_at(point: int) -> None:
    from pulumi_opsmanager.api.connection import Connection
    from pulumi_opsmanager.download.draft import Draft

    points = itertools.count(1)

    def reach() -> None:
        if next(points) == point:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **options: Any) -> Any:
            reach()
            answer = function(*arguments, **options)
            reach()
            return answer

        return run

    for kind, name in ((Connection, "send"), (Connection, "open"), (Draft, "write"), (Draft, "keep")):
        setattr(kind, name, around(getattr(kind, name)))


if __name__ == "__main__":
    _serve(*map(float, sys.argv[1:]))
