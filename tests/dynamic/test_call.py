"""The present call, read from frames that look like the host's; the real host runs in tests/engine."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from google.protobuf import struct_pb2
from pulumi.runtime.proto import provider_pb2

from pulumi_opsmanager.dynamic import call as module
from pulumi_opsmanager.dynamic.call import Call, attended_clock, current_call
from pulumi_opsmanager.errors import Unavailable
from pulumi_opsmanager.schema.fields import UNKNOWN
from tests.support import FakeClock

URN = "urn:pulumi:dev::logs::pulumi-python:dynamic:Resource::rs0"
ACTIVE = SimpleNamespace(is_active=lambda: True)
GONE = Call(URN, is_listening=lambda: False)


def struct(**values: Any) -> struct_pb2.Struct:
    made = struct_pb2.Struct()
    made.update(values)
    return made


def method() -> Call:
    """A provider's method, called by the host."""
    return current_call()


def host(request: Any, context: Any) -> Call:  # noqa: ARG001  read from the frame
    return method()


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (provider_pb2.DiffRequest(urn=URN, old_inputs=struct(a=1.0, __provider="x")), {"a": 1.0}),
        (provider_pb2.UpdateRequest(urn=URN, old_inputs=struct(a=1.0)), {"a": 1.0}),
        (provider_pb2.DeleteRequest(urn=URN, old_inputs=struct(a=1.0)), {"a": 1.0}),
        (provider_pb2.ReadRequest(urn=URN, inputs=struct(a="b")), {"a": "b"}),
        (provider_pb2.DiffRequest(urn=URN), None),
        (provider_pb2.ReadRequest(urn=URN), None),
        (provider_pb2.CheckRequest(urn=URN), None),
        (provider_pb2.CreateRequest(urn=URN), None),
    ],
    ids=["diff", "update", "delete", "read", "bare diff", "bare read", "check", "create"],
)
def test_call_has_urn_and_old_inputs_of_its_request(request_: Any, expected: dict[str, Any] | None) -> None:
    """`old_inputs` is None when the request has none; keys that start with two underscores are left out."""
    call = host(request_, ACTIVE)
    assert (call.urn, call.old_inputs) == (URN, expected)


def test_unknown_old_inputs_do_not_fail() -> None:
    """The engine's mark for an unknown becomes our `UNKNOWN`."""
    mark = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    assert host(provider_pb2.DiffRequest(urn=URN, old_inputs=struct(a=mark)), ACTIVE).old_inputs == {"a": UNKNOWN}


def test_call_outside_of_the_host_has_defaults() -> None:
    """Frames further up are not searched. A frame without request and context is not the host's."""

    def library(request: Any) -> Call:  # noqa: ARG001  read from the frame
        return method()

    def far_host(request: Any, context: Any) -> Call:
        assert context is ACTIVE
        return library(request)

    request = provider_pb2.CreateRequest(urn=URN)
    assert method() == library(request) == far_host(request, ACTIVE) == host(request, None) == Call()
    Call().require_listener()


def test_call_is_stopped_when_the_engine_has_gone() -> None:
    """`is_listening` follows the connection of the call."""
    answers = iter([True, False])
    call = host(provider_pb2.CreateRequest(urn=URN), SimpleNamespace(is_active=lambda: next(answers)))
    call.require_listener()
    with pytest.raises(Unavailable, match=r"the engine no longer waits for an answer; run `pulumi up` again$"):
        call.require_listener()


def test_attended_sleep_ends_when_the_engine_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock checks twice a second whether the engine still waits."""
    clock = FakeClock()
    monkeypatch.setattr(module, "wall_clock", lambda: clock)
    attended_clock(Call()).sleep(1)
    with pytest.raises(Unavailable):
        attended_clock(GONE).sleep(60)
    assert clock.slept == [0.5] * 3
