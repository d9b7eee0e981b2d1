"""A server that answers with whatever bytes a test hands it, and strategies for what a hostile one may send."""

from __future__ import annotations

import contextlib
import gzip
import json
import socketserver
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from tests.support import JOB, PROJECT

KEY = "private-key-of-the-test"
DIGEST = b'Digest realm="MMS Public API", domain="", nonce="abc=", algorithm=MD5, qop="auth", stale=false'


@dataclass(frozen=True)
class Heard:
    """A request as it arrived."""

    method: str
    path: str
    is_signed: bool


@dataclass
class RawServer:
    """Hands out bytes and hangs up.

    Attributes:
        url: Base URL.
        answer: Makes the pieces of the answer to a request.
        heard: All requests, in their order.
    """

    url: str
    answer: Callable[[Heard], Iterable[bytes]]
    heard: list[Heard] = field(default_factory=list)

    def count(self, *methods: str) -> int:
        """How many requests of these methods arrived."""
        return sum(request.method in methods for request in self.heard)


@contextmanager
def raw_server(answer: Callable[[Heard], Iterable[bytes]] = lambda _: ()) -> Iterator[RawServer]:
    """Run one on a port of its own."""

    class Connection(socketserver.StreamRequestHandler):
        disable_nagle_algorithm = True

        def handle(self) -> None:
            words = self.rfile.readline().decode("latin-1").split()
            if len(words) != 3:
                return
            headers = {}
            while line := self.rfile.readline().strip():
                name, _, value = line.partition(b":")
                headers[name.lower()] = value.strip()
            self.rfile.read(int(headers.get(b"content-length", 0)))
            request = Heard(words[0], words[1], b"authorization" in headers)
            server.heard.append(request)
            # It is the client that hangs up on an answer without an end.
            with contextlib.suppress(OSError):
                for piece in server.answer(request):
                    self.wfile.write(piece)

    class Threads(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False
        request_queue_size = 128

    with Threads(("127.0.0.1", 0), Connection) as tcp:
        server = RawServer(f"http://127.0.0.1:{tcp.server_address[1]}", answer)
        threading.Thread(target=tcp.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield server
        finally:
            tcp.shutdown()


@dataclass(frozen=True)
class Planned:
    """One answer.

    Attributes:
        raw: Its bytes.
        status: In its first line; 0 where there is none.
        body: What is meant as its content.
        is_plain: The content arrives as it is meant.
    """

    raw: bytes
    status: int
    body: bytes
    is_plain: bool

    @property
    def is_quiet_success(self) -> bool:
        """A success without a page in it; what is not plain may be one too."""
        return 200 <= self.status < 300 and (not self.is_plain or not self.body.strip() or is_json(self.body))

    @property
    def proves_absence(self) -> bool:
        """The vendor's 404 for the job of these tests."""
        said = json.loads(self.body) if is_json(self.body) else None
        if self.status != 404 or not isinstance(said, dict):
            return False
        named = said.get("parameters")
        is_ours = not named or (isinstance(named, list) and JOB in named)
        return is_ours and said.get("errorCode") == "LOG_COLLECTION_JOB_NOT_FOUND_IN_GROUP"

    @property
    def asks_for_a_repeat(self) -> bool:
        """A challenge, or a refusal after which any request may be sent again."""
        return self.status in (401, 405, 429)


def is_json(body: bytes) -> bool:
    """Whether Python reads it, however deep."""
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True


GOOD_JOB: dict[str, Any] = {
    "id": JOB,
    "groupId": PROJECT,
    "userId": "5f1a41b9d3c5e0012ab34cd1",
    "creationDate": "2026-03-02T09:15:40Z",
    "expirationDate": "2026-04-01T09:15:40Z",
    "status": "FAILURE",
    "resourceType": "replicaset",
    "resourceName": "rs0",
    "rootResourceType": "REPLICASET",
    "rootResourceName": "rs0",
    "redacted": False,
    "logTypes": ["FTDC", "MONGODB"],
    "sizeRequestedPerFileBytes": 131072,
    "logCollectionFromDate": 1772323200000,
    "logCollectionToDate": "2026-03-02T00:00:00Z",
    "uncompressedSizeTotalBytes": 3,
    "downloadUrl": "http://elsewhere.example.net/download",
    "childJobs": [
        {"status": "FAILURE", "hostName": "db1:27017", "logCollectionType": "FTDC", "path": "db1/27017/ftdc"}
    ],
}
GOOD_PAGE = {
    "results": [GOOD_JOB],
    "links": [{"rel": "next", "href": "http://elsewhere.example.net/"}],
    "totalCount": 1,
}
NOT_FOUND = {
    "detail": "No job.",
    "error": 404,
    "errorCode": "LOG_COLLECTION_JOB_NOT_FOUND_IN_GROUP",
    "parameters": [JOB, PROJECT],
    "reason": "Not Found",
}
CODES = (
    "RATE_LIMITED",
    "TOO_MANY_OM_LOG_JOBS",
    "WRITES_NOT_ALLOWED_DURING_APP_UPGRADES",
    "ONLY_FAILED_JOB_CAN_BE_RESTARTED",
    "CANNOT_DOWNLOAD_EXPIRED_JOB",
    "LOG_COLLECTION_JOB_NOT_FOUND_IN_GROUP",
    "NOT_IN_GROUP",
    "NEW\x1b[2JCODE" * 50,
)
GONE = object()

_NUMBERS = (True, -1, 0, 10**400, -(10**20), 1e308, float("nan"), float("inf"))
_TEXTS = ("", "null", "12", "QUEUED", "../x", "f" * 24, "\x1b[2J", "\ud800", "x" * 10_000)
_DATES = ("9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "0000-99-99T99:99:99+99:99")
_LISTS: tuple[list[Any], ...] = (
    [],
    [[]],
    [None],
    ["FTDC", 3],
    ["f" * 24],
    [{"rel": "next"}],
    [{"status": "FAILURE"}, {"status": None}],
)
STRANGE = st.sampled_from([GONE, None, {}, {"rel": 3}, *_NUMBERS, *_TEXTS, *_DATES, *_LISTS])
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


@st.composite
def objects(draw: st.DrawFn) -> bytes:
    """JSON of the right make with some keys missing, or of another type."""
    error = NOT_FOUND | {"errorCode": draw(st.sampled_from(CODES))}
    made: dict[str, Any] = dict(draw(st.sampled_from([GOOD_JOB, GOOD_PAGE, {"id": JOB}, NOT_FOUND, error])))
    for key in draw(st.lists(st.sampled_from([*made, "errorCode"]), max_size=3)):
        made[key] = draw(STRANGE | JUNK)
    if isinstance(made.get("results"), list):
        made["results"] = made["results"] * draw(st.sampled_from([1, 1, 3000]))
    return json.dumps({key: value for key, value in made.items() if value is not GONE}).encode()


_PAGES = (b"", b" \r\n", b"<!doctype html><title>Sign in</title>", b"\x1f\x8b", gzip.compress(bytes(10_000)))
_NEARLY_JSON = (b"[" * 100_000, b'{"a":' * 50_000, b"1" * 5000, b'"\\ud800"', b"null", b"NaN")
BODIES = st.one_of(
    objects(),
    objects(),
    JUNK.map(lambda junk: json.dumps(junk).encode()),
    objects().map(lambda body: body[: len(body) // 2]),
    objects().map(lambda body: body.replace(b"rs0", b"\xff\xfe\x80")),
    objects().map(lambda body: body.decode().encode("utf-16")),
    st.binary(max_size=200),
    st.sampled_from(_PAGES + _NEARLY_JSON),
)


def _values(*values: bytes) -> st.SearchStrategy[bytes]:
    return st.sampled_from(values) | st.binary(max_size=30).map(lambda value: value.translate(None, b"\r\n"))


_FAR = b"Mon, 01 Jan 99999999999999999999 00:00:00 GMT"
HEADERS = {
    b"WWW-Authenticate": _values(
        DIGEST,
        b"Digest",
        b'Digest realm="x"',
        b'Digest realm="x", nonce',
        b'Digest realm="x", nonce="y", algorithm=ROT13',
        b'Digest realm="x", nonce="y", qop="auth-int"',
        b'Digest realm="x\r\n y", nonce="z"',
        b'Digest realm="\xff\x80", nonce="\x00", algorithm, qop',
        b'Basic realm="x"',
    ),
    b"Date": _values(
        b"Mon, 02 Mar 2026 09:15:40 GMT",
        _FAR,
        b"Fri, 31 Dec 9999 23:59:59 GMT",
        b"Mon, 01 Jan 0001 00:00:00 +2359",
        b"Mon, 01 Jan 2026 00:00:00 +99999999999999999999",
        b"yesterday",
    ),
    b"Retry-After": _values(b"7", b"-7", b"9" * 5000, b"99999999999", _FAR, b"Fri, 31 Dec 9999 23:59:59 GMT", b"1e9"),
    b"Location": _values(b"http://elsewhere.example.net/", b"http://[", b"//", b"http://a:b/", b"\xff"),
    b"Content-Type": _values(b"application/json", b"text/html", b"application/json; charset=\xff\x1b[2J", b";;=;"),
    b"Set-Cookie": _values(
        b"a=b", b"=;=;", b"a=b; Domain=.example.net; Max-Age=9" + b"9" * 99, b"a=b; expires=" + _FAR
    ),
    b"X-MongoDB-Service-Version": _values(b"gitHash=1; versionString=8.0.0", b"versionString=\x1b[2J", b";;;=;"),
    b"Content-Length": _values(b"5, 6", b"-3", b"zero", b"99999999999999999999", b"0"),
    b"Transfer-Encoding": _values(b"chunked", b"gzip, chunked", b"identity"),
    b"Connection": _values(b"keep-alive", b"upgrade"),
    b"\x00\xff": _values(b"nonsense"),
}
SUCCESSES = (200, 200, 200, 200, 201, 201, 204, 206, 299)
REFUSALS = (400, 401, 401, 403, 404, 404, 404, 405, 409, 429, 429, 500, 501, 502, 503, 504, 520)
ODDITIES = (199, 302, 304, 307, 600, 999)
FIRST_LINES = (b"HTTP/9.9 200 OK\r\n", b"HTTP/1.1 abc OK\r\n", b"HTTP/1.1 -200\r\n", b"SSH-2.0-Open\r\n", b"\r\n", b"")
ENCODINGS = (None, None, None, b"gzip", b"gzip, gzip", b"deflate", b"br", b",".join([b"gzip"] * 9))
FRAMINGS = ("exact", "exact", "exact", "none", "short", "long", "chunked", "broken chunks")
CHUNK_SIZES = (b"-1", b"zz", b"", b"f" * 16, b"0x5", b"1")


def _chunked(body: bytes, size: bytes) -> bytes:
    return b"%b\r\n%b\r\n0\r\n\r\n" % (size, body)


@st.composite
def answers(draw: st.DrawFn) -> Planned:
    """Any answer, from a good one to none at all."""
    status, body = draw(st.sampled_from(SUCCESSES + REFUSALS + ODDITIES)), draw(BODIES)
    first = b"HTTP/1.1 %d Whatever\r\n" % status
    if draw(st.integers(0, 9)) == 0:
        first, status = draw(st.sampled_from(FIRST_LINES)), 0
    named = draw(st.lists(st.sampled_from(list(HEADERS)), max_size=3))
    lines = [b"%b: %b\r\n" % (name, draw(HEADERS[name])) for name in named]
    encoding, framing = draw(st.sampled_from(ENCODINGS)), draw(st.sampled_from(FRAMINGS))
    sent = body
    if encoding is not None:
        lines.append(b"Content-Encoding: %b\r\n" % encoding)
        sent = draw(st.sampled_from([gzip.compress(body), body]))
    if framing in ("exact", "short", "long"):
        length = len(sent) + {"exact": 0, "short": -min(5, len(sent)), "long": 5}[framing]
        lines.append(b"Content-Length: %d\r\n" % length)
    elif framing != "none":
        lines.append(b"Transfer-Encoding: chunked\r\n")
        proper = b"%x" % len(sent) if sent else b"1"
        sent = _chunked(sent, draw(st.sampled_from(CHUNK_SIZES)) if framing == "broken chunks" else proper)
    is_plain = not named and encoding is None and framing == "exact" and status not in (0, 199, 204, 304)
    return Planned(first + b"".join(lines) + b"Connection: close\r\n\r\n" + sent, status, body, is_plain)


def good(status: int, said: object) -> Planned:
    """A proper answer."""
    body = json.dumps(said).encode()
    head = b"HTTP/1.1 %d OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % (status, len(body))
    return Planned(head + body, status, body, is_plain=True)
