"""What is in a packed tar, and is all of it there? Member by member, forwards only; nothing is extracted or held.

All means: gzip's start, end and checksum, and the tar's own end. `tarfile` proves less: it takes a header that
cannot be read for the end, follows sizes that lead backwards, and reads headers of any length and number at once.
"""

from __future__ import annotations

import gzip
import io
import re
import tarfile
from collections.abc import Iterator
from typing import IO, Protocol

from isal import igzip, isal_zlib

from .formats import GZIP_START, START_BYTES, TAR, format_of

PIECE_BYTES = 1024 * 1024
"""Read a member in pieces of at most this."""

# Of all headers of one member. The longest part of it is a path, and systems take 4 KiB of one.
_HEADER_BYTES = 256 * 1024

# Longer than any number in a log's name. The tarfile of Python before 3.11.10 and 3.12.6 takes a time that grows
# with the square of such a run (CVE-2024-6232).
_LONG_NUMBER = re.compile(rb"\d{100}")

_NO_END = "it ends in the middle: the tar inside has no end"
_BAD_HEADER = "the tar inside has a header that cannot be read"

_GZIP_PROBLEMS: dict[type[Exception], str] = {
    EOFError: "its gzip stream has no proper end: it was cut, or something follows it",
    gzip.BadGzipFile: "its checksum or its end is wrong",
    isal_zlib.error: "its gzip stream is damaged",  # type: ignore[dict-item]  # a class, which its stub takes for a value
}


class Readable(Protocol):
    """Anything that hands out bytes in order."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most `size`; none at the end."""


class BrokenArchive(Exception):
    """The bytes are no complete `.tar.gz`; the message says what is wrong with "it".

    Attributes:
        is_gzip: They begin as gzip does. A page of HTML or a JSON error does not.
    """

    def __init__(self, message: str, *, is_gzip: bool = True) -> None:
        super().__init__(message)
        self.is_gzip = is_gzip


def members(packed: Readable) -> Iterator[tuple[tarfile.TarInfo, IO[bytes] | None]]:
    """Walk a `.tar.gz` from its first byte to its last.

    Each member comes with its bytes when it is a plain regular file; they are readable until the next is asked for.

    Raises:
        BrokenArchive: Not whole. Only a walk that ends without it has proved that all was there; it may also come
            while a member is read. A system's or a server's error in reading `packed` passes through.
    """
    inflated = _Inflated(packed)
    try:
        with tarfile.open(fileobj=inflated, mode="r:") as tar:
            # Where there was no member, Python 3.10 would go back and look again.
            while tar.offset and (member := tar.next()) is not None:
                inflated.header_left = None
                # A sparse file's map can make tarfile turn in circles, and logs are none.
                is_plain = member.isreg() and not member.issparse()
                # A size that is said of all that follow does not move the next header, so it may be any number.
                if is_plain and not 0 <= member.size <= tar.offset - member.offset_data:
                    raise BrokenArchive(_BAD_HEADER)
                yield member, tar.extractfile(member) if is_plain else None
                # It remembers every member, for random access, and what is said once about all that follow.
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
    """The packed bytes as isal wants them, with a note of how they begin."""

    def __init__(self, source: Readable) -> None:
        self.start = b""
        self._source = source

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # isal hands a memoryview, always
        piece = self._source.read(len(buffer))
        self.start += piece[: START_BYTES - len(self.start)]
        buffer[: len(piece)] = piece
        return len(piece)


class _Inflated(io.BufferedIOBase):
    """The tar as tarfile reads it. Its every read is of bytes that a whole tar has, so a short one is a cut.

    Attributes:
        last_read: What the last read gave: zeros when it was the tar's end.
        header_left: So many more bytes may be read of a member's headers; None while its content is read.
    """

    def __init__(self, packed: Readable) -> None:
        self.last_read = self._start = b""
        self.header_left: int | None = _HEADER_BYTES
        self._packed = _Packed(packed)
        self._gzip = igzip.open(self._packed, "rb")  # type: ignore[no-untyped-call]
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
        """What is inside instead of a tar, in words; None when it begins as a tar does."""
        if not self._start:
            return "its gzip stream holds nothing"
        found = format_of(self._start)
        if found == TAR or not any(self._start):
            return None
        return f"its gzip stream holds no tar{f', but {found}' if found else ''}"

    def drain(self) -> None:
        """Read what follows the tar's end, up to the end of the packed bytes: only there is the checksum judged."""
        while self._inflate(PIECE_BYTES):
            pass

    def _take(self, size: int) -> bytes:
        self.last_read = self._inflate(size)
        self._position += len(self.last_read)
        self._start += self.last_read[: START_BYTES - len(self._start)]
        if len(self.last_read) < size:
            if not self._packed.start:
                raise BrokenArchive("it is empty", is_gzip=False)
            raise BrokenArchive(self.no_tar() or _NO_END)
        return self.last_read

    def _inflate(self, size: int) -> bytes:
        try:
            inflated: bytes = self._gzip.read(size)
        except tuple(_GZIP_PROBLEMS) as error:
            if not self._packed.start.startswith(GZIP_START):
                found = format_of(self._packed.start)
                words = f"it is {found}, no gzip file" if found else "it is no gzip file"
                raise BrokenArchive(words, is_gzip=False) from error
            raise BrokenArchive(
                next(words for kind, words in _GZIP_PROBLEMS.items() if isinstance(error, kind))
            ) from error
        return inflated
