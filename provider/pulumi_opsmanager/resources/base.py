"""The base of every resource class. It translates Python names to the vendor's names and back."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import Resource, ResourceProvider

from pulumi_opsmanager.dynamic.given import given
from pulumi_opsmanager.dynamic.layout import output_fields
from pulumi_opsmanager.schema.fields import Declaration, Field, fields_of

from .configured import warn_of_configuration
from .options import REQUEST_TIMEOUT, require_supported


class DeclaredResource(Resource):
    """A dynamic resource whose properties are declared in `schema`.

    Subclasses set `declarations` and annotate an `Output` for each of their fields.
    """

    declarations: ClassVar[tuple[type[Declaration], ...]] = ()
    _keys: ClassVar[Mapping[str, str]] = {}
    _names: ClassVar[Mapping[str, str]] = {}
    _clear: ClassVar[Mapping[str, tuple[type[Any], ...]]] = {}
    # The type of a resource of another provider; empty for a dynamic one.
    _token: ClassVar[str] = ""
    # What to use instead of `custom_timeouts`.
    _timeouts: ClassVar[str] = REQUEST_TIMEOUT

    def __init_subclass__(cls, token: str = "", **kwargs: Any) -> None:
        """Prepare a class. With a token, another provider serves its resources, and the class may have a base."""
        bases = [base for base in cls.__bases__ if issubclass(base, DeclaredResource) and base._keys]  # noqa: SLF001
        if bases and not token:
            # The SDK would give the subclass another type and lose the types of its outputs.
            raise TypeError(f"{cls.__name__}: a resource class cannot be subclassed; wrap it in a ComponentResource")
        super().__init_subclass__(**kwargs)
        cls._token = token
        # The SDK reads the annotations again for every resource, and compiles each annotation that is text.
        cls.__annotations__ = inspect.get_annotations(bases[0] if bases else cls, eval_str=True)
        cls._keys = {field.name: key for key, field in fields_of_outputs(cls.declarations).items()}
        cls._names = {key: name for name, key in cls._keys.items()}
        cls._clear = {field.name: field.accepts for field in fields_of(cls.declarations[0]).values()}
        for name, key in cls._keys.items():
            # The SDK finds the annotation of a property by this, and then returns integers as int.
            setattr(cls, name, pulumi.property(key))

    def __init__(
        self, provider: ResourceProvider, name: str, properties: dict[str, Any], opts: pulumi.ResourceOptions | None
    ) -> None:
        require_supported(f"{type(self).__name__} {name!r}", opts, instead=self._timeouts)
        if self._token:
            pulumi.CustomResource.__init__(self, self._token, name, properties, self._served(opts))
            return
        warn_of_configuration()
        super().__init__(provider, name, properties, opts)

    def translate_input_property(self, prop: str) -> str:
        """Python name to vendor name. Unknown names, such as keys inside maps, do not change."""
        return self._keys.get(prop, prop)

    def translate_output_property(self, prop: str) -> str:
        """Vendor name to Python name. Unknown names, such as keys inside maps, do not change."""
        return self._names.get(prop, prop)

    @classmethod
    def _served(cls, opts: pulumi.ResourceOptions | None) -> pulumi.ResourceOptions | None:
        """The options of a resource of another provider."""
        return opts

    @classmethod
    def _properties(cls, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The inputs among the arguments, and None for everything else.

        The SDK creates attributes only for existing keys. Inputs are found by their names in `locals()`.
        """
        inputs = {name: given(arguments.get(name), clear) for name, clear in cls._clear.items()}
        return {name: inputs.get(name) for name in cls._keys}


def fields_of_outputs(declarations: tuple[type[Declaration], ...]) -> dict[str, Field]:
    """The outputs of a resource by vendor name. Where inputs and state share a name, the state describes the output."""
    return {key: field for declared in declarations for key, field in output_fields(declared).items()}
