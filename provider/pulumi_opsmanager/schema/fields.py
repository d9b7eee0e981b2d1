"""The vocabulary that a resource's fields are declared in, and what can be asked of a declaration."""

from __future__ import annotations

import enum
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import pydantic
from pydantic import BaseModel, ConfigDict, TypeAdapter
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo


class OnChange(enum.Enum):
    """What a changed value does to the resource that exists."""

    REPLACE = "replaces the job"
    UPDATE = "updates in place"
    IGNORE = "is ignored until the next create"
    COMPUTED = "is reported by the provider"


class InBody(enum.Enum):
    """Marks a field of the create request; the marker says how its value travels."""

    AS_IS = "as it is"
    INSTANT = "epoch milliseconds for Ops Manager, text for Cloud Manager"


def says(description: str) -> Any:
    """Describe a field: what it is, its unit, its bounds, and what its absence does. `Field` adds other defaults."""
    return pydantic.Field(description=description)


class Unknown(enum.Enum):
    """The third state of a value in a preview: neither present nor missing."""

    UNKNOWN = "unknown"

    def __repr__(self) -> str:
        return self.value

    # Messages format it.
    __str__ = __repr__


UNKNOWN: Final = Unknown.UNKNOWN


@dataclass(frozen=True, repr=False)
class Foreign:
    """Stands for a value that no property can hold, so that every field refuses it by its own rule.

    Attributes:
        kind: What it is: `FileAsset`.
    """

    kind: str

    def __repr__(self) -> str:
        # Messages show it also inside of lists.
        return self.kind


Bag = Mapping[str, Any]
"""Values by vendor name, as engines hand them about."""


class Declaration(BaseModel):
    """Base of every set of fields. A field without a policy or a description fails at import."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        alias_generator=to_camel,
        populate_by_name=True,
        # At first use: a provider process starts for one kind of resource, and a check needs one model.
        defer_build=True,
    )

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        for name, info in cls.model_fields.items():
            if not any(isinstance(mark, OnChange) for mark in info.metadata):
                raise TypeError(f"{cls.__name__}.{name} does not say what a change of it does: add an OnChange")
            if not info.description:
                raise TypeError(f"{cls.__name__}.{name} has no description")


@dataclass(frozen=True)
class Field:
    """One declared field.

    Attributes:
        name: Python name.
        key: Vendor name; also the name in state.
        on_change: What a change does.
        body: How it travels in the create request, None when it does not.
        required: It has no default.
        default: What an absent value stands for.
        description: For people: full sentences that end with the default of an input.
        annotation: Its Python type.
        type: Reads a value into its canonical form, which is plain JSON.
    """

    name: str
    key: str
    on_change: OnChange
    body: InBody | None
    required: bool
    default: Any
    description: str
    annotation: Any
    type: TypeAdapter[Any]

    def canonical(self, value: Any) -> Any:
        """The value in the form that is compared and stored; as it is when it is not valid (an older release's)."""
        try:
            return self.type.validate_python(value)
        except ValueError:
            return value


_Declared = TypeVar("_Declared", bound=Declaration)


def declared_of(declaration: type[_Declared], bag: Bag) -> _Declared:
    """Read checked inputs, or the inputs among stored outputs.

    Args:
        declaration: Whose fields.
        bag: Values by vendor name; keys of others are passed over.
    """
    known = fields_of(declaration)
    return declaration.model_validate({key: value for key, value in bag.items() if key in known})


@functools.cache
def fields_of(declaration: type[Declaration]) -> Mapping[str, Field]:
    """The fields of a declaration by vendor name, in the order they are declared."""
    fields = (_field(name, info) for name, info in declaration.model_fields.items())
    return {field.key: field for field in fields}


def _field(name: str, info: FieldInfo) -> Field:
    on_change = next(mark for mark in info.metadata if isinstance(mark, OnChange))
    return Field(
        name=name,
        key=info.alias or name,
        on_change=on_change,
        body=next((mark for mark in info.metadata if isinstance(mark, InBody)), None),
        required=info.is_required(),
        default=None if info.is_required() else info.default,
        description=f"{info.description}{'' if on_change is OnChange.COMPUTED else _default_sentence(info)}",
        annotation=info.annotation,
        type=TypeAdapter(info.rebuild_annotation()),
    )


def _default_sentence(info: FieldInfo) -> str:
    if info.is_required() or info.default is None:
        return ""
    value = info.default
    shown = f"`{value}`" if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else f"{value:g}"
    return f" Default: {shown}."
