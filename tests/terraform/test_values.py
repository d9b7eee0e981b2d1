"""Terraform's values keep their meaning in both directions."""

from __future__ import annotations

import json
import math
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_opsmanager.schema.fields import UNKNOWN
from pulumi_opsmanager.terraform.messages import pb
from pulumi_opsmanager.terraform.values import Type, cell_of, dump, load, plain, stored, stored_cell

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
LEAVES: dict[str, st.SearchStrategy[Any]] = {"string": TEXTS, "number": NUMBERS, "bool": st.booleans()}
JSON = st.recursive(
    st.none() | st.just(UNKNOWN) | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=10,
)
TYPES: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from([*LEAVES, "dynamic"]),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["list", "set", "map"]), inner).map(list),
        st.lists(inner, max_size=3).map(lambda types: ["tuple", types]),
        st.dictionaries(TEXTS, inner, max_size=3).map(lambda types: ["object", types]),
    ),
    max_leaves=5,
)


def values(type_: Type) -> st.SearchStrategy[Any]:
    """Plain values of a type, with null and unknown at every depth."""
    return st.none() | st.just(UNKNOWN) | _known(type_)


def _known(type_: Type) -> st.SearchStrategy[Any]:
    if isinstance(type_, str):
        return JSON if type_ == "dynamic" else LEAVES[type_]
    kind, of = type_
    if kind == "object":
        return st.fixed_dictionaries({name: values(one) for name, one in of.items()})
    if kind == "map":
        return st.dictionaries(TEXTS, values(of), max_size=3)
    if kind == "tuple":
        return st.tuples(*map(values, of)).map(list)
    return st.lists(values(of), max_size=3)


def over_the_wire(cell: Any) -> Any:
    message = pb.DynamicValue.FromString(dump(cell).SerializeToString())
    return load(message)


@given(st.data())
def test_a_plain_value_of_any_type_comes_back_over_the_wire(data: st.DataObject) -> None:
    type_ = data.draw(TYPES)
    value = data.draw(values(type_))
    assert plain(over_the_wire(cell_of(value, type_)), type_) == value


@given(NUMBERS)
def test_a_number_is_an_int_of_64_bits_or_text_on_the_wire(number: float) -> None:
    cell = over_the_wire(cell_of(number, "number"))
    assert isinstance(cell, str) or (isinstance(cell, int) and -(2**63) <= cell < 2**63)


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (0, 0),
        (1.0, 1),
        (-0.0, 0),
        (2**63 - 1, 2**63 - 1),
        (2**63, "9223372036854775808"),
        (-(2**63) - 1, "-9223372036854775809"),
        (0.1, "0.1"),
        (0.5, "0.5"),
        (1e-7, "1e-07"),
        (1e40, str(int(1e40))),
        (math.nan, None),
        (math.inf, None),
    ],
)
def test_a_number_becomes_a_cell_that_terraform_reads_exactly(value: float, cell: Any) -> None:
    assert repr(cell_of(value, "number")) == repr(cell)


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("0.1", 0.1),
        ("3.0", 3),
        ("9007199254740993", 2**53 + 1),
        ("1" + "0" * 40, 10**40),
        ("-18446744073709551616", -(2**64)),
        ("1e40", 10**40),
        ("1e999999999", math.inf),
        ("1e-999999999", 0.0),
        (3.0, 3),
        (0.5, 0.5),
        (math.inf, math.inf),
        (7, 7),
    ],
)
def test_a_number_of_terraform_becomes_an_int_where_it_is_integral(cell: Any, number: float) -> None:
    assert repr(plain(cell, "number")) == repr(number)


@pytest.mark.parametrize("code", [0, 12, 127])
@pytest.mark.parametrize(
    ("wrap", "type_", "value"),
    [
        (lambda it: it, "string", UNKNOWN),
        (lambda it: it, "dynamic", UNKNOWN),
        (lambda it: [1, it], ["list", "number"], [1, UNKNOWN]),
        (lambda it: {"a": {"b": [it]}}, ["object", {"a": ["map", ["set", "bool"]]}], {"a": {"b": [UNKNOWN]}}),
        (lambda it: [b'["tuple",["string","number"]]', ["x", it]], "dynamic", ["x", UNKNOWN]),
    ],
)
def test_every_extension_is_an_unknown_value_at_any_depth(code: int, wrap: Any, type_: Type, value: Any) -> None:
    sent = msgpack.packb(wrap(msgpack.ExtType(code, b"\x81\x01\xc2")))
    assert plain(load(pb.DynamicValue(msgpack=sent)), type_) == value


def test_an_unknown_value_is_sent_as_extension_0() -> None:
    assert dump([UNKNOWN]).msgpack == b"\x91\xd4\x00\x00"


@pytest.mark.parametrize("message", [pb.DynamicValue(), pb.ReadDataSource.Request().config, dump(None)])
def test_an_absent_value_is_null(message: Any) -> None:
    assert load(message) is None


def test_an_object_has_all_its_keys_and_no_other() -> None:
    type_: Type = ["object", {"a": "string", "b": ["list", "string"]}]
    assert [convert({"a": "x", "c": 1}, type_) for convert in (plain, cell_of, stored_cell)] == [
        {"a": "x", "b": None}
    ] * 3


@pytest.mark.parametrize(
    ("value", "type_", "cell"),
    [
        (True, "bool", True),
        ("x", "string", "x"),
        (["x", 1, None], ["tuple", ["string", "number", "dynamic"]], ["x", 1, None]),
        ({"a": [0.5]}, ["object", {"a": ["tuple", ["number"]]}], {"a": ["0.5"]}),
        ([UNKNOWN], ["tuple", ["dynamic"]], [UNKNOWN]),
    ],
)
def test_a_dynamic_value_brings_its_type(value: Any, type_: Type, cell: Any) -> None:
    sent_type, sent_cell = cell_of(value, "dynamic")
    assert (json.loads(sent_type), sent_cell) == (type_, cell)


def test_a_typed_null_is_null() -> None:
    assert plain([b'"string"', None], "dynamic") is None


@pytest.mark.parametrize(
    ("text", "type_", "cell"),
    [
        ("0.1000000000000000055511151231257827", "number", "0.1000000000000000055511151231257827"),
        ("3", "number", 3),
        ("36893488147419103232", "number", "36893488147419103232"),
        ('["b", "a"]', ["set", "string"], ["b", "a"]),
        ('{"k": null}', ["map", "string"], {"k": None}),
        ("null", "dynamic", None),
        ('{"type": ["tuple", ["string", "number"]], "value": ["x", 1.5]}', "dynamic", ["x", "1.5"]),
    ],
)
def test_a_value_from_a_state_file_keeps_every_digit(text: str, type_: Type, cell: Any) -> None:
    found = stored_cell(stored(text.encode()), type_)
    if isinstance(found, list) and type_ == "dynamic":
        assert json.loads(found[0]) == json.loads(text)["type"]
        found = found[1]
    assert found == cell


@pytest.mark.parametrize(
    ("value", "type_", "clean"),
    [
        ("a\ud800b", "string", "a?b"),
        ({"\udfff": "\ud800"}, ["map", "string"], {"?": "?"}),
    ],
)
def test_text_with_half_of_a_surrogate_pair_is_sent(value: Any, type_: Type, clean: Any) -> None:
    assert plain(over_the_wire(cell_of(value, type_)), type_) == clean


def test_a_value_without_a_wire_form_is_refused() -> None:
    with pytest.raises(TypeError, match="object is no cell"):
        dump([object()])
