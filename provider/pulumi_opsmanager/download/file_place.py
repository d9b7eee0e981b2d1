"""A file of this machine as a place. A draft beside it takes its name when it is kept."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pulumi_opsmanager.errors import CannotStore

from .draft import Draft, draft, folder_problem, remove
from .seen import Seen

_PIECE_BYTES = 1024 * 1024


@dataclass(frozen=True)
class FilePlace:
    """The path of a file, which may not exist."""

    path: Path
    is_remote = False

    @staticmethod
    def is_folder(path: str) -> bool:
        """Whether a path means a folder: it ends in a slash, or is one."""
        return path.endswith("/") or os.path.isdir(path)  # noqa: PTH112  it never raises; a later write reports the reason

    @property
    def location(self) -> str:
        """Path of the file, as it was given."""
        return str(self.path)

    @property
    def identity(self) -> str:
        """The same text for all paths of a file. If the file itself is a link, a write replaces the link."""
        return os.path.join(os.path.realpath(self.path.parent), self.path.name)  # noqa: PTH118  text is wanted

    def look(self) -> Seen | None:
        """Size and time of the file."""
        try:
            return self.seen()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:
                return None  # no file has such a name; a write reports it
            raise CannotStore(f"cannot read {self.path}: {error.strerror}; let this user read the folder") from error

    def seen(self) -> Seen:
        """Size and time of an existing file. An OSError passes through."""
        found = self.path.stat()
        return Seen(found.st_size, str(found.st_mtime_ns))

    @contextmanager
    def draft(self) -> Iterator[_FileDraft]:
        """Open a draft beside the file with mode 0600. Missing folders are created with mode 0700."""
        with draft(self.path) as new:
            yield _FileDraft(new, self)

    def pieces(self) -> Iterator[bytes]:
        """Read the file."""
        try:
            with self.path.open("rb") as content:
                while piece := content.read(_PIECE_BYTES):
                    yield piece
        except OSError as error:
            raise CannotStore(f"{self.path} cannot be read: {error.strerror}; allow this user to read it") from error

    def remove(self) -> None:
        """Delete the file."""
        remove(self.path)

    def problem(self) -> str | None:
        """Why the file cannot be written here; None if it can."""
        problem = None
        try:
            problem = folder_problem(self.path.parent)
            mode = self.path.stat().st_mode
            if not problem and not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                # Reading some devices never ends.
                return "must not be a device or a pipe"
        except (FileNotFoundError, NotADirectoryError):
            pass
        except OSError as error:  # a name too long, a folder that this user may not enter
            return f"cannot be read: {error.strerror}"
        return problem


@dataclass(frozen=True)
class _FileDraft:
    _draft: Draft
    _place: FilePlace

    def write(self, piece: bytes) -> None:
        self._draft.write(piece)

    def keep(self) -> Seen:
        self._draft.keep()
        return self._place.seen()
