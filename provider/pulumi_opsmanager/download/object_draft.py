"""An object that is being uploaded. It appears complete, or not at all.

A small object is one conditional request. A larger object is a multipart upload, which is completed only when the draft
is kept. Any other end removes the upload, unless the process is killed or the store does not answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from pulumi_opsmanager.errors import CannotStore, counted

from .bucket import PART_BYTES, StoredObject
from .pipe import Pipe
from .seen import Seen

# S3 and Google accept no more parts.
_MOST_PARTS = 10_000


class ObjectDraft:
    """The bytes so far: in memory up to the size of a part, then on their way to the store."""

    def __init__(self, stored: StoredObject) -> None:
        """Look which version is there now. Only this version may be replaced."""
        self._object = stored
        self._before = stored.head()
        self._held = bytearray()
        self._size_bytes = 0
        self._upload: _Upload | None = None

    def write(self, piece: bytes) -> None:
        """Append a piece; raise `CannotStore` or `InvalidSettings` if the store refuses it."""
        self._size_bytes += len(piece)
        if self._size_bytes > _MOST_PARTS * PART_BYTES:
            limit = f"an upload has at most {counted(_MOST_PARTS, 'part')} of 8 MiB"
            remedy = "collect fewer logs, or store the archive in a file"
            raise CannotStore(f"{self._object.bucket.url} cannot be written: {limit}; {remedy}")
        if self._upload is not None:
            self._upload.write(piece)
            return
        self._held += piece
        if len(self._held) > PART_BYTES:
            self._upload = _Upload(self._object)
            self._upload.write(bytes(self._held))
            self._held.clear()

    def keep(self) -> Seen:
        """Make the object appear.

        Raises:
            CannotStore: The store refuses it, or somebody else wrote an object there meanwhile.
            InvalidSettings: The store no longer accepts the credentials.
        """
        if self._upload is None:
            etag = self._object.write(bytes(self._held), self._before)
        else:
            # A multipart upload has no condition. Only the last parts are sent between this look and its end.
            self._require_unchanged()
            etag = self._upload.complete()
        return Seen(self._size_bytes, etag=etag)

    def abandon(self) -> None:
        """End an upload that was not kept."""
        if self._upload is not None:
            self._upload.abandon()

    def _require_unchanged(self) -> None:
        now, before = (found and found.seen for found in (self._object.head(), self._before))
        if now != before:
            url = self._object.bucket.url
            raise CannotStore(
                f"{url} cannot be written: somebody else wrote that object meanwhile; choose another path"
            )


class _Upload:
    """A multipart upload in a separate thread, because the library pulls the bytes."""

    def __init__(self, stored: StoredObject) -> None:
        self._object = stored
        # The pipe can receive the next part while a part is sent.
        self._pipe = Pipe(2 * PART_BYTES)
        self._is_complete = False
        self._pool = ThreadPoolExecutor(1)
        self._etag = self._pool.submit(self._run)

    def write(self, piece: bytes) -> None:
        if not self._pipe.write(piece):
            self._etag.result()  # raises why the upload has ended

    def complete(self) -> str | None:
        self._is_complete = True
        self._pipe.close()
        return self._etag.result()

    def abandon(self) -> None:
        self._pipe.close()
        with suppress(Exception):  # the caller has a reason of its own
            self._etag.result()
        self._pool.shutdown()

    def _run(self) -> str | None:
        try:
            return self._object.upload(self._pieces())
        finally:
            self._pipe.abandon()

    def _pieces(self) -> Iterator[bytes]:
        while piece := self._pipe.read(PART_BYTES):
            yield piece
        if not self._is_complete:
            raise _AbandonedError


class _AbandonedError(Exception):
    """Ends an upload whose draft was not kept."""
