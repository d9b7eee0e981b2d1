"""Converts properties from and to Pulumi. Unknowns become our sentinel; reserved keys are left out.

Values travel as protobuf between the program, the engine and this process. Protobuf refuses text with half of a
surrogate pair, and some texts and keys have a special meaning there. `storable` keeps both out of the state: if the
host cannot send an answer or read it again, the resource is lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf import struct_pb2
from pulumi.output import Unknown as PulumiUnknown
from pulumi.runtime import rpc

from pulumi_opsmanager.schema.fields import UNKNOWN, Foreign, Values

SIGNATURE = rpc._special_sig_key  # noqa: SLF001  it has no public name
"""The engine and the SDK's host read a map with this key as an asset, a secret or a reference."""

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
"""Texts that the engine reads as an unknown text, boolean, number, list, asset, archive or map.

Source: sdk/go/common/resource/plugin/rpc.go of pulumi 3.259.
"""

FOREIGN = "pulumi-opsmanager:foreign"
"""Key of the map that replaces a value that the SDK cannot send. The value at this key names the type."""


def from_engine(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Properties without the keys that start with two underscores, and with `UNKNOWN` for unknowns at any depth.

    Assets, archives and all other values that are not JSON become `Foreign`.
    """
    return {key: _known(value) for key, value in properties.items() if not key.startswith("__")}


def to_engine(values: Values) -> dict[str, Any]:
    """Values as the SDK sends them. The reverse of `from_engine`."""
    return {key: _unknown(value) for key, value in values.items()}


def storable(outputs: Values) -> tuple[dict[str, Any], dict[str, str]]:
    """The outputs that the SDK's host can send and read again, and the problem of each other output by key."""
    try:
        return _carried(outputs), {}
    except Exception as error:  # noqa: BLE001  any exception would lose the resource
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
    """The value with each text changed that has a special meaning to the engine. A server may send any text."""
    if isinstance(value, str):
        return f"\ufffd{value}" if value in PLACEHOLDERS or value == SIGNATURE else value
    if isinstance(value, dict):
        return {_harmless(key): _harmless(item) for key, item in value.items()}
    return [_harmless(item) for item in value] if isinstance(value, (list, tuple)) else value


def _carried(outputs: Values) -> dict[str, Any]:
    """The outputs without special meanings. Protobuf raises if the host could not send them."""
    harmless = {key: _harmless(value) for key, value in outputs.items()}
    struct_pb2.Struct().update(harmless)
    return harmless
