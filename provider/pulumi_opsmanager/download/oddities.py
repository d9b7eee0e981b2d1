"""What is in an archive that is no log, and could do harm when somebody unpacks it? Here nothing is unpacked."""

from __future__ import annotations

import tarfile

from pulumi_opsmanager.errors import counted, shorten

_NAMED = 3
_NAME_CHARACTERS = 80

_NO_LOG = ("entry in the archive is not a log file", "entries in the archive are not log files")

# Logs shrink to a tenth, monotonous ones to a fiftieth; what shrinks more was made to, and a small one does no harm.
_BOMB_RATIO = 200
_BOMB_BYTES = 100_000_000


class Oddities:
    """The odd members of one archive: counted, and the first of them named."""

    def __init__(self) -> None:
        self._count = 0
        self._first: list[str] = []

    def see(self, member: tarfile.TarInfo) -> None:
        """Note any member."""
        problem = oddity(member)
        if problem is None:
            return
        self._count += 1
        if len(self._first) < _NAMED:
            self._first.append(f"'{shorten(member.name, _NAME_CHARACTERS)}' {problem}")

    def told(self, packed_bytes: int, unpacked_bytes: int) -> str | None:
        """All of it in words; None when nothing is odd.

        Args:
            packed_bytes: Size of the archive.
            unpacked_bytes: Sum of the sizes of the files inside.
        """
        problems = []
        if self._count:
            more = self._count - len(self._first)
            named = ", ".join(self._first) + (f" and {more} more" if more else "")
            problems.append(f"{counted(self._count, *_NO_LOG)}: {named}")
        if unpacked_bytes > max(_BOMB_BYTES, _BOMB_RATIO * packed_bytes):
            times = unpacked_bytes // max(1, packed_bytes)
            problems.append(f"its {unpacked_bytes / 1e6:.0f} MB are {times} times the size of the archive")
        return f"{'; '.join(problems)}; unpack it with care, if at all" if problems else None


def oddity(member: tarfile.TarInfo) -> str | None:
    """What is odd about a member, in words that follow its name; None for a file or folder that stays below."""
    if member.issym() or member.islnk():
        return "is a link"
    if not (member.isreg() or member.isdir()):
        return "is a device or a pipe"
    parts = member.name.replace("\\", "/").split("/")
    if parts[0] == "":
        return "has an absolute name"
    return "leads out of its folder" if ".." in parts else None
