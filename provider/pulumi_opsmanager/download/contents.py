"""What does an archive hold, in figures a person reads? One row for each host, port and log type."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import IO

from .layout import Source, source_of
from .lines import Lines
from .oddities import Oddities
from .walk import BrokenArchive, Readable, members

_BINARY_TYPES = frozenset({"FTDC"})

_PIECE_BYTES = 256 * 1024

# More than any deployment has; each is held to the end.
_MAX_ROWS = 20_000


@dataclass(frozen=True)
class Row:
    """The files of one log type of one process or host.

    Attributes:
        host: As the archive writes it.
        port: None for agents.
        log_type: The vendor's word.
        files: Number of files.
        size_bytes: Their size when unpacked.
        lines: In the text files among them, a last one without its newline included; None when none is text: FTDC is
            binary, and what is packed once more is not looked into.
        first: Earliest instant at the start of a line, aware UTC; None when none was found.
        last: Latest.
    """

    host: str
    port: str | None
    log_type: str
    files: int
    size_bytes: int
    lines: int | None
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True)
class Contents:
    """What could be read.

    Attributes:
        rows: Sorted by host, port and log type.
        others: Files whose place in the archive is not understood, or that would make too many rows.
        odd: What is in it that is no log and could do harm when it is unpacked, in words; None when nothing is.
        problem: What is wrong with the file, None when it is verified; the rows then end where it breaks.
    """

    rows: tuple[Row, ...]
    others: int
    odd: str | None
    problem: str | None

    @property
    def refusal(self) -> str | None:
        """Why it is not a verified archive of Ops Manager; None when it is one, if only of a job without logs."""
        if self.problem is None and self.others and not self.rows:
            return "it is a valid gzip tar, but not an Ops Manager archive: no file is where Ops Manager puts logs"
        return self.problem


def contents(packed: Readable, *, progress: Callable[[int], None] = lambda _: None) -> Contents:
    """Read a `.tar.gz` from its first byte to its last, and count.

    Args:
        packed: The archive.
        progress: Called for each piece with the bytes read so far.

    Raises:
        OSError: Only what reading `packed` itself raises.
    """
    tallies: dict[Source, _Tally] = {}
    counted, oddities = _Counted(packed, progress), Oddities()
    unpacked_bytes, others, problem = 0, 0, None
    try:
        for member, file in members(counted):
            oddities.see(member)
            if not member.isfile():
                continue
            # A sparse one only claims a size, and may claim any.
            size_bytes = member.size if file is not None else 0
            unpacked_bytes += size_bytes
            source = source_of(member.name)
            if source is None or (source not in tallies and len(tallies) == _MAX_ROWS):
                others += 1
                continue
            is_text = source.log_type not in _BINARY_TYPES and not member.name.endswith(".gz")
            tallies.setdefault(source, _Tally()).add(size_bytes, file if is_text else None)
    except BrokenArchive as error:
        problem = str(error)
    ordered = sorted(tallies, key=lambda source: (source.host, int(source.port or 0), source.log_type))
    odd = oddities.told(counted.size_bytes, unpacked_bytes)
    return Contents(tuple(tallies[source].row(source) for source in ordered), others, odd, problem)


class _Counted:
    """Bytes, and how many they were."""

    def __init__(self, source: Readable, progress: Callable[[int], None]) -> None:
        self.size_bytes = 0
        self._source, self._progress = source, progress

    def read(self, size: int, /) -> bytes:
        piece = self._source.read(size)
        self.size_bytes += len(piece)
        self._progress(self.size_bytes)
        return piece


class _Tally:
    def __init__(self) -> None:
        self._files = self._size_bytes = 0
        self._lines: Lines | None = None

    def add(self, size_bytes: int, text: IO[bytes] | None) -> None:
        self._files += 1
        if text is None:
            self._size_bytes += size_bytes
            return
        self._lines = self._lines or Lines()
        while piece := text.read(_PIECE_BYTES):
            self._size_bytes += len(piece)
            self._lines.add(piece)
        self._lines.end_file()

    def row(self, source: Source) -> Row:
        lines = self._lines
        return Row(
            source.host,
            source.port,
            source.log_type,
            self._files,
            self._size_bytes,
            lines=lines.count if lines else None,
            first=lines.first if lines else None,
            last=lines.last if lines else None,
        )
