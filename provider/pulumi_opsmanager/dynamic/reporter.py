"""Shows lines on the row of a resource in the engine's display."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from pulumi_opsmanager.lifecycle.reporter import Reporter
from pulumi_opsmanager.schema.fields import Values

from .call import Call
from .values import storable

_LINE_SECONDS = 5.0


def kept(reporter: Reporter, outputs: Values) -> dict[str, Any]:
    """Outputs that the SDK's host can send and read back: after this, nothing can lose the resource.

    What cannot be stored is left out with a warning: the next run finds it missing.
    """
    answer, lost = storable(outputs)
    for key, problem in lost.items():
        reporter.warn(f"{key} is left out of the state, because it cannot be stored ({problem})")
    return answer


class EngineReporter:
    """Shows lines on the row of the resource of one call, or on stderr when the engine does not take them."""

    def __init__(self, call: Call, engine: str | None = None, written: Callable[[str], str] = str) -> None:
        """Report for a call.

        Args:
            call: The call under way.
            engine: Address of the engine. Default: the last argument of the process.
            written: Returns a line as the program of the user writes its names.
        """
        self._call = call
        self._engine = engine
        self._written = written

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
        text = self._written(line).encode(errors="replace").decode()
        try:
            message = engine_pb2.LogRequest(severity=severity, urn=self._call.urn, message=text, ephemeral=ephemeral)
            _engine(self._engine or sys.argv[-1], os.getpid()).Log(message, timeout=_LINE_SECONDS)
        except Exception:  # noqa: BLE001  a lost line must not lose the id of a job
            # A failed channel waits longer before each new connection; a new channel connects at once.
            _engine.cache_clear()
            # stderr may be closed or full.
            with suppress(Exception):
                print(text, file=sys.stderr)  # noqa: T201  the SDK does so without an engine


# A process that was forked cannot use the channel of its parent.
@functools.lru_cache(maxsize=1)
def _engine(address: str, _process_id: int) -> Any:
    """The one connection of this process to the engine."""
    # By default a new channel shares the connection of an old one, and its wait after a failure.
    return engine_pb2_grpc.EngineStub(grpc.insecure_channel(address, [("grpc.use_local_subchannel_pool", 1)]))
