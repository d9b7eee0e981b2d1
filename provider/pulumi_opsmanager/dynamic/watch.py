"""Ends the provider process when the engine ends.

An engine that was killed sends no signal. The SDK's host would wait for its next call forever, with the keys in memory.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading

from pulumi_opsmanager.clock import wall_clock

_NAME = "engine-watch"
_PAUSE_SECONDS = 2.0
_CONNECT_SECONDS = 5.0


def end_with_engine() -> None:
    """Start to watch the engine, once per process. Without an engine's address nothing happens.

    The address is the last argument of the process. Two threads may not call this at the same time.
    """
    host, _, port = sys.argv[-1].rpartition(":")
    if host and port.isdecimal() and not any(thread.name == _NAME for thread in threading.enumerate()):
        threading.Thread(target=_watch, args=((host, int(port)),), name=_NAME, daemon=True).start()


def _watch(engine: tuple[str, int]) -> None:
    while _listens(engine):
        wall_clock().sleep(_PAUSE_SECONDS)
    # The engine itself sends SIGINT: calls under way then end and clean up. A background job ignores SIGINT.
    ignores_sigint = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    os.kill(os.getpid(), signal.SIGTERM if ignores_sigint else signal.SIGINT)


def _listens(engine: tuple[str, int]) -> bool:
    try:
        socket.create_connection(engine, _CONNECT_SECONDS).close()
    except ConnectionRefusedError:
        return False
    except OSError:
        # A timeout or a lack of sockets does not prove that the engine ended.
        return True
    return True
