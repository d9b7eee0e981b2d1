"""Is a `.tar.gz` complete, and which members does it have? Reads it once, forwards, in flat memory; extracts nothing.

A complete archive has gzip's start, end and checksum, and the end of the tar. `tarfile` verifies less. It takes an
unreadable header for the end, and follows sizes that lead backwards. It reads headers of any length and number.
"""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Iterator
from typing import IO, Protocol

from .inflater import BrokenGzip, Inflater

PIECE_BYTES = 1024 * 1024
"""Highest number of bytes to read of a member at once."""

# All headers of one member. The longest part is a path, and systems accept paths up to 4 KiB.
_HEADER_BYTES = 256 * 1024

# No name of a log has such a number. tarfile before Python 3.11.10 and 3.12.6 needs time that grows with the square of
# its length (CVE-2024-6232).
_LONG_NUMBER = re.compile(rb"\d{100}")
_NO_END = "it is truncated: the tar inside has no end"
_BAD_HEADER = "the tar inside has an unreadable header"

_START_BYTES = tarfile.BLOCKSIZE  # as much as shows the format of a file
_GZIP_START = b"\x1f\x8b"
_TAR = "a tar"

# Starts of compressed files and archives. The first match counts.
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (_GZIP_START, "gzip"),
    (b"PK\x03\x04", "a zip file"),
    (b"PK\x05\x06", "an empty zip file"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z file"),
)

# Starts of texts, in lower case and without leading blanks.
_TEXTS: tuple[tuple[bytes, str], ...] = (
    (b"<!doctype html", "an HTML page"),
    (b"<html", "an HTML page"),
    (b"<", "HTML or XML"),
    (b"{", "JSON"),
    (b"[", "JSON"),
)

_TAR_MAGIC, _TAR_MAGIC_AT = b"ustar", 257


class Readable(Protocol):
    """A source of bytes in order."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, at most `size`; empty at the end."""


class BrokenArchive(Exception):
    """The bytes are not a complete `.tar.gz`. The subject of the message is "it", the archive.

    `is_gzip` is False if the bytes do not begin like gzip: an HTML page or a JSON error.
    """

    def __init__(self, message: str, *, is_gzip: bool = True) -> None:
        super().__init__(message)
        self.is_gzip = is_gzip


def members(packed: Readable) -> Iterator[tuple[tarfile.TarInfo, IO[bytes] | None]]:
    """Walk a `.tar.gz` from its first byte to its last.

    Yields each member, with its bytes if it is a regular file. The bytes are readable until the next member.

    Raises:
        BrokenArchive: The archive is not complete. Reading a member may raise it too. Only a walk to the end without it
            verifies the archive. Errors of `packed` itself pass through.
    """
    inflated = _Inflated(packed)
    try:
        with tarfile.open(fileobj=inflated, mode="r:") as tar:
            # Without a first member, Python 3.10 would go back and read again.
            while tar.offset and (member := tar.next()) is not None:
                inflated.header_left = None
                # The map of a sparse file can make tarfile loop forever. Logs are never sparse.
                is_plain = member.isreg() and not member.issparse()
                # A global header may claim any size for the members after it, and the next header does not move.
                if is_plain and not 0 <= member.size <= tar.offset - member.offset_data:
                    raise BrokenArchive(_BAD_HEADER)
                yield member, tar.extractfile(member) if is_plain else None
                # tarfile keeps every member for random access, and every global header.
                tar.members.clear()  # type: ignore[attr-defined]
                if sum(map(len, tar.pax_headers.values())) > _HEADER_BYTES:
                    raise BrokenArchive(_BAD_HEADER)
                inflated.header_left = _HEADER_BYTES
        if any(inflated.last_read):
            raise BrokenArchive(_BAD_HEADER)
        inflated.drain()
    except (tarfile.TarError, ValueError, OverflowError, RecursionError) as error:
        raise BrokenArchive(inflated.no_tar() or _BAD_HEADER) from error


class _Packed(io.RawIOBase):
    """The packed bytes as the inflater reads them; keeps their first block."""

    def __init__(self, source: Readable) -> None:
        self.start = b""
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # both libraries pass a memoryview
        piece = self._source.read(len(buffer))
        self.start += piece[: _START_BYTES - len(self.start)]
        buffer[: len(piece)] = piece
        return len(piece)


class _Inflated(io.BufferedIOBase):
    """The tar as tarfile reads it: only bytes that a complete tar has. So a short read means truncated."""

    def __init__(self, packed: Readable) -> None:
        self.last_read = self._start = b""  # bytes of the last read: zeros at the end of the tar
        self.header_left: int | None = _HEADER_BYTES  # of one member; None while its content is read
        self._packed = _Packed(packed)
        self._inflater = Inflater(self._packed)
        self._position = 0

    def tell(self) -> int:
        return self._position

    def seek(self, position: int, _whence: int = io.SEEK_SET) -> int:
        if position < self._position:
            raise BrokenArchive(_BAD_HEADER)
        while self._position < position:
            self._take(min(position - self._position, PIECE_BYTES))
        return position

    def read(self, size: int | None = -1) -> bytes:
        if size is None or not 0 <= size <= PIECE_BYTES:
            raise BrokenArchive(_BAD_HEADER)
        if self.header_left is None:
            return self._take(size)
        self.header_left -= size
        if self.header_left < 0:
            raise BrokenArchive(_BAD_HEADER)
        piece = self._take(size)
        if size > tarfile.BLOCKSIZE and _LONG_NUMBER.search(piece):
            raise BrokenArchive(_BAD_HEADER)
        return piece

    def no_tar(self) -> str | None:
        """Return what the gzip stream has instead of a tar; None if it begins like a tar."""
        if not self._start:
            return "its gzip stream is empty"
        found = _format_of(self._start)
        if found == _TAR or not any(self._start):
            return None
        return f"its gzip stream contains {f'{found}, not a' if found else 'no'} tar"

    def drain(self) -> None:
        """Read to the end of the packed bytes, because only the end verifies the checksum."""
        while self._inflate(PIECE_BYTES):
            pass

    def _take(self, size: int) -> bytes:
        self.last_read = self._inflate(size)
        self._position += len(self.last_read)
        self._start += self.last_read[: _START_BYTES - len(self._start)]
        if len(self.last_read) < size:
            if not self._packed.start:
                raise BrokenArchive("it is empty", is_gzip=False)
            raise BrokenArchive(self.no_tar() or _NO_END)
        return self.last_read

    def _inflate(self, size: int) -> bytes:
        try:
            return self._inflater.read(size)
        except BrokenGzip as error:
            if self._packed.start.startswith(_GZIP_START):
                raise BrokenArchive(str(error)) from error
            found = _format_of(self._packed.start)
            words = f"it is {found}, not a gzip file" if found else "it is not a gzip file"
            raise BrokenArchive(words, is_gzip=False) from error


def _format_of(start: bytes) -> str | None:
    """The name of a file's format, for messages; None if its first bytes do not show it."""
    if _is_tar(start):
        return _TAR
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return next(
        (words for beginning, words in _MAGIC if start.startswith(beginning)),
        next((words for beginning, words in _TEXTS if text.startswith(beginning)), None),
    )


def _is_tar(start: bytes) -> bool:
    if start.startswith(_TAR_MAGIC, _TAR_MAGIC_AT):
        return True
    try:  # the oldest tar format has a checksum only
        tarfile.TarInfo.frombuf(start[:_START_BYTES], "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError):
        return False
    return True
