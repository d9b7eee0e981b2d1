from __future__ import annotations

import gzip
import itertools
import logging
from collections.abc import Mapping
from contextlib import nullcontext
from datetime import datetime, timedelta, timezone

import pytest
import requests

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.exchange import Request
from pulumi_opsmanager.api.failures import failure_of, reason_of
from pulumi_opsmanager.api.route import find_route
from pulumi_opsmanager.api.settings import Settings
from pulumi_opsmanager.clock import Clock
from pulumi_opsmanager.emulator import Emulator, FaultKind
from pulumi_opsmanager.errors import JobNotFound, OpsManagerError, ReplyLost, Unavailable, UnexpectedResponse
from tests.api.calls import CALLS
from tests.support import JOB, PROJECT, FakeClock, canned, client_for, job_request

ABSOLUTE = {"list", "get", "extend", "delete", "download"}
PLAIN_REFUSALS = {FaultKind.RATE_LIMITED, FaultKind.MAINTENANCE}


@pytest.mark.parametrize("route", CALLS)
@pytest.mark.parametrize(
    "kind",
    [FaultKind.RATE_LIMITED, FaultKind.MAINTENANCE, FaultKind.SERVER_ERROR, FaultKind.BAD_GATEWAY, FaultKind.REFUSED],
)
def test_only_what_is_safe_to_repeat_is_repeated(server: Emulator, client: Client, route: str, kind: FaultKind) -> None:
    """A plain refusal is repeated for any verb, a doubtful answer only if a repeat changes nothing."""
    job_id = client.jobs(PROJECT).create(job_request())
    server.set_status(job_id, "FAILURE")
    server.forget_requests()
    server.fail(route, kind)
    if kind in PLAIN_REFUSALS or route in ABSOLUTE:
        # If a delete was carried out before the gateway failed, the repeat finds no job, and that counts as deleted.
        is_repeated_delete = (route, kind) == ("delete", FaultKind.BAD_GATEWAY)
        with pytest.raises(JobNotFound) if is_repeated_delete else nullcontext():
            CALLS[route](client, job_id)
        assert len(server.calls) == 2
    else:
        with pytest.raises(ReplyLost):
            CALLS[route](client, job_id)
        assert len(server.calls) == 1


@pytest.mark.parametrize("route", CALLS)
def test_501_of_another_service_raises_at_once(clock: FakeClock, route: str) -> None:
    """A file server answers a POST with 501: it carried nothing out, and a second request would not help."""
    with canned(b"<html>", status=501) as url, pytest.raises(UnexpectedResponse, match="base_url"):
        CALLS[route](Client(Settings(url, "public", "private"), clock), "a" * 24)
    assert clock.slept == []


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_server_error_is_retried_if_a_repeat_is_safe(clock: FakeClock, status: int) -> None:
    """A GET is repeated for about 90 seconds; a POST is not."""
    with canned(status=status) as url:
        client = Client(Settings(url, "public", "private"), clock)
        with pytest.raises(Unavailable) as refused:
            client.jobs(PROJECT).create({})
        assert isinstance(refused.value, ReplyLost) is (status != 503)
        assert clock.slept == []
        with pytest.raises(Unavailable):
            client.jobs(PROJECT).get("a" * 24)
    assert len(clock.slept) == 8


@pytest.mark.parametrize(("seconds", "waits"), [(7, 7), (3600, 60)])
def test_retry_after_is_respected_up_to_a_minute(
    server: Emulator, client: Client, clock: FakeClock, seconds: float, waits: float
) -> None:
    """The client waits as long as the server says, up to a minute."""
    server.fail("list", FaultKind.RATE_LIMITED, seconds=seconds)
    list(client.jobs(PROJECT).walk())
    assert clock.slept == [pytest.approx(waits, abs=0.5)]


def test_refusals_become_an_error_after_three_minutes(server: Emulator, client: Client, clock: FakeClock) -> None:
    server.fail("create", FaultKind.RATE_LIMITED, times=1000, seconds=50)
    with pytest.raises(Unavailable, match="RATE_LIMITED .*too many requests for this project; try again later"):
        client.jobs(PROJECT).create(job_request())
    assert sum(clock.slept) <= 180


@pytest.mark.parametrize(
    ("kind", "words", "is_cut"),
    [(FaultKind.STALL, "no answer within 0.2 s", False), (FaultKind.LOST_REPLY, "connection was cut", True)],
)
def test_timeout_or_cut_is_a_lost_reply(
    server: Emulator, clock: FakeClock, kind: FaultKind, words: str, *, is_cut: bool
) -> None:
    """Every request has a read timeout. After a timeout, but not after a cut, the server may still be at work."""
    server.fail("create", kind, seconds=2)
    with pytest.raises(ReplyLost, match=words) as lost:
        client_for(server, clock, timeout_seconds=0.2).jobs(PROJECT).create(job_request())
    assert lost.value.cut is is_cut


@pytest.mark.parametrize("status", [200, 404, 500])
def test_connection_serves_more_than_one_request(clock: FakeClock, status: int) -> None:
    """A new handshake for each request would take longer than the request, also for a refused one."""
    ports: list[int] = []
    with canned(b"{}", status=status, headers={"Connection": "keep-alive"}, ports=ports) as url:
        client = Client(Settings(url, "public", "private"), clock)
        for _ in range(3):
            with pytest.raises(OpsManagerError):
                client.jobs(PROJECT).get("a" * 24)
    assert len(ports) >= 3
    assert len(set(ports)) == 1


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (
            "HTTPConnection(host='om', port=1): Failed to establish: [Errno 111] Connection refused",
            "Connection refused",
        ),
        (
            "HTTPSConnection(host='om', port=1): Failed to resolve 'om' ([Errno -2] Name or service not known)",
            "Failed to resolve 'om' ([Errno -2] Name or service not known)",
        ),
        ("(1, '[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)')", "wrong version number"),
        ("('Cannot connect to proxy.', OSError('Tunnel failed: 502'))", "502"),
    ],
)
def test_reason_is_the_last_words_with_complete_brackets(words: str, reason: str) -> None:
    """It has no object addresses and no unmatched brackets."""
    assert reason_of(OSError(words)) == reason


@pytest.mark.parametrize(("call", "accept"), [("download", "application/gzip"), ("get", "application/json")])
def test_requests_accept_no_compression(clock: FakeClock, call: str, accept: str) -> None:
    """An archive is stored as it was sent, and a small compressed body could become a large one."""
    heard: list[Mapping[str, str]] = []
    with canned(b'{"id":"%s","status":"SUCCESS"}' % JOB.encode(), heard=heard) as url:
        assert CALLS[call](Client(Settings(url, "public", "private"), clock), JOB)
    assert (heard[0]["Accept"], heard[0]["Accept-Encoding"]) == (accept, "identity")


def test_compressed_answer_is_refused(clock: FakeClock) -> None:
    """The error names the encoding, which a proxy may have added."""
    with (
        canned(gzip.compress(b"{}"), headers={"Content-Encoding": "gzip", "Content-Type": "application/json"}) as url,
        pytest.raises(UnexpectedResponse, match="answered 200: JSON was expected, not gzip application/json"),
    ):
        CALLS["get"](Client(Settings(url, "public", "private"), clock), JOB)


@pytest.mark.parametrize(("call", "waits"), [("get", 3), ("download", 0)])
def test_cut_body_is_a_lost_reply(clock: FakeClock, call: str, waits: int) -> None:
    """A GET is sent again three times; a download reports the cut at once to its reader."""
    with canned(b"\x1f\x8b", headers={"Content-Length": "500"}) as url, pytest.raises(ReplyLost, match="cut"):
        CALLS[call](Client(Settings(url, "public", "private"), clock), "a" * 24)
    assert len(clock.slept) == waits


def test_servers_clock_is_read_from_any_answer() -> None:
    """The `Date` header shows that a server is ten minutes ahead."""
    ahead = timedelta(minutes=10)
    with Emulator(now=lambda: datetime.now(timezone.utc) + ahead) as server:
        clock = FakeClock()
        client = client_for(server, clock)
        list(client.jobs(PROJECT).walk())
        assert abs(client.server_ahead - ahead) < timedelta(seconds=5)


def test_slow_answer_gives_a_less_exact_server_time() -> None:
    """The server wrote `Date` at some time between request and answer. The true time is in that range."""
    start = datetime(2026, 3, 2, 9, 0, tzinfo=timezone.utc)
    instants = itertools.chain([start], itertools.repeat(start + timedelta(seconds=30)))
    clock = Clock(now=lambda: next(instants), sleep=lambda _: None)
    with Emulator(now=lambda: start + timedelta(seconds=10)) as server:
        client = client_for(server, clock)
        list(client.jobs(PROJECT).walk())
    assert client.server_ahead == timedelta(seconds=-20)
    assert client.server_ahead_at_most == timedelta(seconds=11)


@pytest.mark.parametrize(("seconds_each", "requests_sent"), [(0, 2), (3, 1)])
def test_diagnosis_repeats_a_request_if_answers_are_fast(seconds_each: int, requests_sent: int) -> None:
    """A person waits for it."""
    ticks = itertools.count(step=seconds_each)
    start = datetime.now(timezone.utc)
    clock = Clock(now=lambda: start + timedelta(seconds=next(ticks)), sleep=lambda _: None)
    heard: list[Mapping[str, str]] = []
    with canned(status=502, heard=heard) as url, pytest.raises(ReplyLost):
        Client(Settings(url, "public", "private"), clock, is_brief=True).jobs(PROJECT).get(JOB)
    assert len(heard) == requests_sent


def _all_subclasses(kind: type[Exception]) -> set[type[Exception]]:
    return {kind} | {sub for child in kind.__subclasses__() for sub in _all_subclasses(child)}


@pytest.mark.parametrize("kind", sorted(_all_subclasses(requests.RequestException), key=str))
def test_no_exception_of_the_http_library_leaves_the_client(kind: type[Exception]) -> None:
    """Each exception class of requests is converted to one of ours."""
    route = find_route(Settings("http://om.example.net", "public", "private"))
    error = kind("words", "document", 0) if issubclass(kind, requests.exceptions.JSONDecodeError) else kind()
    failure = failure_of(error, Request("GET", "http://om.example.net", PROJECT), route, None, 60)
    assert isinstance(failure.error, OpsManagerError)


def test_logs_hold_no_credentials(server: Emulator, client: Client, caplog: pytest.LogCaptureFixture) -> None:
    """Debug logs have neither key nor digest."""
    caplog.set_level(logging.DEBUG)
    client.jobs(PROJECT).create(job_request())
    assert "answered 201" in caplog.text
    for secret in (server.private_key, "nonce", "response=", "Authorization"):
        assert secret not in caplog.text
