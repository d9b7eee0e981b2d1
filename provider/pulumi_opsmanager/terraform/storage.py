"""How Terraform keeps a resource: one value for each attribute, and private bytes for what no attribute can show.

Terraform holds a provider to each value that a plan has shown. So an attribute keeps the declared spelling, and it
keeps a promise that an apply could not fulfil. The private bytes have what is true then, and the next plan sees it.
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
    """What Terraform keeps beside the attributes, and shows nobody.

    Attributes:
        inputs: Inputs by vendor name where their attribute shows another value. None is an absent one.
        state: The same for what the provider reports.
        promising: Jobs that had failed and were complete at the last read, by id.
        was: The server's value of inputs by vendor name, before somebody has moved it. Declaring it was no change then.
        declared: In a plan only: inputs by vendor name whose attribute shows the server's value.
    """

    inputs: Mapping[str, Any] = field(default_factory=dict)
    state: Mapping[str, Any] = field(default_factory=dict)
    promising: tuple[str, ...] = ()
    was: Mapping[str, Any] = field(default_factory=dict)
    declared: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, text: bytes) -> Private:
        """Read what was kept. What a newer version keeps besides is left out."""
        kept = json.loads(text) if text else {}
        return cls(**{name: kept[name] for name in vars(cls()) if name in kept})

    def to_bytes(self) -> bytes:
        """Empty bytes if there is nothing to keep."""
        kept = {key: value for key, value in vars(self).items() if value}
        return json.dumps(kept).encode() if kept else b""


def given_by(attributes: Mapping[str, Attribute], cells: Cells) -> dict[str, Any]:
    """The inputs among the values by vendor name, `UNKNOWN` included. Absent ones are left out."""
    return {
        attribute.input.key: plain(cells[name], attribute.type)
        for name, attribute in attributes.items()
        if attribute.input is not None and cells.get(name) is not None
    }


def declared_by(
    resource: Resource, config: Cells, prior: Cells | None, before: Stored[Any, Any] | None
) -> dict[str, Any]:
    """The inputs that a configuration gives.

    `ignore_changes` puts prior values into it. One that nobody has declared, because it is the server's, stays so.
    """
    given = given_by(resource.attributes, config)
    for name, input_ in resource.shared.items():
        is_open = before is not None and getattr(before.inputs, name) is None
        if prior and is_open and is_same(resource.attributes[name], prior[name], given.get(input_.key)):
            given.pop(input_.key, None)
    return given


def moved_from(resource: Resource, before: Stored[Any, Any], found: Stored[Any, Any], was: Cells) -> dict[str, Any]:
    """The server's values by vendor name as they were before somebody moved them, of inputs that no apply has set."""
    values = {}
    for name, input_ in resource.shared.items():
        state = resource.attributes[name].state
        old, new = (getattr(one.state, state.name) if state else None for one in (before, found))
        if getattr(before.inputs, name) is None and (was.get(input_.key) or old != new):
            values[input_.key] = was.get(input_.key) or old
    return values


def as_declared(resource: Resource, before: Stored[Any, Any], given: Mapping[str, Any], was: Cells) -> Stored[Any, Any]:
    """The resource with inputs as declared that are given as they were before somebody moved them."""
    same_as_then = {
        name: was[input_.key]
        for name, input_ in resource.shared.items()
        if was.get(input_.key) and input_.canonical(given.get(input_.key)) == was[input_.key]
    }
    return replace(before, inputs=before.inputs.model_copy(update=same_as_then))


def stored_from(resource: Resource, cells: Cells, private: Private) -> Stored[Any, Any]:
    """The resource as the last apply or read has left it."""
    reported = {
        attribute.state.key: plain(cells.get(name), attribute.type)
        for name, attribute in resource.attributes.items()
        if attribute.state is not None
    }
    inputs = read_model(resource.kind.inputs, {**given_by(resource.attributes, cells), **private.inputs})
    return Stored(cells["id"], inputs, read_model(resource.kind.state, {**reported, **private.state}))


def shown(resource: Resource, stored: Stored[Any, Any], before: Cells, *, is_bound: bool) -> dict[str, Any]:
    """The value of each attribute of what was made or found.

    The values before, which are planned or of the last read, give the spelling. They are promises if `is_bound`.
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
    """What the attributes do not show."""
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
    """Whether a value in wire form means the same as one of the rules."""
    return same(attribute.canonical(plain(cell, attribute.type)), attribute.canonical(value))


def _dumped(stored: Stored[Any, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Inputs and state as plain values by Python name, inside of objects too."""
    return stored.inputs.model_dump(warnings=False), stored.state.model_dump(warnings=False)
