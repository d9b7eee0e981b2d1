"""The JSON of a server is made safe before a rule reads it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pulumi_opsmanager.api.models import ChildJob, Job
from pulumi_opsmanager.api.payload import read_payload
from tests.support import JOB


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (rb'"cannot read \ud83d"', "cannot read \ufffd"),
        (rb'"\ud83d\ude00 \u00e9"', "\U0001f600 \u00e9"),
        (rb'"a\u0000b\u001b[2J\u009b\u007f"', "a\ufffdb\ufffd[2J\ufffd\ufffd"),
        (rb'"a\tb\r\nc"', "a\tb\r\nc"),
        (b'"\xff\xed\xa0\xbd"', "\ufffd\ufffd\ufffd\ufffd"),
        ('"é"'.encode("utf-16"), "é"),
        (rb'{"\ud83d": 1}', {"\ufffd": 1}),
        (b'["' + b"x" * 10_001 + b'"]', ["x" * 10_000 + "…"]),
        (b"[9007199254740992, 9007199254740993, -1]", [2**53, 2**53, -1]),
        (b"[1" + b"0" * 5000 + b", 1e400, -1e400, NaN, Infinity, -Infinity, 1.5]", [None] * 6 + [1.5]),
        (b'{"id": "a", "id": "b"}', {"id": "b"}),
        (b'{"id": 1, "deep": ' + b"[" * 500 + b"]" * 500 + b"}", None),
        (b"null", None),
    ],
)
def test_unsafe_values_of_an_answer_are_replaced(sent: bytes, read: Any) -> None:
    """Text is valid text, numbers are finite floats, and the rest of the answer is unchanged."""
    found = read_payload(sent)
    assert found == read if read is not None or sent == b"null" else found["id"] == 1
    json.dumps(found, allow_nan=False).encode()


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"[" * 100_000, b'{"a": 1} {'])
def test_invalid_json_raises_one_error_class(body: bytes) -> None:
    """Callers catch one class."""
    with pytest.raises(ValueError, match="."):
        read_payload(body)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=20))
def test_any_value_of_an_answer_can_be_stored(value: Any) -> None:
    """It is valid UTF-8 and valid JSON."""
    json.dumps(read_payload(json.dumps(value).encode()), allow_nan=False, ensure_ascii=False).encode()


@pytest.mark.parametrize("model", [Job, ChildJob])
def test_unreadable_optional_field_is_absent(model: type[Job | ChildJob]) -> None:
    """The job and its status are still read. Unreadable child jobs are an error: archives are compared with them."""
    needed = {"id": JOB, "status": "SUCCESS"}
    optional = set(model.model_fields) - {*needed, "child_jobs"}
    read = model.model_validate(needed | {name: {"not": "this"} for name in optional})
    assert read == model.model_validate(needed)
    with pytest.raises(ValidationError):
        Job.model_validate(needed | {"child_jobs": [{"status": 3}]})
