"""Which archive of the program has which file? One record for a provider process, for all its calls.

An archive and its replacement have one owner, so the owner distinguishes them from a second archive of the same path.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from threading import Lock


@dataclass(frozen=True)
class Holder:
    """An archive that has a file.

    Attributes:
        owner: Identity that its replacement has too; its id where the engine gives no identity.
        archive_id: Its id.
        written: Size and modification time (ns) of the file when it was written; None while that is not known.
    """

    owner: str
    archive_id: str
    written: tuple[int, int] | None = None


class Holders:
    """The files of one process, and who has them. Safe to share."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._by_file: dict[Path, Holder] = {}

    def hold(self, file: Path, holder: Holder) -> bool:
        """Take a free file; False when another archive of the program has it. A replaced one keeps it for now."""
        with self._lock:
            found = self._by_file.setdefault(real_place(file), holder)
            return found.owner == holder.owner

    def hand_over(self, file: Path, holder: Holder) -> None:
        """Have a file, and no other one any more, in place of what has it."""
        with self._lock:
            self._drop(holder.archive_id)
            self._by_file[real_place(file)] = holder

    def holder_of(self, file: Path) -> Holder | None:
        """Who has a file, as far as this process knows."""
        with self._lock:
            return self._by_file.get(real_place(file))

    def let_go(self, archive_id: str) -> None:
        """The archive needs its files no longer, or did not get them."""
        with self._lock:
            self._drop(archive_id)

    def _drop(self, archive_id: str) -> None:
        self._by_file = {file: found for file, found in self._by_file.items() if found.archive_id != archive_id}


def real_place(file: Path) -> Path:
    """One spelling for all paths of a file. A link in the file's own place is not followed: a new file replaces it."""
    return Path(os.path.realpath(file.parent)) / file.name
