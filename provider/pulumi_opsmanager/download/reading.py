"""Reads the bytes of a place in order, and computes their SHA-256."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator


class Reading:
    """A source for a walk. It keeps one piece at a time. Errors of the pieces pass through."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.size_bytes = 0
        self._pieces, self._digest, self._piece = pieces, hashlib.sha256(), memoryview(b"")

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, at most `size`; empty at the end."""
        while not self._piece:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._digest.update(piece)
            self.size_bytes += len(piece)
            self._piece = memoryview(piece)
        taken, self._piece = self._piece[:size], self._piece[size:]
        return bytes(taken)

    def drain(self) -> None:
        """Read the remaining bytes. A walk of a broken archive stops before the end."""
        self._piece = memoryview(b"")
        for piece in self._pieces:
            self._digest.update(piece)
            self.size_bytes += len(piece)

    @property
    def sha256(self) -> str:
        """SHA-256 of the bytes so far (hex)."""
        return self._digest.hexdigest()
