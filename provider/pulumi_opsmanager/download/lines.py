"""How many lines does a log have, and which time does it cover? At most the start of one line is kept in memory.

Sources of the formats: MongoDB manual, "Log Messages" (JSON since 4.4, plain text before), and logs of the agents.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone

# Instants are searched in so many lines at each end of a piece, and only where a line starts.
_LINES_SEARCHED = 100
_START_BYTES = 128

_START = re.compile(
    rb'(?:\{\s*"t"\s*:\s*\{\s*"\$date"\s*:\s*"|\[)?'
    rb"(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d):(\d\d):(\d\d)"
    rb"(?:[.,](?P<fraction>\d{1,6})\d*)?"
    rb"(?:Z|(?P<sign>[+-])(?P<hours>\d\d):?(?P<minutes>\d\d))?"
)


class Lines:
    """Counts the lines of several log files, one file after another.

    Attributes:
        count: Number of lines in all ended files; a last line without a newline counts.
        first: Earliest instant at the start of a line, aware UTC; None if no line has one.
        last: Latest instant at the start of a line, aware UTC; None if no line has one.
    """

    def __init__(self) -> None:
        self.count = 0
        self.first: datetime | None = None
        self.last: datetime | None = None
        self._rest = b""
        self._is_begun = False

    def add(self, piece: bytes) -> None:
        """Count the lines in the next bytes of a file."""
        self.count += piece.count(b"\n")
        # An incomplete line may end inside its instant. Without its zone that is another instant.
        complete, _, rest = (self._rest + piece).rpartition(b"\n")
        self._rest = rest[:_START_BYTES]
        if not self._is_begun:
            self._is_begun = self._note(complete.split(b"\n", _LINES_SEARCHED)[:_LINES_SEARCHED])
        self._note(reversed(complete.rsplit(b"\n", _LINES_SEARCHED)[-_LINES_SEARCHED:]))

    def end_file(self) -> None:
        """End the file; the next piece starts another file."""
        self.count += bool(self._rest)
        self._note([self._rest])
        self._rest, self._is_begun = b"", False

    def _note(self, lines: Iterable[bytes]) -> bool:
        """Extend the time range by the first line with an instant; return whether there is one."""
        instant = next(filter(None, map(instant_of, lines)), None)
        if instant is None:
            return False
        self.first = min(self.first or instant, instant)
        self.last = max(self.last or instant, instant)
        return True


def instant_of(line: bytes) -> datetime | None:
    """Return the instant at the start of a line, aware UTC; None if there is none. Without a zone it is UTC."""
    found = _START.match(line)
    if found is None:
        return None
    year, month, day, hour, minute, second = map(int, found.groups()[:6])
    fraction = int((found["fraction"] or b"0").ljust(6, b"0"))
    offset = timedelta(hours=int(found["hours"] or 0), minutes=int(found["minutes"] or 0))
    try:
        local = datetime(year, month, day, hour, minute, second, fraction, tzinfo=timezone.utc)
        return local + offset if found["sign"] == b"-" else local - offset
    except (ValueError, OverflowError):  # no such day, or before year 1
        return None
