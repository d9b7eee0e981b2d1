"""The present call of the engine: the facts that the SDK's host receives but does not pass to a provider.

The host has the URN, the old inputs and the connection as locals of the function that calls the provider. If a later
SDK has other locals, messages show less, but nothing fails. Verified with SDK 3.272 and CLI 3.259.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from pulumi.runtime import rpc

from pulumi_opsmanager.clock import Clock, attended, wall_clock
from pulumi_opsmanager.errors import OpsManagerError, Unavailable

from .values import from_engine


@dataclass(frozen=True)
class Call:
    """A call of the engine. Outside the SDK's host all attributes have their defaults.

    Attributes:
        urn: URN of the resource; "" means the stack.
        old_inputs: Stored inputs in a diff, read, update or delete, by the last `up` or refresh. None if not sent.
        is_listening: Returns False when the engine no longer waits for the answer.
    """

    urn: str = ""
    old_inputs: Mapping[str, Any] | None = None
    is_listening: Callable[[], bool] = lambda: True

    @contextmanager
    def naming(self) -> Iterator[None]:
        """Add the name of the resource in the program to our errors."""
        try:
            yield
        except OpsManagerError as error:
            if name := self.urn.rpartition("::")[2]:
                error.subject = replace(error.subject, resource=name)
                error.args = (f"{error} (resource {name!r})",)
            raise

    def require_listener(self) -> None:
        """Stop a long call after the engine has gone, as after a second Ctrl-C.

        Raises:
            Unavailable: The engine no longer waits for the answer.
        """
        if not self.is_listening():
            raise Unavailable("stopped because the engine no longer waits for an answer; run `pulumi up` again")


def current_call() -> Call:  # pragma: no mutate block
    """Read the call from the frame of the SDK's host.

    Only a function that the host itself calls may use this: the host's frame is the one above that function.
    """
    # mutmut adds frames to a function that it mutates, so it leaves this one out.
    host = sys._getframe(1).f_back  # noqa: SLF001  the only way to what the SDK drops
    return Call() if host is None else _call_of(host.f_locals.get("request"), host.f_locals.get("context"))


def _call_of(request: Any, context: Any) -> Call:
    if not hasattr(request, "urn") or not hasattr(context, "is_active"):
        return Call()
    # A read sends the stored inputs under another name than a diff, an update and a delete.
    stored = getattr(request, "old_inputs", None) or getattr(request, "inputs", None)
    is_sent = stored is not None and len(stored.fields) > 0
    old_inputs = from_engine(rpc.deserialize_properties(stored, True)) if is_sent else None
    return Call(request.urn, old_inputs, context.is_active)


def attended_clock(call: Call) -> Clock:
    """The wall clock; its sleep raises `Unavailable` within 0.5 s after the engine no longer waits for the call."""
    # The engine kills a process that still runs 5 s after a second Ctrl-C.
    return attended(wall_clock(), call.require_listener)
