"""Hostile archives are reported or refused, in limited time and memory, and only the archive file is written."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import time
import tracemalloc
from collections.abc import Callable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_opsmanager.api.jobs import Jobs
from pulumi_opsmanager.api.models import ChildJob
from pulumi_opsmanager.download.contents import contents
from pulumi_opsmanager.download.fetch import Fetched, fetch
from pulumi_opsmanager.download.file_place import FilePlace
from pulumi_opsmanager.download.parts import Parts
from pulumi_opsmanager.emulator import Emulator
from pulumi_opsmanager.errors import OpsManagerError, UnexpectedResponse
from pulumi_opsmanager.lifecycle.archive import create_archive
from pulumi_opsmanager.lifecycle.context import Context
from pulumi_opsmanager.schema.archive import ArchiveInputs
from tests.cli.terminal import run
from tests.download.archives import LOGS, tar_of
from tests.support import PROJECT, FakeClock, Heard, client_for, context_of, job_request

pytestmark = pytest.mark.usefixtures("library")

BLOCK = tarfile.BLOCKSIZE
END = bytes(2 * BLOCK)
GOOD = tar_of(LOGS)[: -2 * BLOCK].rstrip(b"\0")
GOOD += bytes(-len(GOOD) % BLOCK)
SPARSE_MAP = b"1\n0\n1\n".ljust(BLOCK, b"\0")


def member(name: str, kind: bytes = tarfile.REGTYPE, *, link: str = "", size: int = 0) -> bytes:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, size
    return info.tobuf(tarfile.GNU_FORMAT, errors="surrogateescape")


def described(name: str, records: Mapping[str, str], size: int = 0, content: bytes = b"") -> bytes:
    """A member with PAX records of any content."""
    info = tarfile.TarInfo(name)
    info.pax_headers, info.size = dict(records), size
    return info.tobuf(tarfile.PAX_FORMAT) + content


def record(key: bytes, value: bytes) -> bytes:
    """One PAX record. Its length includes itself."""
    rest = b" %b=%b\n" % (key, value)
    length = len(rest) + len(str(len(rest)))
    length += len(str(length)) - len(str(len(rest)))
    return b"%d%b" % (length, rest)


def header(kind: bytes, content: bytes) -> bytes:
    """A header for the next member, or a global header for all members after it."""
    return member("x", kind, size=len(content)) + content + bytes(-len(content) % BLOCK)


def everything_below(folder: Path) -> dict[str, bytes | None]:
    """Each file, folder and link; links are not followed."""
    found = sorted(folder.rglob("*"))
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in found}


def fetched(packed: bytes, target: Path, children: tuple[ChildJob, ...] = ()) -> Fetched:
    return fetch(lambda: nullcontext(iter([packed])), FilePlace(target), children=children, clock=FakeClock())


SUSPICIOUS: list[tuple[str, Callable[[Path], bytes], str | None]] = [
    ("absolute name", lambda folder: member(f"{folder}/outside.log"), "has an absolute name"),
    ("name that leads out", lambda _: member("db1/../../outside.log"), "leads out of the folder"),
    ("windows name that leads out", lambda _: member("db1\\..\\..\\outside.log"), "leads out of the folder"),
    ("long name that leads out", lambda _: header(b"L", b"../" * 200 + b"outside\0") + member("x"), "leads out"),
    ("PAX name that leads out", lambda _: described("x", {"path": "../outside.log"}), "leads out of the folder"),
    ("name for all that follow", lambda _: header(b"g", record(b"path", b"../outside")) + member("x") * 2, "2 entries"),
    ("link", lambda folder: member("db1", tarfile.SYMTYPE, link=str(folder)) + member("db1/outside.log"), "is a link"),
    ("pipe", lambda _: member("x", tarfile.FIFOTYPE), "is a device or a pipe"),
    ("terminal escape", lambda _: member("../\x1b]0;mine\x07\x1b[2J"), "'../\ufffd]0;mine\ufffd\ufffd[2J'"),
    ("name of no letters", lambda _: member("../\udcff\udc80"), "'../\ufffd\ufffd'"),
    ("terminal escape in a host", lambda _: member("d\x1b[2J/27017/mongodb/m.log"), None),
    ("host of no letters", lambda _: member("\udcff/27017/mongodb/m.log"), None),
]


@pytest.mark.parametrize(("packed_of", "words"), [row[1:] for row in SUSPICIOUS], ids=[row[0] for row in SUSPICIOUS])
def test_suspicious_entry_is_reported_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed_of: Callable[[Path], bytes], words: str | None
) -> None:
    """Download and command report it without control characters, and write nothing beside the archive file."""
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    (folder / "victim").write_bytes(b"yours")
    monkeypatch.chdir(folder)
    packed = gzip.compress(GOOD + packed_of(folder) + END)
    before = everything_below(tmp_path)
    found = fetched(packed, folder / "logs.tar.gz")
    shown = run(None, "archive", "show", "logs.tar.gz")
    assert everything_below(tmp_path) == before | {"a/b/logs.tar.gz": packed}
    assert (found.suspicious is None) is (words is None)
    assert words is None or (words in (found.suspicious or "") and words in shown.stderr)
    assert shown.exit_code == 0
    assert (shown.stdout + shown.stderr).replace("\n", "").isprintable()
    listed = run(None, "archive", "show", "logs.tar.gz", "--json").stdout
    assert listed.isascii()
    assert json.loads(listed)["suspicious"] == found.suspicious


LARGE = record(b"a", b"b" * 200_000)
CHAINS: dict[str, Callable[[], bytes]] = {
    "PAX headers": lambda: header(b"x", LARGE) * 200,
    "headers for all that follow": lambda: header(b"g", LARGE) * 200,
    "what is said of all that follow": lambda: b"".join(
        header(b"g", record(b"key%d" % number, b"b" * 200_000)) + member("x") for number in range(200)
    ),
    "long names": lambda: header(b"L", b"a" * 200_000) * 200,
    "long links": lambda: header(b"K", b"a" * 200_000) * 200,
    "one long name": lambda: header(b"L", b"a" * 900_000),
    "map of a sparse file": lambda: (
        described("x", {"GNU.sparse.major": "1", "GNU.sparse.minor": "0"}, size=10**10) + b"1000000\n" * 1_000_000
    ),
    "old map of a sparse file": lambda: member("x", b"S")[:482] + b"\1" * (BLOCK * 50_000 - 482),
    "number without end": lambda: header(b"x", b"1" * 200_000),
}


@pytest.mark.parametrize("name", CHAINS)
def test_endless_headers_are_refused_in_flat_memory(tmp_path: Path, name: str) -> None:
    """A few bytes unpack to hundreds of MB of headers, which tarfile keeps in memory or searches for minutes."""
    packed = gzip.compress(CHAINS[name]() + member("x") + END, 1)
    tracemalloc.start()
    try:
        started = time.process_time()
        with pytest.raises(UnexpectedResponse, match="no complete archive in 3 attempts: .* an unreadable header"):
            fetched(packed, tmp_path / "logs.tar.gz")
        problem = contents(io.BytesIO(packed)).problem
        seconds, peak = time.process_time() - started, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert problem == "the tar inside has an unreadable header"
    assert list(tmp_path.iterdir()) == []
    assert peak < 20_000_000
    assert seconds < 20


LIES = {
    "size of fifty digits": (described("db1/1/ftdc/m", {"size": "9" * 50}), "no end"),
    "size beyond all disks": (member("db1/1/ftdc/m", size=1 << 70), "no end"),
    "size for all that follow": (header(b"g", record(b"size", b"1")) + member("db1/1/ftdc/m"), "unreadable header"),
    "negative size": (described("db1/1/ftdc/m", {"size": "-5"}), "unreadable header"),
}


@pytest.mark.parametrize(("tape", "words"), LIES.values(), ids=LIES)
def test_size_without_that_many_bytes_is_refused(tmp_path: Path, tape: bytes, words: str) -> None:
    """The size in a header counts only if that many bytes follow."""
    with pytest.raises(UnexpectedResponse, match=words):
        fetched(gzip.compress(GOOD + tape + END), tmp_path / "logs.tar.gz")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("claim", ["9" * 99, "-7", str(1 << 62)])
def test_declared_size_of_a_sparse_file_is_ignored(tmp_path: Path, claim: str) -> None:
    """A sparse file's size is only a claim, and a state with such a number cannot be stored."""
    records = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": claim}
    tape = described("db1/27017/ftdc/metrics", records, BLOCK, SPARSE_MAP)
    packed = gzip.compress(tape + END)
    found, shown = fetched(packed, tmp_path / "logs.tar.gz"), contents(io.BytesIO(packed))
    assert (found.members, found.uncompressed_size_bytes) == (1, 0)
    assert [(row.files, row.size_bytes) for row in shown.rows] == [(1, 0)]


TYPES = [*(bytes([kind]) for kind in range(256)), *[b"0"] * 100, *[b"x"] * 100, *[b"g"] * 50, *[b"L"] * 30]
RECORDS = ("path", "linkpath", "size", "mtime", "hdrcharset", "GNU.sparse.size", "GNU.sparse.map", "GNU.sparse.major")
VALUES = st.sampled_from(["", "0", "1", "-1", "0,1", "../x", "/x", "9" * 30, "BINARY", "nan", "\udcff"]) | st.text(
    max_size=9
)


@st.composite
def tapes(draw: st.DrawFn) -> bytes:
    """Tars whose headers have valid checksums and random content."""
    tape = b""
    for _ in range(draw(st.integers(1, 4))):
        content = draw(st.binary(max_size=40) | st.just(SPARSE_MAP))
        kind = draw(st.sampled_from(TYPES))
        if kind in (b"x", b"g"):
            said = draw(st.lists(st.tuples(st.sampled_from(RECORDS), VALUES), max_size=3))
            content = b"".join(record(key.encode(), value.encode("utf-8", "surrogateescape")) for key, value in said)
        raw = bytearray(member("db1/27017/mongodb/m.log", kind, size=len(content)))
        for place in draw(st.lists(st.integers(0, BLOCK - 1), max_size=2)):
            raw[place] = draw(st.integers(0, 255))
        raw[148:156] = b" " * 8
        raw[148:156] = b"%06o\0 " % sum(raw)
        tape += bytes(raw) + content + bytes(-len(content) % BLOCK)
    return tape + draw(st.sampled_from([END, b"", b"\1"]))


@settings(max_examples=100)
@given(tape=tapes())
def test_any_tar_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, tape: bytes) -> None:
    """`fetch` and `contents` agree on whether it is complete, and only the archive file is written."""
    folder, packed = tmp_path_factory.mktemp("any"), gzip.compress(tape, 1)
    problem = contents(io.BytesIO(packed)).problem
    with suppress(OpsManagerError):
        found = fetched(packed, folder / "logs.tar.gz", (ChildJob(status="SUCCESS", path="db1/27017/mongodb"),))
        assert 0 <= found.uncompressed_size_bytes < 10_000
        assert found.suspicious is None or found.suspicious.isprintable()
    made = everything_below(folder)
    assert made == ({} if problem else {"logs.tar.gz": packed})


@pytest.mark.parametrize("flags", [0x08, 0x10, 0x04])
def test_endless_gzip_header_is_refused(tmp_path: Path, flags: int) -> None:
    """The file name, comment and extra field of a gzip header have no reliable length."""
    start = b"\x1f\x8b\x08" + bytes([flags]) + bytes(6) + b"\xff\xff"

    def stream() -> Any:
        return nullcontext(iter([start, *[b"a" * 65536] * 200]))

    with pytest.raises(UnexpectedResponse, match="no complete archive in 3 attempts"):
        fetch(stream, FilePlace(tmp_path / "logs.tar.gz"), children=(), clock=FakeClock())
    assert list(tmp_path.iterdir()) == []


def test_rows_of_an_archive_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of more hosts than the highest number of rows are counted without a row."""
    monkeypatch.setattr("pulumi_opsmanager.download.contents._MAX_ROWS", 10)
    tape = b"".join(member(f"db{number % 30}/27017/ftdc/m{number}") for number in range(60))
    found = contents(io.BytesIO(gzip.compress(tape + END)))
    assert ([row.files for row in found.rows], found.others, found.problem) == ([2] * 10, 40, None)


def test_paths_of_thousands_of_folders_are_cheap() -> None:
    """A server may send thousands of such paths. Not every file is compared with every folder of each path."""
    deep = [ChildJob(status="SUCCESS", path="a/" * depth) for depth in range(1, 3000)]
    name = "a/" * 60_000 + "x"

    def seconds(parts: Parts) -> float:
        started = time.process_time()
        for _ in range(20):
            parts.see(name)
        return time.process_time() - started

    many = Parts(deep)
    # Without the limit the ratio is 8.
    assert seconds(many) < 3 * seconds(Parts(deep[:1]))
    assert len(many.missing()) == len(deep) - 15


@pytest.fixture
def suspicious(server: Emulator, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Context:
    """A context with a server whose archives contain a link."""
    packed = gzip.compress(GOOD + member("\x1b[2Jdb1", tarfile.SYMTYPE, link="/") + END)
    monkeypatch.setattr(Jobs, "download", lambda *_: nullcontext(iter([packed])))
    return context_of(client_for(server, clock), clock)


def test_archive_resource_warns_of_suspicious_entries(suspicious: Context, tmp_path: Path) -> None:
    """The archive is verified, so it is stored. The warning appears before anybody unpacks it."""
    heard, file = Heard(), tmp_path / "logs.tar.gz"
    job_id = suspicious.jobs(PROJECT).create(job_request())
    inputs = ArchiveInputs(job_id=job_id, path=str(file), project_id=PROJECT, require_complete=False)
    create_archive(replace(suspicious, reporter=heard), inputs)
    (warning,) = heard.warnings
    assert warning.startswith(f"{file}: 1 entry in the archive is not a log file: '\ufffd[2Jdb1' is a link; check ")


def test_download_command_warns_of_suspicious_entries(server: Emulator, suspicious: Context, tmp_path: Path) -> None:
    """The warning goes to standard error, so standard output stays the same for programs."""
    file = tmp_path / "logs.tar.gz"
    job_id = suspicious.jobs(PROJECT).create(job_request())
    done = run(server, "download", job_id, "-o", str(file), "--allow-incomplete", "--json")
    assert f"warning: {file}: 1 entry in the archive is not a log file: '\ufffd[2Jdb1' is a link" in done.stderr
    assert json.loads(done.stdout)["file"] == str(file)
