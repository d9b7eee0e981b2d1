"""The provider process ends with the engine. A real engine runs in tests/engine."""

from __future__ import annotations

import os
import signal
import socket
import threading
from contextlib import closing
from typing import Any

import pytest

from pulumi_opsmanager.dynamic import watch
from pulumi_opsmanager.dynamic.watch import end_with_engine
from tests.support import FakeClock


def watchers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "engine-watch"]


@pytest.mark.parametrize("address", ["", "provider", "unix:/nowhere", ":50051", "127.0.0.1:", "127.0.0.1:port"])
def test_process_without_an_engine_starts_no_watch(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """The package also runs in programs and tests."""
    monkeypatch.setattr("sys.argv", ["provider", address])
    monkeypatch.setattr(watch, "_watch", lambda _engine: pytest.fail("watched"))
    end_with_engine()
    assert watchers() == []


def test_all_providers_of_a_process_start_one_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its thread does not keep the process alive."""
    watched, ends = [], threading.Event()

    def wait(engine: tuple[str, int]) -> None:
        watched.append(engine)
        ends.wait()

    monkeypatch.setattr("sys.argv", ["python", "provider", "[::1]:50051"])
    monkeypatch.setattr(watch, "_watch", wait)
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
    """The process sends itself SIGINT, or SIGTERM where SIGINT is ignored. It looks for the engine every 2 s."""
    clock, looks = FakeClock(), iter([True, True, False])
    killed: list[tuple[int, int]] = []
    monkeypatch.setattr(watch, "wall_clock", lambda: clock)
    monkeypatch.setattr(watch, "_listens", lambda engine: engine == ("host", 1) and next(looks))
    monkeypatch.setattr("os.kill", lambda *signal_to: killed.append(signal_to))
    monkeypatch.setattr("signal.getsignal", {signal.SIGINT: handler}.get)
    watch._watch(("host", 1))
    assert clock.slept == [2, 2]
    assert killed == [(os.getpid(), sent)]


def test_only_a_refused_connection_proves_that_the_engine_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a timeout the engine may still run."""

    def late(*asked: object) -> socket.socket:
        assert asked == (engine, 5)
        raise TimeoutError

    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        engine = listener.getsockname()
        assert watch._listens(engine)
    assert not watch._listens(engine)
    monkeypatch.setattr("socket.create_connection", late)
    assert watch._listens(engine)
