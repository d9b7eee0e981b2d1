"""The meaning of an answer outside 2xx: by the vendor's code, else by the status."""

from __future__ import annotations

import json

import pytest

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.settings import Settings
from pulumi_opsmanager.errors import (
    InvalidInput,
    NotAllowed,
    OpsManagerError,
    ReplyLost,
    Unavailable,
    UnexpectedResponse,
)
from tests.api.calls import CALLS
from tests.support import JOB, FakeClock, canned


def fails(status: int, body: object, call: str = "create") -> OpsManagerError:
    """The error for one answer."""
    with canned(json.dumps(body).encode(), status=status, headers={"Content-Type": "application/json"}) as url:
        client = Client(Settings(url, "public", "private"), FakeClock())
        with pytest.raises(OpsManagerError) as failed:
            CALLS[call](client, JOB)
    return failed.value


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidInput),
        (402, NotAllowed),
        (403, NotAllowed),
        (404, UnexpectedResponse),
        (405, UnexpectedResponse),
        (406, UnexpectedResponse),
        (408, Unavailable),
        (409, Unavailable),
        (410, UnexpectedResponse),
        (413, Unavailable),
        (415, UnexpectedResponse),
        (418, UnexpectedResponse),
        (422, InvalidInput),
        (423, Unavailable),
        (425, Unavailable),
        (429, Unavailable),
        (500, ReplyLost),
        (501, UnexpectedResponse),
        (502, ReplyLost),
        (503, Unavailable),
        (504, ReplyLost),
        (505, UnexpectedResponse),
        (507, ReplyLost),
        (511, UnexpectedResponse),
        (520, ReplyLost),
        (599, ReplyLost),
        (999, UnexpectedResponse),
    ],
)
def test_status_decides_about_an_unknown_code(status: int, kind: type[OpsManagerError]) -> None:
    """A status decides whether a value is wrong. The oldest API without codes has the same meanings."""
    coded = fails(status, {"error": status, "errorCode": "NEW_CODE", "reason": "r", "detail": "Full."})
    assert type(coded) is kind
    assert f"answered {status} NEW_CODE (Full.): " in str(coded)
    oldest = fails(status, {"error": status, "reason": "r", "detail": "Full."})
    assert type(oldest) is kind
    assert f"answered {status} (Full.): " in str(oldest)
    assert "not the Ops Manager API" not in str(oldest)


@pytest.mark.parametrize("call", ["get", "delete", "extend"])
def test_404_without_code_proves_nothing(call: str) -> None:
    """The API answers a wrong path in the same words as a missing job."""
    error = fails(404, {"error": 404, "reason": "Not Found", "detail": f"No job {JOB}."}, call)
    assert type(error) is UnexpectedResponse
    assert "without errorCode does not prove that the job is gone; check base_url, the project id" in str(error)


@pytest.mark.parametrize(
    "body", [{"status": 404, "error": "Not Found"}, {"error": 400, "reason": "r"}, {"error": 404}, [], {"error": True}]
)
def test_json_of_another_service_is_not_the_api(body: object) -> None:
    """Such JSON repeats the status as a number, beside a reason."""
    error = fails(404, body)
    assert type(error) is UnexpectedResponse
    assert "this is not the Ops Manager API; check base_url" in str(error)


@pytest.mark.parametrize("status", [507, 520, 524, 529])
def test_gateway_that_fails_leaves_a_create_in_doubt(status: int) -> None:
    """The gateway may have failed after the request was carried out, also if it answers a page instead of JSON."""
    with canned(b"<html>", status=status) as url, pytest.raises(ReplyLost):
        CALLS["create"](Client(Settings(url, "public", "private"), FakeClock()), JOB)
