"""The JSON that a server sends, made safe before any rule sees it.

The engine loses a resource whose outputs it cannot carry, and terminals obey control characters. So every body is read
here. A character that is not text becomes U+FFFD. A number is rounded to a float, as the engine would do. A value that
nothing can hold is read as `null`, which an optional field takes for absent.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

_LONGEST_TEXT = 10_000
"""The longest texts are error messages of hosts, far below this."""

_DEEPEST = 16
"""A page holds jobs, a job child jobs, a child texts: seven levels."""

# Tab and line breaks are usual in messages of hosts. Half of a surrogate pair is legal in JSON, and nowhere else.
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def read_payload(body: bytes) -> Any:
    """Read a body: of keys that appear twice the last one counts, as in most readers.

    Raises:
        ValueError: It is not JSON.
    """
    try:
        # Bytes that are not of the encoding spoil one text, not the answer.
        parsed = _DECODER.decode(body.decode(json.detect_encoding(body), "replace"))
    except RecursionError:
        raise ValueError("is nested too deeply") from None
    return safe(parsed)


def _whole(digits: str) -> int | None:
    # Python reads no whole number of more than 4,300 digits, but any fraction.
    number = _fraction(digits)
    return None if number is None else int(number)


def _fraction(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


def _no_number(_word: str) -> None:
    """NaN and the infinities are not JSON, but Python reads them."""


_DECODER = json.JSONDecoder(parse_int=_whole, parse_float=_fraction, parse_constant=_no_number)


def safe(value: Any, levels: int = _DEEPEST) -> Any:
    """JSON in the form in which it comes back from a server: what we sent is compared with an answer.

    Args:
        value: Parsed JSON.
        levels: How many lists and maps inside each other are kept.
    """
    if isinstance(value, str):
        return _safe_text(value)
    if isinstance(value, (dict, list)) and not levels:
        return None
    if isinstance(value, dict):
        return {_safe_text(key): safe(item, levels - 1) for key, item in value.items()}
    return [safe(item, levels - 1) for item in value] if isinstance(value, list) else value


def _safe_text(text: str) -> str:
    return _NOT_TEXT.sub("\ufffd", text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…")
