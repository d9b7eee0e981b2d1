"""Which bodies are accepted, and which code a refusal has."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from pulumi_opsmanager.emulator import Behaviour, Emulator
from pulumi_opsmanager.emulator.dates import parse_date
from pulumi_opsmanager.emulator.wire import Refusal
from tests.emulator.asking import JOBS, ask, made
from tests.support import job_request

SIZE, FROM, TO = "sizeRequestedPerFileBytes", "logCollectionFromDate", "logCollectionToDate"
WRONG: list[Any] = [None, True, 3, 1.5, "x", [], {}, [[]]]
WRONG_FOR: dict[str, list[Any]] = {
    "resourceType": [value for value in WRONG if value != "x"],
    "resourceName": [value for value in WRONG if value != "x"],
    SIZE: [None, True, 1.5, "x", [], {}, 2**63, -(2**63) - 1, 10**30, 1e300],
    "logTypes": [None, True, 3, "x", {}, [{}], [[]], [None], [3], ["MONGODB", {}]],
    "redacted": [value for value in WRONG if value is not True],
}


@pytest.mark.parametrize(
    ("key", "value"), [(key, value) for key, values in WRONG_FOR.items() for value in values], ids=repr
)
def test_value_of_the_wrong_type_is_refused(server: Emulator, key: str, value: Any) -> None:
    """The attribute is named, and no job is made."""
    answer = ask(server, "POST", JOBS, job_request(**{key: value}))
    assert (answer.status, answer.json["errorCode"], answer.json["parameters"]) == (400, "INVALID_ATTRIBUTE", [key])
    assert server.job_ids == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "MALFORMED_JSON"),
        (b"\xff", "MALFORMED_JSON"),
        (b"[" * 100_000, "MALFORMED_JSON"),
        (b"[" * 100_000 + b"]" * 100_000, "MALFORMED_JSON"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "MALFORMED_JSON"),
        (b'{"redacted": NaN}', "MALFORMED_JSON"),
        (b'{"redacted": -Infinity}', "MALFORMED_JSON"),
        (b'"text"', "INVALID_JSON"),
        (b"null", "INVALID_JSON"),
    ],
    ids=lambda value: value[:20],
)
def test_body_that_is_not_a_json_object_is_refused(server: Emulator, body: bytes, code: str) -> None:
    """Also deeply nested JSON, which can overflow the stack of a parser."""
    answer = ask(server, "POST", JOBS, body)
    assert (answer.status, answer.json["errorCode"]) == (400, code)


def test_number_of_any_length_is_refused_by_its_attribute(server: Emulator) -> None:
    """Python refuses to convert a number of 5,000 digits."""
    body = b'{"resourceType":"REPLICASET","resourceName":"rs0","logTypes":["MONGODB"],"redacted":true,'
    answer = ask(server, "POST", JOBS, body + b'"sizeRequestedPerFileBytes":' + b"9" * 5000 + b"}")
    assert (answer.status, answer.json["errorCode"], answer.json["parameters"]) == (400, "INVALID_ATTRIBUTE", [SIZE])


@pytest.mark.parametrize("value", [2**63 - 1, 10**18, 1])
def test_size_up_to_int64_is_accepted(server: Emulator, value: int) -> None:
    """The vendor publishes no other bound."""
    job_id = made(server, **{SIZE: value})
    assert ask(server, "GET", f"{JOBS}/{job_id}").json[SIZE] == value


def test_log_types_are_a_set(server: Emulator) -> None:
    """A type that is given twice is collected once."""
    shown = ask(server, "GET", f"{JOBS}/{made(server, logTypes=['FTDC', 'MONGODB', 'FTDC'])}?verbose=true").json
    assert (shown["logTypes"], len(shown["childJobs"])) == (["FTDC", "MONGODB"], 6)


@pytest.mark.parametrize(
    ("changes", "code", "parameters"),
    [
        ({"colour": 1, "redacted": None, SIZE: 0}, "INVALID_ATTRIBUTE", ["colour"]),
        ({"resourceType": 3, FROM: 1}, "MISSING_ATTRIBUTE", [TO]),
        ({SIZE: 0, FROM: "x", TO: 2}, "INVALID_ATTRIBUTE", [FROM]),
        ({FROM: 2**63, TO: 2**63 + 1}, "INVALID_ATTRIBUTE", [FROM]),
        ({SIZE: 0, "logTypes": []}, "INVALID_LOG_REQUEST_SIZE", []),
        ({"logTypes": [], FROM: 2, TO: 1}, "INVALID_LOG_REQUEST_TYPES", []),
        ({"logTypes": ["x"], FROM: 2, TO: 1}, "INVALID_ENUM_VALUE", ["x"]),
        ({"resourceName": "gone", FROM: 2, TO: 1}, "START_DATE_AFTER_END_DATE", []),
        ({"resourceName": "gone"}, "RESOURCE_NOT_FOUND_FOR_JOB", ["gone", "REPLICASET"]),
    ],
)
def test_first_fault_of_a_create_is_named(changes: dict[str, Any], code: str, parameters: list[str]) -> None:
    """The order: unknown, missing and wrongly typed fields, then size, log types, window, resource."""
    with Emulator(behaviour=Behaviour(resources=frozenset({"rs0"}))) as server:
        answer = ask(server, "POST", JOBS, job_request(**changes))
    assert (answer.json["errorCode"], answer.json["parameters"]) == (code, parameters)


MIDNIGHT = datetime(2026, 6, 30, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    "text",
    [
        "2026-06-30T00:00:00Z",
        "2026-06-30t00:00:00z",
        "2026-06-30T00:00:00",
        "2026-06-30T00:00Z",
        "2026-06-30",
        "2026-06-30T00:00:00+00:00",
        "2026-06-30T00:00:00+0000",
        "2026-06-30T00:00:00-00",
        "2026-06-30T02:30:00+0230",
        "2026-06-29T22:00:00-02:00",
    ],
)
def test_date_is_read_as_utc(text: str) -> None:
    """The zone may have any spelling. A date without a zone is UTC."""
    assert parse_date("key", text) == MIDNIGHT
    assert parse_date("key", text).tzinfo is timezone.utc


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("2026-06-30T00:00:00.5Z", "FRACTIONAL_TIMESTAMP"),
        ("2026-06-30T00:00:00,5Z", "FRACTIONAL_TIMESTAMP"),
        ("2026-06-30T00:00:00.000000000+0000", "FRACTIONAL_TIMESTAMP"),
        ("2026-06-30T00:00,5Z", "FRACTIONAL_TIMESTAMP"),
        ("2026-W27-2T00:00:00Z", "INVALID_ATTRIBUTE"),
        ("2026-W27-2", "INVALID_ATTRIBUTE"),
        ("2026-181", "INVALID_ATTRIBUTE"),
        ("20260630T000000Z", "INVALID_ATTRIBUTE"),
        ("2026-06-30 00:00:00Z", "INVALID_ATTRIBUTE"),
        ("2026-06-30T00Z", "INVALID_ATTRIBUTE"),
        ("2026-06-30T24:00:00Z", "INVALID_ATTRIBUTE"),
        ("2026-06-30T23:59:60Z", "INVALID_ATTRIBUTE"),
        ("2026-06-31T00:00:00Z", "INVALID_ATTRIBUTE"),
        ("2026-06-30T00:00:00+24:00", "INVALID_ATTRIBUTE"),
        ("2026-06-30T00:00:00+00:60", "INVALID_ATTRIBUTE"),
        ("2026-06-30T00:00:00+00:00:00", "INVALID_ATTRIBUTE"),
        ("2026-06-30T00:00:00UTC", "INVALID_ATTRIBUTE"),
        ("0000-06-30T00:00:00Z", "INVALID_ATTRIBUTE"),
        ("10000-06-30T00:00:00Z", "INVALID_ATTRIBUTE"),
        ("-2026-06-30T00:00:00Z", "INVALID_ATTRIBUTE"),
        ("9999-12-31T23:59:59-14:00", "INVALID_ATTRIBUTE"),
        ("0001-01-01T00:00:00+14:00", "INVALID_ATTRIBUTE"),
        ("２０２６-06-30T00:00:00Z", "INVALID_ATTRIBUTE"),  # noqa: RUF001  digits, but not ASCII's
        ("2026-06-30T00:00:00Z\n", "INVALID_ATTRIBUTE"),
        (" 2026-06-30T00:00:00Z", "INVALID_ATTRIBUTE"),
        ("", "INVALID_ATTRIBUTE"),
        (1782777600, "INVALID_ATTRIBUTE"),
        (None, "INVALID_ATTRIBUTE"),
    ],
)
def test_malformed_date_is_refused(value: object, code: str) -> None:
    """The rule is the same on every version of Python."""
    with pytest.raises(Refusal) as refused:
        parse_date("expirationDate", value)
    assert (refused.value.status, refused.value.code, refused.value.parameters) == (400, code, ["expirationDate"])
