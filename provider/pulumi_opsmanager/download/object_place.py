"""An object of S3, Google Cloud Storage or Azure as a place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from pulumi_opsmanager.errors import CannotStore, InvalidSettings

from .bucket import Bucket
from .object_draft import ObjectDraft
from .seen import Seen

# A long answer would exceed the time limit of a request, so an object is read in ranges.
_RANGE_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True)
class ObjectPlace:
    """The URL of an object, which may not exist."""

    bucket: Bucket
    is_remote = True

    @property
    def location(self) -> str:
        """The URL."""
        return self.bucket.url

    identity = location

    def look(self) -> Seen | None:
        """Size and ETag of the object, by one HEAD."""
        found = self.bucket.open().head()
        return found.seen if found else None

    @contextmanager
    def draft(self) -> Iterator[ObjectDraft]:
        """Begin an upload. It may replace only the version that is there now."""
        new = ObjectDraft(self.bucket.open())
        try:
            yield new
        finally:
            new.abandon()

    def pieces(self) -> Iterator[bytes]:
        """Read one version of the object."""
        store = self.bucket.open()
        found = store.head()
        if found is None:
            raise CannotStore(f"{self.location} cannot be read: it is missing")
        size = found.seen.size_bytes
        read = partial(store.read, found)
        yield from (read(start, min(start + _RANGE_BYTES, size)) for start in range(0, size, _RANGE_BYTES))

    def remove(self) -> None:
        """Delete the object."""
        self.bucket.open().delete()

    def problem(self) -> str | None:
        """Why no object can be stored; None if this machine shows no reason."""
        try:
            self.bucket.open()
        except InvalidSettings as error:
            return error.finding.partition(" ")[2]
        return None
