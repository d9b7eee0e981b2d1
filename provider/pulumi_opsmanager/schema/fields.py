"""The vocabulary in which fields are declared, and what a declaration says of each field."""

from __future__ import annotations

import enum
import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar, get_args

import pydantic
from pydantic import BaseModel, ConfigDict, TypeAdapter
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo

_Mark = TypeVar("_Mark")


class OnChange(enum.Enum):
    """What a changed value does to the resource that exists."""

    REPLACE = "replaces the job"
    UPDATE = "updates in place"
    COMPUTED = "is reported by the provider"


class InBody(enum.Enum):
    """Marks a field of the create request; the marker says how its value travels."""

    AS_IS = "as it is"
    INSTANT = "epoch milliseconds for Ops Manager, text for Cloud Manager"


class Shape(enum.Enum):
    """Marks a list whose order and repetitions have no meaning."""

    SET = "set"


@dataclass(frozen=True)
class Accepts:
    """Marks a type that also reads instances of a class, which are text in JSON."""

    kind: type[Any]


@dataclass(frozen=True)
class AsText:
    """Marks a number that a program may also give as text with a unit: `examples` in Markdown."""

    examples: str


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
    """Replaces a value that no property can hold, so that every field refuses it by its own rule.

    Attributes:
        kind: What it is: `FileAsset`.
    """

    kind: str

    def __repr__(self) -> str:
        # Messages show it also inside of lists.
        return self.kind


Values = Mapping[str, Any]
"""Values by vendor name, as an engine hands them over: plain JSON, `UNKNOWN` or `Foreign`."""


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
            if _policy(cls, info) is None:
                raise TypeError(f"{cls.__name__}.{name} does not say what a change of it does: add an OnChange")
            if not info.description:
                raise TypeError(f"{cls.__name__}.{name} has no description")


class Reported(Declaration):
    """Base of what the provider reports: no program declares it, so all fields are `COMPUTED`."""


@dataclass(frozen=True)
class Field:
    """One declared field.

    Attributes:
        name: Python name.
        key: Vendor name; also the name in state.
        on_change: What a change does.
        body: How it travels in the create request, None when it does not.
        is_set: Its value is a list whose order and repetitions have no meaning.
        required: It has no default.
        default: What an absent value means.
        description: For people: full sentences that end with the default of an input.
        annotation: Its Python type.
        accepts: Classes whose instances are text in JSON.
        text_form: Full sentence about the text with a unit that a program may give for a number; empty for others.
        info: Pydantic's own description.
    """

    name: str
    key: str
    on_change: OnChange
    body: InBody | None
    is_set: bool
    required: bool
    default: Any
    description: str
    annotation: Any
    accepts: tuple[type[Any], ...]
    text_form: str
    info: FieldInfo

    @functools.cached_property
    def type(self) -> TypeAdapter[Any]:
        """Reads a value into its canonical form, which is plain JSON. A program, and outputs, never need it."""
        return TypeAdapter(self.info.rebuild_annotation())

    def canonical(self, value: Any) -> Any:
        """The value in the form that is compared and stored; as it is when it is not valid (an older release's)."""
        try:
            return self.type.validate_python(value)
        except ValueError:
            return value


@functools.cache
def fields_of(declaration: type[Declaration]) -> Mapping[str, Field]:
    """The fields of a declaration by vendor name, in the order they are declared."""
    fields = (_field(declaration, name, info) for name, info in declaration.model_fields.items())
    return {field.key: field for field in fields}


def _policy(declaration: type[Declaration], info: FieldInfo) -> OnChange | None:
    if issubclass(declaration, Reported):
        return OnChange.COMPUTED
    # The server changes nothing of a job that was in the create request.
    default = OnChange.REPLACE if any(isinstance(mark, InBody) for mark in info.metadata) else None
    return next((mark for mark in info.metadata if isinstance(mark, OnChange)), default)


def _field(declaration: type[Declaration], name: str, info: FieldInfo) -> Field:
    on_change = _policy(declaration, info) or OnChange.COMPUTED
    parts = (info.annotation, *info.metadata)
    return Field(
        name=name,
        key=info.alias or name,
        on_change=on_change,
        body=next((mark for mark in info.metadata if isinstance(mark, InBody)), None),
        is_set=Shape.SET in info.metadata,
        required=info.is_required(),
        default=None if info.is_required() else info.default,
        description=f"{info.description}{'' if on_change is OnChange.COMPUTED else _default_sentence(info)}",
        annotation=info.annotation,
        accepts=tuple(mark.kind for mark in _marks(Accepts, parts)),
        text_form="".join(
            f"Text with a unit works too: {mark.examples}."
            for mark in _marks(AsText, (info.annotation, *info.metadata))
        ),
        info=info,
    )


def _marks(kind: type[_Mark], parts: Iterable[Any]) -> Iterator[_Mark]:
    for part in parts:
        if isinstance(part, kind):
            yield part
        yield from _marks(kind, get_args(part))


def _default_sentence(info: FieldInfo) -> str:
    if info.is_required() or info.default is None:
        return ""
    value = info.default
    shown = f"`{value}`" if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else f"{value:g}"
    return f" Default: {shown}."
