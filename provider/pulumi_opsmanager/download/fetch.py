"""How does a stream of bytes become a verified archive in its place? In one pass.

The caller's thread receives, hashes and writes the bytes. A second thread inflates the same bytes and walks the tar.
The server cannot resume a download, so a download that breaks starts again from zero.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, replace

from pulumi_opsmanager.api.models import ChildJob
from pulumi_opsmanager.clock import Clock
from pulumi_opsmanager.errors import ReplyLost, UnexpectedResponse

from .parts import Parts
from .pipe import Pipe
from .place import Draft, Place, Seen
from .suspects import Suspects
from .walk import BrokenArchive, members

_log = logging.getLogger(__name__)
_PAUSES_SECONDS = (1.0, 5.0)  # between the attempts
_HANDFUL_BYTES = 512 * 1024


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
    seen: Seen | None = None  # what a look at its place shows; None before it is stored


def fetch(
    open_stream: Callable[[], AbstractContextManager[Iterator[bytes]]],
    target: Place,
    *,
    children: Sequence[ChildJob],
    clock: Clock,
    accept: Callable[[Fetched], None] = lambda _: None,
    progress: Callable[[int], None] = lambda _: None,
) -> Fetched:
    """Download an archive, verify it and store it in its place.

    After a failure the place is as before, and nothing temporary is left.

    Args:
        open_stream: Requests the archive from its first byte. Called once per attempt, at most three times.
        target: Where the archive goes.
        children: Child jobs from a verbose answer. Those without a file in the archive become `Fetched.missing`.
        clock: Sleeps between attempts.
        accept: Called with a verified archive before it is stored. It raises to refuse the archive.
        progress: Called for each piece with the number of bytes so far, and with 0 when an attempt begins.

    Raises:
        ReplyLost: The connection failed or stalled in the last attempt.
        UnexpectedResponse: The last attempt did not bring a complete archive.
        CannotStore: The place cannot be written.
        OpsManagerError: The server refused the download, or cannot be reached.
    """
    pauses = iter(_PAUSES_SECONDS)
    while True:
        with target.draft() as new, open_stream() as pieces:
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
                return replace(fetched, seen=new.keep())
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
