"""How a stack stores a resource: inputs and state together, under one set of names.

One name has two meanings. The input `expirationDate` is the declared expiry; the output `expirationDate` is the
server's. The declared expiry is stored as another output, `declaredExpirationDate`. Only this module knows both names.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from pydantic.alias_generators import to_snake

from pulumi_opsmanager.lifecycle.stored import Inputs, State, Stored
from pulumi_opsmanager.schema.fields import Declaration, Field, Values, fields_of
from pulumi_opsmanager.schema.freeform import same
from pulumi_opsmanager.schema.models import read_model, values_of

_SHARED, _OF_STATE, _DECLARED = "expirationDate", "expiresAt", "declaredExpirationDate"
_DECLARED_WORDS = (
    "Declared expiry that the last run applied (RFC 3339, UTC). The expiry on the server differs if somebody moved it "
    "since."
)

# The outputs that contain the value of an input, by vendor name.
_SHOWN_BY: Mapping[str, Collection[str]] = {
    _SHARED: [_DECLARED],
    "path": ["file", "problem"],
    "projectId": ["downloadUrl", "lastSeenUrl"],
    "resourceName": ["rootResourceName"],
    "resourceType": ["rootResourceType"],
}


def output_fields(state: type[Declaration]) -> Mapping[str, Field]:
    """The outputs that are not inputs, by their names in a stack's state."""
    known: dict[str, Field] = {}
    for key, field in fields_of(state).items():
        if key != _OF_STATE:
            known[key] = field
            continue
        known[_SHARED] = replace(field, key=_SHARED, name=to_snake(_SHARED))
        known[_DECLARED] = replace(field, key=_DECLARED, name=to_snake(_DECLARED), description=_DECLARED_WORDS)
    return known


def outputs_of(stored: Stored[Any, Any]) -> dict[str, Any]:
    """All outputs, by vendor name."""
    return laid_out(values_of(stored.inputs), values_of(stored.state, with_none=True))


def laid_out(inputs: Values, state: Values) -> dict[str, Any]:
    """All outputs, from the values of inputs and state by vendor name."""
    if _OF_STATE not in state:
        return {**inputs, **state}
    found = {key: value for key, value in state.items() if key != _OF_STATE}
    return {**inputs, **found, _SHARED: state[_OF_STATE], _DECLARED: inputs.get(_SHARED)}


def stored_from(resource_id: str, inputs: type[Inputs], state: type[State], outputs: Values) -> Stored[Inputs, State]:
    """Read a resource from the outputs that the engine sends. The reverse of `outputs_of`."""
    declared, found = outputs, outputs
    if _OF_STATE in fields_of(state):
        declared = {**outputs, _SHARED: outputs.get(_DECLARED)}
        found = {**outputs, _OF_STATE: outputs.get(_SHARED)}
    return Stored(resource_id, read_model(inputs, declared), read_model(state, found))


def is_stored(state: type[Declaration], outputs: Values) -> bool:
    """Whether these are stored outputs of a resource, and not only the inputs of a `get`."""
    return any(key in outputs for key in output_fields(state) if key != _SHARED)


def keys_of(inputs: type[Declaration], state: type[Declaration], names: Collection[str]) -> list[str]:
    """The vendor names of inputs and outputs, from their Python names."""
    known = {**fields_of(state), **fields_of(inputs)}
    return [key for key, field in known.items() if field.name in names]


def showing(inputs: Collection[str]) -> frozenset[str]:
    """The outputs that contain the values of these inputs."""
    return frozenset(inputs).union(*(_SHOWN_BY.get(key, ()) for key in inputs))


def moved_keys(before: Values, after: Values) -> list[str]:
    """The outputs that differ. The engine drops an output without a value."""
    return sorted(key for key in before.keys() | after.keys() if not same(before.get(key), after.get(key)))


def seen_inputs(old: Values, seen: Declaration) -> dict[str, Any]:
    """The stored inputs, with the values that a read found changed on the server."""
    found = values_of(seen)
    moved = {_SHARED: found[_SHARED]} if _SHARED in found else {}
    return {key: old[key] for key in fields_of(type(seen)) if old.get(key) is not None} | moved
