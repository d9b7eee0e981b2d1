from __future__ import annotations

import gzip
import io
import subprocess
import tarfile
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_opsmanager.download.walk import PIECE_BYTES, BrokenArchive, Readable, members
from pulumi_opsmanager.errors import ReplyLost
from tests.download.archives import LOGS, archive_of, tar_of

pytestmark = pytest.mark.usefixtures("library")

PACKED = archive_of(LOGS)
pack = partial(gzip.compress, mtime=0)
BLOCK = tarfile.BLOCKSIZE
SECOND_HEADER = BLOCK + 4 * BLOCK
LONG = "db1.example.net/27017/mongodb/" + "a" * 200 + "/mongodb.log"


def contents_of(packed: bytes) -> dict[str, bytes]:
    found = {}
    for member, file in members(io.BytesIO(packed)):
        if file is not None:
            found[member.name] = b"".join(iter(partial(file.read, PIECE_BYTES), b""))
    return found


def header(name: str, *, kind: bytes = tarfile.REGTYPE, size: int = 0) -> bytearray:
    member = tarfile.TarInfo(name)
    member.type, member.size = kind, size
    return bytearray(member.tobuf(tarfile.GNU_FORMAT))


def damaged(at: int) -> bytes:
    tape = bytearray(tar_of(LOGS, form=tarfile.GNU_FORMAT))
    tape[at] ^= 0xFF
    return bytes(tape)


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_archives_of_tarfile_are_read(form: int) -> None:
    """PAX (the vendor's format) and GNU, with long names, non-ASCII names and empty files."""
    files = LOGS | {LONG: b"long", "größe/mongos/mongos.log": b"", "size/of/whole/block": bytes(BLOCK)}
    assert contents_of(pack(tar_of(files, form=form))) == files


@pytest.mark.parametrize("form", ["gnu", "pax", "ustar", "v7"])
def test_archives_of_the_tar_command_are_read(tmp_path: Path, form: str) -> None:
    """Folders and links are members without bytes; no link is followed, and nothing is unpacked."""
    (tmp_path / "h/empty").mkdir(parents=True)
    (tmp_path / "h/log").write_bytes(b"line\n")
    (tmp_path / "h/link").symlink_to("log")
    (tmp_path / "h/same").hardlink_to(tmp_path / "h/log")
    packed = subprocess.check_output(["tar", f"--format={form}", "-cz", "--sort=name", "h"], cwd=tmp_path)  # noqa: S607
    found = [(member.name, member.isfile()) for member, _ in members(io.BytesIO(packed))]
    assert found == [("h", False), ("h/empty", False), ("h/link", False), ("h/log", True), ("h/same", False)]
    assert contents_of(packed) == {"h/log": b"line\n"}


def test_sparse_file_is_a_member_without_bytes(tmp_path: Path) -> None:
    """The map of a sparse file may be hostile. Its size is still known."""
    with (tmp_path / "holes").open("wb") as file:
        file.truncate(10_000_000)
    packed = subprocess.check_output(["tar", "-czS", "holes"], cwd=tmp_path)  # noqa: S607
    assert [(member.size, file) for member, file in members(io.BytesIO(packed))] == [(10_000_000, None)]


@pytest.mark.parametrize(
    "packed",
    [
        pytest.param(archive_of({}), id="empty"),
        pytest.param(pack(bytes(BLOCK)), id="one block of zeros"),
        pytest.param(pack(bytes(100 * BLOCK)) + bytes(512), id="padded"),
    ],
)
def test_empty_archive_is_complete(packed: bytes) -> None:
    """The end of a tar is one block of zeros. Any number of further blocks is valid."""
    assert contents_of(packed) == {}


def test_archive_of_two_gzip_streams_is_complete() -> None:
    """One gzip file may have several streams."""
    tape = tar_of(LOGS)
    assert contents_of(pack(tape[:700]) + pack(tape[700:])) == LOGS


@pytest.mark.parametrize(
    ("packed", "words", "is_gzip"),
    [
        (b"", "it is empty", False),
        (b"\x1f", "not a gzip file", False),
        (b"<!doctype html><title>Sign in</title>", "it is an HTML page, not a gzip file", False),
        (b'{"error":500}', "it is JSON, not a gzip file", False),
        (tar_of(LOGS), "it is a tar, not a gzip file", False),
        (PACKED[:10], "gzip stream is truncated", True),
        (PACKED[:-1], "gzip stream is truncated", True),
        (PACKED[:-8] + bytes(4) + PACKED[-4:], "gzip checksum or end is wrong", True),
        (PACKED[:-4] + bytes(4), "gzip checksum or end is wrong", True),
        (PACKED + b"and something more", "gzip checksum or end is wrong", True),
        (PACKED[:100] + b"\xff" * 40 + PACKED[140:], "gzip stream is damaged", True),
        (pack(b""), "its gzip stream is empty", True),
        (pack(b"short"), "its gzip stream contains no tar$", True),
        (pack(b"<html>Sign in</html>"), "its gzip stream contains an HTML page, not a tar", True),
        (pack(PACKED), "its gzip stream contains gzip, not a tar", True),
        (pack(tar_of(LOGS)[: 3 * BLOCK]), "tar inside has no end", True),
        (pack(tar_of(LOGS)[: 3 * BLOCK + 9]), "tar inside has no end", True),
        (pack(tar_of(LOGS)[:700]), "tar inside has no end", True),
        (pack(b"no tar, but long enough to be one" * 100), "its gzip stream contains no tar$", True),
        (pack(damaged(3)), "unreadable header", True),
        (pack(damaged(SECOND_HEADER + 3)), "unreadable header", True),
        (pack(header("first") + header("back", size=-BLOCK)), "unreadable header", True),
        (pack(header("circle", size=-BLOCK) * 2), "unreadable header", True),
        (pack(header("x", kind=tarfile.GNUTYPE_LONGNAME, size=1 << 40)), "unreadable header", True),
        (pack(header("x", kind=tarfile.XHDTYPE, size=1 << 40)), "unreadable header", True),
        (pack(header("x", kind=tarfile.GNUTYPE_LONGNAME) * 5000), "unreadable header", True),
        (pack(header("x", size=1 << 60)), "tar inside has no end", True),
    ],
    ids=lambda value: f"{len(value)} bytes" if isinstance(value, bytes) else None,
)
def test_broken_archive_is_refused(packed: bytes, words: str, is_gzip: bool) -> None:
    """Every problem raises one error class, also if tarfile sees a valid end."""
    with pytest.raises(BrokenArchive, match=words) as broken:
        contents_of(packed)
    assert broken.value.is_gzip is is_gzip


def test_tarfile_accepts_an_unreadable_header() -> None:
    """`tarfile` reads an unreadable header as the end of the archive."""
    with tarfile.open(fileobj=io.BytesIO(damaged(SECOND_HEADER + 3))) as tar:
        assert len(tar.getnames()) == 1


@given(st.integers(0, len(PACKED) - 1))
def test_any_cut_is_refused(length: int) -> None:
    """For any length."""
    with pytest.raises(BrokenArchive):
        contents_of(PACKED[:length])


@given(st.integers(10, len(PACKED) - 1))
def test_any_flipped_byte_is_refused(at: int) -> None:
    """Every byte counts, except time and system in the gzip header."""
    with pytest.raises(BrokenArchive):
        contents_of(PACKED[:at] + bytes([PACKED[at] ^ 0xFF]) + PACKED[at + 1 :])


@given(st.binary(max_size=2000))
def test_any_bytes_are_read_or_refused(tape: bytes) -> None:
    """No bytes raise another error."""
    for packed in (tape, pack(tape), pack(header("x", size=len(tape)) + tape)):
        with suppress(BrokenArchive):
            contents_of(packed)


class Source:
    """Yields bytes in pieces of one size, then raises an error."""

    def __init__(self, packed: bytes, piece_bytes: int, error: Exception | None = None) -> None:
        self._packed, self._piece_bytes, self._error = io.BytesIO(packed), piece_bytes, error

    def read(self, size: int) -> bytes:
        piece = self._packed.read(min(size, self._piece_bytes))
        if not piece and self._error is not None:
            raise self._error
        return piece


@pytest.mark.parametrize("piece_bytes", [1, 7, 100_000])
def test_pieces_may_be_of_any_size(piece_bytes: int) -> None:
    """The source needs only `read`."""
    source: Readable = Source(PACKED, piece_bytes)
    assert [member.name for member, _ in members(source)] == list(LOGS)


@pytest.mark.parametrize("error", [ReplyLost("cut"), OSError(5, "Input/output error")])
@pytest.mark.parametrize("length", [0, 1, 200, len(PACKED)])
def test_error_of_the_source_is_raised_unchanged(length: int, error: Exception) -> None:
    """An error of the source does not become an error of the archive."""
    with pytest.raises(type(error)) as raised:
        list(members(Source(PACKED[:length], 100, error)))
    assert raised.value is error


def test_member_may_be_left_unread() -> None:
    """The next member is found after a partial read."""
    files = {str(number): bytes([number]) * (PIECE_BYTES + 100) for number in range(4)}
    read = [file.read(number) for number, (_, file) in enumerate(members(io.BytesIO(archive_of(files)))) if file]
    assert read == [b"", b"\1", b"\2\2", b"\3\3\3"]
