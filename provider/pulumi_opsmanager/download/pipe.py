"""Bytes from one thread to another: in order, few at a time, and neither side can wait for one that is gone."""

from __future__ import annotations

from collections import deque
from threading import Condition

_CAPACITY_BYTES = 4 * 1024 * 1024


class Pipe:
    """One thread writes and closes; the other reads and, however it ends, abandons."""

    def __init__(self) -> None:
        self._pieces: deque[bytes] = deque()
        self._held_bytes = 0
        self._is_closed = False
        self._is_abandoned = False
        self._changed = Condition()

    def write(self, piece: bytes) -> bool:
        """Hand on a piece, waiting while too much is under way; False when nobody reads any more."""
        with self._changed:
            self._changed.wait_for(lambda: self._held_bytes < _CAPACITY_BYTES or self._is_abandoned)
            if piece:  # an empty one would read as the end
                self._pieces.append(piece)
                self._held_bytes += len(piece)
            self._changed.notify_all()
            return not self._is_abandoned

    def close(self) -> None:
        """Nothing more will be written: what is left is read, then the end."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def read(self, size: int) -> bytes:
        """The next bytes, at most `size`, waiting for them; none at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._pieces or self._is_closed)
            piece = self._pieces.popleft() if self._pieces else b""
            if len(piece) > size:
                self._pieces.appendleft(piece[size:])
                piece = piece[:size]
            self._held_bytes -= len(piece)
            self._changed.notify_all()
            return piece

    def abandon(self) -> None:
        """Nothing more will be read: whoever writes need not wait."""
        with self._changed:
            self._is_abandoned = True
            self._pieces.clear()
            self._changed.notify_all()
