"""What is in an archive? One row for each host, port and log type."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import IO

from .layout import Source, source_of
from .lines import Lines
from .suspects import Suspects
from .walk import BrokenArchive, Readable, members

_BINARY_TYPES = frozenset({"FTDC"})
_PIECE_BYTES = 256 * 1024
# No deployment has so many. All rows are kept in memory.
_MAX_ROWS = 20_000


@dataclass(frozen=True)
class Row:
    """The files of one log type of one process or host.

    Lines are counted in text files: FTDC is binary, and a `.gz` file inside the archive is not read.
    """

    host: str  # host name as the archive writes it
    port: str | None  # port of the process; None for agents
    log_type: str  # log type in the vendor's spelling
    files: int
    size_bytes: int  # size of the files when unpacked
    lines: int | None  # number of lines, with a last one that has no newline; None without a text file
    first: datetime | None  # earliest instant at the start of a line, aware UTC; None if no line has one
    last: datetime | None  # latest instant at the start of a line, aware UTC; None if no line has one


@dataclass(frozen=True)
class Contents:
    """What could be read of an archive."""

    rows: tuple[Row, ...]  # sorted by host, port and log type; in a broken archive they end where it breaks
    others: int  # number of files in unknown places of the archive, or beyond the highest number of rows
    suspicious: str | None  # warning about entries that could do harm on unpacking; None if there are none
    problem: str | None  # why the archive is broken; None if it is verified

    @property
    def refusal(self) -> str | None:
        """Why this is not a verified archive of Ops Manager; None for a verified one, also without any log."""
        if self.problem is None and self.others and not self.rows:
            return "it is a valid gzip tar, but not an Ops Manager archive: no file is where Ops Manager puts logs"
        return self.problem


def contents(packed: Readable, *, progress: Callable[[int], None] = lambda _: None) -> Contents:
    """Read a `.tar.gz` from its first byte to its last, and count its files and lines.

    `progress` is called for each piece with the number of bytes read so far. An OSError of `packed` passes through.
    """
    tallies: dict[Source, _Tally] = {}
    counted, suspects = _Counted(packed, progress), Suspects()
    unpacked_bytes, others, problem = 0, 0, None
    try:
        for member, file in members(counted):
            suspects.see(member)
            if not member.isfile():
                continue
            # The size of a sparse file is only a claim.
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
    rows = tuple(tallies[source].row(source) for source in ordered)
    return Contents(rows, others, suspects.warning(counted.size_bytes, unpacked_bytes), problem)


class _Counted:
    """Counts the bytes that are read."""

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
        covered = (self._lines.count, self._lines.first, self._lines.last) if self._lines else (None, None, None)
        return Row(source.host, source.port, source.log_type, self._files, self._size_bytes, *covered)
