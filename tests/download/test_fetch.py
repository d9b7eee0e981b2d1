"""From a server to a file: over real HTTP if the emulator can do it, else from a list of pieces."""

from __future__ import annotations

import hashlib
import itertools
import stat
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.models import ChildJob
from pulumi_opsmanager.download.fetch import Fetched, fetch
from pulumi_opsmanager.download.file_place import FilePlace
from pulumi_opsmanager.emulator import Behaviour, Emulator, FaultKind, after_seconds
from pulumi_opsmanager.errors import (
    BadCredentials,
    CollectionFailed,
    Expired,
    JobNotFound,
    NotFinished,
    ReplyLost,
    UnexpectedResponse,
)
from tests.download.archives import LOGS, archive_of
from tests.support import JOB, PROJECT, FakeClock, client_for, job_request

PACKED = archive_of(LOGS)
CHILDREN = tuple(ChildJob(status="SUCCESS", path=name.rpartition("/")[0]) for name in LOGS)


@pytest.fixture
def job_id(client: Client) -> str:
    return client.jobs(PROJECT).create(job_request(logTypes=["FTDC", "MONGODB", "AUTOMATION_AGENT"]))


def stream(*attempts: Iterable[bytes]) -> Callable[[], AbstractContextManager[Iterator[bytes]]]:
    """A stream with other pieces at each attempt. The last list of pieces repeats."""
    coming = itertools.chain(attempts[:-1], itertools.repeat(attempts[-1]))

    @contextmanager
    def opened() -> Iterator[Iterator[bytes]]:
        yield iter(next(coming))

    return opened


def lost(piece: bytes) -> Iterator[bytes]:
    """Bytes, followed by a lost connection."""
    yield piece
    raise ReplyLost("cut")


def fetched(client: Client, job_id: str, target: Path, clock: FakeClock, **options: Any) -> Fetched:
    children = client.jobs(PROJECT).get(job_id, verbose=True).child_jobs or ()
    place = FilePlace(target)
    return fetch(lambda: client.jobs(PROJECT).download(job_id), place, children=children, clock=clock, **options)


def test_file_is_what_the_server_sent(client: Client, job_id: str, clock: FakeClock, tmp_path: Path) -> None:
    """Digest and sizes match the file. File and new folders are private, and the folder has no other file."""
    target, seen = tmp_path / "new/folders/logs.tar.gz", list[int]()
    found = fetched(client, job_id, target, clock, progress=seen.append)
    packed = target.read_bytes()
    assert (found.sha256, found.size_bytes) == (hashlib.sha256(packed).hexdigest(), len(packed))
    assert (found.members, found.uncompressed_size_bytes, found.missing) == (9, 9 * 20_000, ())
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in (target.parent, target.parents[1])] == [0o700] * 2
    assert list(target.parent.iterdir()) == [target]
    assert (seen[0], seen[-1]) == (0, len(packed))
    assert seen == sorted(seen)
    assert clock.slept == []


FAULTS = {
    FaultKind.CUT_BODY: (ReplyLost, "connection was cut"),
    FaultKind.WRONG_LENGTH: (ReplyLost, "connection was cut"),
    FaultKind.STALL: (ReplyLost, "no answer within"),
    FaultKind.CORRUPT_GZIP: (
        UnexpectedResponse,
        "no complete archive in 3 attempts: .*; run again; .*check the server",
    ),
    FaultKind.HTML: (
        UnexpectedResponse,
        "no complete archive in 3 attempts: it is an HTML page, not a gzip file; .*check base_url",
    ),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_broken_download_starts_again(
    server: Emulator, job_id: str, clock: FakeClock, tmp_path: Path, kind: FaultKind
) -> None:
    """The next attempt begins at zero after one second."""
    client, seen = client_for(server, clock, timeout_seconds=0.6), list[int]()
    server.fail("download", kind, seconds=1, after_bytes=700)
    found = fetched(client, job_id, tmp_path / "logs", clock, progress=seen.append)
    assert found.sha256 == hashlib.sha256((tmp_path / "logs").read_bytes()).hexdigest()
    assert found.missing == ()
    assert clock.slept == [1]
    assert seen.count(0) == 2


@pytest.mark.parametrize("kind", FAULTS)
def test_third_broken_download_is_the_last(
    server: Emulator, job_id: str, clock: FakeClock, tmp_path: Path, kind: FaultKind
) -> None:
    """The error has reason and remedy. The old file stays, and no temporary file is left."""
    client, (error, words) = client_for(server, clock, timeout_seconds=0.6), FAULTS[kind]
    (tmp_path / "logs").write_bytes(b"old")
    server.fail("download", kind, times=3, seconds=1, after_bytes=700)
    with pytest.raises(error, match=words):
        fetched(client, job_id, tmp_path / "logs", clock)
    assert clock.slept == [1, 5]
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"logs": b"old"}


def test_names_seen_before_a_cut_do_not_count(clock: FakeClock, tmp_path: Path) -> None:
    """A part is missing if only the first attempt received it."""
    lacking = archive_of({name: LOGS[name] for name in list(LOGS)[1:]})
    found = fetch(stream(lost(PACKED), [lacking]), FilePlace(tmp_path / "logs"), children=CHILDREN, clock=clock)
    assert found.missing == CHILDREN[:1]


@pytest.mark.parametrize(("status", "error"), [("IN_PROGRESS", NotFinished), ("EXPIRED", Expired), (None, JobNotFound)])
def test_refused_download_is_not_repeated(
    server: Emulator, client: Client, job_id: str, clock: FakeClock, tmp_path: Path, status: str | None, error: type
) -> None:
    """A refusal of the server is final."""
    server.set_pace("rs0", after_seconds(60))
    server.set_status(job_id, status)
    server.forget_requests()
    with pytest.raises(error):
        fetch(lambda: client.jobs(PROJECT).download(job_id), FilePlace(tmp_path / "logs"), children=(), clock=clock)
    assert len(server.calls) == 1
    assert clock.slept == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("kind", "waits"), [(FaultKind.SERVER_ERROR, 8), (FaultKind.LOST_REPLY, 3)])
def test_request_that_the_transport_repeated_is_not_repeated_again(
    server: Emulator, client: Client, job_id: str, clock: FakeClock, tmp_path: Path, kind: FaultKind, waits: int
) -> None:
    """A download that never begins has already had its attempts."""
    server.fail("download", kind, times=100)
    with pytest.raises(ReplyLost):
        fetch(lambda: client.jobs(PROJECT).download(job_id), FilePlace(tmp_path / "logs"), children=(), clock=clock)
    assert len(clock.slept) == waits


def test_wrong_keys_leave_nothing(server: Emulator, clock: FakeClock, tmp_path: Path) -> None:
    """An error before the first byte is raised at once."""
    client = client_for(server, clock, private_key="wrong")
    with pytest.raises(BadCredentials):
        fetch(lambda: client.jobs(PROJECT).download(JOB), FilePlace(tmp_path / "logs"), children=(), clock=clock)
    assert list(tmp_path.iterdir()) == []


def test_caller_can_refuse_an_archive(client: Client, job_id: str, clock: FakeClock, tmp_path: Path) -> None:
    """`accept` is called once, with the complete archive, before it is stored; the old file stays."""
    (tmp_path / "logs").write_bytes(b"old")
    asked: list[Fetched] = []

    def refuse(found: Fetched) -> None:
        asked.append(found)
        raise CollectionFailed("not enough")

    with pytest.raises(CollectionFailed, match="not enough"):
        fetched(client, job_id, tmp_path / "logs", clock, accept=refuse)
    assert [found.members for found in asked] == [9]
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"logs": b"old"}


def test_refusal_is_never_repeated(clock: FakeClock, tmp_path: Path) -> None:
    """This applies also to a refusal that looks like a lost connection."""

    def refuse(_found: Fetched) -> None:
        raise ReplyLost("while the caller looked at something else")

    with pytest.raises(ReplyLost, match="something else"):
        fetch(stream([PACKED]), FilePlace(tmp_path / "logs"), children=(), clock=clock, accept=refuse)
    assert clock.slept == []


def test_failed_parts_are_missing(server: Emulator, client: Client, clock: FakeClock, tmp_path: Path) -> None:
    """The archive of a failed job is verified and lacks the failed parts; the child job has the reason."""
    server.fail("create", FaultKind.FAILED_CHILDREN)
    job_id = client.jobs(PROJECT).create(job_request())
    found = fetched(client, job_id, tmp_path / "logs", clock)
    assert [(child.host_name, child.log_collection_type, child.error_message) for child in found.missing] == [
        ("rs0-0.example.net:27017", "FTDC", "agent did not answer")
    ]
    assert found.members == 5


@given(st.integers(0, len(PACKED) - 1), st.integers(1, 1000))
def test_any_cut_leaves_no_file(tmp_path_factory: pytest.TempPathFactory, length: int, piece_bytes: int) -> None:
    """For any length and any pieces."""
    folder, clock = tmp_path_factory.mktemp("cut"), FakeClock()
    pieces = [PACKED[start : min(start + piece_bytes, length)] for start in range(0, length, piece_bytes)]
    with pytest.raises(UnexpectedResponse):
        fetch(stream(pieces), FilePlace(folder / "logs"), children=(), clock=clock)
    assert list(folder.iterdir()) == []
    folder.rmdir()


def _endless_zeros() -> Iterator[bytes]:
    yield b"\x1f\x8b"
    yield from itertools.repeat(bytes(64 * 1024))


def _lost_in_the_middle() -> Iterator[bytes]:
    yield PACKED[:100]
    yield from lost(bytes(8_000_000))


def _interrupted() -> Iterator[bytes]:
    yield PACKED[:100]
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("pieces", "error"),
    [
        pytest.param(_endless_zeros, UnexpectedResponse, id="the walk fails while bytes come without end"),
        pytest.param(_lost_in_the_middle, ReplyLost, id="the connection is lost while the walk fails"),
        pytest.param(lambda: lost(b""), ReplyLost, id="the connection is lost before the first byte"),
        pytest.param(lambda: lost(PACKED), ReplyLost, id="the connection is lost after the last byte"),
        pytest.param(_interrupted, KeyboardInterrupt, id="the person at the keyboard has enough"),
        pytest.param(list, UnexpectedResponse, id="nothing comes"),
    ],
)
def test_no_thread_waits_for_another(
    clock: FakeClock, tmp_path: Path, pieces: Callable[[], Iterable[bytes]], error: type[BaseException]
) -> None:
    """If one side fails first, both end, no file is left, and the failure is raised."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            fetch(stream(*(pieces() for _ in range(3))), FilePlace(tmp_path / "logs"), children=(), clock=clock)
        except BaseException as failure:  # noqa: BLE001  an interruption is one of the cases
            raised.append(failure)

    running = threading.Thread(target=run, daemon=True)
    threads = threading.active_count()
    running.start()
    running.join(10)
    assert not running.is_alive()
    assert threading.active_count() <= threads
    assert [type(failure) for failure in raised] == [error]
    assert list(tmp_path.iterdir()) == []


def test_error_of_a_callback_is_raised_unchanged(clock: FakeClock, tmp_path: Path) -> None:
    """No file is left when the caller's own code fails."""

    def fail(_size_bytes: int) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fetch(stream([PACKED]), FilePlace(tmp_path / "logs"), children=(), clock=clock, progress=fail)
    assert list(tmp_path.iterdir()) == []


def test_memory_does_not_grow_with_the_archive(
    clock: FakeClock, tmp_path: Path, traced: Callable[[Callable[[], object]], int]
) -> None:
    """Memory is a few MiB for 4 MiB and for 60 MiB."""
    request = job_request(resourceType="PROCESS", logTypes=["MONGODB"], sizeRequestedPerFileBytes=10**9)

    def peak(megabytes: int) -> int:
        with Emulator(behaviour=Behaviour(file_bytes=megabytes * 10**6)) as server:
            client = client_for(server, clock)
            job_id = client.jobs(PROJECT).create(request)
            return traced(lambda: fetched(client, job_id, tmp_path / "logs", clock))

    assert max(peak(4), peak(60)) < 20_000_000
