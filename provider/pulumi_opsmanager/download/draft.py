"""A file under way: a temporary neighbour of its target, which takes the target's name only when it is kept.

Locks and syncs are conveniences: network file systems refuse some of them, and store the file all the same.
"""

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
from typing import BinaryIO

from pulumi_opsmanager.errors import CannotStore

_PIECE_BYTES = 1024 * 1024

_SUFFIX = ".opsmanager-part"

# For file systems without locks: no download goes so long without a write.
_ABANDONED_SECONDS = 24 * 60 * 60

# A draft is made again where another process has swept it before it was locked.
_ATTEMPTS = 10

# Some file systems cannot sync a file; any other error means that its bytes may be lost.
_CANNOT_SYNC = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})

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
        """Give it the target's name, in place of what has it now. After a crash of the machine one of the two is there.

        Raises:
            CannotStore: What was under the name is still there.
        """
        with _storing(self._target):
            try:
                os.fsync(self._file.fileno())
            except OSError as error:
                if error.errno not in _CANNOT_SYNC:
                    raise
                # Then only closing reports whether the bytes have arrived.
                self._file.close()
            try:
                # Still open, and so locked: another process may remove an unlocked draft.
                self._temporary.replace(self._target)
            except OSError:
                # Some network file systems rename no open file.
                self._file.close()
                self._temporary.replace(self._target)
        # The file is in place and complete, also where a system cannot sync a folder.
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
        file, temporary = _locked(target)
    try:
        _sweep(target.parent, temporary)
        yield Draft(file, temporary, target)
    finally:
        # Closing may fail where a write has; its bytes are not wanted, or were synced.
        with suppress(OSError):
            file.close()
        with suppress(OSError):  # it is gone when it was kept
            temporary.unlink()


def move(source: Path, target: Path) -> None:
    """Give a file another name, in place of what has it; on another file system by a complete copy.

    Raises:
        CannotStore: The source is where it was.
    """
    with _storing(target):
        _make_folder(target.parent)
    # On the same file system; whatever else forbids it forbids the copy as well, which says so.
    with suppress(OSError):
        source.replace(target)
        return
    with draft(target) as copy:
        with _storing(target), source.open("rb") as original:
            while piece := original.read(_PIECE_BYTES):
                copy.write(piece)
        copy.keep()
    try:
        remove(source)
    except CannotStore:
        remove(target)
        raise


def exists(file: Path) -> bool:
    """Whether a name is taken. Where this user may not look it counts as free: writing there says what is wrong."""
    return os.path.exists(file)  # noqa: PTH110  `Path.exists` raises


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


def _locked(target: Path) -> tuple[FileIO, Path]:
    for _ in range(_ATTEMPTS):
        # A long name of the target must not make that of the draft too long.
        handle, name = tempfile.mkstemp(prefix=f".{target.name[:32]}.", suffix=_SUFFIX, dir=target.parent)
        file, temporary = FileIO(handle, "wb"), Path(name)
        with suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX)
        if os.path.lexists(temporary):
            return file, temporary
        file.close()
    raise FileNotFoundError(errno.ENOENT, "new files vanish there")


def _sweep(folder: Path, own: Path) -> None:
    """Remove drafts that no process holds any more; where locks are refused, those that nobody has written for long."""
    with suppress(OSError):
        now = own.stat().st_mtime
        for left in folder.glob(f".*{_SUFFIX}"):
            if left != own:
                # Not this user's to open, or swept by another process. Some systems lock no file opened to be read.
                with suppress(OSError), left.open("r+b") as file:
                    if _is_abandoned(file, now):
                        left.unlink()


def _is_abandoned(file: BinaryIO, now: float) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return now - os.fstat(file.fileno()).st_mtime > _ABANDONED_SECONDS
    return True


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
