"""A file under way: a temporary neighbour of its target, which takes the target's name only when it is kept."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path

from pulumi_opsmanager.errors import CannotStore

_PIECE_BYTES = 1024 * 1024

_SUFFIX = ".opsmanager-part"

_FREE_SPACE = "free some space there, or choose another path"
_ALLOW = "let this user write there, or choose another path"

_REMEDIES = {
    errno.ENOSPC: _FREE_SPACE,
    errno.EDQUOT: _FREE_SPACE,
    errno.EFBIG: _FREE_SPACE,
    errno.EACCES: _ALLOW,
    errno.EPERM: _ALLOW,
    errno.EROFS: _ALLOW,
}


class Draft:
    """The bytes so far."""

    def __init__(self, file: FileIO, temporary: Path, target: Path) -> None:
        self._file = file
        self._temporary = temporary
        self._target = target

    def write(self, piece: bytes) -> None:
        """Append all of a piece.

        Raises:
            CannotStore: The disk is full, for one.
        """
        left = memoryview(piece)
        with _storing(self._target):
            while left:
                left = left[self._file.write(left) :]

    def keep(self) -> None:
        """Give it the target's name, in place of what has it now. A crash of the machine leaves one of the two whole.

        Raises:
            CannotStore: What was under the name is still there.
        """
        with _storing(self._target):
            os.fsync(self._file.fileno())
            # Still open, and so locked: an unlocked draft is anybody's to remove.
            self._temporary.replace(self._target)
        # The file is in place and whole; that some systems cannot sync a folder does not undo it.
        with suppress(OSError):
            folder = os.open(self._target.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


@contextmanager
def draft(target: Path) -> Iterator[Draft]:
    """Open a draft beside its target, mode 0600; missing folders are made, for their owner only.

    However the block ends, nothing is left of a draft that was not kept. What a killed process has left in the folder
    goes when the next draft is opened there: it may be large, and full of private data.

    Raises:
        CannotStore: The target is a folder, or nothing can be made beside it.
    """
    with _storing(target):
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        _make_folder(target.parent)
        _sweep(target.parent)
        handle, temporary = _locked(target)
    try:
        with os.fdopen(handle, "wb", buffering=0) as file:
            yield Draft(file, temporary, target)
    finally:
        with suppress(OSError):  # it is gone when it was kept
            temporary.unlink()


def move(source: Path, target: Path) -> None:
    """Give a file another name, in place of what has it; on another file system by a copy that is whole or not there.

    Raises:
        CannotStore: The source is where it was.
    """
    with _storing(target):
        _make_folder(target.parent)
        try:
            source.replace(target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
        else:
            return
    with draft(target) as copy:
        with _storing(target), source.open("rb") as original:
            while piece := original.read(_PIECE_BYTES):
                copy.write(piece)
        copy.keep()
    remove(source)


def remove(file: Path) -> None:
    """Delete a file; one that is not there is no failure.

    Raises:
        CannotStore: It is still there.
    """
    with _storing(file):
        file.unlink(missing_ok=True)


def sha256_of(file: Path) -> str:
    """The hash of a file's content, in hex.

    Raises:
        CannotStore: It cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with file.open("rb") as content:
            while piece := content.read(_PIECE_BYTES):
                digest.update(piece)
    except OSError as error:
        raise CannotStore(f"{file} cannot be read: {error.strerror}; let this user read it, or remove it") from error
    return digest.hexdigest()


def folder_problem(folder: Path) -> str | None:
    """Why no file can be made in a folder, which may have to be made itself; None when one can."""
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if not existing.is_dir():
        return f"must be in a folder: {existing} is none"
    return None if os.access(existing, os.W_OK | os.X_OK) else f"must be in a folder that can be written: {existing}"


def _locked(target: Path) -> tuple[int, Path]:
    while True:
        # A long name of the target must not make that of the draft too long.
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name[:32]}.", suffix=_SUFFIX, dir=target.parent)
        fcntl.flock(handle, fcntl.LOCK_EX)
        # Others may have swept it away before it was locked.
        if os.fstat(handle).st_nlink:
            return handle, Path(temporary)
        os.close(handle)


def _sweep(folder: Path) -> None:
    """Remove drafts that no process holds any more."""
    for left in folder.glob(f".*{_SUFFIX}"):
        with suppress(OSError), left.open("rb") as file:  # held, not ours to open, or swept by others
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            left.unlink()


def _make_folder(folder: Path) -> None:
    # `mkdir(parents=True)` gives its mode to the last folder only.
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


@contextmanager
def _storing(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        remedy = _REMEDIES.get(error.errno or 0, "choose another path")
        raise CannotStore(f"{target} cannot be written: {error.strerror or error}; {remedy}") from error
