"""Makes the JSON of a server safe before any rule uses it.

An engine loses a resource if it cannot carry its outputs. Control characters could control a terminal. So this module
reads all bodies. A character that is not text becomes U+FFFD. A number is rounded to a float, as in engines. A value
that no engine can carry becomes `null`, which an optional field reads as absent.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

_LONGEST_TEXT = 10_000
"""Longest text in characters; error messages of hosts, the longest texts of the API, are far shorter."""

_DEEPEST = 16
"""Deepest nesting of lists and maps; the API uses seven levels."""

# Messages of hosts have tabs and line breaks. Half of a surrogate pair is legal in JSON only.
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def read_payload(body: bytes) -> Any:
    """Read a body; raise ValueError if it is not JSON.

    If a key appears twice, the last one counts, as in most readers.
    """
    try:
        # A byte that does not fit the encoding spoils one text, not the answer.
        parsed = _DECODER.decode(body.decode(json.detect_encoding(body), "replace"))
    except RecursionError:
        raise ValueError("is nested too deeply") from None
    return safe(parsed)


def _whole(digits: str) -> int | None:
    # Python refuses a whole number of more than 4,300 digits, but reads any fraction.
    number = _fraction(digits)
    return None if number is None else int(number)


def _fraction(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


# NaN and the infinities are not JSON, but Python reads them.
_DECODER = json.JSONDecoder(parse_int=_whole, parse_float=_fraction, parse_constant=lambda _: None)


def safe(value: Any, levels: int = _DEEPEST) -> Any:
    """Convert JSON to the form of an answer, so that a request can be compared with an answer.

    Lists and maps below the given number of levels become None.
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
