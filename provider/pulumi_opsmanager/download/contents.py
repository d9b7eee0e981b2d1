"""What does an archive hold, in figures a person reads? One row for each host, port and log type."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import IO

from .layout import Source, source_of
from .lines import Lines
from .walk import BrokenArchive, Readable, members

_BINARY_TYPES = frozenset({"FTDC"})

_PIECE_BYTES = 256 * 1024


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
        others: Files whose place in the archive is not understood.
        problem: What is wrong with the archive, None when it is whole; the rows then end where it breaks.
    """

    rows: tuple[Row, ...]
    others: int
    problem: str | None


def contents(packed: Readable) -> Contents:
    """Read a `.tar.gz` from its first byte to its last, and count.

    Raises:
        OSError: Only what reading `packed` itself raises.
    """
    tallies: dict[Source, _Tally] = {}
    others, problem = 0, None
    try:
        for member, file in members(packed):
            if not member.isfile():
                continue
            source = source_of(member.name)
            if source is None:
                others += 1
                continue
            is_text = source.log_type not in _BINARY_TYPES and not member.name.endswith(".gz")
            tallies.setdefault(source, _Tally()).add(member.size, file if is_text else None)
    except BrokenArchive as error:
        problem = str(error)
    ordered = sorted(tallies, key=lambda source: (source.host, int(source.port or 0), source.log_type))
    return Contents(tuple(tallies[source].row(source) for source in ordered), others, problem)


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
