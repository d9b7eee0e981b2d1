"""A temporary file beside its target, which takes the name of the target only when it is kept.

Locks and syncs are conveniences. A network file system may refuse them and still store the file.
"""

from __future__ import annotations

import errno
import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import BinaryIO

from pulumi_opsmanager.errors import CannotStore

_PIECE_BYTES = 1024 * 1024
_SUFFIX = ".opsmanager-part"
# For file systems without locks. No download pauses so long between two writes.
_ABANDONED_SECONDS = 24 * 60 * 60
# Another process can remove a draft before it is locked. Then a new draft is made.
_ATTEMPTS = 10
# These errors mean that the file system cannot sync. After any other error, bytes may be lost.
_CANNOT_SYNC = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})

_REMEDIES = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "free some space there, or choose another path"),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), "allow this user to write there, or choose another path"),
    **dict.fromkeys((errno.EEXIST, errno.ENOTDIR), "choose a path in a folder, not in a file"),
}


@dataclass(frozen=True)
class Draft:
    """The temporary file with the bytes so far."""

    _file: FileIO
    _temporary: Path
    _target: Path

    def write(self, piece: bytes) -> None:
        """Append a complete piece; raise `CannotStore` if the file cannot be written, for example to a full disk."""
        left = memoryview(piece)
        with _storing(self._target):
            while left:
                left = left[self._file.write(left) :]

    def keep(self) -> None:
        """Give the draft the name of the target, and replace a file there.

        After a crash of the machine either the old or the new file is there. After `CannotStore` it is the old one.
        """
        with _storing(self._target):
            try:
                os.fsync(self._file.fileno())
            except OSError as error:
                if error.errno not in _CANNOT_SYNC:
                    raise
                # Without a sync, only closing reports lost bytes.
                self._file.close()
            try:
                # The file stays open and locked, because another process may remove an unlocked draft.
                self._temporary.replace(self._target)
            except OSError:
                # Some network file systems cannot rename an open file.
                self._file.close()
                self._temporary.replace(self._target)
        # The file is complete and in place, also if the system cannot sync a folder.
        with suppress(OSError):
            folder = os.open(self._target.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


@contextmanager
def draft(target: Path) -> Iterator[Draft]:
    """Open a draft beside its target with mode 0600. Missing folders are created with mode 0700.

    At the end of the block a draft that was not kept is removed. Drafts of killed processes in the same folder are
    removed too: they may be large and have private data. `CannotStore` means that the target is a folder, or that no
    file can be created beside it.
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
        # After a failed write, closing may fail too. A kept draft is already synced.
        with suppress(OSError):
            file.close()
        with suppress(OSError):  # a kept draft has another name
            temporary.unlink()


def move(source: Path, target: Path) -> None:
    """Move a file, and replace a file at the target. To another file system it is copied completely.

    After `CannotStore` the source is still in its place.
    """
    with _storing(target):
        _make_folder(target.parent)
    # This works within one file system. If anything else forbids it, the copy below fails and raises the reason.
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
    """Return whether a file exists. If this user may not look there: False, because writing reports the reason."""
    return os.path.exists(file)  # noqa: PTH110  `Path.exists` raises


def remove(file: Path) -> None:
    """Delete a file if it exists; raise `CannotStore` if it is still there."""
    with _storing(file):
        file.unlink(missing_ok=True)


def folder_problem(folder: Path) -> str | None:
    """Return why no file can be created in a folder, which may not exist yet; None if it can."""
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if not existing.is_dir():
        return f"must be in a folder, but {existing} is not a folder"
    can_write = os.access(existing, os.W_OK | os.X_OK)
    return None if can_write else f"must be in a folder that this user can write; {existing} is not writable"


def _locked(target: Path) -> tuple[FileIO, Path]:
    for _ in range(_ATTEMPTS):
        # The name of the draft must not become too long.
        handle, name = tempfile.mkstemp(prefix=f".{target.name[:32]}.", suffix=_SUFFIX, dir=target.parent)
        file, temporary = FileIO(handle, "wb"), Path(name)
        with suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX)
        if os.path.lexists(temporary):
            return file, temporary
        file.close()
    raise FileNotFoundError(errno.ENOENT, "another process removes new files there")


def _sweep(folder: Path, own: Path) -> None:
    """Remove drafts without a lock. On a file system without locks: drafts without a write for 24 hours."""
    with suppress(OSError):
        now = own.stat().st_mtime
        for left in folder.glob(f".*{_SUFFIX}"):
            if left != own:
                # It may be removed by now, or belong to another user. Some systems lock only writable files.
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
    # `mkdir(parents=True)` sets the mode of the last folder only.
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
