"""Converts values of an engine to models, and models back to values.

`UNKNOWN` ends here: a model has known values only. The inputs of a preview may be partly unknown: see `Partial`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from .fields import UNKNOWN, Declaration, Field, Reported, Values, fields_of
from .freeform import same

Declared = TypeVar("Declared", bound=Declaration)


@dataclass(frozen=True)
class Partial(Generic[Declared]):
    """Declared inputs. In a preview some of them may be unknown.

    Attributes:
        known: The inputs. An unknown field has its default here; None if it is required. A partly unknown list has its
            known elements.
        unknown: Python names of the fields that are unknown, completely or in part.
    """

    known: Declared
    unknown: frozenset[str] = frozenset()


def read_model(declaration: type[Declared], values: Values) -> Declared:
    """Read checked inputs, or values that an earlier run has stored.

    An older release may have stored a value that breaks a rule of this one. Such an input stays as it is, so a plan
    sees that it differs from the declared one. Such an output becomes absent, so an update reads it again.
    """
    fields = fields_of(declaration)
    own = {key: value for key, value in values.items() if key in fields and value is not None}
    try:
        return declaration.model_validate(own)
    except ValidationError as error:
        if issubclass(declaration, Reported):
            broken = {detail["loc"][0] for detail in error.errors()}
            return declaration.model_validate({key: own[key] for key in own.keys() - broken})
        return _constructed(declaration, {fields[key].name: fields[key].canonical(own[key]) for key in own})


def accepted(declaration: type[Declared], given: Values) -> Declared | None:
    """Read inputs in one pass; None if an input is unknown or breaks a rule."""
    own = {key: value for key, value in given.items() if value is not None}
    if _has_unknown(own) or not own.keys() <= fields_of(declaration).keys():
        return None
    try:
        return declaration.model_validate(own)
    except ValidationError:
        return None


def read_partial(declaration: type[Declared], values: Values) -> Partial[Declared]:
    """Read the inputs of a preview, which may contain `UNKNOWN`."""
    unknown = {key for key, value in values.items() if _has_unknown(value)}
    if not unknown:
        return Partial(read_model(declaration, values))
    fields = fields_of(declaration)
    known = {key: value for key, value in values.items() if key not in unknown}
    for key in unknown:
        if isinstance(values[key], list) and (items := [item for item in values[key] if not _has_unknown(item)]):
            known[key] = items
    return Partial(read_model(declaration, known), frozenset(fields[key].name for key in unknown if key in fields))


def values_of(model: Declaration, *, with_none: bool = False) -> dict[str, Any]:
    """The values of a model by vendor name, as plain JSON."""
    return model.model_dump(by_alias=True, exclude_none=not with_none, warnings=False)


def changed_fields(old: Declared, new: Partial[Declared]) -> tuple[Field, ...]:
    """The fields whose values differ, in their order. An unknown value counts as different."""
    return tuple(
        field
        for field in fields_of(type(old)).values()
        if field.name in new.unknown or not same(getattr(old, field.name), getattr(new.known, field.name))
    )


def _constructed(declaration: type[Declared], values: Mapping[str, Any]) -> Declared:
    required = {field.name: None for field in fields_of(declaration).values() if field.required}
    construct: Any = declaration.model_construct
    made: Declared = construct(**{**required, **values})
    return made


def _has_unknown(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_unknown, value.values()))
    return any(map(_has_unknown, value)) if isinstance(value, list) else value is UNKNOWN
