"""Values in the form of Terraform's core: exact numbers, sets without order, nulls, unknowns, and values with a type.

None is null, and `UNKNOWN` is unknown. Text and bools are themselves, and a number is a `Fraction`. A list or tuple is
a tuple, a set is a frozenset, and a map or object is a dict. A dynamic value is a `Typed`. This module declares the
wire form a second time, because the provider and its tests must not share an error.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import msgpack

from pulumi_opsmanager.schema.fields import UNKNOWN

Type = str | list[Any]
"""Terraform's type as JSON: `"number"`, `["set", "string"]`, `["object", {"name": "string"}]`."""


_FORMS: Mapping[str, type[Any]] = {"string": str, "bool": bool, "list": list, "set": list, "map": dict}
_DECIMAL = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")


@dataclass(frozen=True)
class Typed:
    """A value with its type, in an attribute of type dynamic."""

    type: Type
    value: Any


class Nonconforming(Exception):
    """A provider's value does not have the type of its attribute."""


def value_of(given: Any, type_: Type) -> Any:
    """A value of a configuration: plain Python, with `UNKNOWN` at any depth."""
    kind: Any
    of: Any
    kind, of = (type_, None) if isinstance(type_, str) else type_
    if given is None or given is UNKNOWN:
        return given
    if kind == "number":
        return Fraction(Decimal(repr(given))) if isinstance(given, float) else Fraction(given)
    if kind == "dynamic":
        typed = given if isinstance(given, Typed) else Typed(_inferred(given), given)
        return Typed(typed.type, value_of(typed.value, typed.type))
    if kind == "set":
        elements = [value_of(element, of) for element in given]
        # Two of its elements may become equal, so the set is unknown.
        return UNKNOWN if UNKNOWN in elements else frozenset(elements)
    if kind == "string":
        return unicodedata.normalize("NFC", given)
    return _mapped(given, type_, value_of)


def pack(value: Any, type_: Type, *, backwards: bool = False, refined: bool = False) -> bytes:
    """A value in wire form.

    Args:
        value: The value.
        type_: Its type.
        backwards: Whether to send sets in the other order.
        refined: Whether to send unknown values as values that will not be null.
    """
    unknown = msgpack.ExtType(12, msgpack.packb({1: False})) if refined else msgpack.ExtType(0, b"\0")

    def cell(value: Any, type_: Type) -> Any:
        if value is None or value is UNKNOWN:
            return value if value is None else unknown
        if type_ == "number":
            return _number(value)
        if type_ == "dynamic":
            return [json.dumps(value.type).encode(), cell(value.value, value.type)]
        if type_[0] == "set":
            return sorted((cell(element, type_[1]) for element in value), key=repr, reverse=backwards)
        return _mapped(value, type_, cell)

    packed: bytes = msgpack.packb(cell(value, type_))
    return packed


def unpack(packed: bytes, type_: Type) -> Any:
    """The value that a provider has sent. Empty bytes mean null.

    Raises:
        Nonconforming: The value does not have this type.
    """
    return _read(msgpack.unpackb(packed, ext_hook=_extension, strict_map_key=False), type_) if packed else None


def to_json(value: Any, type_: Type) -> str:
    """A value in the form of a state file."""
    if type_ == "number" and value is not None:
        return _decimal(value)
    if type_ == "dynamic" and value is not None:
        return f'{{"type": {json.dumps(value.type)}, "value": {to_json(value.value, value.type)}}}'
    if value is None or isinstance(type_, str):
        return json.dumps(value)
    texts = _mapped(value if type_[0] != "set" else sorted(value, key=repr), type_, to_json)
    if isinstance(texts, dict):
        return f"{{{', '.join(f'{json.dumps(key)}: {text}' for key, text in texts.items())}}}"
    return f"[{', '.join(texts)}]"


def is_known(value: Any) -> bool:
    """Whether a value contains nothing unknown."""
    if isinstance(value, Typed):
        return is_known(value.value)
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, (tuple, frozenset)) else ()
    return value is not UNKNOWN and all(map(is_known, inner))


def broken_promises(planned: Any, actual: Any, type_: Type, path: str) -> Iterator[str]:
    """The places where a value contradicts the planned value; one sentence for each place."""
    if planned is UNKNOWN or planned == actual:
        return
    if actual is UNKNOWN:
        yield f"{path}: was known, but now unknown"
    elif planned is None or actual is None or (isinstance(type_, str) and type_ != "dynamic"):
        yield f"{path}: was {planned!r}, but now {actual!r}"
    elif type_ == "dynamic":
        if _conforms(actual.type, planned.type):
            yield from broken_promises(planned.value, actual.value, planned.type, path)
        else:
            yield f"{path}: wrong final value type: {actual.type}, not {planned.type}"
    elif type_[0] == "set":
        yield f"{path}: planned set element does not correlate with any element in actual: {planned!r}, {actual!r}"
    else:
        yield from _broken_elements(planned, actual, type_, path)


def _broken_elements(planned: Any, actual: Any, type_: Type, path: str) -> Iterator[str]:
    olds, news = (dict(value if isinstance(value, dict) else enumerate(value)) for value in (planned, actual))
    for key in olds.keys() | news.keys():
        if key not in news:
            yield f"{path}: element {key!r} has vanished"
        elif key not in olds:
            yield f"{path}: new element {key!r} has appeared"
        else:
            yield from broken_promises(olds[key], news[key], _element(type_, key), f"{path}[{key!r}]")


def _element(type_: Type, key: Any) -> Type:
    of: Any = type_[1]
    element: Type = of[key] if type_[0] in ("object", "tuple") else of
    return element


def _mapped(value: Any, type_: Type, change: Callable[[Any, Type], Any]) -> Any:
    """A list, tuple, map or object with each element converted. Text and bools are unchanged."""
    if isinstance(value, dict):
        keys: Iterable[Any] = type_[1] if type_[0] == "object" else value
        return {key: change(value.get(key), _element(type_, key)) for key in keys}
    if isinstance(value, (list, tuple)):
        return tuple(change(element, _element(type_, place)) for place, element in enumerate(value))
    return value


def _inferred(given: Any) -> Type:
    """The type of a literal."""
    if isinstance(given, Typed):
        return given.type
    if isinstance(given, bool):
        return "bool"
    if isinstance(given, (int, float, Decimal, Fraction)):
        return "number"
    if isinstance(given, str):
        return "string"
    if isinstance(given, (list, tuple)):
        return ["tuple", [_inferred(element) for element in given]]
    return ["object", {key: _inferred(value) for key, value in given.items()}] if isinstance(given, dict) else "dynamic"


def _conforms(type_: Type, wanted: Type) -> bool:
    if wanted in ("dynamic", type_):
        return True
    if isinstance(type_, str) or isinstance(wanted, str) or type_[0] != wanted[0]:
        return False
    if type_[0] == "object":
        return type_[1].keys() == wanted[1].keys() and all(
            _conforms(type_[1][key], wanted[1][key]) for key in wanted[1]
        )
    if type_[0] == "tuple":
        return len(type_[1]) == len(wanted[1]) and all(map(_conforms, type_[1], wanted[1]))
    return _conforms(type_[1], wanted[1])


def _number(value: Fraction) -> Any:
    if value.denominator == 1 and -(2**63) <= value < 2**63:
        return int(value)
    as_float = value.numerator / value.denominator
    return as_float if Fraction(as_float) == value else _decimal(value)


def _decimal(value: Fraction) -> str:
    with localcontext() as context:
        context.prec = 1200
        return format(Decimal(value.numerator) / Decimal(value.denominator), "f")


def _extension(code: int, _data: bytes) -> Any:
    if code != 0:
        raise Nonconforming(f"extension {code}")
    return UNKNOWN


def _read(cell: Any, type_: Type) -> Any:
    """Read a value of exactly this type from its wire form."""
    if cell is None or cell is UNKNOWN:
        return cell
    kind, of = (type_, None) if isinstance(type_, str) else type_
    if not _has_form(cell, str(kind), of):
        raise Nonconforming(f"{cell!r} is no {type_}")
    if kind == "number":
        return Fraction(Decimal(cell)) if isinstance(cell, str) else Fraction(cell)
    if kind == "string":
        return unicodedata.normalize("NFC", cell)
    if kind == "dynamic":
        own = json.loads(cell[0])
        return Typed(own, _read(cell[1], own))
    read = _mapped(cell, type_, _read)
    return frozenset(read) if kind == "set" else read


def _has_form(cell: Any, kind: str, of: Any) -> bool:
    if kind == "number":
        return type(cell) in (int, float) or (isinstance(cell, str) and bool(_DECIMAL.fullmatch(cell)))
    if kind == "dynamic":
        return isinstance(cell, list) and len(cell) == 2 and isinstance(cell[0], bytes)
    if kind == "object":
        return isinstance(cell, dict) and cell.keys() == of.keys()
    if kind == "tuple":
        return isinstance(cell, list) and len(cell) == len(of)
    return isinstance(cell, _FORMS[kind])
