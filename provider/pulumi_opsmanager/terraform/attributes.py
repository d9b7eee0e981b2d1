"""The attributes of resources: the name, type and flags that each field of the schema has in Terraform."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.alias_generators import to_snake

from pulumi_opsmanager.lifecycle.kinds import KINDS, Kind
from pulumi_opsmanager.schema.fields import Declaration, Field, fields_of

from .values import Type

PREFIX = "opsmanager_"
"""Prefix of the name of each resource and data source."""

# The server's value has the name of the input, so that a read shows drift.
_SHOWN_AS = {"expires_at": "expiration_date"}
_SERVER_ID = "ID of the job on the server: 24 lower-case hexadecimal digits."
_RANDOM_ID = "Random ID of the resource in the state."
# If the configuration does not set it, the provider block does.
_FROM_PROVIDER = "project_id"
_PRIMITIVES: Mapping[Any, Type] = {str: "string", int: "number", float: "number", bool: "bool"}


@dataclass(frozen=True)
class Attribute:
    """One attribute of a resource.

    Attributes:
        name: Name in a configuration.
        type: Terraform's type.
        input: The field that a configuration can set; None for an attribute that only the provider sets.
        state: The field that the provider reports; None for an attribute that only a configuration sets.
        elements: The attributes of each object in a list of objects.
        meaning: Description of the attribute. Default: the description of the field.
        is_setting: Whether it belongs to the provider block, where every attribute is optional.
        is_secret: Whether Terraform hides it in all outputs.
    """

    name: str
    type: Type
    input: Field | None = None
    state: Field | None = None
    elements: tuple[Attribute, ...] = ()
    meaning: str = ""
    is_setting: bool = False
    is_secret: bool = False

    @property
    def description(self) -> str:
        """The description that Terraform and the pages of the provider show."""
        field = self.input or self.state
        return self.meaning or (field.description if field else "")

    @property
    def is_optional(self) -> bool:
        """Whether a configuration may set it."""
        return self.is_setting or (self.input is not None and not self.input.required)

    @property
    def is_required(self) -> bool:
        """Whether a configuration must set it."""
        return self.input is not None and self.input.required

    @property
    def is_computed(self) -> bool:
        """Whether the provider sets a value if the configuration does not."""
        field = self.input
        if field is None:
            return not self.is_setting
        return self.state is not None or field.default is not None or self.name == _FROM_PROVIDER

    @property
    def is_shared(self) -> bool:
        """Whether it shows the server's value of an input."""
        return self.input is not None and self.state is not None

    def canonical(self, value: Any) -> Any:
        """The canonical form of a value. Two values are equal if their canonical forms are."""
        field = self.input or self.state
        return value if value is None or field is None else field.canonical(value)


@dataclass(frozen=True)
class Block:
    """The schema of the provider, a resource or a data source.

    Attributes:
        description: What the provider, resource or data source does.
        attributes: The attributes by name.
    """

    description: str
    attributes: Mapping[str, Attribute]


@dataclass(frozen=True)
class Resource(Block):
    """The schema of a resource.

    Attributes:
        kind: The rules of the resource.
    """

    kind: Kind[Any, Any, Any]

    @property
    def shared(self) -> Mapping[str, Field]:
        """The inputs whose attribute shows the server's value, by name."""
        return {name: one.input for name, one in self.attributes.items() if one.is_shared and one.input}

    def is_fixed(self, name: str, value: Any) -> bool:
        """Whether an update keeps the value of a computed attribute. A read may change it."""
        is_known = value is not None and name in self.kind.written_once | {"id"}
        return is_known or name in self.kind.of_settings


def resource_name(kind: Kind[Any, Any, Any]) -> str:
    """Name of a kind's resource type, for example `opsmanager_log_archive`."""
    return f"{PREFIX}{to_snake(kind.name)}"


def type_of(field: Field) -> Type:
    """Terraform's type of a field."""
    found = _type(field.annotation)
    return ["set", found[1]] if field.is_set else found


def _type(annotation: Any) -> Type:
    if annotation in _PRIMITIVES:
        return _PRIMITIVES[annotation]
    origin, parts = get_origin(annotation), [part for part in get_args(annotation) if part is not type(None)]
    if origin in (Annotated, Union, UnionType):
        return _type(parts[0])
    if origin is dict:
        return ["map", _type(parts[1])]
    if origin is list:
        # The elements of a dynamic list may have different types.
        return "dynamic" if (element := _type(parts[0])) == "dynamic" else ["list", element]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return ["object", {name: _type(info.annotation) for name, info in annotation.model_fields.items()}]
    return "dynamic"


def _elements(annotation: Any) -> tuple[Attribute, ...]:
    """The attributes of each object in a list; none for other values."""
    if get_origin(annotation) is None and isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return tuple(
            Attribute(name, _type(of.annotation), elements=_elements(of.annotation), meaning=of.description or "")
            for name, of in annotation.model_fields.items()
        )
    return next((found for part in get_args(annotation) if (found := _elements(part))), ())


def _resource(kind: Kind[Any, Any, Any]) -> Resource:
    declarations: tuple[type[Declaration], type[Declaration]] = (kind.inputs, kind.state)
    fields = [fields_of(declaration).values() for declaration in declarations]
    inputs = {field.name: field for field in fields[0]}
    state = {_SHOWN_AS.get(field.name, field.name): field for field in fields[1]}
    attributes = {"id": Attribute("id", "string", meaning=_SERVER_ID if kind.import_by_id else _RANDOM_ID)}
    for name in [*inputs, *state]:
        given, reported = inputs.get(name), state.get(name)
        field = given or state[name]
        attributes[name] = Attribute(name, type_of(field), given, reported, _elements(field.annotation))
    return Resource(kind.description, attributes, kind)


RESOURCES: Mapping[str, Resource] = {resource_name(kind): _resource(kind) for kind in KINDS}
"""All resources by the name of their type."""
