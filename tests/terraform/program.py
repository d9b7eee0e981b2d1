"""The resources that a program declares, as far as they are known in a walk."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_opsmanager.schema.fields import UNKNOWN
from tests.terraform.cty import Type, Typed, value_of


class BrokenPromise(AssertionError):
    """The provider did something that Terraform reports as "a bug in the provider"."""


class Failed(Exception):
    """The provider answered with an error, or a referenced resource failed."""


@dataclass(frozen=True)
class Later:
    """A value that is known only in an apply."""

    value: Any


@dataclass(frozen=True)
class Ref:
    """An attribute of another resource of the program."""

    address: str
    attribute: str


@dataclass(frozen=True)
class Declared:
    """A resource of a program.

    Attributes:
        type_name: Name of the resource type.
        config: Plain Python by attribute, with `Later`, `Ref` and `UNKNOWN` at any depth. An absent one is null.
        ignore_changes: Names of attributes. None means `all`.
    """

    type_name: str
    config: Mapping[str, Any]
    ignore_changes: Collection[str] | None = ()


Program = Mapping[str, Declared]
"""Resources by address. Each comes after the resources that it refers to."""


@dataclass(frozen=True)
class Attribute:
    """An attribute of a schema. Attributes: is_input, whether a configuration may set it."""

    type: Type
    is_required: bool
    is_input: bool
    is_computed: bool


@dataclass(frozen=True)
class Schema:
    """The attributes of a block."""

    attributes: Mapping[str, Attribute]

    @property
    def type(self) -> Type:
        """The type of its values."""
        return ["object", {name: attribute.type for name, attribute in self.attributes.items()}]


def require(condition: object, words: str, *details: object) -> None:
    """Fail the test with Terraform's message."""
    if not condition:
        raise BrokenPromise(words.format(*details))


def configured(
    schema: Schema, given: Mapping[str, Any], values: Mapping[str, Any] | None, *, is_applying: bool
) -> dict[str, Any]:
    """The value of a configuration.

    Args:
        schema: Attributes of the block.
        given: A configuration like `Declared.config`.
        values: Values of resources by address; None if no resource is known.
        is_applying: Whether `Later` is known.

    Raises:
        Failed: A referenced resource has failed.
    """
    known = {name: _evaluated(one, values, is_applying) for name, one in given.items() if one is not None}
    for name, attribute in schema.attributes.items():
        require(name in known or not attribute.is_required, "The argument {!r} is required", name)
        require(name not in known or attribute.is_input, "Value for unconfigurable attribute {!r}", name)
    require(known.keys() <= schema.attributes.keys(), "Unsupported argument in {}", sorted(known))
    return {name: value_of(known.get(name), attribute.type) for name, attribute in schema.attributes.items()}


def _evaluated(given: Any, values: Mapping[str, Any] | None, is_applying: bool) -> Any:
    if isinstance(given, Later):
        return _evaluated(given.value, values, is_applying) if is_applying else UNKNOWN
    if isinstance(given, Ref):
        if values is not None and given.address not in values:
            raise Failed
        return values[given.address][given.attribute] if values is not None else UNKNOWN
    if isinstance(given, Typed):
        return Typed(given.type, _evaluated(given.value, values, is_applying))
    if isinstance(given, (list, tuple)):
        return [_evaluated(element, values, is_applying) for element in given]
    if isinstance(given, Mapping):
        return {key: _evaluated(element, values, is_applying) for key, element in given.items()}
    return given
