"""Converts Terraform's values: nulls, unknowns, numbers of any size, and values with their own type.

A *cell* is a value in wire form, as msgpack returns it. None is null, `UNKNOWN` is unknown, and a number is an int, a
float or decimal text. A dynamic value is a pair: its type as JSON bytes, and its cell. A *plain* value is one that the
rules accept.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

import msgpack

from pulumi_opsmanager.schema.fields import UNKNOWN

from .messages import pb

Type: TypeAlias = str | list[Any]
"""Terraform's type as JSON: "string", "number", "bool", "dynamic", ["list", T], ["set", T], ["map", T],
["object", {name: T}] or ["tuple", [T, ...]]."""

_Way: TypeAlias = Mapping[str, Callable[[Any], Any]]
_LONGEST_INTEGER = 400  # digits; beyond every float, and short enough to become an int at once


def load(message: pb.DynamicValue) -> Any:
    """The cell of a message; an absent message is null. Every msgpack extension means an unknown value."""
    if not message.msgpack:
        return None
    return msgpack.unpackb(message.msgpack, ext_hook=lambda _code, _bytes: UNKNOWN, raw=False, strict_map_key=False)


def dump(cell: Any) -> pb.DynamicValue:
    """The message of a cell. Half of a surrogate pair becomes a question mark, because an error would lose a job."""
    return pb.DynamicValue(msgpack=msgpack.packb(cell, default=_extension, unicode_errors="replace"))


def plain(cell: Any, type_: Type) -> Any:
    """The plain value of a cell: text, int, float, bool, list, dict or None, with `UNKNOWN` at any depth."""
    return _converted(cell, type_, _TO_PLAIN)


def cell_of(value: Any, type_: Type) -> Any:
    """The cell of a plain value. Every JSON value of the type has one: NaN becomes null."""
    return _converted(value, type_, _TO_CELL)


def stored(raw: bytes) -> Any:
    """Parse the JSON of a state file for `stored_cell`. Numbers with a fraction stay text, so that no digit is lost."""
    return json.loads(raw, parse_float=str)


def stored_cell(value: Any, type_: Type) -> Any:
    """The cell of a value from a state file, where a dynamic value is `{"type": T, "value": V}`."""
    return _converted(value, type_, _FROM_STATE)


def _converted(value: Any, type_: Type, way: _Way) -> Any:
    """Convert a value. `way` has the conversion of each type whose cells and plain values differ."""
    if value is None or value is UNKNOWN:
        return value
    if isinstance(type_, str):
        return way[type_](value) if type_ in way else value
    kind, of = type_
    if kind == "object":
        return {name: _converted(value.get(name), one, way) for name, one in of.items()}
    if kind == "map":
        return {key: _converted(item, of, way) for key, item in value.items()}
    if kind == "tuple":
        return [_converted(item, one, way) for item, one in zip(value, of, strict=True)]
    return [_converted(item, of, way) for item in value]


def _plain_number(cell: float | str) -> float:
    """A number as int if it is integral, because 1 and 1.0 are the same number to Terraform."""
    if isinstance(cell, str):
        exact = Decimal(cell)
        is_integer = exact.adjusted() < _LONGEST_INTEGER and exact == exact.to_integral_value()
        return int(exact) if is_integer else float(cell)
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell


def _number_cell(value: float | str) -> int | str | None:
    if isinstance(value, float):
        if value - value != 0:
            return None  # no state file can hold infinity or NaN
        if not value.is_integer():
            return repr(value)  # Terraform reads a float as another number than its shortest decimal text
        value = int(value)
    return value if isinstance(value, int) and -(2**63) <= value < 2**63 else str(value)


def _type_of(value: Any) -> Type:
    """The type of a plain value. It is dynamic for null and unknown values."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        return "string"
    if isinstance(value, list):
        return ["tuple", [_type_of(item) for item in value]]
    if isinstance(value, dict):
        return ["object", {key: _type_of(item) for key, item in value.items()}]
    return "dynamic"


def _dynamic_cell(value: Any) -> list[Any]:
    type_ = _type_of(value)
    return [json.dumps(type_).encode(), cell_of(value, type_)]


def _extension(value: Any) -> Any:
    if value is UNKNOWN:
        return msgpack.ExtType(0, b"\0")
    raise TypeError(f"{type(value).__name__} is no cell")


_TO_PLAIN: _Way = {"number": _plain_number, "dynamic": lambda cell: plain(cell[1], json.loads(cell[0]))}
_TO_CELL: _Way = {"number": _number_cell, "dynamic": _dynamic_cell}
_FROM_STATE: _Way = {
    "number": _number_cell,
    "dynamic": lambda value: [json.dumps(value["type"]).encode(), stored_cell(value["value"], value["type"])],
}
