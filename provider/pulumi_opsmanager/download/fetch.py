"""How does a stream of bytes become a verified file under its final name? In one pass, or not at all.

The network is read, and the file written and hashed, on the caller's thread; a second one inflates and walks the
same bytes beside it. A download cannot be resumed, so what went wrong in mid-body starts again from zero.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from pathlib import Path

from pulumi_opsmanager.api.models import ChildJob
from pulumi_opsmanager.clock import Clock
from pulumi_opsmanager.errors import ReplyLost, UnexpectedResponse

from .draft import Draft, draft
from .oddities import Oddities
from .parts import Parts
from .pipe import Pipe
from .walk import BrokenArchive, members

_log = logging.getLogger(__name__)

_PAUSES_SECONDS = (1.0, 5.0)
"""One between each two attempts."""

_HANDFUL_BYTES = 512 * 1024


@dataclass(frozen=True)
class Fetched:
    """A verified archive.

    Attributes:
        sha256: Of the file, 64 hex characters.
        size_bytes: Of the file.
        uncompressed_size_bytes: Sum of the sizes of the regular files inside.
        members: Number of them.
        missing: Child jobs that failed or have no file in it, in their order; none when it is complete.
        unmatched: Files in it that belong to no child job, in words; None when there are none.
        odd: What is in it that is no log and could do harm when it is unpacked, in words; None when nothing is.
    """

    sha256: str
    size_bytes: int
    uncompressed_size_bytes: int
    members: int
    missing: tuple[ChildJob, ...]
    unmatched: str | None = None
    odd: str | None = None


def fetch(
    open_stream: Callable[[], AbstractContextManager[Iterator[bytes]]],
    target: Path,
    *,
    children: Sequence[ChildJob],
    clock: Clock,
    accept: Callable[[Fetched], None] = lambda _: None,
    progress: Callable[[int], None] = lambda _: None,
) -> Fetched:
    """Download an archive, verify it and put it under its name, mode 0600.

    However this fails, what was under the name before is still there, and nothing beside it.

    Args:
        open_stream: Asks for the archive from its start, once for each of up to three attempts.
        target: Path of the file. Folders that are missing are made.
        children: Of the job, from a verbose answer; what of them the archive lacks is `Fetched.missing`.
        clock: Sleeps between attempts.
        accept: Called with a verified archive before it takes the name; it refuses by raising.
        progress: Called for each piece with the bytes so far, and with 0 when an attempt begins.

    Raises:
        ReplyLost: The last attempt was cut or stalled too.
        UnexpectedResponse: The last attempt too brought no complete archive.
        CannotStore: A folder or file on this machine cannot be written.
        OpsManagerError: The download could not even begin; which the transport has repeated as far as that is of use.
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
    pipe, oddities, digest, size_bytes = Pipe(), Oddities(), hashlib.sha256(), 0
    with ThreadPoolExecutor(1) as pool:
        # Closed before the pool waits for its thread, or that would wait for bytes for ever.
        with closing(pipe):
            walking = pool.submit(_walk, pipe, parts, oddities)
            for handful in _handfuls(pieces, progress):
                new.write(handful)
                digest.update(handful)
                size_bytes += len(handful)
                if not pipe.write(handful):
                    # A walk that succeeds reads to the end; this one has failed, and says why below.
                    break
        count, inside_bytes = walking.result()
    return Fetched(
        digest.hexdigest(),
        size_bytes,
        inside_bytes,
        count,
        missing=parts.missing(),
        unmatched=parts.unmatched(),
        odd=oddities.told(size_bytes, inside_bytes),
    )


def _handfuls(pieces: Iterator[bytes], progress: Callable[[int], None]) -> Iterator[bytes]:
    """The same bytes, more at a time: each call that lets the other thread run costs a wait to get the turn back."""
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


def _walk(pipe: Pipe, parts: Parts, oddities: Oddities) -> tuple[int, int]:
    count = inside_bytes = 0
    try:
        for member, file in members(pipe):
            oddities.see(member)
            if member.isfile():
                parts.see(member.name)
                count += 1
                # A sparse one only claims a size, and may claim any.
                inside_bytes += member.size if file is not None else 0
    finally:
        pipe.abandon()
    return count, inside_bytes


def _no_archive(error: BrokenArchive) -> UnexpectedResponse:
    remedy = (
        "try again; if it stays so, look at the server's logs and its disk"
        if error.is_gzip
        else "a sign-in page, a proxy or another service; check baseUrl"
    )
    attempts = len(_PAUSES_SECONDS) + 1
    return UnexpectedResponse(f"the server sent no complete archive in {attempts} attempts: {error}; {remedy}")
