"""Sizes and numbers of days as text with a unit. The state stores the number."""

from __future__ import annotations

import re
from datetime import timedelta
from fractions import Fraction

from pulumi_opsmanager.instants import parse_duration

_SIZE = re.compile(r"(\d{1,18}(?:\.\d{1,9})?) ?([kmgt]?)(i?)b", re.ASCII | re.IGNORECASE)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_DAY = timedelta(days=1)

SIZE_RULE = "must be a whole number of bytes, or a size such as 100MB or 1GiB"
DAYS_RULE = "must be a whole number of days, such as 90 or 90d"


def parse_size(text: str) -> int:
    """Read a size as bytes: `512kB`, `100MB`, `1.5GB` (powers of 1000), `64KiB`, `1GiB` (powers of 1024).

    Upper and lower case are equal.

    Raises:
        ValueError: The text is not a size, or not a whole number of bytes.
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None or (match[3] and not match[2]):
        raise ValueError(SIZE_RULE)
    factor: int = (1024 if match[3] else 1000) ** _POWERS[match[2].lower()]
    size = Fraction(match[1]) * factor
    if size.denominator != 1:
        raise ValueError(SIZE_RULE)
    return size.numerator


def parse_days(text: str) -> int:
    """Read a time span as a number of days: `90d`, `2w`, `48h`.

    Raises:
        ValueError: The text is not a time span, or not a whole number of days.
    """
    try:
        span = parse_duration(text)
    except ValueError:
        raise ValueError(DAYS_RULE) from None
    if span % _DAY:
        raise ValueError(DAYS_RULE)
    return span // _DAY
