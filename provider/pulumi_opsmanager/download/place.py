"""Where can an archive be? In a file of this machine, or in an object of a bucket. Callers do not know which.

The law of this room: what a place shows under its name is complete. A draft appears there only when it is kept.
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
    """Bytes that are not in their place yet."""

    def write(self, piece: bytes) -> None:
        """Append a piece; raise `CannotStore` if it cannot be stored."""

    def keep(self) -> Seen:
        """Put the bytes in their place, and return what a look there shows.

        After `CannotStore` the place is as before.
        """


class Place(Protocol):
    """A name that an archive has or may have."""

    @property
    def location(self) -> str:
        """Path or URL, as a state has it."""

    @property
    def identity(self) -> str:
        """One spelling for all names of the place."""

    @property
    def is_remote(self) -> bool:
        """Whether a look sends a request."""

    def look(self) -> Seen | None:
        """What is there, without reading it; None if nothing is. Raise `CannotStore` where that cannot be seen."""

    def draft(self) -> AbstractContextManager[Draft]:
        """Open a draft. At the end of the block a draft that was not kept is removed."""

    def pieces(self) -> Iterator[bytes]:
        """Read what is there; raise `CannotStore` if it cannot be read."""

    def remove(self) -> None:
        """Delete what is there, if anything is; raise `CannotStore` if it is still there."""

    def problem(self) -> str | None:
        """Why nothing can be stored there, in words that follow the name of an input. It asks no server."""


def is_url(location: str) -> bool:
    """Whether a location is the URL of an object or a folder of objects, and no path."""
    return "://" in location


def place_of(location: str) -> Place:
    """The place of a path or of a URL of a bucket.

    Raises:
        InvalidInput: It is a URL, but of no object.
    """
    return ObjectPlace(Bucket.of(location)) if is_url(location) else FilePlace(Path(location))


def is_folder(location: str) -> bool:
    """Whether it means a folder: it ends in a slash, is one on this machine, or names a bucket only."""
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
    """Whether anything is there. If it cannot be seen: False, because writing reports the reason."""
    try:
        return place.look() is not None
    except CannotStore:
        return False


def digest_of(place: Place) -> str:
    """SHA-256 of what is there (hex); raise `CannotStore` if it cannot be read."""
    digest = hashlib.sha256()
    for piece in place.pieces():
        digest.update(piece)
    return digest.hexdigest()


def move(source: Place, target: Place, sha256: str) -> Seen:
    """Move an archive, and replace what is at the target. Return what a look there shows.

    Args:
        source: Where it is.
        target: Where it goes. Between files of one file system it is renamed, otherwise copied and compared.
        sha256: Its SHA-256 (hex).

    Raises:
        CannotStore: It cannot be read or written, or has changed. The source is still in its place.
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
