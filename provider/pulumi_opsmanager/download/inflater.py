"""The library that inflates gzip: isal if the extra `fast` is installed, else Python's zlib.

Only this module knows which. Both refuse the same streams, with one exception: only zlib refuses reserved flags in the
header of a stream, which no writer sets. Both use the same words, unless a stream has more than one problem.
"""

from __future__ import annotations

import gzip
import io
import zlib
from typing import IO

try:
    from isal import igzip, isal_zlib
except ImportError:
    HAS_ISAL = False
else:
    HAS_ISAL = True

# Packed bytes for one call of zlib, which copies those that it does not use.
_PACKED_BYTES = 64 * 1024

_HEADER_BYTES = 10
_GZIP = 16 + zlib.MAX_WBITS  # makes zlib read the header and verify the checksum

# What zlib says about the header and the end of a stream; its other words are about the bytes between them.
_AROUND = ("header", "compression method", "window size", "data check", "length check")

_PROBLEMS: dict[type[Exception], str] = {
    EOFError: "its gzip stream is truncated, or other bytes follow it",
    gzip.BadGzipFile: "its gzip checksum or end is wrong",
    zlib.error: "its gzip stream is damaged",
}
if HAS_ISAL:
    _PROBLEMS[isal_zlib.error] = _PROBLEMS[zlib.error]  # type: ignore[index]  # its stub declares a value, not a class


class BrokenGzip(Exception):
    """The packed bytes are not complete gzip streams. The subject of the message is "it", the archive."""


class Inflater:
    """The inflated bytes of one or more gzip streams.

    Args:
        packed: Source of the streams. Its errors pass through.
    """

    def __init__(self, packed: io.RawIOBase) -> None:
        self._inflated: IO[bytes]
        if HAS_ISAL:
            self._inflated = igzip.open(packed, "rb")  # type: ignore[no-untyped-call]
        else:
            self._inflated = io.BufferedReader(_Streams(packed))

    def read(self, size: int) -> bytes:
        """Return the next bytes: `size`, or fewer at the end. Only the end verifies the checksum.

        Raises:
            BrokenGzip: The stream is truncated or damaged, or other bytes follow it.
        """
        try:
            return self._inflated.read(size)
        except tuple(_PROBLEMS) as error:
            words = next(words for kind, words in _PROBLEMS.items() if isinstance(error, kind))
            raise BrokenGzip(words) from error


class _Streams(io.RawIOBase):
    """The inflated bytes by zlib; raises what isal raises."""

    def __init__(self, packed: io.RawIOBase) -> None:
        self._packed = io.BufferedReader(packed, _PACKED_BYTES)
        self._rest = b""  # packed bytes that no stream has used
        self._stream = zlib.decompressobj(_GZIP)
        self._is_begun = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # BufferedReader passes a memoryview
        inflated = b""
        while not inflated and (self._is_begun or self._begin()):
            packed = self._rest or self._packed.read1()
            if not packed:
                raise EOFError
            try:
                inflated = self._stream.decompress(packed, len(buffer))
            except zlib.error as error:
                if any(words in str(error) for words in _AROUND):
                    raise gzip.BadGzipFile(str(error)) from error
                raise
            self._is_begun = not self._stream.eof
            self._rest = self._stream.unconsumed_tail if self._is_begun else self._stream.unused_data
        buffer[: len(inflated)] = inflated
        return len(inflated)

    def _begin(self) -> bool:
        """Begin the next stream, if one follows."""
        while not (start := self._rest.lstrip(b"\0") if self._stream.eof else self._rest):
            self._rest = self._packed.read1()
            if not self._rest:
                return False
        start += self._packed.read(max(0, _HEADER_BYTES - len(start)))
        if len(start) < _HEADER_BYTES:
            raise EOFError
        self._rest, self._stream, self._is_begun = start, zlib.decompressobj(_GZIP), True
        return True
