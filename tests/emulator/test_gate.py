"""What is answered before a route is looked at, and which check of a route comes first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pulumi_opsmanager.emulator import Behaviour, Emulator, FaultKind
from tests.emulator.asking import JOBS, ask, kept, signed
from tests.support import JOB, job_request

DEEP = b"[" * 100_000
OTHER = f"/api/public/v1.0/groups/{'a' * 24}/logCollectionJobs"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("OPTIONS", JOBS, 200, None),
        ("OPTIONS", "*", 404, "RESOURCE_NOT_FOUND"),
        ("PUT", JOBS, 405, "METHOD_NOT_ALLOWED"),
        ("POST", f"{JOBS}/{JOB}", 405, "METHOD_NOT_ALLOWED"),
        ("GET", f"{JOBS}/{JOB}/retry", 405, "METHOD_NOT_ALLOWED"),
        ("TRACE", JOBS, 405, "METHOD_NOT_ALLOWED"),
        ("BREW", JOBS, 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/", 404, "RESOURCE_NOT_FOUND"),
        ("GET", "/static/x", 404, "RESOURCE_NOT_FOUND"),
        ("GET", "/_emulator", 404, "RESOURCE_NOT_FOUND"),
        ("GET", "/_emulators/requests", 404, "RESOURCE_NOT_FOUND"),
        ("GET", f"{JOBS}/", 404, "RESOURCE_NOT_FOUND"),
        ("GET", f"/{JOBS}", 404, "RESOURCE_NOT_FOUND"),
        ("GET", JOBS.replace("/groups", "//groups"), 404, "RESOURCE_NOT_FOUND"),
        ("GET", f"{JOBS}//{JOB}", 404, "RESOURCE_NOT_FOUND"),
        ("GET", f"{JOBS}/{JOB}%2Fdownload", 404, "INVALID_LOG_COLLECTION_JOB_ID"),
        ("GET", f"{JOBS}/{JOB}%2fdownload", 404, "INVALID_LOG_COLLECTION_JOB_ID"),
        ("GET", f"{JOBS}/..%2F{JOB}/download", 404, "INVALID_LOG_COLLECTION_JOB_ID"),
        ("GET", f"{JOBS}/%252F", 404, "INVALID_LOG_COLLECTION_JOB_ID"),
        ("GET", f"{JOBS}%2F{JOB}", 404, "RESOURCE_NOT_FOUND"),
        ("GET", "//[", 404, "RESOURCE_NOT_FOUND"),
        ("GET", f"{JOBS}/%FF%00", 404, "INVALID_LOG_COLLECTION_JOB_ID"),
    ],
)
def test_challenge_comes_before_the_route(server: Emulator, method: str, path: str, status: int, code: str) -> None:
    """A wrong path or method gets its answer after the challenge, in the form of the API. No path is changed."""
    answers = []
    for headers in ({}, {"Authorization": signed(server, method, path)}):
        with kept(server) as connection:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            body = answer.read()
            answers.append((answer.status, answer.headers, body))
    (first, challenge, _), (second, found, body) = answers
    assert (first, second) == (401, status)
    assert challenge["WWW-Authenticate"].startswith("Digest ")
    assert (code is None) or f'"errorCode":"{code}"'.encode() in body
    assert ("Allow" in found) is (status in (200, 405))


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        (JOBS, "GET, HEAD, OPTIONS, POST"),
        (f"{JOBS}/{JOB}", "DELETE, GET, HEAD, OPTIONS, PATCH"),
        (f"{JOBS}/{JOB}/retry", "OPTIONS, PUT"),
        ("/_emulator/reset", "OPTIONS, POST"),
    ],
)
def test_wrong_method_is_answered_with_the_allowed_ones(server: Emulator, path: str, allowed: str) -> None:
    """They are in `Allow`, also on the routes that need no key."""
    refused = ask(server, "TRACE", path)
    assert (refused.status, refused.headers["Allow"], refused.json["errorCode"]) == (405, allowed, "METHOD_NOT_ALLOWED")


def test_error_of_the_emulator_is_an_unexpected_error() -> None:
    """It has the vendor's code for a 500."""

    def broken() -> timedelta:
        raise ZeroDivisionError

    with Emulator(behaviour=Behaviour(list_delay=broken)) as server:
        answer = ask(server, "POST", JOBS, job_request())
    assert (answer.status, answer.json["errorCode"], answer.json["parameters"]) == (500, "UNEXPECTED_ERROR", [])


@pytest.mark.parametrize(
    ("denies", "path", "status", "code"),
    [
        ("IP_ADDRESS_NOT_ON_ACCESS_LIST", "/elsewhere", 403, "IP_ADDRESS_NOT_ON_ACCESS_LIST"),
        ("IP_ADDRESS_NOT_ON_WHITELIST", JOBS, 403, "IP_ADDRESS_NOT_ON_WHITELIST"),
        ("RESOURCE_REQUIRES_WHITELIST", JOBS, 403, "RESOURCE_REQUIRES_WHITELIST"),
        ("USER_UNAUTHORIZED", "/elsewhere", 404, "RESOURCE_NOT_FOUND"),
        ("USER_UNAUTHORIZED", OTHER, 401, "NOT_IN_GROUP"),
        ("USER_UNAUTHORIZED", f"{JOBS}?pageNum=0", 401, "USER_UNAUTHORIZED"),
    ],
)
def test_access_list_comes_before_the_project_and_the_role_after_it(
    denies: str, path: str, status: int, code: str
) -> None:
    """Each refusal has its own status."""
    with Emulator(behaviour=Behaviour(denies=denies)) as server:
        answer = ask(server, "GET", path)
    assert (answer.status, answer.json["errorCode"]) == (status, code)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "MALFORMED_JSON"),
        (DEEP, "MALFORMED_JSON"),
        ([], "INVALID_JSON"),
        ({}, "MISSING_ATTRIBUTE"),
        ({"colour": 1}, "ATTRIBUTE_READ_ONLY"),
        ({"expirationDate": "2026-06-30T00:00:00Z", "status": "SUCCESS"}, "ATTRIBUTE_READ_ONLY"),
        ({"expirationDate": 3}, "INVALID_ATTRIBUTE"),
        ({"expirationDate": "soon"}, "INVALID_ATTRIBUTE"),
        ({"expirationDate": "2026-06-30T00:00:00.5Z"}, "FRACTIONAL_TIMESTAMP"),
        ({"expirationDate": "2020-06-30T00:00:00Z"}, "EXPIRATION_DATE_MUST_BE_IN_FUTURE"),
        ({"expirationDate": "9999-06-30T00:00:00Z"}, "EXPIRATION_DATE_TOO_DISTANT"),
    ],
)
@pytest.mark.parametrize("job_id", [JOB, "xyz"])
def test_extension_is_read_before_its_job_is_looked_up(server: Emulator, job_id: str, body: Any, code: str) -> None:
    """An unknown or malformed id does not hide a malformed body."""
    answer = ask(server, "PATCH", f"{JOBS}/{job_id}", body)
    assert (answer.status, answer.json["errorCode"]) == (400, code)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("PATCH", f"{OTHER}/{JOB}?verbose=perhaps", 401, "NOT_IN_GROUP"),
        ("PATCH", f"{JOBS}/{JOB}?verbose=perhaps", 400, "INVALID_QUERY_PARAMETER"),
        ("POST", f"{JOBS}?verbose=perhaps", 400, "INVALID_QUERY_PARAMETER"),
        ("GET", "/api/public/v1.0/groups/xyz/logCollectionJobs/xyz?verbose=perhaps", 404, "INVALID_GROUP_ID"),
        ("DELETE", f"{JOBS}/xyz?verbose=perhaps", 400, "INVALID_QUERY_PARAMETER"),
        ("PUT", f"{JOBS}/xyz/retry?pretty=perhaps", 400, "INVALID_QUERY_PARAMETER"),
        ("GET", f"{JOBS}/xyz/download?envelope=perhaps", 400, "INVALID_QUERY_PARAMETER"),
    ],
)
def test_checks_follow_the_order_of_the_reference(
    server: Emulator, method: str, path: str, status: int, code: str
) -> None:
    """The order: project, membership, query, body, job."""
    answer = ask(server, method, path, b"{")
    assert (answer.status, answer.json["errorCode"]) == (status, code)


@pytest.mark.parametrize("name", ["pageNum", "itemsPerPage"])
@pytest.mark.parametrize("value", ["0", "-1", "1.5", "%D9%A3", "", "2147483648", "9" * 5000])
def test_malformed_page_number_is_refused(server: Emulator, name: str, value: str) -> None:
    """The refusal comes before a fault, so a planned fault is not used up."""
    server.fail("list", FaultKind.HTML)
    answer = ask(server, "GET", f"{JOBS}?{name}={value}")
    assert (answer.status, answer.json["parameters"]) == (400, [name])
    assert ask(server, "GET", JOBS).body.startswith(b"<")
