"""Servers that are broken or mean harm, over real sockets: what they send is taken or refused, and it ends."""

from __future__ import annotations

import gzip
import itertools
import json
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.clock import Clock
from pulumi_opsmanager.api.settings import OBJECT_ID, Settings
from pulumi_opsmanager.errors import OpsManagerError, ReplyLost, UnexpectedResponse
from pulumi_opsmanager.lifecycle.diff import diff_job
from pulumi_opsmanager.lifecycle.job import create_job, delete_job, read_job
from pulumi_opsmanager.lifecycle.naming import reasons_of
from pulumi_opsmanager.lifecycle.session import Session
from tests.api.hostile import DIGEST, GOOD_JOB, KEY, NOT_FOUND, Heard, Planned, RawServer, answers, good, raw_server
from tests.support import JOB, PROJECT, FakeClock, canned, job_inputs, job_request
from tests.support import Heard as Told

Answer = Callable[[Heard], Iterable[bytes]]

TIMEOUT_SECONDS = 5.0


@pytest.fixture(scope="module")
def hostile() -> Iterator[RawServer]:
    """One server for all examples; each plans its own answers."""
    with raw_server() as running:
        yield running


def client_of(server: RawServer, clock: Clock | None = None) -> Client:
    return Client(Settings(server.url, "public", KEY, timeout_seconds=TIMEOUT_SECONDS), clock or FakeClock())


def download(client: Client) -> bytes:
    with client.download_job(PROJECT, JOB) as pieces:
        return b"".join(itertools.islice(pieces, 1000))


CALLS: dict[str, Callable[[Client], object]] = {
    "create": lambda client: client.create_job(PROJECT, job_request()),
    "get": lambda client: client.get_job(PROJECT, JOB),
    "list": lambda client: list(client.list_jobs(PROJECT)),
    "extend": lambda client: client.extend_job(PROJECT, JOB, FakeClock().now() + timedelta(days=40)),
    "retry": lambda client: client.retry_job(PROJECT, JOB),
    "delete": lambda client: client.delete_job(PROJECT, JOB),
    "download": download,
}


def plan(server: RawServer, answered: list[Planned], coming: Iterator[Planned]) -> None:
    """Give these answers, and note which were given."""

    def answer(_: Heard) -> Iterable[bytes]:
        answered.append(next(coming))
        return [answered[-1].raw]

    server.answer = answer
    server.heard.clear()


@pytest.mark.parametrize("route", CALLS)
@settings(max_examples=70)
@given(planned=st.lists(answers(), min_size=1, max_size=3))
def test_any_answer_is_taken_or_refused(hostile: RawServer, route: str, planned: list[Planned]) -> None:
    """Never a strange exception; POST and PUT only after a challenge or a plain refusal; waits have an end."""
    answered: list[Planned] = []
    plan(hostile, answered, itertools.cycle(planned))
    clock = FakeClock()
    try:
        CALLS[route](client_of(hostile, clock))
    except OpsManagerError as error:
        told = str(error)
        assert KEY not in told
        assert told.isprintable()
        assert len(told) < 1000
    assert sum(clock.slept) <= 185
    if route in ("create", "retry"):
        assert all(before.asks_for_a_repeat for before in answered[:-1])
        challenges = itertools.groupby(before.status for before in answered)
        assert all(len(list(same)) <= 2 for status, same in challenges if status == 401)


@settings(max_examples=100)
@given(
    made=answers() | st.just(good(201, {"id": JOB})),
    planned=st.lists(answers() | st.just(good(200, GOOD_JOB)), min_size=1, max_size=3),
    expiry=st.sampled_from([{}, {"retentionDays": 30}, {"expirationDate": "2031-01-01T00:00:00Z"}]),
)
def test_create_ends_with_an_id_or_an_error_of_ours(
    hostile: RawServer, made: Planned, planned: list[Planned], expiry: dict[str, object]
) -> None:
    """Once a good id was sent it is returned, whatever comes then; and the state that is stored can be planned on."""
    coming, bag = itertools.cycle(planned), job_inputs(**expiry)
    hostile.answer = lambda request: [made.raw if request.method == "POST" else next(coming).raw]
    hostile.heard.clear()
    session = Session(client_of(hostile), FakeClock())
    try:
        job_id, outputs = create_job(session, bag, Told())
    except OpsManagerError:
        assert not (made.is_plain and made.status == 201 and made.body == json.dumps({"id": JOB}).encode())
        return
    assert OBJECT_ID.fullmatch(job_id)
    with suppress(OpsManagerError):
        diff_job(session, job_id, bag, {key: value for key, value in outputs.items() if value is not None}, bag)


@settings(max_examples=100)
@given(
    planned=st.lists(answers() | st.just(good(404, NOT_FOUND)), min_size=1, max_size=3),
    status=st.sampled_from(["", "FAILURE"]),
)
def test_read_forgets_only_on_proof(hostile: RawServer, planned: list[Planned], status: str) -> None:
    """Whatever else is answered, the state stands: a job is read, or an error of ours is raised."""
    answered: list[Planned] = []
    plan(hostile, answered, itertools.cycle(planned))
    state = job_inputs() | {"downloadUrl": "known", "expirationDate": "2031-01-01T00:00:00Z"}
    state |= {"status": status} if status else {}
    session, declared = Session(client_of(hostile), FakeClock()), job_inputs(expirationDate="2031-01-01T00:00:00Z")
    with suppress(OpsManagerError):
        found = read_job(session, JOB, state, declared, Told(), default_project_id=None)
        assert found is not None or answered[-1].proves_absence


@settings(max_examples=100)
@given(planned=st.lists(answers() | st.just(good(404, NOT_FOUND)), min_size=1, max_size=3))
def test_delete_succeeds_only_on_a_quiet_success_or_proof(hostile: RawServer, planned: list[Planned]) -> None:
    """A page, a redirect or half an answer leaves the job in the state."""
    answered: list[Planned] = []
    plan(hostile, answered, itertools.cycle(planned))
    with suppress(OpsManagerError):
        delete_job(Session(client_of(hostile), FakeClock()), JOB, job_inputs(), Told())
        assert answered[-1].proves_absence or answered[-1].is_quiet_success


def head(status: int = 200, **headers: bytes) -> bytes:
    lines = (b"%b: %b\r\n" % (name.replace("_", "-").encode(), value) for name, value in headers.items())
    return b"HTTP/1.1 %d Whatever\r\n%b\r\n" % (status, b"".join(lines))


def forever(begin: bytes, piece: bytes) -> Answer:
    return lambda _: itertools.chain([begin], itertools.repeat(piece * (65536 // len(piece))))


BOMB = gzip.compress(bytes(150_000_000), 1)
CHUNKED = head(Transfer_Encoding=b"chunked")
ENDLESS: dict[str, Answer] = {
    "body": forever(head(), b" "),
    "body of an error": forever(head(500), b" "),
    "body of a refusal": forever(head(404), b" "),
    "body of a challenge": forever(head(401, WWW_Authenticate=DIGEST), b" "),
    "body of a redirect": forever(head(302, Location=b"http://127.0.0.1:9/"), b" "),
    "rest of a body": forever(CHUNKED + b"-1\r\n", b" "),
    "bomb": lambda _: [head(Content_Encoding=b"gzip"), BOMB],
    "bomb of an error": lambda _: [head(500, Content_Encoding=b"gzip"), BOMB],
    "bomb of a challenge": lambda _: [head(401, WWW_Authenticate=DIGEST, Content_Encoding=b"gzip"), BOMB],
    "first line": forever(b"", b"a"),
    "header": forever(b"HTTP/1.1 200 OK\r\nX: ", b"a"),
    "headers": forever(b"HTTP/1.1 200 OK\r\n", b"X: a\r\n"),
    "interim answers": forever(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "chunk size": forever(CHUNKED, b"1"),
}
LONG_WAY: dict[str, Answer] = {
    "chunks": forever(CHUNKED, b"1\r\n \r\n"),
    "trailers": forever(CHUNKED + b"1\r\n \r\n0\r\n", b"A: b\r\n"),
    "packed nothing": forever(head(Content_Encoding=b"gzip"), gzip.compress(b"")),
}


@pytest.mark.parametrize("route", ["get", "create", "retry"])
@pytest.mark.parametrize("name", ENDLESS)
def test_answer_without_end_ends_in_flat_memory(name: str, route: str) -> None:
    """64 MiB are the most that is taken of any part; what is sent on and on is left, and POST and PUT go once."""
    with raw_server(ENDLESS[name]) as server:
        tracemalloc.start()
        try:
            with pytest.raises(OpsManagerError):
                CALLS[route](client_of(server))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        signed = [request for request in server.heard if request.is_signed] or server.heard
    assert peak < 100_000_000
    assert route == "get" or len(signed) == 1


@pytest.mark.parametrize("name", LONG_WAY)
def test_answer_of_crumbs_ends(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """What never adds up to a body is counted as it is sent."""
    monkeypatch.setattr("pulumi_opsmanager.api.connection.BODY_BYTES", 100_000)
    with raw_server(LONG_WAY[name]) as server, pytest.raises(UnexpectedResponse, match="has no end: .*check baseUrl"):
        CALLS["get"](client_of(server))


def dripping(begin: bytes, piece: bytes) -> Answer:
    def answer(_: Heard) -> Iterator[bytes]:
        yield begin
        while True:
            yield piece
            time.sleep(0.0005)

    return answer


def ticking() -> Clock:
    """A second goes by at each look: as if every byte took its time."""
    ticks = itertools.count()
    return Clock(now=lambda: datetime.now(timezone.utc) + timedelta(seconds=next(ticks)), sleep=lambda _: None)


DRIPS: dict[str, Answer] = {
    "head": dripping(b"HTTP/1.1 200 OK\r\nX: ", b"a"),
    "body": dripping(head(Content_Length=b"100000"), b" "),
    "body of an error": dripping(head(500), b" "),
    "body of a challenge": dripping(head(401, WWW_Authenticate=DIGEST), b" "),
    "interim answers": dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "chunks": dripping(CHUNKED, b"1\r\n \r\n"),
    "trailers": dripping(CHUNKED + b"1\r\n \r\n0\r\n", b"A: b\r\n"),
}


@pytest.mark.parametrize("route", ["get", "create"])
@pytest.mark.parametrize("name", DRIPS)
def test_answer_that_drips_is_not_waited_for(name: str, route: str) -> None:
    """Each byte comes in time, the whole never: ten times the wait for one is enough; a create is then in doubt."""
    kind = ReplyLost if route == "create" else OpsManagerError
    with (
        raw_server(DRIPS[name]) as server,
        pytest.raises(kind, match="was not complete after 50 s; try again later, or raise timeoutSeconds"),
    ):
        CALLS[route](client_of(server, ticking()))
    assert len(server.heard) == 1


def test_archive_may_drip() -> None:
    """A download has no known size, so only its silences are bounded."""

    def answer(_: Heard) -> Iterator[bytes]:
        yield head()
        for _piece in range(200):
            yield b"\x1f"
            time.sleep(0.0005)

    with raw_server(answer) as server:
        assert download(client_of(server, ticking())) == b"\x1f" * 200


@pytest.mark.parametrize("status", [400, 403, 404, 405, 407, 409, 500])
@pytest.mark.parametrize("route", ["create", "retry"])
def test_only_a_401_is_answered_with_a_digest(status: int, route: str) -> None:
    """A challenge in another refusal would have a POST repeated that was refused, and a hash of the key sent."""
    answer = head(status, WWW_Authenticate=DIGEST, Content_Length=b"0")
    with raw_server(lambda _: [answer]) as server, pytest.raises(OpsManagerError):
        CALLS[route](client_of(server))
    assert [request.is_signed for request in server.heard] == [False]


@pytest.mark.parametrize("broken", [b'Digest realm="x"', b'Digest realm="x", nonce', b'Digest nonce="y"'])
def test_broken_challenge_does_no_lasting_harm(broken: bytes) -> None:
    """One odd answer between good ones fails its own call, and no later one."""
    challenged, done = head(401, WWW_Authenticate=DIGEST, Content_Length=b"0"), good(200, GOOD_JOB).raw
    coming = iter([challenged, done, challenged.replace(DIGEST, broken), challenged, done])
    with raw_server(lambda _: [next(coming)]) as server:
        client = client_of(server)
        assert client.get_job(PROJECT, JOB).id == JOB
        with pytest.raises(UnexpectedResponse, match="not proper HTTP"):
            client.get_job(PROJECT, JOB)
        assert client.get_job(PROJECT, JOB).id == JOB


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(head(500, Content_Encoding=b"gzip") + b"no gzip", id="500 that cannot be decoded"),
        pytest.param(b"HTTP/1.1 201 OK\r\nContent-Length: 5, 6\r\n\r\n", id="two lengths"),
        pytest.param(b"SSH-2.0-Open\r\n", id="no HTTP"),
    ],
)
def test_unreadable_answer_to_a_create_leaves_it_in_doubt(answer: bytes) -> None:
    """Where nobody can say what became of the POST, the caller has to look."""
    with raw_server(lambda _: [answer]) as server, pytest.raises(ReplyLost, match="not proper HTTP|500"):
        CALLS["create"](client_of(server))
    assert server.count("POST") == 1


def test_clock_of_another_age_is_not_believed() -> None:
    """A `Date` millennia away would move the search for a lost job there."""
    with raw_server(lambda _: [head(404, Date=b"Fri, 31 Dec 9999 23:59:59 GMT", Content_Length=b"0")]) as server:
        client = client_of(server)
        with pytest.raises(UnexpectedResponse):
            client.get_job(PROJECT, JOB)
    assert client.server_ahead == timedelta()


def test_reasons_of_hosts_steer_no_terminal() -> None:
    """What an agent says of its failure is shown, on one line and cut."""
    told = reasons_of(
        [{"hostName": "\x1b[2Jdb1", "logCollectionType": "FTDC", "errorMessage": "no\nroom" + "!" * 9999}]
    )
    assert told.startswith("\ufffd[2Jdb1 FTDC: no room!!!")
    assert told.isprintable()
    assert len(told) < 400


def pages(elsewhere: str) -> Answer:
    """A list that always has a next page, with new jobs on each, and names another host wherever it can."""
    numbers = itertools.count()

    def answer(_: Heard) -> Iterable[bytes]:
        job = GOOD_JOB | {"id": f"{next(numbers):024x}", "downloadUrl": f"{elsewhere}/download"}
        links = [{"rel": rel, "href": f"{elsewhere}/page"} for rel in ("self", "next", "previous")]
        body = json.dumps({"results": [job], "links": links, "next": elsewhere}).encode()
        to = elsewhere.encode()
        named = head(
            Content_Length=b"%d" % len(body),
            Location=to,
            Content_Location=to,
            Refresh=b"0; url=" + to,
            Link=b"<%b>; rel=next" % to,
            Alt_Svc=b'h2="%b"' % to.removeprefix(b"http://"),
        )
        return [named, body]

    return answer


def test_list_without_end_ends_and_leads_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are counted, up to a bound; no link of any kind is followed, so another host hears nothing."""
    monkeypatch.setattr("pulumi_opsmanager.api.client._MAX_PAGES", 7)
    asked: list[Mapping[str, str]] = []
    with canned(heard=asked) as elsewhere, raw_server(pages(elsewhere)) as server:
        jobs = client_of(server).list_jobs(PROJECT)
        assert len([next(jobs) for _ in range(7)]) == 7
        with pytest.raises(UnexpectedResponse, match="fill more than 7 pages"):
            next(jobs)
    assert [request.path.partition("?")[2] for request in server.heard] == [
        f"pageNum={number}&itemsPerPage=100" for number in range(1, 8)
    ]
    assert asked == []


def test_hash_of_the_key_goes_to_no_other_host() -> None:
    """A challenge that claims other hosts for its realm, and a job that claims to lie there, are asked here."""
    asked: list[Mapping[str, str]] = []
    with canned(heard=asked) as elsewhere:
        realm = DIGEST.replace(b'domain=""', b'domain="%b/"' % elsewhere.encode())

        def answer(request: Heard) -> Iterable[bytes]:
            if not request.is_signed:
                return [head(401, WWW_Authenticate=realm, Content_Length=b"0")]
            return [good(200, GOOD_JOB | {"downloadUrl": f"{elsewhere}/download"}).raw]

        with raw_server(answer) as server:
            client = client_of(server)
            client.get_job(PROJECT, JOB)
            download(client)
            client.delete_job(PROJECT, JOB)
    assert asked == []
    assert [request.is_signed for request in server.heard] == [False, True, True, True]
