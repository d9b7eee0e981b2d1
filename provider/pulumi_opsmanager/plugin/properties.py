"""Converts the properties of the wire to values and back: unknowns, secrets, and what is not JSON.

The engine marks secrets, unknowns and assets by maps and texts with a fixed signature. A secret that leaves here
unmarked is stored in clear text.

Source: sdk/go/common/resource/plugin/rpc.go of pulumi 3.259.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from google.protobuf import struct_pb2
from pulumi.runtime import rpc

from pulumi_opsmanager.dynamic.values import PLACEHOLDERS, SIGNATURE
from pulumi_opsmanager.schema.fields import UNKNOWN, Foreign, Values

_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105  a signature, no secret
_OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"

# What else has a signature, in the words of a message.
_FOREIGN: Final[Mapping[str, str]] = {
    "c44067f5952c0a294b673a41bacd8c17": "an asset",
    "0def7320c3a5731c473e5ecbe6d01bc7": "an archive",
    "5cf8f73096256a8f31e491e813e4eb8e": "a resource",
}


def values_in(properties: struct_pb2.Struct) -> dict[str, Any]:
    """The properties of a message as values. Pulumi uses keys that start with two underscores for itself."""
    return {key: _value(value) for key, value in properties.fields.items() if not key.startswith("__")}


def properties_of(values: Values, secret: Collection[str] = ()) -> struct_pb2.Struct:
    """The values as the properties of a message, the `secret` ones marked. Values that are None are left out."""
    properties = struct_pb2.Struct()
    for key, value in values.items():
        if value is not None:
            properties[key] = {SIGNATURE: _SECRET, "value": _plain(value)} if key in secret else _plain(value)
    return properties


def secret_keys(*messages: struct_pb2.Struct) -> frozenset[str]:
    """The names of the properties that are secret, completely or in part, in any of the messages."""
    return frozenset(key for message in messages for key, value in message.fields.items() if _is_secret(value))


def _signature(value: struct_pb2.Value) -> str | None:
    """The signature of a value; None if it has none."""
    if value.WhichOneof("kind") != "struct_value" or SIGNATURE not in value.struct_value.fields:
        return None
    return str(value.struct_value.fields[SIGNATURE].string_value)


def _is_secret(value: struct_pb2.Value) -> bool:
    kind, signature = value.WhichOneof("kind"), _signature(value)
    if kind == "list_value":
        return any(map(_is_secret, value.list_value.values))
    if kind != "struct_value":
        return False
    fields = value.struct_value.fields
    is_marked = signature == _SECRET or (signature == _OUTPUT and "secret" in fields and fields["secret"].bool_value)
    return is_marked or any(map(_is_secret, fields.values()))


def _value(value: struct_pb2.Value) -> Any:
    kind, signature = value.WhichOneof("kind"), _signature(value)
    if kind == "struct_value":
        fields = value.struct_value.fields
        if signature is None:
            return {key: _value(item) for key, item in fields.items()}
        if signature in (_SECRET, _OUTPUT):
            return _value(fields["value"]) if "value" in fields else UNKNOWN
        return Foreign(_FOREIGN.get(signature, "a value that this version does not know"))
    if kind == "list_value":
        return [_value(item) for item in value.list_value.values]
    if kind == "string_value":
        return UNKNOWN if value.string_value in PLACEHOLDERS else value.string_value
    return None if kind in (None, "null_value") else getattr(value, kind)


def _plain(value: Any) -> Any:
    if value is UNKNOWN:
        return rpc.UNKNOWN
    if isinstance(value, Foreign):
        return value.kind
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value
