"""Servers that are broken or hostile, over raw sockets."""

from __future__ import annotations

import gc
import gzip
import itertools
import json
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.settings import OBJECT_ID, Settings
from pulumi_opsmanager.clock import Clock
from pulumi_opsmanager.errors import OpsManagerError, ReplyLost, UnexpectedResponse
from pulumi_opsmanager.lifecycle.context import Context
from pulumi_opsmanager.lifecycle.job import create_job, delete_job, look_at_job, read_job
from pulumi_opsmanager.lifecycle.job_plan import plan_job
from pulumi_opsmanager.lifecycle.stored import Stored
from pulumi_opsmanager.schema.job import JobInputs, JobState
from pulumi_opsmanager.schema.models import Partial
from tests.api.calls import CALLS, download
from tests.api.raw import Pieces, raw_server
from tests.support import JOB, PROJECT, ROOT, FakeClock, canned, context_of, job_inputs

KEY = "private-key-of-the-test"
DIGEST = b'Digest realm="MMS Public API", domain="", nonce="abc=", algorithm=MD5, qop="auth", stale=false'


def client_of(url: str, clock: Clock | None = None) -> Client:
    return Client(Settings(url, "public", KEY, timeout_seconds=5.0), clock or FakeClock())


@dataclass(frozen=True)
class Answer:
    """One answer: its bytes, and the status and body that they carry if the client can read them."""

    raw: bytes
    status: int
    body: bytes

    @property
    def proves_absence(self) -> bool:
        return self.status == 404 and self.body == NOT_FOUND

    @property
    def is_a_page(self) -> bool:
        return self.raw.endswith(FRAMES[0] % {b"size": len(SIGN_IN), b"body": SIGN_IN}) and self.status != 204


JOB_OBJECT = json.loads((ROOT / "tests" / "wire" / "get_one_verbose.json").read_text())["body"] | {"status": "FAILURE"}
PAGE = {"results": [JOB_OBJECT], "links": [{"rel": "next", "href": "http://elsewhere.example.net/"}]}
REFUSAL = {"error": 404, "errorCode": "LOG_COLLECTION_JOB_NOT_FOUND_IN_GROUP", "parameters": [JOB], "detail": "No job."}
STRANGE_VALUES: tuple[object, ...] = (None, {}, [], [[]], [None], True, -1, 10**400, 1e308, float("nan"))
STRANGE_TEXTS = ("", "../x", "\x1b[2J", "\ud800", "f" * 24, "x" * 10_000)
STRANGE_DATES = ("9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "0000-99-99T99:99:99+99:99")
CODES = ("RATE_LIMITED", "WRITES_NOT_ALLOWED_DURING_APP_UPGRADES", "NOT_IN_GROUP", "NEW\x1b[2JCODE" * 50)
STRANGE = STRANGE_VALUES + STRANGE_TEXTS + STRANGE_DATES
STRANGE_JOBS = [JOB_OBJECT, *(JOB_OBJECT | {key: value} for key in JOB_OBJECT for value in STRANGE)]
NOT_FOUND, CREATED = json.dumps(REFUSAL).encode(), json.dumps({"id": JOB}).encode()
SIGN_IN = b"<!doctype html><title>Sign in</title>"
BODIES = [
    *(b"", b" \r\n", b"null", b"NaN", b"\x1f\x8b", b"[" * 100_000, b"1" * 5000, SIGN_IN),
    *(NOT_FOUND, CREATED, CREATED[:9], CREATED.decode().encode("utf-16"), CREATED.replace(b"id", b"\xff\xfe")),
    *(json.dumps(REFUSAL | {"errorCode": code}).encode() for code in CODES),
]
STRANGE_BODIES = [
    *(json.dumps(job).encode() for job in STRANGE_JOBS),
    *(json.dumps(PAGE | {"results": [job]}).encode() for job in STRANGE_JOBS),
    *(json.dumps(PAGE | {key: value}).encode() for key in PAGE for value in STRANGE),
]
STATUSES = (0, 200, 200, 201, 204, 302, 304, 400, 401, 401, 403, 404, 404, 405, 409, 429, 429, 500, 502, 503, 504, 999)
FIRST_LINES = (b"HTTP/9.9 200 OK\r\n", b"HTTP/1.1 abc OK\r\n", b"HTTP/1.1 -200\r\n", b"SSH-2.0-Open\r\n", b"\r\n", b"")
FAR = b"Mon, 01 Jan 99999999999999999999 00:00:00 GMT"
DATES = (FAR, b"Fri, 31 Dec 9999 23:59:59 GMT", b"Mon, 01 Jan 2026 00:00:00 +99999999999999999999", b"yesterday")
BROKEN_CHALLENGES = (b"", b' realm="x"', b' realm="x", nonce', b' nonce="y"')
HEADERS = [
    b"\x00\xff: nonsense",
    b"Content-Type: application/json; charset=\xff\x1b[2J",
    b"WWW-Authenticate: " + DIGEST,
    b'WWW-Authenticate: Digest realm="x", nonce="y", algorithm=ROT13',
    b'WWW-Authenticate: Digest realm="x\r\n y", nonce="z"',
    b'WWW-Authenticate: Digest realm="\xff\x80", nonce="\x00", algorithm, qop',
    *(b"WWW-Authenticate: Digest" + broken for broken in BROKEN_CHALLENGES),
    *(b"Date: " + date for date in DATES),
    *(b"Retry-After: " + after for after in (b"7", b"-7", b"1e9", b"9" * 5000, *DATES)),
    *(b"Location: " + to for to in (b"http://elsewhere.example.net/", b"http://[", b"//", b"http://a:b/", b"\xff")),
    *(b"Set-Cookie: " + cookie for cookie in (b"=;=;", b"a=b; Max-Age=" + b"9" * 99, b"a=b; expires=" + FAR)),
    *(b"X-MongoDB-Service-Version: " + version for version in (b"versionString=\x1b[2J", b";;;=;")),
]
FRAMES = [
    b"Content-Length: %(size)d\r\n\r\n%(body)b",
    b"Content-Length: %(size)d\r\n\r\n%(body)b",
    b"Content-Length: 1\r\n\r\n%(body)b",
    b"Content-Length: 9%(size)d\r\n\r\n%(body)b",
    b"Content-Length: -3\r\n\r\n%(body)b",
    b"Content-Encoding: gzip\r\n\r\n%(body)b",
    b"Transfer-Encoding: chunked\r\n\r\n%(size)x\r\n%(body)b\r\n0\r\n\r\n",
    b"Transfer-Encoding: chunked\r\n\r\n-1\r\n%(body)b",
    b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n%(body)b",
    b"Transfer-Encoding: chunked\r\n\r\nzz\r\n%(body)b",
]


def answer_of(first: bytes, status: int, headers: list[bytes], frame: bytes, body: bytes) -> Answer:
    first = b"HTTP/1.1 %d Whatever\r\n" % status if status else first
    lines = b"".join(line + b"\r\n" for line in (*headers, b"Connection: close"))
    return Answer(first + lines + frame % {b"size": len(body), b"body": body}, status, body)


ANSWERS = st.builds(
    answer_of,
    st.sampled_from(FIRST_LINES),
    st.sampled_from(STATUSES),
    st.lists(st.sampled_from(HEADERS), max_size=3),
    st.sampled_from(FRAMES),
    st.sampled_from(BODIES) | st.sampled_from(STRANGE_BODIES),
)
GOOD_CREATE = answer_of(b"", 201, [], FRAMES[0], CREATED)
GOOD_PROOF = answer_of(b"", 404, [], FRAMES[0], NOT_FOUND)
PROOF_OF_ANOTHER = answer_of(b"", 404, [], FRAMES[0], json.dumps(REFUSAL | {"parameters": ["f" * 24]}).encode())
A_PAGE = answer_of(b"", 200, [], FRAMES[0], SIGN_IN)
LIKELY = st.sampled_from([GOOD_CREATE, GOOD_PROOF, PROOF_OF_ANOTHER, A_PAGE])
PLANNED = st.lists(ANSWERS | LIKELY, min_size=1, max_size=3)


@contextmanager
def giving(planned: list[Answer]) -> Iterator[tuple[str, list[Answer]]]:
    """Give these answers in turn. Yields the base URL and the given answers."""
    given_answers, coming = [], itertools.cycle(planned)

    def answer() -> Iterable[bytes]:
        given_answers.append(next(coming))
        return [given_answers[-1].raw]

    with raw_server(answer) as (url, _):
        yield url, given_answers


@pytest.mark.parametrize("route", CALLS)
@settings(max_examples=15)
@given(planned=PLANNED)
def test_any_answer_is_accepted_or_raises_our_error(route: str, planned: list[Answer]) -> None:
    """Every error is ours. A POST or PUT is repeated only after a challenge or a plain refusal. Waits are limited."""
    clock = FakeClock()
    with giving(planned) as (url, answered):
        try:
            CALLS[route](client_of(url, clock), JOB)
        except OpsManagerError as error:
            message = str(error)
            assert KEY not in message
            assert message.isprintable()
            assert len(message) < 1000
    assert sum(clock.slept) <= 185
    if route in ("create", "retry"):
        assert {before.status for before in answered[:-1]} <= {401, 405, 429}
        assert "401 401 401" not in " ".join(str(before.status) for before in answered)


INPUTS = job_inputs(expirationDate="2031-01-01T00:00:00Z")


def create(context: Context, answered: list[Answer]) -> None:
    """The created ID is kept after any answer, with a state that a plan accepts."""
    try:
        made = create_job(context, INPUTS)
    except OpsManagerError:
        assert answered[0] != GOOD_CREATE
        return
    assert OBJECT_ID.fullmatch(made.id)
    declared = Partial(INPUTS)
    plan_job(made, declared, look_at_job(context, made, declared), context.clock.now())


def stored(context: Context) -> Stored[JobInputs, JobState]:
    return Stored(JOB, INPUTS, JobState(status="FAILURE", download_url=context.jobs(PROJECT).download_url(JOB)))


def read(context: Context, answered: list[Answer]) -> None:
    """A read removes a job only on proof."""
    assert read_job(context, stored(context)) is not None or answered[-1].proves_absence


def delete(context: Context, answered: list[Answer]) -> None:
    """A delete succeeds on proof, or on a success that is not an HTML page."""
    delete_job(context, stored(context))
    is_success = 200 <= answered[-1].status < 300 and not answered[-1].is_a_page
    assert is_success or answered[-1].proves_absence


@pytest.mark.parametrize("act", [create, read, delete], ids=["create", "read", "delete"])
@settings(max_examples=25)
@given(planned=PLANNED)
def test_state_follows_what_an_answer_proves(
    act: Callable[[Context, list[Answer]], None], planned: list[Answer]
) -> None:
    """Any other answer raises an error of ours, and the state is unchanged."""
    with giving(planned) as (url, answered), suppress(OpsManagerError):
        act(context_of(client_of(url), FakeClock()), answered)


def head(status: int = 200, /, **headers: bytes) -> bytes:
    lines = (b"%b: %b\r\n" % (name.replace("_", "-").encode(), value) for name, value in headers.items())
    return b"HTTP/1.1 %d Whatever\r\n%b\r\n" % (status, b"".join(lines))


CHUNKED = head(Transfer_Encoding=b"chunked")
ENDLESS_BODIES: dict[str, tuple[bytes, bytes]] = {
    "success": (head(), b" "),
    "error": (head(500), b" "),
    "refusal": (head(404), b" "),
    "challenge": (head(401, WWW_Authenticate=DIGEST), b" "),
    "redirect": (head(302, Location=b"http://127.0.0.1:9/"), b" "),
    "packed": (head(Content_Encoding=b"gzip"), gzip.compress(bytes(1_000_000))),
    "chunks": (CHUNKED, b"1\r\n \r\n"),
    "chunk of the size -1": (CHUNKED + b"-1\r\n", b" "),
}


@pytest.mark.parametrize("route", ["get", "create"])
@pytest.mark.parametrize("name", ENDLESS_BODIES)
def test_endless_answer_is_refused_in_flat_memory(monkeypatch: pytest.MonkeyPatch, name: str, route: str) -> None:
    """A body is read up to a limit, and a POST is sent once."""
    monkeypatch.setattr("pulumi_opsmanager.api.connection.BODY_BYTES", 20_000)
    begin, piece = ENDLESS_BODIES[name]
    pieces = [begin, *[piece * (65536 // len(piece) + 1)] * 100]
    with raw_server(lambda: pieces) as (url, arrived):
        tracemalloc.start()
        try:
            with pytest.raises(OpsManagerError, match="is larger than 20000 bytes; check base_url"):
                CALLS[route](client_of(url), JOB)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 5_000_000
    assert route == "get" or arrived == ["POST"]


def ticking() -> Clock:
    """Each look at the clock finds it one second later, as if each piece took that long."""
    ticks = itertools.count()
    return Clock(now=lambda: datetime.now(timezone.utc) + timedelta(seconds=next(ticks)), sleep=lambda _: None)


def dripping(begin: bytes, piece: bytes, times: int = 2000) -> Pieces:
    def pieces() -> Iterator[bytes]:
        yield begin
        for _ in range(times):
            yield piece
            time.sleep(0.0005)

    return pieces


@pytest.mark.parametrize("name", ["success", "error", "challenge", "chunks"])
def test_slow_body_has_a_deadline(name: str) -> None:
    """Each byte arrives in time, but the body never ends. The client waits ten times as long as for one byte."""
    with raw_server(dripping(*ENDLESS_BODIES[name])) as (url, arrived):
        with pytest.raises(UnexpectedResponse, match="was not complete after 50 s; try again later, or raise"):
            CALLS["get"](client_of(url, ticking()), JOB)
        # Only the answer to the POST itself is a reason for doubt.
        with pytest.raises(UnexpectedResponse if name == "challenge" else ReplyLost):
            CALLS["create"](client_of(url, ticking()), JOB)
    assert arrived == ["GET", "POST"]


def test_diagnosis_waits_for_a_complete_body_as_long_as_for_a_byte() -> None:
    """A person waits for the diagnosis."""
    with raw_server(dripping(*ENDLESS_BODIES["error"])) as (url, arrived):
        client = Client(Settings(url, "public", KEY, timeout_seconds=5.0), ticking(), is_brief=True)
        with pytest.raises(UnexpectedResponse, match="was not complete after 5 s"):
            CALLS["get"](client, JOB)
    assert arrived == ["GET"]


def test_slow_download_has_no_deadline() -> None:
    """Only the pauses of a download are limited, because its size is not known before."""
    with raw_server(dripping(head(), b"\x1f", times=200)) as (url, _):
        assert download(client_of(url, ticking()), JOB) == b"\x1f" * 200


@pytest.mark.parametrize("status", [400, 403, 404, 405, 407, 409, 500])
def test_only_a_401_is_answered_with_a_digest(status: int) -> None:
    """A challenge in another refusal causes no second POST and sends no hash of the key."""
    answer = head(status, WWW_Authenticate=DIGEST, Content_Length=b"0")
    with raw_server(lambda: [answer]) as (url, arrived), pytest.raises(OpsManagerError):
        CALLS["create"](client_of(url), JOB)
    assert arrived == ["POST"]


@pytest.mark.parametrize("broken", BROKEN_CHALLENGES)
def test_broken_challenge_fails_only_its_own_call(broken: bytes) -> None:
    """A challenge that cannot be answered fails its own call and no later one."""
    good = answer_of(b"", 200, [], FRAMES[0], json.dumps(JOB_OBJECT).encode()).raw
    challenges = [head(401, WWW_Authenticate=value, Content_Length=b"0") for value in (DIGEST, b"Digest" + broken)]
    coming = iter([challenges[0], good, challenges[1], challenges[0], good])
    with raw_server(lambda: [next(coming)]) as (url, _):
        client = client_of(url)
        assert client.jobs(PROJECT).get(JOB).id == JOB
        with pytest.raises(UnexpectedResponse, match=r"answered 401: .* challenge .*check base_url"):
            client.jobs(PROJECT).get(JOB)
        assert client.jobs(PROJECT).get(JOB).id == JOB


# The library leaves the socket of an answer with two lengths to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("answer", [b"HTTP/1.1 201 OK\r\nContent-Length: 5, 6\r\n\r\n", b"SSH-2.0-Open\r\n"])
def test_unreadable_answer_to_a_create_leaves_it_in_doubt(answer: bytes) -> None:
    """The POST may have been carried out, so the caller must search the list."""
    with raw_server(lambda: [answer]) as (url, arrived), pytest.raises(ReplyLost, match="not proper HTTP"):
        CALLS["create"](client_of(url), JOB)
    gc.collect()
    assert arrived == ["POST"]


def test_absurd_date_of_the_server_is_ignored() -> None:
    """With a `Date` of another millennium, the search for a lost job still uses our clock."""
    with raw_server(lambda: [head(404, Date=DATES[1], Content_Length=b"0")]) as (url, _):
        client = client_of(url)
        with pytest.raises(UnexpectedResponse):
            client.jobs(PROJECT).get(JOB)
    assert client.server_ahead == timedelta()


def test_endless_list_ends_and_no_link_leads_to_another_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of pages is limited. No link, header, URL or challenge leads to another host."""
    monkeypatch.setattr("pulumi_opsmanager.api.jobs._MAX_PAGES", 7)
    asked: list[Any] = []
    with canned(heard=asked) as elsewhere:
        to = elsewhere.encode()
        links = dict(Location=to, Content_Location=to, Refresh=b"0; url=" + to, Link=b"<%b>; rel=next" % to)  # noqa: C408
        realm = DIGEST.replace(b'domain=""', b'domain="%b/"' % to)
        numbers = itertools.count()

        def answer() -> Iterable[bytes]:
            number = next(numbers)
            if number == 0:
                return [head(401, WWW_Authenticate=realm, Content_Length=b"0", **links)]
            job = JOB_OBJECT | {"id": f"{number:024x}", "downloadUrl": f"{elsewhere}/download"}
            page = {"results": [job], "links": [{"rel": "next", "href": f"{elsewhere}/page"}], "next": elsewhere}
            return [head(**links), json.dumps(page).encode()]

        with raw_server(answer) as (url, arrived):
            client = client_of(url)
            with pytest.raises(UnexpectedResponse, match="fill more than 7 pages"):
                list(client.jobs(PROJECT).walk())
            download(client, JOB)
    assert arrived == ["GET"] + ["GET signed"] * 8
    assert asked == []
