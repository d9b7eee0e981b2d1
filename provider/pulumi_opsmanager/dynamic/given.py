"""Converts the values of a program to JSON, before the SDK sends them.

The SDK ends a program with a traceback for a value that it cannot send. It sends assets, but cannot read them from the
state again. So values that are not JSON are replaced: by JSON if their meaning is clear, else by a map with the key
`FOREIGN`, which check refuses under the name of the property.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from enum import Enum
from typing import Any

import pulumi
from pulumi.output import Unknown as PulumiUnknown

from pulumi_opsmanager.schema.freeform import DEEPEST
from pulumi_opsmanager.schema.types import MAX_EXACT_INTEGER, is_safe_text

from .values import FOREIGN, PLACEHOLDERS, SIGNATURE


def given(value: Any, clear: tuple[type[Any], ...] = (), levels: int = DEEPEST + 2) -> Any:
    """Return a value of a program as JSON; Outputs inside stay Outputs.

    Args:
        value: Any value.
        clear: Types that the property accepts as text: `date`, `os.PathLike` or none.
        levels: Number of nested lists and maps to convert. It is above the limit of check, so check refuses the rest.
    """
    if isinstance(value, pulumi.Output) or inspect.isawaitable(value):
        return pulumi.Output.from_input(value).apply(lambda known: given(known, clear, levels))
    if isinstance(value, Enum):
        return given(value.value, clear, levels)
    if isinstance(value, clear):
        return given(value.isoformat() if isinstance(value, date) else os.fspath(value))
    if isinstance(value, str):
        return _text(value)
    if value is None or isinstance(value, (bool, int, float, PulumiUnknown)):
        return _number(value) if isinstance(value, int) and not isinstance(value, bool) else value
    return _many(value, clear, levels)


def _many(value: Any, clear: tuple[type[Any], ...], levels: int) -> Any:
    is_many = isinstance(value, (Mapping, AbstractSet, Sequence))
    if not is_many or isinstance(value, (bytes, bytearray, memoryview)):
        return {FOREIGN: type(value).__name__}
    if not levels:
        return []
    if isinstance(value, Mapping):
        return {_key(key): given(value[key], clear, levels - 1) for key in value}
    items = [given(item, clear, levels - 1) for item in value]
    return _sorted(items) if isinstance(value, AbstractSet) else items


def _sorted(items: list[Any]) -> Any:
    """Sort the elements of a set, because their order differs between runs."""
    if any(isinstance(item, pulumi.Output) for item in items):
        return pulumi.Output.all(*items).apply(lambda known: sorted(known, key=repr))
    return sorted(items, key=repr)


def _text(text: str) -> Any:
    if text in PLACEHOLDERS:
        return {FOREIGN: "a text that Pulumi reserves"}
    # The SDK can send a NUL, and check refuses it by the same rule.
    return text if is_safe_text(text) else "\0"


def _key(key: object) -> str:
    name = key.value if isinstance(key, Enum) else key
    return name if isinstance(name, str) and is_safe_text(name) and name != SIGNATURE else "\0"


def _number(number: int) -> int:
    """Return the integer, or for one beyond the exact floats the next float after them, which check refuses."""
    if abs(number) <= MAX_EXACT_INTEGER:
        return number
    return MAX_EXACT_INTEGER + 2 if number > 0 else -MAX_EXACT_INTEGER - 2
