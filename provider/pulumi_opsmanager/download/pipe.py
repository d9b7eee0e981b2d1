"""Passes bytes from one thread to another, in order and with a limit of unread bytes."""

from __future__ import annotations

from collections import deque
from threading import Condition


class Pipe:
    """Passes bytes from a writer, which closes it, to a reader, which abandons it. Neither waits for a dead thread."""

    def __init__(self, held_bytes: int = 4 * 1024 * 1024) -> None:
        """Hold at most so many unread bytes, and one piece more."""
        self._most_bytes = held_bytes
        self._pieces: deque[bytes] = deque()
        self._held_bytes = 0
        self._is_closed = self._is_abandoned = False
        self._changed = Condition()

    def write(self, piece: bytes) -> bool:
        """Hand over a piece. Wait while too many are unread. Return False if the reader has abandoned the pipe."""
        with self._changed:
            self._changed.wait_for(lambda: self._held_bytes < self._most_bytes or self._is_abandoned)
            if piece:  # the reader takes an empty piece for the end
                self._pieces.append(piece)
                self._held_bytes += len(piece)
            self._changed.notify_all()
            return not self._is_abandoned

    def close(self) -> None:
        """Stop writing. The reader receives the remaining pieces, then the end."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def read(self, size: int) -> bytes:
        """Wait for the next bytes and return at most `size`; empty at the end."""
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
        """Stop reading. The writer no longer waits."""
        with self._changed:
            self._is_abandoned = True
            self._pieces.clear()
            self._changed.notify_all()
