"""Pulumi's bags in and out: its unknowns become our sentinel and back, its reserved keys stay outside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi.output import Unknown as PulumiUnknown

from pulumi_opsmanager.schema.fields import UNKNOWN


def from_engine(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Properties without the keys that start with two underscores, unknowns as `UNKNOWN` at any depth."""
    return {key: _known(value) for key, value in properties.items() if not key.startswith("__")}


def to_engine(bag: Mapping[str, Any]) -> dict[str, Any]:
    """The way back."""
    return {key: _unknown(value) for key, value in bag.items()}


def _known(value: Any) -> Any:
    if isinstance(value, PulumiUnknown):
        return UNKNOWN
    if isinstance(value, dict):
        return {key: _known(item) for key, item in value.items()}
    return [_known(item) for item in value] if isinstance(value, list) else value


def _unknown(value: Any) -> Any:
    if value is UNKNOWN:
        return PulumiUnknown()  # type: ignore[no-untyped-call]
    if isinstance(value, dict):
        return {key: _unknown(item) for key, item in value.items()}
    return [_unknown(item) for item in value] if isinstance(value, list) else value
