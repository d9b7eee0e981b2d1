"""How Terraform starts, reaches and ends the provider: the plugin handshake, and one process for each start.

Terraform sends the handshake in environment variables. The answer is one line on stdout with the path of a socket.
After that line stdout is a copy of stderr, so that printed text goes to the log.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final

from pulumi_opsmanager.clock import wall_clock
from pulumi_opsmanager.errors import needs_extra

from .log import log, send_logging
from .server import listen, make_server, stop_server

# Source: the plugin settings that Terraform and its providers share. The cookie is public and not a secret.
COOKIE: Final = ("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2")

PROTOCOL: Final = 6
LAUNCHED_AS: Final = "--launched-as"
"""The option with which the installed launcher passes its version."""

_LONGEST_SOCKET: Final = 100  # characters; some systems take 103
_PACKAGE: Final = "pulumi-opsmanager"
_INSTALL: Final = f"{_PACKAGE} terraform install"


def main() -> int:
    """Serve until Terraform ends the provider or dies, then end the process. Returns 1 if the provider cannot serve."""
    # A signal to Terraform's process group reaches this process too. Terraform decides what to stop, and calls
    # StopProvider.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    if os.environ.get(COOKIE[0]) != COOKIE[1]:
        sys.stderr.write(
            "This is the Terraform and OpenTofu provider for MongoDB Ops Manager. Terraform starts it, people do not.\n"
            f"Install it with `{_INSTALL}`, then run `terraform init` (or `tofu init`).\n"
        )
        return 1
    try:
        if problem := _problem(sys.argv[1:]):
            return _refuse(problem)
        from .provider import Provider

        return run(Provider(wall_clock()))
    except ModuleNotFoundError as error:
        return _refuse(f"{error}; {sys.executable} {needs_extra('terraform')}")
    except Exception as error:  # noqa: BLE001  Terraform shows no trace
        log("error", "the provider cannot start", trace=traceback.format_exc())
        return _refuse(f"the provider cannot start: {type(error).__name__}: {error}")


def run(provider: Any) -> int:
    """Serve a provider in a process that Terraform has started, then end the process."""
    folder = tempfile.mkdtemp(prefix="opsmanager-", dir=os.environ.get("PLUGIN_UNIX_SOCKET_DIR") or None)
    _clean_up_on_signals(folder)
    try:
        ended = Event()
        server = make_server(provider, on_shutdown=ended.set)
        if len(address := f"{folder}/s") > _LONGEST_SOCKET:
            raise ValueError(f"the path of a socket below {folder} is too long; set TMPDIR to a shorter folder")
        shown = listen(server, address)
        server.start()
        send_logging()
        kept = os.dup(1)
        os.write(kept, f"1|{PROTOCOL}|unix|{address}|grpc|{shown}\n".encode())
        os.dup2(2, 1)
        sys.stdout = sys.stderr  # stderr writes each line at once
        Thread(target=_end_with_reader, args=(kept, ended), daemon=True).start()
        ended.wait()
        stop_server(server, provider)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)  # a thread that still waits for Ops Manager must not keep the process


@contextmanager
def serving(provider: Any, folder: Path) -> Iterator[Path]:
    """Serve a provider in this process, without TLS. Terraform finds it by `TF_REATTACH_PROVIDERS`.

    Args:
        provider: The provider to serve.
        folder: A folder that only this user can enter. Its path must be shorter than about 100 characters.

    Yields: The path of the socket.
    """
    socket = folder / "s"
    server = make_server(provider, on_shutdown=Event().set)
    server.add_insecure_port(f"unix:{socket}")
    server.start()
    try:
        yield socket
    finally:
        stop_server(server, provider)


def _problem(arguments: Sequence[str]) -> str | None:
    """The error if the launcher and the package have different versions; None if they match."""
    installed = metadata.version(_PACKAGE)
    if arguments[:1] != [LAUNCHED_AS] or arguments[1:2] == [installed]:
        return None
    launcher = f"the launcher of provider version {''.join(arguments[1:2])} found {_PACKAGE} {installed}"
    return f"{launcher}: run `{_INSTALL}`, then `terraform init -upgrade`"


def _refuse(problem: str) -> int:
    """Write why the provider does not start. Terraform shows the first line of stdout. stderr goes to its log only."""
    sys.stderr.write(f"error: {problem}\n")
    sys.stdout.write(f"error: {problem}\n")
    return 1


def _end_with_reader(pipe: int, ended: Event) -> None:
    """Wait until nobody reads the kept stdout any more: a Terraform that was killed sends no request to end.

    This function must not write a log line: the write would fail, and `ended` would stay unset.
    """
    watch = select.poll()
    watch.register(pipe, 0)  # errors only
    watch.poll()
    ended.set()


def _clean_up_on_signals(folder: str) -> None:
    def end(number: int, _frame: object) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(128 + number)  # as a shell reports the signal

    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # as `nohup` leaves it
        signal.signal(signal.SIGHUP, end)


if __name__ == "__main__":
    sys.exit(main())
