"""Where can an archive be? In a file of this machine, or in an object of a bucket. Callers do not know which.

The law of this room: a place never shows a part of an archive. A draft appears there only when it is kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from pulumi_opsmanager.errors import CannotStore

from .bucket import Bucket
from .draft import move as move_file
from .file_place import FilePlace
from .object_place import ObjectPlace
from .seen import Seen

__all__ = [
    "Draft",
    "Place",
    "Seen",
    "digest_of",
    "is_folder",
    "is_there",
    "is_url",
    "move",
    "name_of",
    "place_of",
    "within",
]


class Draft(Protocol):
    """Bytes that have not appeared in their place yet."""

    def write(self, piece: bytes) -> None:
        """Append a piece; raise `CannotStore` if it cannot be stored."""

    def keep(self) -> Seen:
        """Make the bytes appear in their place, and return what a look there shows.

        After `CannotStore` the place is as before.
        """


class Place(Protocol):
    """A path or URL where an archive is or may be."""

    @property
    def location(self) -> str:
        """Path or URL, as the state stores it."""

    @property
    def identity(self) -> str:
        """The same text for all names of the place."""

    @property
    def is_remote(self) -> bool:
        """Whether a look sends a request."""

    def look(self) -> Seen | None:
        """Size and mark of the file or object; None if there is none. Raise `CannotStore` if this user cannot look."""

    def draft(self) -> AbstractContextManager[Draft]:
        """Open a draft. At the end of the block a draft that was not kept is removed."""

    def pieces(self) -> Iterator[bytes]:
        """Read the file or object; raise `CannotStore` if it cannot be read."""

    def remove(self) -> None:
        """Delete the file or object, if it exists; raise `CannotStore` if it is still there."""

    def problem(self) -> str | None:
        """Why nothing can be stored there, in words that follow the name of an input. It sends nothing."""


def is_url(location: str) -> bool:
    """Whether a location is a URL and not a path."""
    return "://" in location


def place_of(location: str) -> Place:
    """The place of a path or of a URL of a bucket.

    Raises:
        InvalidInput: It is a URL, but not of an object.
    """
    return ObjectPlace(Bucket.of(location)) if is_url(location) else FilePlace(Path(location))


def is_folder(location: str) -> bool:
    """Whether a location means a folder: it ends in `/`, is a folder on this machine, or names only a bucket."""
    if is_url(location):
        return location.endswith("/") or "/" not in location.partition("://")[2]
    return FilePlace.is_folder(location)


def within(folder: str, name: str) -> str:
    """The location of a name in a folder."""
    return f"{folder.rstrip('/')}/{name}" if is_url(folder) else str(Path(folder) / name)


def name_of(location: str) -> str:
    """The last part of a location, without a slash at its end."""
    return location.rstrip("/").rpartition("/")[2]


def is_there(place: Place) -> bool:
    """Whether a file or object exists. If this user cannot look: False, because a later write reports the reason."""
    try:
        return place.look() is not None
    except CannotStore:
        return False


def digest_of(place: Place) -> str:
    """SHA-256 of the file or object (hex); raise `CannotStore` if it cannot be read."""
    digest = hashlib.sha256()
    for piece in place.pieces():
        digest.update(piece)
    return digest.hexdigest()


def move(source: Place, target: Place, sha256: str) -> Seen:
    """Move an archive, and replace a file at the target. Return what a look there shows.

    Args:
        source: The present place.
        target: The new place. Files move by a rename or a copy. From or to a bucket, the bytes are copied and compared.
        sha256: SHA-256 of the archive (hex).

    Raises:
        CannotStore: The archive cannot be read or written, or somebody changed it. The source stays in its place.
    """
    if isinstance(source, FilePlace) and isinstance(target, FilePlace):
        move_file(source.path, target.path)
        return target.seen()
    digest = hashlib.sha256()
    with target.draft() as copy:
        for piece in source.pieces():
            copy.write(piece)
            digest.update(piece)
        if digest.hexdigest() != sha256:
            raise CannotStore(f"{source.location} has other bytes than the verified archive; it stays where it is")
        seen = copy.keep()
    try:
        source.remove()
    except CannotStore:
        target.remove()
        raise
    return seen
