"""What reaches the engine and what is learnt from it, against its own protocol; a real one runs in tests/engine."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2

from pulumi_opsmanager.dynamic import engine as adapter
from pulumi_opsmanager.dynamic.engine import Call, EngineReporter, attended_clock, end_with_engine, running_call
from pulumi_opsmanager.errors import Unavailable
from tests.support import FakeClock

URN = "urn:pulumi:dev::logs::pulumi-python:dynamic:Resource::rs0"


class Engine(engine_pb2_grpc.EngineServicer):
    """Hears lines."""

    def __init__(self) -> None:
        self.heard: list[Any] = []
        self.waits: list[float] = []

    def Log(self, request: Any, context: Any) -> Any:  # noqa: N802  the protocol's name
        self.heard.append(request)
        self.waits.append(context.time_remaining())
        return empty_pb2.Empty()


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An engine whose address is the last argument of this process, as of a provider host."""
    heard = Engine()
    with ThreadPoolExecutor(1) as pool:
        server = grpc.server(pool)
        engine_pb2_grpc.add_EngineServicer_to_server(heard, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        monkeypatch.setattr("sys.argv", ["python", "provider", f"127.0.0.1:{port}"])
        yield heard
        server.stop(None).wait()


def struct(**values: Any) -> struct_pb2.Struct:
    made = struct_pb2.Struct()
    made.update(values)
    return made


def attended(*, is_active: bool) -> Call:
    return Call(SimpleNamespace(urn=URN), SimpleNamespace(is_active=lambda: is_active))


@pytest.mark.parametrize(
    ("name", "severity", "ephemeral"),
    [
        ("info", engine_pb2.INFO, False),
        ("warn", engine_pb2.WARNING, False),
        ("progress", engine_pb2.INFO, True),
    ],
)
def test_line_stands_on_the_row_of_its_resource(
    engine: Engine, capsys: pytest.CaptureFixture[str], name: str, severity: int, ephemeral: bool
) -> None:
    """Severity, URN and whether the next line takes its place; nothing goes to stderr then."""
    getattr(EngineReporter(attended(is_active=True)), name)("the line \ud83d")
    (heard,) = engine.heard
    assert (heard.severity, heard.urn, heard.message, heard.ephemeral) == (severity, URN, "the line ?", ephemeral)
    assert engine.waits[0] == pytest.approx(5, abs=1)
    assert capsys.readouterr().err == ""


def test_line_of_an_unknown_resource_stands_on_the_stacks_row(engine: Engine) -> None:
    """An empty URN is the stack's."""
    EngineReporter(Call()).info("the line")
    assert [heard.urn for heard in engine.heard] == [""]


def test_progress_that_nobody_waits_for_stops_the_call(engine: Engine) -> None:
    """What an engine that has gone no longer hears is an error; other lines never raise."""
    gone = EngineReporter(attended(is_active=False))
    gone.info("the line")
    with pytest.raises(Unavailable, match="the engine no longer waits; run up again to go on"):
        gone.progress("the line")
    assert len(engine.heard) == 1


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (provider_pb2.DiffRequest(old_inputs=struct(a=1.0, __provider="x")), {"a": 1.0}),
        (provider_pb2.ReadRequest(inputs=struct(a="b")), {"a": "b"}),
        (provider_pb2.DiffRequest(), None),
        (provider_pb2.ReadRequest(), None),
        (provider_pb2.CreateRequest(), None),
    ],
    ids=["diff", "read", "bare diff", "bare read", "create"],
)
def test_old_inputs_are_in_the_requests_that_have_them(request_: Any, expected: dict[str, Any] | None) -> None:
    """Of a diff and of a read; none is not known."""
    assert Call(request_).old_inputs() == expected


def test_unknown_old_inputs_are_no_reason_to_fail() -> None:
    """The engine sends its mark for them, and the rules see ours."""
    mark = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    found = Call(provider_pb2.DiffRequest(old_inputs=struct(a=mark))).old_inputs()
    assert found is not None
    assert repr(found["a"]) == "unknown"


def test_call_is_found_in_the_frame_that_has_request_and_context() -> None:
    """However deep; what is called a request alone is passed over."""
    outer, other = SimpleNamespace(urn=URN), SimpleNamespace(urn="other")

    def host(request: Any, context: Any) -> Call:
        assert (request, context) == (outer, "context")

        def library(request: Any) -> Call:
            assert request is other
            return running_call()

        return library(other)

    def near(request: Any, context: Any) -> Call:
        assert (request, context) == (outer, "context")
        return running_call()

    assert near(outer, "context") == host(outer, "context") == Call(outer, "context")
    assert host(outer, "context").urn == URN


def test_attended_sleep_lasts_as_long_as_somebody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is slept in pieces of half a second; an engine that has gone ends it after one."""
    clock = FakeClock()
    monkeypatch.setattr(adapter, "wall_clock", lambda: clock)
    attended_clock(attended(is_active=True)).sleep(1.75)
    attended_clock(attended(is_active=True)).sleep(1)
    assert clock.slept == [0.5, 0.5, 0.5, 0.25, 0.5, 0.5]
    assert attended_clock(Call()).now() == clock.now()
    with pytest.raises(Unavailable):
        attended_clock(attended(is_active=False)).sleep(60)
    assert clock.slept[6:] == [0.5]


def watchers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "engine-watch"]


@pytest.mark.parametrize("address", ["", "provider", "unix:/nowhere", ":50051", "127.0.0.1:", "127.0.0.1:port"])
def test_without_an_address_no_end_is_watched_for(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """The package also runs in programs and tests."""
    monkeypatch.setattr("sys.argv", ["provider", address])
    monkeypatch.setattr(adapter, "_watch", lambda _engine: pytest.fail("watched"))
    end_with_engine()
    assert watchers() == []


def test_end_of_the_engine_is_watched_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each provider of a process asks for it; one thread does, and holds no process back."""
    watched, ends = [], threading.Event()

    def watch(engine: tuple[str, int]) -> None:
        watched.append(engine)
        ends.wait()

    monkeypatch.setattr("sys.argv", ["python", "provider", "[::1]:50051"])
    monkeypatch.setattr(adapter, "_watch", watch)
    end_with_engine()
    end_with_engine()
    (thread,) = watchers()
    ends.set()
    thread.join()
    assert (watched, thread.daemon) == ([("[::1]", 50051)], True)


@pytest.mark.parametrize(
    ("handler", "sent"), [(signal.default_int_handler, signal.SIGINT), (signal.SIG_IGN, signal.SIGTERM)]
)
def test_process_ends_with_its_engine(monkeypatch: pytest.MonkeyPatch, handler: Any, sent: int) -> None:
    """By the engine's own signal, or by one that a job of the background hears; looked for every two seconds."""
    clock, looks = FakeClock(), iter([True, True, False])
    killed: list[tuple[int, int]] = []
    monkeypatch.setattr(adapter, "wall_clock", lambda: clock)
    monkeypatch.setattr(adapter, "_listens", lambda engine: engine == ("host", 1) and next(looks))
    monkeypatch.setattr("os.kill", lambda *signal_to: killed.append(signal_to))
    monkeypatch.setattr("signal.getsignal", {signal.SIGINT: handler}.get)
    adapter._watch(("host", 1))
    assert clock.slept == [2, 2]
    assert killed == [(os.getpid(), sent)]


def test_only_a_refused_connection_proves_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is late, or cannot be asked, may still be there."""

    def late(*asked: object) -> socket.socket:
        assert asked == (engine, 5)
        raise TimeoutError

    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        engine = listener.getsockname()
        assert adapter._listens(engine)
    assert not adapter._listens(engine)
    monkeypatch.setattr("socket.create_connection", late)
    assert adapter._listens(engine)
