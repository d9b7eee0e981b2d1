"""How instants and spans of time are written and read: RFC 3339 in UTC, `Z`, whole seconds; or epoch numbers.

Servers differ: dates come back as text in every sample, but the tables of some vendor pages say epoch seconds,
and the collection window is epoch milliseconds in Ops Manager and text in Cloud Manager. Reading accepts all three.
"""

from __future__ import annotations

import calendar
import re
from datetime import datetime, timedelta, timezone

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:[0-5]\d(\.\d+)?(Z|[+-]\d\d:[0-5]\d)", re.ASCII)

# What servers write: parts of ISO 8601 that RFC 3339 leaves out, such as +0000, a decimal comma or no zone.
_RECEIVED = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)[T ](\d\d):?(\d\d)(?::?(\d\d)(?:[.,]\d+)?)? ?(?:(Z|UTC|GMT)|([+-])(\d\d):?(\d\d)?)?",
    re.ASCII,
)

# Seconds reach 10^11 in the year 5138; milliseconds passed it in 1973.
_FIRST_MILLISECONDS = 100_000_000_000
# Of what a server says: months are added to it, and slack is taken from it.
_YEARS = range(1970, 9000)
_UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_DURATION = re.compile(r"(\d{1,10})([smhdw])", re.ASCII)
_LONGEST_SECONDS = 36525 * 86400


def parse_instant(text: str) -> datetime:
    """Read RFC 3339 text as an aware UTC datetime, cut to whole seconds; raise ValueError for other text and dates."""
    upper = text.strip().upper().replace(" ", "T")
    if not _RFC3339.fullmatch(upper):
        raise ValueError("must be an RFC 3339 date and time with a zone, such as 2026-03-01T00:00:00Z")
    return _read_text(upper)


def read_instant(wire: str | float) -> datetime:
    """Read what a server sends: ISO 8601 text, epoch seconds or epoch milliseconds; raise ValueError for all else.

    The rule for text is our own, because `datetime.fromisoformat` reads other forms in each Python version.
    """
    instant = _read_text(wire) if isinstance(wire, str) else _read_epoch(wire)
    if instant.year not in _YEARS:
        raise ValueError(f"is in the year {instant.year}")
    return instant


def _read_text(wire: str) -> datetime:
    match = _RECEIVED.fullmatch(wire.strip().upper())
    if not match:
        raise ValueError("is not a date and time, such as 2026-03-01T00:00:00Z")
    year, month, day, hour, minute = map(int, match.group(1, 2, 3, 4, 5))
    # A leap second is the last one of its minute.
    second = 59 if match[6] == "60" else int(match[6] or 0)
    # The vendor's rule for dates without a zone is UTC.
    offset = timedelta(hours=int(match[9] or 0), minutes=int(match[10] or 0)) * (-1 if match[8] == "-" else 1)
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=timezone(offset)).astimezone(timezone.utc)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"is not a date that exists ({error})") from error


def _read_epoch(wire: float) -> datetime:
    if isinstance(wire, bool) or not isinstance(wire, (int, float)):
        raise ValueError("is neither text nor a number")  # noqa: TRY004  pydantic makes findings of ValueErrors only
    try:
        seconds = wire / 1000 if abs(wire) >= _FIRST_MILLISECONDS else wire
        return datetime.fromtimestamp(int(seconds), timezone.utc)
    except (OverflowError, OSError, ValueError) as error:
        raise ValueError(f"is not an epoch time ({error})") from error


def format_instant(instant: datetime) -> str:
    """Write an aware datetime the way the vendor does: `2026-03-01T00:00:00Z`."""
    return instant.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")


def epoch_ms(instant: datetime) -> int:
    """Whole milliseconds since 1970, as Ops Manager wants the collection window."""
    return int(instant.timestamp()) * 1000


def months_later(instant: datetime, months: int) -> datetime:
    """Move by calendar months; a day that the target month lacks becomes its last one."""
    month_index = instant.month - 1 + months
    year, month = instant.year + month_index // 12, month_index % 12 + 1
    return instant.replace(year=year, month=month, day=min(instant.day, calendar.monthrange(year, month)[1]))


def instant_of_id(object_id: str) -> datetime:
    """The creation time inside an ObjectId: its first four bytes are epoch seconds.

    Source: true of all seven ids of log collection jobs that the vendor's clients and pages show.
    """
    return datetime.fromtimestamp(int(object_id[:8], 16), timezone.utc)


def parse_duration(text: str) -> timedelta:
    """Read a whole number with a unit, as in `90s`, `30m`, `2h`, `7d`, `2w`; ValueError beyond a hundred years."""
    match = _DURATION.fullmatch(text.strip().lower())
    seconds = int(match[1]) * _UNIT_SECONDS[match[2]] if match else 0
    if not 0 < seconds <= _LONGEST_SECONDS:
        raise ValueError("must be a whole number and a unit, such as 90s, 30m, 2h, 7d or 2w")
    return timedelta(seconds=seconds)
