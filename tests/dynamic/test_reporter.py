"""Lines on the row of a resource, sent over the engine's own protocol. A real engine runs in tests/engine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from pulumi_opsmanager.dynamic.call import Call
from pulumi_opsmanager.dynamic.reporter import EngineReporter
from pulumi_opsmanager.errors import Unavailable

URN = "urn:pulumi:dev::logs::pulumi-python:dynamic:Resource::rs0"


class Engine(engine_pb2_grpc.EngineServicer):
    """A server of the engine's protocol that records lines."""

    def __init__(self) -> None:
        self.lines: list[Any] = []
        self.waits: list[float] = []
        self.peers: set[str] = set()

    def Log(self, request: Any, context: Any) -> Any:  # noqa: N802  the protocol's name
        self.lines.append(request)
        self.waits.append(context.time_remaining())
        self.peers.add(context.peer())
        return empty_pb2.Empty()


@contextmanager
def engine_at(address: str) -> Iterator[tuple[Engine, str]]:
    engine = Engine()
    with ThreadPoolExecutor(1) as pool:
        server = grpc.server(pool)
        engine_pb2_grpc.add_EngineServicer_to_server(engine, server)
        host, _, _ = address.partition(":")
        port = server.add_insecure_port(address)
        server.start()
        try:
            yield engine, f"{host}:{port}"
        finally:
            server.stop(None).wait()


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An engine whose address is the last argument of this process, as in a provider's host."""
    with engine_at("127.0.0.1:0") as (engine, address):
        monkeypatch.setattr("sys.argv", ["python", "provider", address])
        yield engine


@pytest.mark.parametrize(
    ("name", "severity", "ephemeral"),
    [
        ("info", engine_pb2.INFO, False),
        ("warn", engine_pb2.WARNING, False),
        ("progress", engine_pb2.INFO, True),
    ],
)
def test_line_is_shown_on_the_row_of_its_resource(
    engine: Engine, capsys: pytest.CaptureFixture[str], name: str, severity: int, ephemeral: bool
) -> None:
    """The engine receives severity, URN and whether the next line replaces this one; stderr stays empty."""
    getattr(EngineReporter(Call(URN)), name)("the line \ud83d")
    (line,) = engine.lines
    assert (line.severity, line.urn, line.message, line.ephemeral) == (severity, URN, "the line ?", ephemeral)
    assert engine.waits[0] == pytest.approx(5, abs=1)
    assert capsys.readouterr().err == ""


def test_line_of_an_unknown_resource_is_shown_on_the_row_of_the_stack(engine: Engine) -> None:
    """An empty URN means the stack."""
    EngineReporter(Call()).info("the line")
    assert [line.urn for line in engine.lines] == [""]


def test_lines_of_all_resources_share_one_connection(engine: Engine) -> None:
    """A connection per line costs more than the line."""
    for number in range(5):
        EngineReporter(Call(f"{URN}-{number}")).info("the line")
    assert (len(engine.lines), len(engine.peers)) == (5, 1)


def test_progress_stops_a_call_when_the_engine_has_gone(engine: Engine) -> None:
    """The other lines never raise."""
    gone = EngineReporter(Call(URN, is_listening=lambda: False))
    gone.info("the line")
    with pytest.raises(Unavailable, match="the engine no longer waits"):
        gone.progress("the line")
    assert len(engine.lines) == 1


@pytest.mark.parametrize(("said", "shown"), [("the line", "the line"), ("cannot read \ud83d", "cannot read ?")])
def test_line_without_an_engine_goes_to_stderr(
    said: str, shown: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line never raises, also without stderr and without arguments of the process."""
    monkeypatch.setattr("sys.argv", ["provider", "127.0.0.1:9"])
    EngineReporter(Call()).warn(said)
    assert capsys.readouterr().err == f"{shown}\n"
    monkeypatch.setattr("sys.stderr", None)
    monkeypatch.setattr("sys.argv", [])
    EngineReporter(Call()).warn(said)


def test_connection_that_was_lost_is_opened_again(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Meanwhile one line goes to stderr. The next line reaches an engine at the same address without a pause."""
    with engine_at("127.0.0.1:0") as (_, address):
        monkeypatch.setattr("sys.argv", ["python", "provider", address])
        EngineReporter(Call()).info("before")
    EngineReporter(Call()).info("meanwhile")
    assert capsys.readouterr().err == "meanwhile\n"
    with engine_at(address) as (engine, _):
        EngineReporter(Call()).info("after")
    assert [line.message for line in engine.lines] == ["after"]


def test_process_that_was_forked_opens_its_own_connection(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The channel of the parent would never answer."""
    EngineReporter(Call()).info("parent")
    monkeypatch.setattr(os, "getpid", lambda: -1)
    EngineReporter(Call()).info("child")
    assert (len(engine.lines), len(engine.peers)) == (2, 2)
