"""Which entries of an archive could do harm when somebody unpacks it? This package unpacks nothing."""

from __future__ import annotations

import tarfile

from pulumi_opsmanager.errors import counted, shorten

_NO_LOG = ("entry in the archive is not a log file", "entries in the archive are not log files")
# gzip shrinks logs to a tenth, and monotonous logs to a fiftieth. A small archive does no harm.
_BOMB_RATIO = 200
_BOMB_BYTES = 100_000_000


class Suspects:
    """Counts the suspicious entries of one archive, and keeps the names of the first three."""

    def __init__(self) -> None:
        self._count = 0
        self._first: list[str] = []

    def see(self, member: tarfile.TarInfo) -> None:
        """Look at the next entry of the archive."""
        problem = suspicion(member)
        self._count += problem is not None
        if problem is not None and len(self._first) < 3:
            self._first.append(f"'{shorten(member.name, 80)}' {problem}")

    def warning(self, packed_bytes: int, unpacked_bytes: int) -> str | None:
        """Return one line about all suspicious entries and the unpacked size; None when nothing is suspicious.

        `packed_bytes` is the size of the archive file, `unpacked_bytes` the sum of the sizes of the files in it.
        """
        problems = []
        if self._count:
            more = self._count - len(self._first)
            named = ", ".join(self._first) + (f" and {more} more" if more else "")
            problems.append(f"{counted(self._count, *_NO_LOG)}: {named}")
        if unpacked_bytes > max(_BOMB_BYTES, _BOMB_RATIO * packed_bytes):
            times = unpacked_bytes // max(1, packed_bytes)
            problems.append(f"unpacked it has {unpacked_bytes / 1e6:.0f} MB, {times} times the size of the archive")
        return f"{'; '.join(problems)}; check the archive before you unpack it" if problems else None


def suspicion(member: tarfile.TarInfo) -> str | None:
    """Return why an entry is suspicious, in words that follow its name; None for a file or folder in its place."""
    if member.issym() or member.islnk():
        return "is a link"
    if not (member.isreg() or member.isdir()):
        return "is a device or a pipe"
    parts = member.name.replace("\\", "/").split("/")
    if parts[0] == "":
        return "has an absolute name"
    return "leads out of the folder" if ".." in parts else None
