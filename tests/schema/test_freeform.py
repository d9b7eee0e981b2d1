"""Values of any kind: which ones are accepted, and when two are equal."""

from __future__ import annotations

from datetime import date, datetime, timezone
from typing import Any

import pytest

from pulumi_opsmanager.schema.archive import ArchiveInputs
from pulumi_opsmanager.schema.fields import UNKNOWN, Declaration, Foreign
from pulumi_opsmanager.schema.freeform import DEEPEST, same
from pulumi_opsmanager.schema.job import JobInputs
from pulumi_opsmanager.schema.validate import validate
from pulumi_opsmanager.schema.window import WindowInputs
from tests.schema.test_bounds import NEEDED

KINDS = "must be text, a number, a boolean, a list or a map, not"
TEXT = "must not contain NUL characters or unpaired surrogates"
KEYS = f"must have keys that are text and do not begin with __; a key {TEXT}"
NUMBER = "must be a number from -2^53 to 2^53, because others lose digits; write it as text"


def nested(levels: int) -> list[Any]:
    """Lists inside each other; the outermost list is the property."""
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


def problems(declaration: type[Declaration], triggers: Any) -> list[str]:
    return list(map(str, validate(declaration, NEEDED[declaration] | {"triggers": triggers})[1]))


@pytest.mark.parametrize("declaration", [JobInputs, ArchiveInputs, WindowInputs])
@pytest.mark.parametrize(
    ("triggers", "expected"),
    [
        ([Foreign("FileAsset")], f"triggers[0] {KINDS} FileAsset"),
        ([1, {"a": [0, Foreign("bytes")]}], f"triggers[1].a[1] {KINDS} bytes"),
        ([object()], f"triggers[0] {KINDS} object"),
        ([UNKNOWN, [0], [[UNKNOWN, Foreign("set")]]], f"triggers[2][0][1] {KINDS} set"),
        ([float("nan")], "triggers[0] must be a finite number, not nan"),
        ([[-float("inf")]], "triggers[0][0] must be a finite number, not -inf"),
        ([2.0**53 + 2], f"triggers[0] {NUMBER}"),
        ([{"a": -(2**53) - 1}], f"triggers[0].a {NUMBER}"),
        ([1e300], f"triggers[0] {NUMBER}"),
        (["a\0"], f"triggers[0] {TEXT}"),
        (["\ud83d"], f"triggers[0] {TEXT}"),
        ([{"\0": 1}], f"triggers[0] {KEYS}"),
        (
            [{"a": {"__defaults": 1}}],
            f"triggers[0].a {KEYS}",
        ),
        ("again", "triggers must be a list, not 'again'"),
    ],
)
def test_value_that_cannot_be_sent_is_refused(declaration: type[Declaration], triggers: Any, expected: str) -> None:
    """The failure names the path of the value, at any depth, in every resource."""
    assert problems(declaration, triggers) == [expected]


def test_each_invalid_element_has_its_own_failure() -> None:
    """One invalid value does not hide another one. Unknown values are skipped."""
    failures = problems(JobInputs, [UNKNOWN, float("nan"), 1, Foreign("bytes")])
    assert [failure.split()[0] for failure in failures] == ["triggers[1]", "triggers[3]"]


@pytest.mark.parametrize(
    ("triggers", "stored"),
    [
        (["a", 1, 1.5, True, None, 2**53, -(2**53), "é\n"], None),
        ([{"a b": [1, {"c": False}]}, UNKNOWN, [UNKNOWN]], None),
        ([(1, 2), {"a": (3,)}], [[1, 2], {"a": [3]}]),
        ([date(2026, 3, 2), datetime(2026, 3, 2, tzinfo=timezone.utc)], ["2026-03-02", "2026-03-02T00:00:00+00:00"]),
        (nested(DEEPEST), None),
    ],
)
def test_plain_value_is_stored_as_json(triggers: Any, stored: Any) -> None:
    """Dates become text, and tuples become lists."""
    values, failures = validate(JobInputs, NEEDED[JobInputs] | {"triggers": triggers})
    assert failures == []
    assert values["triggers"] == (triggers if stored is None else stored)


def test_too_deep_nesting_is_refused() -> None:
    """A list that contains itself is refused too."""
    (failure,) = problems(JobInputs, nested(DEEPEST + 1))
    assert failure.endswith(f" must not be nested more than {DEEPEST} levels deep")


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ([1], [1.0], True),
        ([1], [True], False),
        ([0], [False], False),
        ({"a": [1, {"b": 0}]}, {"a": [1.0, {"b": 0.0}]}, True),
        ({"a": [1, {"b": 0}]}, {"a": [1.0, {"b": False}]}, False),
        ([True], [True], True),
        ({"a": 1}, {"b": 1}, False),
        ([1, 2], [2, 1], False),
        ([1], [1, 2], False),
        (["1"], [1], False),
        ([None], [0], False),
        ([[]], [{}], False),
        ([UNKNOWN], [1], False),
    ],
)
def test_values_are_compared_as_the_engine_does(left: Any, right: Any, *, expected: bool) -> None:
    """Forms of one number are equal; a boolean equals no number. Both orders give the same result."""
    assert same(left, right) is expected
    assert same(right, left) is expected
