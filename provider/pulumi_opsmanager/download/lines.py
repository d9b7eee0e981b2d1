"""How many lines has a log, and from when to when? It comes in pieces, of which the start of a line is kept at most.

Sources of the forms: MongoDB manual, "Log Messages" (JSON since 4.4, plain before), and logs of the agents.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone

# In so many lines at each end of a piece an instant is looked for, and at the start of a line only.
_LINES_SEARCHED = 100
_START_BYTES = 128

_START = re.compile(
    rb'(?:\{\s*"t"\s*:\s*\{\s*"\$date"\s*:\s*"|\[)?'
    rb"(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d):(\d\d):(\d\d)"
    rb"(?:[.,](?P<fraction>\d{1,6})\d*)?"
    rb"(?:Z|(?P<sign>[+-])(?P<hours>\d\d):?(?P<minutes>\d\d))?"
)


class Lines:
    """The lines of logs, file after file.

    Attributes:
        count: Of the files that ended; a last line without its newline is one too.
        first: Earliest instant found at the start of a line, aware UTC.
        last: Latest.
    """

    def __init__(self) -> None:
        self.count = 0
        self.first: datetime | None = None
        self.last: datetime | None = None
        self._rest = b""
        self._is_begun = False

    def add(self, piece: bytes) -> None:
        """Count the next bytes of a file."""
        self.count += piece.count(b"\n")
        # A line that is not complete may have half an instant: without its zone it would be another one.
        complete, _, rest = (self._rest + piece).rpartition(b"\n")
        self._rest = rest[:_START_BYTES]
        if not self._is_begun:
            self._is_begun = self._note(complete.split(b"\n", _LINES_SEARCHED)[:_LINES_SEARCHED])
        self._note(reversed(complete.rsplit(b"\n", _LINES_SEARCHED)[-_LINES_SEARCHED:]))

    def end_file(self) -> None:
        """Close the file; what comes next is the start of another."""
        self.count += bool(self._rest)
        self._note([self._rest])
        self._rest, self._is_begun = b"", False

    def _note(self, lines: Iterable[bytes]) -> bool:
        """Widen the span by the first of the lines that has an instant."""
        instant = next(filter(None, map(instant_of, lines)), None)
        if instant is None:
            return False
        self.first = min(self.first or instant, instant)
        self.last = max(self.last or instant, instant)
        return True


def instant_of(line: bytes) -> datetime | None:
    """The instant with which a line starts, aware UTC, which is also taken where no zone is written; None: none."""
    found = _START.match(line)
    if found is None:
        return None
    year, month, day, hour, minute, second = map(int, found.groups()[:6])
    fraction = int((found["fraction"] or b"0").ljust(6, b"0"))
    offset = timedelta(hours=int(found["hours"] or 0), minutes=int(found["minutes"] or 0))
    try:
        local = datetime(year, month, day, hour, minute, second, fraction, tzinfo=timezone.utc)
        return local + offset if found["sign"] == b"-" else local - offset
    except (ValueError, OverflowError):  # no such day, or before the year 1
        return None
