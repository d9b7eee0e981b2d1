"""Values of a program as check receives them; a real engine sends them in tests/engine."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timezone
from enum import Enum, IntEnum
from os import PathLike
from pathlib import PurePath
from types import MappingProxyType
from typing import Any

import pulumi
import pytest
from pulumi.runtime import rpc

from pulumi_opsmanager.dynamic.given import given
from pulumi_opsmanager.dynamic.values import FOREIGN, PLACEHOLDERS, SIGNATURE, from_engine, to_engine
from pulumi_opsmanager.schema.fields import Foreign

Word = Enum("Word", {"MONGODB": "MONGODB"}, type=str)
Plain = Enum("Plain", {"FTDC": "FTDC", "FILE": b"bytes"})
Whole = IntEnum("Whole", {"ONE": 1})
ASSET = "c44067f5952c0a294b673a41bacd8c17"
FILE, ARCHIVE = pulumi.FileAsset("conf.txt"), pulumi.FileArchive("logs")


def sent(value: Any, *clear: type[Any], wrapped: bool = False) -> Any:
    """Return a value of a program, also from an Output, as check receives it."""

    async def through_the_sdk() -> Any:
        whole = pulumi.Output.from_input(0).apply(lambda _: value) if wrapped else value
        struct = await rpc.serialize_properties({"it": given(whole, clear)}, {})
        return rpc.deserialize_properties(type(struct).FromString(struct.SerializeToString()), True)

    loop = asyncio.new_event_loop()
    try:
        return from_engine(loop.run_until_complete(through_the_sdk())).get("it")
    finally:
        loop.close()


def endless() -> list[Any]:
    inside: list[Any] = []
    inside.append(inside)
    return inside


@pytest.mark.parametrize(
    ("value", "received"),
    [
        (["a", 1, 1.5, True, None, {"a": [2]}], ["a", 1.0, 1.5, True, None, {"a": [2.0]}]),
        (("a", range(2)), ["a", [0.0, 1.0]]),
        ({"b", "a", "c"}, ["a", "b", "c"]),
        (frozenset({2, 1}), [1.0, 2.0]),
        (MappingProxyType({Word.MONGODB: Plain.FTDC}), {"MONGODB": "FTDC"}),
        ([Word.MONGODB, Whole.ONE], ["MONGODB", 1.0]),
        (2**53, 2.0**53),
        (2**53 + 1, 2.0**53 + 2),
        (-(10**5000), -(2.0**53) - 2),
        ("\ud83d", "\0"),
        ("a\0b", "\0"),
        ({1: "a"}, {"\0": "a"}),
        ({"\udc80": 1}, {"\0": 1.0}),
        ({SIGNATURE: ASSET, "path": "x"}, {"\0": ASSET, "path": "x"}),
        (b"bytes", Foreign("bytes")),
        (bytearray(b"x"), Foreign("bytearray")),
        (Plain.FILE, Foreign("bytes")),
        (object(), Foreign("object")),
        (date(2026, 3, 2), Foreign("date")),
        (PurePath("a"), Foreign("PurePosixPath")),
        ([FILE, {"a": [pulumi.StringAsset("x")]}], [Foreign("FileAsset"), {"a": [Foreign("StringAsset")]}]),
        ({"a": pulumi.RemoteAsset("http://x")}, {"a": Foreign("RemoteAsset")}),
        ([ARCHIVE, pulumi.RemoteArchive("http://x")], [Foreign("FileArchive"), Foreign("RemoteArchive")]),
        (pulumi.AssetArchive({"a": FILE}), Foreign("AssetArchive")),
        *((text, Foreign("a text that Pulumi reserves")) for text in sorted(PLACEHOLDERS)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_value_of_a_program_reaches_check(value: Any, received: Any) -> None:
    """It is JSON if its meaning is clear, else a value that check refuses."""
    assert sent(value) == received
    # The SDK itself converts a map that an Output contains.
    if not isinstance(value, dict):
        assert sent(value, wrapped=True) == received


@pytest.mark.parametrize(
    ("value", "clear", "received"),
    [
        (datetime(2026, 3, 2, tzinfo=timezone.utc), date, "2026-03-02T00:00:00+00:00"),
        (date(2026, 3, 2), date, "2026-03-02"),
        ([date(2026, 3, 2)], date, ["2026-03-02"]),
        (PurePath("a/b"), PathLike, "a/b"),
    ],
)
def test_type_that_a_field_accepts_becomes_text(value: Any, clear: type[Any], received: Any) -> None:
    """Only a property for dates accepts a date, and only a property for paths accepts a path."""
    assert sent(value, clear) == received


def test_list_that_contains_itself_is_converted() -> None:
    """Check refuses its depth."""
    received = sent(endless())
    levels = 0
    while received:
        (received,), levels = received, levels + 1
    assert levels == 34


def test_outputs_keep_their_places() -> None:
    """Other values in the list or map stay known. A set is sorted, because its order differs between runs."""

    async def coming(text: str) -> str:
        return text

    assert sent([coming("a"), {"b": coming("c")}, "d"]) == ["a", {"b": "c"}, "d"]
    assert sent({coming("c"), coming("a"), "b"}) == ["a", "b", "c"]


def test_replaced_value_is_sent_back_unchanged() -> None:
    """The host sends a refused value a second time."""
    bag = {"triggers": [Foreign("bytes")]}
    assert to_engine(bag) == {"triggers": [{FOREIGN: "bytes"}]}
    assert from_engine(to_engine(bag)) == bag
    assert from_engine({"triggers": [pulumi.FileAsset("of a transform")]}) == {"triggers": [Foreign("FileAsset")]}
