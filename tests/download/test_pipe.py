from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillWaiting
from typing import TypeVar

import pytest

from pulumi_opsmanager.download.pipe import Pipe

MEBIBYTE = bytes(1024 * 1024)
SECONDS = 5

_Result = TypeVar("_Result")


def started(call: Callable[[], _Result]) -> Future[_Result]:
    """Run a call in its own thread."""
    return ThreadPoolExecutor(1).submit(call)


def test_bytes_come_in_order_and_in_any_size() -> None:
    """A read returns at most its size, and nothing after the end."""
    pipe = Pipe()
    for piece in (b"abc", b"", b"defgh"):
        assert pipe.write(piece)
    pipe.close()
    assert [pipe.read(2) for _ in range(7)] == [b"ab", b"c", b"de", b"fg", b"h", b"", b""]


def test_writer_waits_while_many_bytes_are_unread() -> None:
    """Memory is bounded. Each read lets the writer continue."""
    pipe = Pipe()
    written = started(lambda: [pipe.write(MEBIBYTE) for _ in range(8)])
    with pytest.raises(StillWaiting):
        written.result(0.1)
    read = 0
    while read < 8 * len(MEBIBYTE):
        read += len(pipe.read(100_000))
    assert written.result(SECONDS) == [True] * 8


def test_abandoned_writer_does_not_wait() -> None:
    """A waiting and a later write both return False."""
    pipe = Pipe()
    written = started(lambda: [pipe.write(MEBIBYTE) for _ in range(8)])
    with pytest.raises(StillWaiting):
        written.result(0.1)
    pipe.abandon()
    assert written.result(SECONDS)[-1] is False
    assert started(lambda: [pipe.write(MEBIBYTE) for _ in range(8)]).result(SECONDS) == [False] * 8


def test_reader_is_released_by_the_end() -> None:
    """A reader that waits for bytes receives the end when the writer closes."""
    pipe = Pipe()
    read = started(lambda: pipe.read(10))
    with pytest.raises(StillWaiting):
        read.result(0.05)
    pipe.close()
    assert read.result(SECONDS) == b""
