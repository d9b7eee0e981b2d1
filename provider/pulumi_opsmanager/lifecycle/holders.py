"""Which archive of the program has which file? One record for all calls of a provider process.

An archive and its replacement have the same owner. A second archive with the same path has another owner.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

from pulumi_opsmanager.download.place import Place, Seen


@dataclass(frozen=True)
class Holder:
    """An archive that has a file.

    Attributes:
        owner: Identity that its replacement shares; the archive's id if the engine gives no identity.
        archive_id: The archive's id.
        written: What a look showed when the file was written; None if that is not known yet.
    """

    owner: str
    archive_id: str
    written: Seen | None = None


class Holders:
    """The files of one process, each with its archive. Threads may share it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._by_file: dict[str, Holder] = {}

    def hold(self, file: Place, holder: Holder) -> bool:
        """Take a free file. False if another archive has it. A file of the archive to replace stays with that one."""
        with self._lock:
            found = self._by_file.setdefault(file.identity, holder)
            return found.owner == holder.owner

    def hand_over(self, file: Place, holder: Holder) -> None:
        """Give a file to an archive, in place of the archive that has it. The new holder gives up its other files."""
        with self._lock:
            self._drop(holder.archive_id)
            self._by_file[file.identity] = holder

    def holder_of(self, file: Place) -> Holder | None:
        """The archive that has a file; None if this process knows none."""
        with self._lock:
            return self._by_file.get(file.identity)

    def let_go(self, archive_id: str) -> None:
        """Forget the files of an archive, which was deleted or could not be created."""
        with self._lock:
            self._drop(archive_id)

    def _drop(self, archive_id: str) -> None:
        self._by_file = {file: found for file, found in self._by_file.items() if found.archive_id != archive_id}
