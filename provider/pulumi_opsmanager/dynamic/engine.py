"""What the SDK does not hand on: the running call's own request, a line to the engine's display, the engine's end.

The engine sends URN and old inputs with its calls, and the SDK drops them; both are found in the calling frame, beside
the call's context, which tells whether anybody still waits for the answer. The engine's address is the last argument
of the provider process. All of it may be missing one day, and then less is shown; nothing fails. Observed on SDK 3.272
with CLI 3.259.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import grpc
from pulumi.runtime import rpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from pulumi_opsmanager.clock import Clock, wall_clock
from pulumi_opsmanager.errors import OpsManagerError, Unavailable

from .values import from_engine

_LINE_SECONDS = 5.0

# The engine kills a process that is still there 5 s after a second Ctrl-C.
_ATTENTION_SECONDS = 0.5

_WATCH = "engine-watch"
_WATCH_SECONDS = 2.0


@dataclass(frozen=True)
class Call:
    """A call that this thread is answering.

    Attributes:
        request: Its protobuf message; None outside the provider host.
        context: Of gRPC; None outside the provider host.
    """

    request: Any = None
    context: Any = None

    @property
    def urn(self) -> str:
        """Of the resource; empty when it is not known, which is the stack's row."""
        return getattr(self.request, "urn", "")

    @contextmanager
    def naming(self) -> Iterator[None]:
        """Add the resource's name to our errors: the rules do not know what the program calls it."""
        try:
            yield
        except OpsManagerError as error:
            if self.urn:
                error.args = (f"{error} (resource {self.urn.rpartition('::')[2]!r})",)
            raise

    def old_inputs(self) -> Mapping[str, Any] | None:
        """The stored inputs, in a diff or read; None where the engine does not tell.

        They are those of the last `up`, or as a refresh since has rewritten them.
        """
        bag = getattr(self.request, "old_inputs", None) or getattr(self.request, "inputs", None)
        return from_engine(rpc.deserialize_properties(bag, True)) if bag is not None and len(bag.fields) else None

    def require_listener(self) -> None:
        """Stop a long call that nobody waits for any more, as after a second Ctrl-C.

        Raises:
            Unavailable: The engine has gone.
        """
        if self.context is not None and not self.context.is_active():
            raise Unavailable("stopped, since the engine no longer waits; run up again to go on")


def running_call() -> Call:
    """The call that this thread is answering; an empty one outside the provider host."""
    frame = sys._getframe(1)  # noqa: SLF001  the only way to what the SDK drops
    while frame is not None:
        request = frame.f_locals.get("request")
        if hasattr(request, "urn") and "context" in frame.f_locals:
            return Call(request, frame.f_locals["context"])
        frame = frame.f_back  # type: ignore[assignment]
    return Call()


def attended_clock(call: Call) -> Clock:
    """The wall clock, whose sleep ends with an error when nobody waits for the call any more."""
    wall = wall_clock()

    def sleep(seconds: float) -> None:
        left = seconds
        while left > 0:
            wall.sleep(min(left, _ATTENTION_SECONDS))
            left -= _ATTENTION_SECONDS
            call.require_listener()

    return Clock(wall.now, sleep)


class EngineReporter:
    """Puts lines on the row of the resource that a call is about."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def info(self, line: str) -> None:
        """Show a line on the row and under Diagnostics."""
        self._send(engine_pb2.INFO, line)

    def warn(self, line: str) -> None:
        """The same, as a warning."""
        self._send(engine_pb2.WARNING, line)

    def progress(self, line: str) -> None:
        """Show a line on the row until the next one.

        Raises:
            Unavailable: The engine has gone.
        """
        self._call.require_listener()
        self._send(engine_pb2.INFO, line, ephemeral=True)

    def _send(self, severity: Any, line: str, *, ephemeral: bool = False) -> None:
        # Protobuf carries no unpaired surrogates.
        text = line.encode(errors="replace").decode()
        try:
            with grpc.insecure_channel(sys.argv[-1]) as channel:
                message = engine_pb2.LogRequest(
                    severity=severity, urn=self._call.urn, message=text, ephemeral=ephemeral
                )
                engine_pb2_grpc.EngineStub(channel).Log(message, timeout=_LINE_SECONDS)
        except Exception:  # noqa: BLE001  a line that is not shown must not lose the id of a job
            # Closed or full, stderr is no better.
            with suppress(Exception):
                print(text, file=sys.stderr)  # noqa: T201  the SDK's own way when there is no engine


def end_with_engine() -> None:
    """Watch the engine from here on, and end this process when the engine is no more.

    An engine that is killed tells nobody: the SDK's host would wait for its next call for ever, with the keys in its
    memory. Nothing happens outside the provider host. Call it as often as you like, one call at a time.
    """
    host, _, port = sys.argv[-1].rpartition(":")
    if host and port.isdecimal() and not any(thread.name == _WATCH for thread in threading.enumerate()):
        threading.Thread(target=_watch, args=((host, int(port)),), name=_WATCH, daemon=True).start()


def _watch(engine: tuple[str, int]) -> None:
    while _listens(engine):
        wall_clock().sleep(_WATCH_SECONDS)
    # As the engine itself would: calls under way come to their end, and clean up. A job of the background ignores it.
    is_deaf = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    os.kill(os.getpid(), signal.SIGTERM if is_deaf else signal.SIGINT)


def _listens(engine: tuple[str, int]) -> bool:
    try:
        socket.create_connection(engine, _LINE_SECONDS).close()
    except ConnectionRefusedError:
        return False
    except OSError:
        # Late, or no sockets left here: that tells nothing.
        return True
    return True
