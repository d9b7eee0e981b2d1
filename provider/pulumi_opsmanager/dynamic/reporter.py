"""Shows lines on the row of a resource in the engine's display."""

from __future__ import annotations

import functools
import os
import sys
from contextlib import suppress
from typing import Any

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from .call import Call

_LINE_SECONDS = 5.0


class EngineReporter:
    """Shows lines on the row of the resource of one call, or on stderr when the engine does not take them."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def info(self, line: str) -> None:
        """Show a line on the row and under Diagnostics."""
        self._send(engine_pb2.INFO, line)

    def warn(self, line: str) -> None:
        """Show a warning on the row and under Diagnostics."""
        self._send(engine_pb2.WARNING, line)

    def progress(self, line: str) -> None:
        """Show a line on the row until the next one.

        Raises:
            Unavailable: The engine no longer waits for the answer.
        """
        self._call.require_listener()
        self._send(engine_pb2.INFO, line, ephemeral=True)

    def _send(self, severity: Any, line: str, *, ephemeral: bool = False) -> None:
        # Protobuf carries no unpaired surrogates.
        text = line.encode(errors="replace").decode()
        try:
            message = engine_pb2.LogRequest(severity=severity, urn=self._call.urn, message=text, ephemeral=ephemeral)
            _engine(sys.argv[-1], os.getpid()).Log(message, timeout=_LINE_SECONDS)
        except Exception:  # noqa: BLE001  a lost line must not lose the id of a job
            # A failed channel waits longer before each new connection; a new channel connects at once.
            _engine.cache_clear()
            # stderr may be closed or full.
            with suppress(Exception):
                print(text, file=sys.stderr)  # noqa: T201  the SDK does so without an engine


# A process that was forked cannot use the channel of its parent.
@functools.lru_cache(maxsize=1)
def _engine(address: str, _process_id: int) -> Any:
    """The one connection of this process to the engine. The engine's address is the process's last argument."""
    # By default a new channel shares the connection of an old one, and its wait after a failure.
    return engine_pb2_grpc.EngineStub(grpc.insecure_channel(address, [("grpc.use_local_subchannel_pool", 1)]))
