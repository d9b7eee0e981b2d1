"""Each fault of a body and of a collection, as a client that is not ours meets it."""

from __future__ import annotations

import gzip
import http.client
import io
import shutil
import tarfile
import time
import tracemalloc
import urllib.request
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import IO

import pytest

from pulumi_opsmanager.emulator import Behaviour, Emulator, FaultKind, after_reads
from tests.emulator.asking import JOBS, ask, made, opener_for


@contextmanager
def opened(server: Emulator, path: str, *, timeout_seconds: float = 5) -> Iterator[IO[bytes]]:
    """A body that is not read yet."""
    with opener_for(server).open(server.url + path, timeout=timeout_seconds) as response:
        yield response


def control(server: Emulator, method: str, path: str) -> None:
    """Ask a control route, which needs no key."""
    request = urllib.request.Request(f"{server.url}/_emulator/{path}", method=method)  # noqa: S310  the emulator's own
    urllib.request.urlopen(request, timeout=5).close()  # noqa: S310


@pytest.fixture
def download(server: Emulator) -> str:
    """The path of an archive."""
    return f"{JOBS}/{made(server)}/download"


@pytest.mark.parametrize("after_bytes", [0, 1, 5000])
def test_cut_body_ends_after_so_many_bytes(server: Emulator, download: str, after_bytes: int) -> None:
    """The received bytes are right, and the client detects that some are missing. The next request is served."""
    whole = ask(server, "GET", download).body
    server.fail("download", FaultKind.CUT_BODY, after_bytes=after_bytes)
    received = io.BytesIO()
    with opened(server, download) as body, pytest.raises(http.client.IncompleteRead):
        shutil.copyfileobj(body, received, length=1)
    assert received.getvalue() == whole[:after_bytes]
    assert ask(server, "GET", download).body == whole


def test_cut_body_is_for_every_route(server: Emulator) -> None:
    """JSON can be cut too."""
    job = f"{JOBS}/{made(server)}"
    server.fail("get", FaultKind.CUT_BODY, after_bytes=10)
    with pytest.raises(http.client.IncompleteRead) as cut:
        ask(server, "GET", job)
    assert len(cut.value.partial) == 10


def test_wrong_length_is_larger_than_the_body(server: Emulator, download: str) -> None:
    """All bytes arrive, but the client waits for more until the connection ends."""
    whole = ask(server, "GET", download).body
    server.fail("download", FaultKind.WRONG_LENGTH)
    with opened(server, download) as body, pytest.raises(http.client.IncompleteRead) as short:
        body.read()
    assert short.value.partial == whole


@pytest.mark.parametrize("after_bytes", [0, 20, 5000, 10**9])
def test_corrupt_gzip_has_one_wrong_byte(server: Emulator, download: str, after_bytes: int) -> None:
    """The length is right, but the gzip stream is damaged."""
    whole = ask(server, "GET", download).body
    server.fail("download", FaultKind.CORRUPT_GZIP, after_bytes=after_bytes)
    corrupt = ask(server, "GET", download).body
    wrong = [at for at, (is_, was) in enumerate(zip(corrupt, whole, strict=True)) if is_ != was]
    assert wrong == [min(after_bytes or len(whole) // 2, len(whole) - 1)]
    with pytest.raises((OSError, EOFError, zlib.error)):
        gzip.decompress(corrupt)


def test_slow_body_comes_in_small_pieces(server: Emulator, download: str) -> None:
    """Time passes between the pieces. Nothing else changes."""
    whole = ask(server, "GET", download).body
    server.fail("download", FaultKind.SLOW, seconds=0.01)
    begun = time.monotonic()
    assert ask(server, "GET", download).body == whole
    assert time.monotonic() - begun >= 0.01 * (len(whole) // 1024)


def test_stall_can_come_in_mid_body(server: Emulator, download: str) -> None:
    """A patient client receives all bytes. An impatient client receives those before the stall."""
    whole = ask(server, "GET", download).body
    server.fail("download", FaultKind.STALL, times=2, seconds=3, after_bytes=3000)
    with opened(server, download, timeout_seconds=1) as body:
        assert body.read(3000) == whole[:3000]
        with pytest.raises(TimeoutError):
            body.read(1)
    assert ask(server, "GET", download).body == whole


@pytest.mark.parametrize("forget", [Emulator.forget_faults, lambda server: control(server, "DELETE", "faults")])
@pytest.mark.parametrize("after_bytes", [0, 3000])
def test_held_answer_is_sent_when_faults_are_forgotten(
    server: Emulator, download: str, forget: Callable[[Emulator], None], after_bytes: int
) -> None:
    """A test can end a stall early. The answer is complete, and the other faults are removed."""
    whole = ask(server, "GET", download).body
    server.fail("download", FaultKind.STALL, seconds=60, after_bytes=after_bytes)
    server.fail("download", FaultKind.SERVER_ERROR)
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(ask, server, "GET", download)
        while not any(entry["fault"] for entry in server.requests):
            assert not held.done()
            time.sleep(0.01)
        forget(server)
        assert held.result().body == whole
    assert ask(server, "GET", download).body == whole


def test_failed_child_ends_in_failure_once() -> None:
    """The job fails by its first child when its pace is over. A retry succeeds, or fails once more."""
    with Emulator(pace=after_reads(1)) as server:
        server.fail("create", FaultKind.FAILED_CHILDREN)
        job = f"{JOBS}/{made(server)}"

        def look() -> tuple[str, dict[str, str | None]]:
            shown = ask(server, "GET", f"{job}?verbose=true").json
            children = shown["childJobs"]
            return shown["status"], {
                child["path"]: child["errorMessage"] for child in children if child["errorMessage"]
            }

        failed = ("FAILURE", {"rs0-0.example.net/27017/ftdc": "agent did not answer"})
        assert [look(), look()] == [("IN_PROGRESS", {}), failed]
        server.fail("retry", FaultKind.FAILED_CHILDREN)
        ask(server, "PUT", f"{job}/retry")
        assert [look(), look()] == [("IN_PROGRESS", {}), failed]
        ask(server, "PUT", f"{job}/retry")
        assert [look(), look()] == [("IN_PROGRESS", {}), ("SUCCESS", {})]


@pytest.mark.parametrize(
    ("kind", "route"),
    [(FaultKind.FAILED_CHILDREN, "get"), (FaultKind.CORRUPT_GZIP, "create"), (FaultKind.STALL, "elsewhere")],
)
def test_fault_that_cannot_happen_on_its_route_is_refused(server: Emulator, kind: FaultKind, route: str) -> None:
    """A test with a fault that never happens would pass for the wrong reason."""
    with pytest.raises(ValueError, match="route must be one of"):
        server.fail(route, kind)


def test_fault_can_let_requests_pass_first(server: Emulator) -> None:
    """Requests are counted by route, from the planning on. The log names the fault that hit a request."""
    job = f"{JOBS}/{made(server)}"
    server.fail("get", FaultKind.SERVER_ERROR, skip=2)
    server.fail("get", FaultKind.HTML)
    for _ in range(4):
        ask(server, "GET", job)
        ask(server, "GET", JOBS)
    hit = [entry["fault"] for entry in server.requests if entry["path"] == job and entry["status"] != 401]
    assert hit == ["html", None, "server_error", None]


def test_one_resource_can_have_its_own_pace(server: Emulator) -> None:
    """Jobs of other resources keep the default. A change applies to jobs in progress. A reset removes it."""

    def status(job_id: str) -> str:
        return str(ask(server, "GET", f"{JOBS}/{job_id}").json["status"])

    server.set_pace("slow", after_reads(1000))
    slow, quick = made(server, resourceName="slow"), made(server)
    assert (status(slow), status(quick)) == ("IN_PROGRESS", "SUCCESS")
    server.set_pace("slow", after_reads(0))
    assert status(slow) == "SUCCESS"
    server.set_pace("slow", after_reads(1000))
    control(server, "POST", "reset")
    assert status(made(server, resourceName="slow")) == "SUCCESS"


def test_large_archive_is_made_as_it_is_sent() -> None:
    """It has tens of MiB of complete lines, and needs a fixed amount of memory, mostly for Werkzeug."""
    size_bytes, packed = 60_000_000, io.BytesIO()
    with Emulator(behaviour=Behaviour(file_bytes=size_bytes)) as server:
        job_id = made(server, resourceType="PROCESS", logTypes=["MONGODB"], sizeRequestedPerFileBytes=10**12)
        tracemalloc.start()
        try:
            with opened(server, f"{JOBS}/{job_id}/download") as body:
                shutil.copyfileobj(body, packed)
            peak_bytes = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak_bytes < 25_000_000
    packed.seek(0)
    with tarfile.open(fileobj=packed, mode="r:gz") as archive:
        (member,) = archive.getmembers()
        log = archive.extractfile(member)
        assert log is not None
        starts = {line[:6] for line in log}
    assert member.size == size_bytes
    assert {b'{"t":{'} == {start for start in starts if len(start) == 6}
