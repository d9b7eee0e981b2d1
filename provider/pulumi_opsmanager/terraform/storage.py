"""How Terraform stores a resource: one value for each attribute, and private bytes for other facts.

Terraform requires that an apply returns each value that the plan has shown. So an attribute keeps the declared
spelling, and also a planned value that the apply could not achieve. The private bytes then have the true value, and
the next plan uses it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pulumi_opsmanager.lifecycle.stored import Stored
from pulumi_opsmanager.schema.fields import UNKNOWN
from pulumi_opsmanager.schema.freeform import same
from pulumi_opsmanager.schema.models import read_model

from .attributes import Attribute, Resource
from .values import cell_of, plain

Cells = Mapping[str, Any]
"""Values in wire form by the name of their attribute."""


@dataclass(frozen=True)
class Private:
    """Facts that Terraform stores beside the attributes and never shows.

    Attributes:
        inputs: Inputs whose attribute shows another value, by vendor name. None means that the input is absent.
        state: Reported values whose attribute shows another value, by vendor name.
        promising: IDs of jobs that had failed and were complete at the last read.
        was: Inputs that somebody changed on the server: the value before, by vendor name. Declaring it changes nothing.
        declared: In a plan only: inputs whose attribute shows the server's value, by vendor name.
    """

    inputs: Mapping[str, Any] = field(default_factory=dict)
    state: Mapping[str, Any] = field(default_factory=dict)
    promising: tuple[str, ...] = ()
    was: Mapping[str, Any] = field(default_factory=dict)
    declared: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, text: bytes) -> Private:
        """Read the private bytes. Facts of a newer version are left out."""
        kept = json.loads(text) if text else {}
        return cls(**{name: kept[name] for name in vars(cls()) if name in kept})

    def to_bytes(self) -> bytes:
        """The private bytes; empty if there are no facts."""
        kept = {key: value for key, value in vars(self).items() if value}
        return json.dumps(kept).encode() if kept else b""


def given_by(attributes: Mapping[str, Attribute], cells: Cells) -> dict[str, Any]:
    """The inputs among the values, by vendor name. Unknown inputs are `UNKNOWN`; absent inputs are left out."""
    return {
        attribute.input.key: plain(cells[name], attribute.type)
        for name, attribute in attributes.items()
        if attribute.input is not None and cells.get(name) is not None
    }


def declared_by(
    resource: Resource, config: Cells, prior: Cells | None, before: Stored[Any, Any] | None
) -> dict[str, Any]:
    """The inputs that a configuration declares.

    `ignore_changes` puts prior values into the configuration. If such a value is the server's, it is not declared.
    """
    given = given_by(resource.attributes, config)
    for name, input_ in resource.shared.items():
        is_open = before is not None and getattr(before.inputs, name) is None
        if prior and is_open and is_same(resource.attributes[name], prior[name], given.get(input_.key)):
            given.pop(input_.key, None)
    return given


def moved_from(resource: Resource, before: Stored[Any, Any], found: Stored[Any, Any], was: Cells) -> dict[str, Any]:
    """The server's values before somebody changed them, by vendor name, for inputs that no apply has set."""
    values = {}
    for name, input_ in resource.shared.items():
        state = resource.attributes[name].state
        old, new = (getattr(one.state, state.name) if state else None for one in (before, found))
        if getattr(before.inputs, name) is None and (was.get(input_.key) or old != new):
            values[input_.key] = was.get(input_.key) or old
    return values


def as_declared(resource: Resource, before: Stored[Any, Any], given: Mapping[str, Any], was: Cells) -> Stored[Any, Any]:
    """The stored resource. An input counts as declared if it is given the value from before somebody changed it."""
    same_as_then = {
        name: was[input_.key]
        for name, input_ in resource.shared.items()
        if was.get(input_.key) and input_.canonical(given.get(input_.key)) == was[input_.key]
    }
    return replace(before, inputs=before.inputs.model_copy(update=same_as_then))


def stored_from(resource: Resource, cells: Cells, private: Private) -> Stored[Any, Any]:
    """The resource as the last apply or read stored it."""
    reported = {
        attribute.state.key: plain(cells.get(name), attribute.type)
        for name, attribute in resource.attributes.items()
        if attribute.state is not None
    }
    inputs = read_model(resource.kind.inputs, {**given_by(resource.attributes, cells), **private.inputs})
    return Stored(cells["id"], inputs, read_model(resource.kind.state, {**reported, **private.state}))


def shown(resource: Resource, stored: Stored[Any, Any], before: Cells, *, is_bound: bool) -> dict[str, Any]:
    """The value of each attribute of a resource that was created, updated or read.

    Args:
        resource: The schema of the resource.
        stored: The resource as the rules return it.
        before: Planned or stored values. An equal value keeps their spelling.
        is_bound: Whether `before` was planned, so that every known value in it must stay.
    """
    cells: dict[str, Any] = {}
    inputs, state = _dumped(stored)
    for name, attribute in resource.attributes.items():
        found = state.get(attribute.state.name) if attribute.state is not None else inputs.get(name)
        known = before.get(name)
        is_kept = known is not UNKNOWN and (is_bound or (known is not None and is_same(attribute, known, found)))
        cells[name] = known if is_kept else cell_of(found, attribute.type)
    return cells | {"id": stored.id}


def hidden(resource: Resource, stored: Stored[Any, Any], cells: Cells, promising: frozenset[str]) -> Private:
    """The facts that the attributes do not show."""
    declared, reported = _dumped(stored)
    inputs = {
        attribute.input.key: declared[name]
        for name, attribute in resource.attributes.items()
        if attribute.input is not None and not is_same(attribute, cells[name], declared[name])
    }
    state = {
        attribute.state.key: reported[attribute.state.name]
        for name, attribute in resource.attributes.items()
        if attribute.state is not None and not is_same(attribute, cells[name], reported[attribute.state.name])
    }
    return Private(inputs, state, tuple(sorted(promising)))


def is_same(attribute: Attribute, cell: Any, value: Any) -> bool:
    """Whether a value in wire form equals a value of the rules."""
    return same(attribute.canonical(plain(cell, attribute.type)), attribute.canonical(value))


def _dumped(stored: Stored[Any, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Inputs and state as plain values by Python name, also inside objects."""
    return stored.inputs.model_dump(warnings=False), stored.state.model_dump(warnings=False)
