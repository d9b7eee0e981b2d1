"""Read the dates of requests. The grammar is fixed here, because `fromisoformat` accepts more in each Python version.

Accepted: `2026-06-30T00:00:00Z`, also with an offset (`+02:00`, `+0200`, `+02`), without a zone (read as UTC), without
seconds, as a date alone, and with `t` and `z` (RFC 3339). Refused: week dates, the form without hyphens, 24:00, leap
seconds, and instants outside of the years 1 to 9999 in UTC. The vendor has a separate code for fractions.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from .wire import Refusal

_INSTANT = re.compile(
    r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
    r"([Tt](?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(:(?P<second>[0-9]{2}))?(?P<fraction>[.,][0-9]+)?"
    r"([Zz]|(?P<sign>[+-])(?P<hours>[01][0-9]|2[0-3])(:?(?P<minutes>[0-5][0-9]))?)?)?"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_FIRST, _LAST = datetime.min.replace(tzinfo=timezone.utc), datetime.max.replace(tzinfo=timezone.utc)
_PARTS = ("year", "month", "day", "hour", "minute", "second")


def parse_date(key: str, value: object) -> datetime:
    """Return an instant in UTC.

    Args:
        key: Name of the attribute, for the refusal.
        value: Value of the attribute in the JSON.
    """
    found = _INSTANT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise Refusal(400, "INVALID_ATTRIBUTE", key)
    if found["fraction"]:
        raise Refusal(400, "FRACTIONAL_TIMESTAMP", key)
    year, month, day, hour, minute, second = (int(found[name] or 0) for name in _PARTS)
    offset = timedelta(hours=int(found["hours"] or 0), minutes=int(found["minutes"] or 0))
    try:
        local = datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc)
        return local + offset if found["sign"] == "-" else local - offset
    except (ValueError, OverflowError):
        raise Refusal(400, "INVALID_ATTRIBUTE", key) from None


def read_window_date(value: int | str) -> datetime:
    """Return one end of an accepted time window in UTC, from epoch milliseconds or text.

    Milliseconds outside of the years 1 to 9999 become the nearest instant.
    """
    if isinstance(value, str):
        return parse_date("logCollectionFromDate", value)
    try:
        return _EPOCH + timedelta(milliseconds=value)
    except OverflowError:
        return _FIRST if value < 0 else _LAST
