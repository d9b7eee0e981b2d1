"""How a stack stores a resource: inputs and state together, under one set of names.

One name is used twice. As an input `expirationDate` is what the program declares; as an output it is what the server
has. So the declared one is an output of another name. Only this module knows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic.alias_generators import to_snake

from pulumi_opsmanager.lifecycle.stored import Inputs, State, Stored
from pulumi_opsmanager.schema.fields import Declaration, Field, Values, fields_of
from pulumi_opsmanager.schema.models import read_model, values_of


@dataclass(frozen=True)
class _Shared:
    """An input and an output of one name.

    Attributes:
        key: The name of both.
        state_key: The output's name in the state's declaration.
        declared_key: The output that holds the input.
        description: Of that output.
    """

    key: str
    state_key: str
    declared_key: str
    description: str


_SHARED = (
    _Shared(
        "expirationDate",
        "expiresAt",
        "declaredExpirationDate",
        "Declared expiry that the last run applied (RFC 3339, UTC). The expiry on the server differs if somebody moved "
        "it since.",
    ),
)


def output_fields(state: type[Declaration]) -> Mapping[str, Field]:
    """The outputs beside the inputs, by the name that a stack stores them under."""
    by_state_key = {shared.state_key: shared for shared in _SHARED}
    known: dict[str, Field] = {}
    for key, field in fields_of(state).items():
        if (shared := by_state_key.get(key)) is None:
            known[key] = field
            continue
        known[shared.key] = replace(field, key=shared.key, name=to_snake(shared.key))
        known[shared.declared_key] = replace(
            field, key=shared.declared_key, name=to_snake(shared.declared_key), description=shared.description
        )
    return known


def outputs_of(stored: Stored[Any, Any]) -> dict[str, Any]:
    """All outputs, by vendor name."""
    inputs, state = values_of(stored.inputs), values_of(stored.state, with_none=True)
    for shared in _SHARED:
        if shared.state_key in state:
            state |= {shared.key: state.pop(shared.state_key), shared.declared_key: inputs.get(shared.key)}
    return inputs | state


def stored_from(resource_id: str, inputs: type[Inputs], state: type[State], outputs: Values) -> Stored[Inputs, State]:
    """The way back.

    Args:
        resource_id: Of the resource.
        inputs: Its inputs.
        state: What is stored beside them.
        outputs: By vendor name, as the engine hands them over.
    """
    found, declared = dict(outputs), dict(outputs)
    for shared in _SHARED:
        if shared.state_key in fields_of(state):
            found[shared.state_key] = outputs.get(shared.key)
            declared[shared.key] = outputs.get(shared.declared_key)
    return Stored(resource_id, read_model(inputs, declared), read_model(state, found))


def is_stored(state: type[Declaration], outputs: Values) -> bool:
    """Whether these are outputs of a resource, and not what a program knows of one that it has not made."""
    return any(key in outputs for key in output_fields(state) if key not in {shared.key for shared in _SHARED})


def seen_inputs(old: Values, seen: Declaration) -> dict[str, Any]:
    """The stored inputs, with those that somebody has changed on the server.

    Args:
        old: As the engine has stored them.
        seen: As a read has found them.
    """
    found = values_of(seen)
    moved = {shared.key: found[shared.key] for shared in _SHARED if shared.key in found}
    return {key: old[key] for key in fields_of(type(seen)) if old.get(key) is not None} | moved
