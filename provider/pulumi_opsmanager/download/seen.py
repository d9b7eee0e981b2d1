"""The result of a look at a place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Seen:
    """Size and mark of a file or object. Two equal looks mean that nobody has changed it.

    Attributes:
        size_bytes: Size of the file or object.
        mtime_ns: Modification time of a file (nanoseconds since 1970, as text); `0` for an object.
        etag: ETag of an object, as its store writes it; None for a file.
    """

    size_bytes: int
    mtime_ns: str = "0"
    etag: str | None = None
