"""How does a stream of bytes become a verified file under its final name? In one pass.

The caller's thread receives, hashes and writes the bytes. A second thread inflates the same bytes and walks the tar.
The server cannot resume a download, so a download that breaks starts again from zero.
"""

from __future__ import annotations

import hashlib
import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from pathlib import Path
from threading import Condition

from pulumi_opsmanager.api.models import ChildJob
from pulumi_opsmanager.clock import Clock
from pulumi_opsmanager.errors import ReplyLost, UnexpectedResponse

from .draft import Draft, draft
from .parts import Parts
from .suspects import Suspects
from .walk import BrokenArchive, members

_log = logging.getLogger(__name__)
_PAUSES_SECONDS = (1.0, 5.0)  # between the attempts
_HANDFUL_BYTES = 512 * 1024
_PIPE_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class Fetched:
    """A verified archive."""

    sha256: str  # SHA-256 of the archive file, 64 hex characters
    size_bytes: int  # size of the archive file
    uncompressed_size_bytes: int  # sum of the sizes of the regular files in the archive
    members: int  # number of regular files in the archive
    missing: tuple[ChildJob, ...]  # child jobs that failed or have no file in the archive, in their order
    unmatched: str | None = None  # note about files that belong to no child job; None if there are none
    suspicious: str | None = None  # warning about entries that could do harm on unpacking; None if there are none


def fetch(
    open_stream: Callable[[], AbstractContextManager[Iterator[bytes]]],
    target: Path,
    *,
    children: Sequence[ChildJob],
    clock: Clock,
    accept: Callable[[Fetched], None] = lambda _: None,
    progress: Callable[[int], None] = lambda _: None,
) -> Fetched:
    """Download an archive, verify it and store it under its final name with mode 0600. Missing folders are created.

    After a failure the previous file is still in place, and no temporary file is left.

    Args:
        open_stream: Requests the archive from its first byte. Called once per attempt, at most three times.
        target: Path of the file.
        children: Child jobs from a verbose answer. Those without a file in the archive become `Fetched.missing`.
        clock: Sleeps between attempts.
        accept: Called with a verified archive before the file is stored. It raises to refuse the archive.
        progress: Called for each piece with the number of bytes so far, and with 0 when an attempt begins.

    Raises:
        ReplyLost: The connection failed or stalled in the last attempt.
        UnexpectedResponse: The last attempt did not bring a complete archive.
        CannotStore: A folder or file on this machine cannot be written.
        OpsManagerError: The server refused the download, or cannot be reached.
    """
    pauses = iter(_PAUSES_SECONDS)
    while True:
        with draft(target) as new, open_stream() as pieces:
            try:
                fetched = _receive(pieces, new, Parts(children), progress)
            except (ReplyLost, BrokenArchive) as error:
                pause = next(pauses, None)
                if pause is None:
                    if isinstance(error, ReplyLost):
                        raise
                    raise _no_archive(error) from error
                _log.info("%s; the download starts again in %g s", error, pause)
            else:
                accept(fetched)
                new.keep()
                return fetched
        clock.sleep(pause)


def _receive(pieces: Iterator[bytes], new: Draft, parts: Parts, progress: Callable[[int], None]) -> Fetched:
    pipe, suspects, digest, size_bytes = Pipe(), Suspects(), hashlib.sha256(), 0
    with ThreadPoolExecutor(1) as pool:
        # The pool waits for its thread, and that thread waits for bytes until the pipe is closed.
        with closing(pipe):
            walking = pool.submit(_walk, pipe, parts, suspects)
            for handful in _handfuls(pieces, progress):
                new.write(handful)
                digest.update(handful)
                size_bytes += len(handful)
                if not pipe.write(handful):
                    # The walk failed before the end. Its result below raises the reason.
                    break
        count, inside_bytes = walking.result()
    return Fetched(
        digest.hexdigest(),
        size_bytes,
        inside_bytes,
        count,
        missing=parts.missing(),
        unmatched=parts.unmatched(),
        suspicious=suspects.warning(size_bytes, inside_bytes),
    )


def _handfuls(pieces: Iterator[bytes], progress: Callable[[int], None]) -> Iterator[bytes]:
    """Join pieces: each hand-over to the other thread costs time."""
    handful, size_bytes = bytearray(), 0
    progress(0)
    for piece in pieces:
        handful += piece
        size_bytes += len(piece)
        progress(size_bytes)
        if len(handful) >= _HANDFUL_BYTES:
            yield bytes(handful)
            handful.clear()
    yield bytes(handful)


def _walk(pipe: Pipe, parts: Parts, suspects: Suspects) -> tuple[int, int]:
    count = inside_bytes = 0
    try:
        for member, file in members(pipe):
            suspects.see(member)
            if member.isfile():
                parts.see(member.name)
                count += 1
                # The size of a sparse file is only a claim.
                inside_bytes += member.size if file is not None else 0
    finally:
        pipe.abandon()
    return count, inside_bytes


def _no_archive(error: BrokenArchive) -> UnexpectedResponse:
    attempts = len(_PAUSES_SECONDS) + 1
    finding = f"the server sent no complete archive in {attempts} attempts: {error}"
    remedy = "a sign-in page, a proxy or another service answered; check base_url"
    if error.is_gzip:
        remedy = "run again; if it fails again, check the server's logs and free disk space"
    return UnexpectedResponse(finding, remedy=remedy)


class Pipe:
    """Hands bytes in order from a thread that closes it to one that abandons it. Neither waits for an ended thread."""

    def __init__(self) -> None:
        self._pieces: deque[bytes] = deque()
        self._held_bytes = 0
        self._is_closed = self._is_abandoned = False
        self._changed = Condition()

    def write(self, piece: bytes) -> bool:
        """Hand over a piece. Wait while 4 MiB are unread. Return False if the reader has abandoned the pipe."""
        with self._changed:
            self._changed.wait_for(lambda: self._held_bytes < _PIPE_BYTES or self._is_abandoned)
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
