"""How a module declares fields, and what the rules read from a declaration."""

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
    """What a changed value does to an existing resource."""

    REPLACE = "replaces the job"
    UPDATE = "updates in place"
    COMPUTED = "is reported by the provider"


class InBody(enum.Enum):
    """Marks a field of the create request. The value says how the request writes it."""

    AS_IS = "as it is"
    INSTANT = "epoch milliseconds for Ops Manager, text for Cloud Manager"


class Shape(enum.Enum):
    """Marks a list whose order and repetitions have no meaning."""

    SET = "set"


@dataclass(frozen=True)
class Accepts:
    """Marks a type that also accepts instances of a class. JSON has them as text."""

    kind: type[Any]


@dataclass(frozen=True)
class AsText:
    """Marks a number that a program may also give as text with a unit. `examples` is Markdown."""

    examples: str


def says(description: str) -> Any:
    """Describe a field: meaning, unit, bounds, effect of its absence. `Field` adds the sentence of a default."""
    return pydantic.Field(description=description)


class Unknown(enum.Enum):
    """The third state of a value in a preview: neither present nor absent."""

    UNKNOWN = "unknown"

    def __repr__(self) -> str:
        return self.value

    # Messages format it.
    __str__ = __repr__


UNKNOWN: Final = Unknown.UNKNOWN


@dataclass(frozen=True, repr=False)
class Foreign:
    """Replaces a value that no property can have, so that each field refuses it by its own rule.

    Attributes:
        kind: Name of its class: `FileAsset`.
    """

    kind: str

    def __repr__(self) -> str:
        # Messages also show it inside lists.
        return self.kind


Values = Mapping[str, Any]
"""Values by vendor name, as an engine gives them: plain JSON, `UNKNOWN` or `Foreign`."""


class Declaration(BaseModel):
    """Base of every set of fields. A field without a policy or a description fails at import."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        alias_generator=to_camel,
        populate_by_name=True,
        # Built at first use: a provider process serves one kind of resource, and a check needs one model.
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
    """Base of outputs. All fields are `COMPUTED`, because no program declares them."""


@dataclass(frozen=True)
class Field:
    """One declared field.

    Attributes:
        name: Python name.
        key: Vendor name, also the name in the state.
        on_change: Effect of a change.
        body: How the create request writes it; None if the request does not have it.
        is_set: True for a list whose order and repetitions have no meaning.
        required: True if it has no default.
        default: Value that an absent value means.
        description: Full sentences for users. Those of an input end with the default.
        annotation: Its Python type.
        accepts: Classes whose instances it accepts, and which JSON has as text.
        text_form: Sentence about the text with a unit that a program may give for a number; empty without such a form.
        info: The field as pydantic describes it.
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
        """Converts a value to its canonical form, which is plain JSON. Built at first use: few processes need it."""
        return TypeAdapter(self.info.rebuild_annotation())

    def canonical(self, value: Any) -> Any:
        """The value in the form that is compared and stored. An invalid value of an older release stays as it is."""
        try:
            return self.type.validate_python(value)
        except ValueError:
            return value


@functools.cache
def fields_of(declaration: type[Declaration]) -> Mapping[str, Field]:
    """The fields of a declaration by vendor name, in the order of the declaration."""
    fields = (_field(declaration, name, info) for name, info in declaration.model_fields.items())
    return {field.key: field for field in fields}


def _policy(declaration: type[Declaration], info: FieldInfo) -> OnChange | None:
    if issubclass(declaration, Reported):
        return OnChange.COMPUTED
    # The server cannot change a field of the create request in an existing job.
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
