"""What the SDK does not hand on: the running call's own request, and a line to the engine's display.

The engine sends URN and old inputs with its calls, and the SDK drops them; both are found in the calling frame. The
engine's address is the last argument of the provider process. All of it may be missing one day, and then less is
shown; nothing fails. Observed on SDK 3.272 with CLI 3.259.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import grpc
from pulumi.runtime import rpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from .values import from_engine

_LINE_SECONDS = 5.0


def running_request() -> Any | None:
    """The protobuf request that this thread is answering; None outside the provider host."""
    frame = sys._getframe(1)  # noqa: SLF001  the only way to what the SDK drops
    while frame is not None:
        request = frame.f_locals.get("request")
        if hasattr(request, "urn") and "context" in frame.f_locals:
            return request
        frame = frame.f_back  # type: ignore[assignment]
    return None


def old_inputs(request: Any | None) -> Mapping[str, Any] | None:
    """The inputs of the last `up`, from a diff or read request."""
    bag = getattr(request, "old_inputs", None) or getattr(request, "inputs", None)
    return from_engine(rpc.deserialize_properties(bag, True)) if bag is not None and len(bag.fields) else None


class EngineReporter:
    """Puts lines on the row of the resource that a request is about."""

    def __init__(self, request: Any | None) -> None:
        self._urn = getattr(request, "urn", "")

    def info(self, line: str) -> None:
        """Show a line on the row and under Diagnostics."""
        self._send(engine_pb2.INFO, line)

    def warn(self, line: str) -> None:
        """The same, as a warning."""
        self._send(engine_pb2.WARNING, line)

    def _send(self, severity: Any, line: str) -> None:
        try:
            with grpc.insecure_channel(sys.argv[-1]) as channel:
                message = engine_pb2.LogRequest(severity=severity, urn=self._urn, message=line)
                engine_pb2_grpc.EngineStub(channel).Log(message, timeout=_LINE_SECONDS)
        except (grpc.RpcError, ValueError):
            print(line, file=sys.stderr)  # noqa: T201  the SDK's own way when there is no engine
