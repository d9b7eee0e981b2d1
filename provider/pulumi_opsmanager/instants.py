"""Reads and writes dates and time spans: RFC 3339 in UTC with `Z` and whole seconds, or epoch numbers.

Servers differ, so reading accepts three forms. In all samples, servers return dates as text. Tables on some vendor
pages say epoch seconds. The collection window is epoch milliseconds in Ops Manager, and text in Cloud Manager.
"""

from __future__ import annotations

import calendar
import re
from datetime import datetime, timedelta, timezone

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:[0-5]\d(\.\d+)?(Z|[+-]\d\d:[0-5]\d)", re.ASCII)

# Servers also write forms of ISO 8601 that RFC 3339 does not allow: +0000, a decimal comma or no zone.
_RECEIVED = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)[T ](\d\d):?(\d\d)(?::?(\d\d)(?:[.,]\d+)?)? ?(?:(Z|UTC|GMT)|([+-])(\d\d):?(\d\d)?)?",
    re.ASCII,
)

# Epoch seconds reach 10^11 in the year 5138. Epoch milliseconds passed it in 1973.
_FIRST_MILLISECONDS = 100_000_000_000
# Years of dates from a server. Later code adds months and subtracts slack, so the limits of datetime are too wide.
_YEARS = range(1970, 9000)
_UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_DURATION = re.compile(r"(\d{1,10})([smhdw])", re.ASCII)
_LONGEST_SECONDS = 36525 * 86400


def parse_instant(text: str) -> datetime:
    """Read RFC 3339 text as an aware UTC datetime in whole seconds; raise ValueError for any other text."""
    upper = text.strip().upper().replace(" ", "T")
    if not _RFC3339.fullmatch(upper):
        raise ValueError("must be an RFC 3339 date and time with a zone, such as 2026-03-01T00:00:00Z")
    return _read_text(upper)


def read_instant(wire: str | float) -> datetime:
    """Read a date from a server: ISO 8601 text, epoch seconds or epoch milliseconds. Otherwise raise ValueError.

    `datetime.fromisoformat` accepts different forms in each Python version, so the rule for text is our own.
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
    # datetime has no leap seconds: second 60 becomes 59.
    second = 59 if match[6] == "60" else int(match[6] or 0)
    # The vendor says that dates without a zone are UTC.
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
    """Write an aware datetime in the vendor's form: `2026-03-01T00:00:00Z`."""
    return instant.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")


def epoch_ms(instant: datetime) -> int:
    """Milliseconds since 1970, in whole seconds: the form of the collection window in Ops Manager."""
    return int(instant.timestamp()) * 1000


def months_later(instant: datetime, months: int) -> datetime:
    """Add calendar months. If the target month lacks the day, use its last day."""
    month_index = instant.month - 1 + months
    year, month = instant.year + month_index // 12, month_index % 12 + 1
    return instant.replace(year=year, month=month, day=min(instant.day, calendar.monthrange(year, month)[1]))


def instant_of_id(object_id: str) -> datetime:
    """The creation time in an ObjectId: its first four bytes are epoch seconds.

    Source: observed in all seven ids of log collection jobs in the vendor's clients and pages.
    """
    return datetime.fromtimestamp(int(object_id[:8], 16), timezone.utc)


def parse_duration(text: str) -> timedelta:
    """Read a whole number with a unit, such as `90s`, `30m`, `2h`, `7d` or `2w`, up to a hundred years.

    Raises:
        ValueError: The text has another form, or the span is 0 or too long.
    """
    match = _DURATION.fullmatch(text.strip().lower())
    seconds = int(match[1]) * _UNIT_SECONDS[match[2]] if match else 0
    if not 0 < seconds <= _LONGEST_SECONDS:
        raise ValueError("must be a whole number and a unit, such as 90s, 30m, 2h, 7d or 2w")
    return timedelta(seconds=seconds)
