"""Values of any JSON type, as in `triggers`, and when two values are equal."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from .fields import UNKNOWN, Accepts, Foreign
from .types import MAX_EXACT_INTEGER, TEXT_RULE, is_safe_text

DEEPEST = 32
"""Deepest nesting of lists and maps. Each reader on the way has a limit, and they differ."""

_RULE = "must be text, a number, a boolean, a list or a map"
_KEY_RULE = f"must have keys that are text and do not begin with __; a key {TEXT_RULE}"
_NUMBER_RULE = "must be a number from -2^53 to 2^53, because others lose digits; write it as text"


def same(left: Any, right: Any) -> bool:
    """Whether two values are equal for the engine, which turns all numbers into floats. True is not 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right)


def _free_form(value: Any) -> Any:
    for below, rule in _problems(value, DEEPEST):
        raise PydanticCustomError("free_form", "{rule}", {"rule": rule, "below": below})
    return _plain(value)


FreeForm = Annotated[Any, BeforeValidator(_free_form), Accepts(date)]


def _problems(value: Any, levels: int) -> Iterator[tuple[str, str]]:
    """All broken rules, each with its place inside the value: `.name[2]`."""
    if isinstance(value, (dict, list, tuple)) and not levels:
        yield "", f"must not be nested more than {DEEPEST} levels deep"
        return
    if isinstance(value, dict):
        if not all(map(_is_key, value)):
            yield "", _KEY_RULE
        parts = [(f".{key}", item) for key, item in value.items()]
    elif isinstance(value, (list, tuple)):
        parts = [(f"[{place}]", item) for place, item in enumerate(value)]
    else:
        rule = _broken_rule(value)
        yield from [("", rule)] if rule else []
        return
    for place, item in parts:
        yield from ((f"{place}{below}", rule) for below, rule in _problems(item, levels - 1))


def _is_key(key: object) -> bool:
    # The engine reserves keys that begin with __, and shows no changes of them.
    return isinstance(key, str) and is_safe_text(key) and not key.startswith("__")


def _broken_rule(value: Any) -> str | None:
    if isinstance(value, str):
        return None if is_safe_text(value) else TEXT_RULE
    if isinstance(value, (int, float)):
        if not math.isfinite(value):
            return f"must be a finite number, not {value}"
        return None if abs(value) <= MAX_EXACT_INTEGER else _NUMBER_RULE
    if value is None or value is UNKNOWN or isinstance(value, date):
        return None
    return f"{_RULE}, not {value if isinstance(value, Foreign) else type(value).__name__}"


def _plain(value: Any) -> Any:
    """The value as plain JSON: dates become text, tuples become lists."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value
