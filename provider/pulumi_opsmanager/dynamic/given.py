"""What a program gives for a property, in the form that the SDK can send.

The SDK ends a program with a traceback for a value that it cannot send, and sends some that later lose the stack: an
asset in the state can never be read again. So whatever is not JSON is replaced here. Where its meaning is clear it is
given as JSON, else by a stand-in that check refuses under the name of the property.
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
    """A value of a program as JSON, with Outputs inside.

    Args:
        value: Anything.
        clear: Which of `date` and `os.PathLike` mean a text here.
        levels: How many lists and maps inside each other are looked into; check refuses fewer.
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
    """The elements of a set, whose order differs from run to run."""
    if any(isinstance(item, pulumi.Output) for item in items):
        return pulumi.Output.all(*items).apply(lambda known: sorted(known, key=repr))
    return sorted(items, key=repr)


def _text(text: str) -> Any:
    if text in PLACEHOLDERS:
        return {FOREIGN: "a text that Pulumi reserves"}
    # A NUL can travel, so check can refuse the text by the same rule.
    return text if is_safe_text(text) else "\0"


def _key(key: object) -> str:
    name = key.value if isinstance(key, Enum) else key
    return name if isinstance(name, str) and is_safe_text(name) and name != SIGNATURE else "\0"


def _number(number: int) -> int:
    """A whole number, or the next float beyond those that are exact: check refuses both, and every size can travel."""
    if abs(number) <= MAX_EXACT_INTEGER:
        return number
    return MAX_EXACT_INTEGER + 2 if number > 0 else -MAX_EXACT_INTEGER - 2
