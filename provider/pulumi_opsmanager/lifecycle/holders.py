"""Which archive of the program has which file? One record for a provider process, for all its calls.

An archive and its replacement have one owner, so the owner distinguishes them from a second archive of the same path.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

from pulumi_opsmanager.download.place import Place, Seen


@dataclass(frozen=True)
class Holder:
    """An archive that has a file.

    Attributes:
        owner: Identity that its replacement has too; its id where the engine gives no identity.
        archive_id: Its id.
        written: What a look showed when it was written; None while that is not known.
    """

    owner: str
    archive_id: str
    written: Seen | None = None


class Holders:
    """The files of one process, and who has them. Safe to share."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._by_file: dict[str, Holder] = {}

    def hold(self, file: Place, holder: Holder) -> bool:
        """Take a free file; False when another archive of the program has it. A replaced one keeps it for now."""
        with self._lock:
            found = self._by_file.setdefault(file.identity, holder)
            return found.owner == holder.owner

    def hand_over(self, file: Place, holder: Holder) -> None:
        """Have a file, and no other one any more, in place of what has it."""
        with self._lock:
            self._drop(holder.archive_id)
            self._by_file[file.identity] = holder

    def holder_of(self, file: Place) -> Holder | None:
        """Who has a file, as far as this process knows."""
        with self._lock:
            return self._by_file.get(file.identity)

    def let_go(self, archive_id: str) -> None:
        """The archive needs its files no longer, or did not get them."""
        with self._lock:
            self._drop(archive_id)

    def _drop(self, archive_id: str) -> None:
        self._by_file = {file: found for file, found in self._by_file.items() if found.archive_id != archive_id}
