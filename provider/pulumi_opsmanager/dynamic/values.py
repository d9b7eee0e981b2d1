"""Converts properties from and to Pulumi: unknowns become our sentinel and back, reserved keys stay outside.

Between the program, the engine and this process values travel as protobuf. Text with half of a surrogate pair breaks
it, and some texts and keys have a meaning of their own there. `storable` keeps them out of the state: an answer that
the host cannot send, or cannot read again, loses the resource.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf import struct_pb2
from pulumi.output import Unknown as PulumiUnknown
from pulumi.runtime import rpc

from pulumi_opsmanager.schema.fields import UNKNOWN, Foreign, Values

SIGNATURE = rpc._special_sig_key  # noqa: SLF001  it has no public name
"""A map with this key is an asset, a secret or a reference to the engine, and to the SDK's host."""

PLACEHOLDERS = frozenset(
    {
        rpc.UNKNOWN,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
"""Texts that the engine takes for an unknown text, boolean, number, list, asset, archive or map.

Source: sdk/go/common/resource/plugin/rpc.go of pulumi 3.259.
"""

FOREIGN = "pulumi-opsmanager:foreign"
"""The key of the map that replaces what cannot travel, or must not: its value says what it is."""


def from_engine(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Properties without the keys that start with two underscores, unknowns as `UNKNOWN` at any depth.

    Assets, archives and whatever else is not JSON become `Foreign`.
    """
    return {key: _known(value) for key, value in properties.items() if not key.startswith("__")}


def to_engine(values: Values) -> dict[str, Any]:
    """The way back."""
    return {key: _unknown(value) for key, value in values.items()}


def storable(outputs: Values) -> tuple[dict[str, Any], dict[str, str]]:
    """Outputs that the SDK's host can send and read again, and why each other one is not among them."""
    try:
        return _carried(outputs), {}
    except Exception as error:  # noqa: BLE001  whatever it is, it would lose the resource
        if len(outputs) <= 1:
            return {}, dict.fromkeys(outputs, f"{type(error).__name__}: {error}".splitlines()[-1])
    stored: dict[str, Any] = {}
    lost: dict[str, str] = {}
    for key, value in outputs.items():
        kept, left = storable({key: value})
        stored, lost = stored | kept, lost | left
    return stored, lost


def _known(value: Any) -> Any:
    if isinstance(value, PulumiUnknown):
        return UNKNOWN
    if isinstance(value, dict):
        kind = value.get(FOREIGN)
        return Foreign(str(kind)) if kind is not None else {key: _known(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_known(item) for item in value]
    return value if value is None or isinstance(value, (str, bool, int, float)) else Foreign(type(value).__name__)


def _unknown(value: Any) -> Any:
    if value is UNKNOWN:
        return PulumiUnknown()  # type: ignore[no-untyped-call]
    if isinstance(value, Foreign):
        return {FOREIGN: value.kind}
    if isinstance(value, dict):
        return {key: _unknown(item) for key, item in value.items()}
    return [_unknown(item) for item in value] if isinstance(value, list) else value


def _harmless(value: Any) -> Any:
    """The value without what means something else to the engine: a server may send any text."""
    if isinstance(value, str):
        return f"\ufffd{value}" if value in PLACEHOLDERS or value == SIGNATURE else value
    if isinstance(value, dict):
        return {_harmless(key): _harmless(item) for key, item in value.items()}
    return [_harmless(item) for item in value] if isinstance(value, (list, tuple)) else value


def _carried(outputs: Values) -> dict[str, Any]:
    """The outputs without a second meaning, once protobuf has taken them as it will take them from the host."""
    harmless = {key: _harmless(value) for key, value in outputs.items()}
    struct_pb2.Struct().update(harmless)
    return harmless
