"""Connections are kept, and each request begins where the one before it ends."""

from __future__ import annotations

import gzip
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.emulator import Emulator, FaultKind
from tests.emulator.asking import JOBS, ask, exchange, kept, made, nonce_of, signed
from tests.support import FakeClock, client_for, job_request

BODY = json.dumps(job_request()).encode()
CHUNKED = b"5;a=b\r\n" + BODY[:5] + b"\r\n%x\r\n" % len(BODY[5:]) + BODY[5:] + b"\r\n0\r\nTrailer: x\r\n\r\n"


def test_client_of_the_package_reuses_its_connection(server: Emulator, client: Client) -> None:
    """One connection for the challenge, the POST, reads, an archive, refusals and the DELETE."""
    job_id = client.jobs(server.project_id).create(job_request())
    for _ in range(5):
        client.jobs(server.project_id).get(job_id)
    with client.jobs(server.project_id).download(job_id) as pieces:
        assert sum(map(len, pieces)) > 0
    client.jobs(server.project_id).delete(job_id)
    assert (len(server.requests), server.connections) == (9, 1)


def test_many_clients_are_served_at_once(server: Emulator) -> None:
    """Each client has its own connection, also while the answer of another client is late."""
    job_id = made(server)
    before = server.connections
    server.fail("get", FaultKind.STALL, seconds=0.5)

    def read_often(number: int) -> int:
        client = client_for(server, FakeClock())
        return sum(client.jobs(server.project_id).get(job_id).id == job_id for _ in range(number % 3 + 8))

    with ThreadPoolExecutor(24) as threads:
        assert sum(threads.map(read_often, range(24))) == 24 * 9
    assert server.connections - before == 24


@pytest.mark.parametrize(
    ("method", "path", "headers", "body"),
    [
        ("GET", JOBS, {}, b""),
        ("HEAD", JOBS, {}, b""),
        ("POST", JOBS, {}, BODY),
        ("POST", JOBS, {"Transfer-Encoding": "chunked"}, CHUNKED),
        ("POST", JOBS, {}, b"{"),
        ("GET", f"{JOBS}/x", {}, b"a body that no GET has"),
        ("DELETE", f"{JOBS}/x", {}, BODY),
        ("POST", "/elsewhere", {}, BODY),
    ],
)
@pytest.mark.parametrize("has_keys", [True, False])
def test_connection_is_kept_after(
    server: Emulator, method: str, path: str, headers: dict[str, str], body: bytes, has_keys: bool
) -> None:
    """The next request is read from its beginning, after any answer and with an unused body."""
    framing = headers or {"Content-Length": str(len(body))}
    keys = {"Authorization": signed(server, method, path)} if has_keys else {}
    with kept(server) as connection:
        connection.request(method, path, body=body, headers=keys | framing)
        first = connection.getresponse()
        first.read()
        assert first.headers["Connection"] == "keep-alive"
        assert first.headers["Content-Length"] is not None
        connection.request("GET", "/_emulator/requests")
        entry = json.load(connection.getresponse())["requests"][-1]
    assert (entry["method"], entry["path"], entry["status"]) == (method, path, first.status)
    assert (first.status == 401) is not has_keys


@pytest.mark.parametrize(
    ("request_line", "framing", "connection"),
    [
        ("HTTP/1.1", "Transfer-Encoding: chunked", "keep-alive"),
        ("HTTP/1.0", None, "close"),
    ],
)
def test_archive_has_no_length(server: Emulator, request_line: str, framing: str | None, connection: str) -> None:
    """It comes in chunks. For a client without chunks the end of the connection ends it."""
    path = f"{JOBS}/{made(server)}/download"
    sent = (
        f"GET {path} {request_line}\r\nAuthorization: {signed(server, 'GET', path)}\r\n"
        "Connection: keep-alive\r\n\r\nGET /_emulator/requests HTTP/1.0\r\n\r\n"
    )
    head, _, body = exchange(server, sent.encode()).partition(b"\r\n\r\n")
    fields = head.decode().split("\r\n")
    assert ("Transfer-Encoding: chunked" in fields) is (framing is not None)
    assert f"Connection: {connection}" in fields
    assert not any(field.startswith("Content-Length") for field in fields)
    if framing is None:
        assert gzip.decompress(body)
    else:
        assert body.count(b"HTTP/1.1 200 OK") == 1


@pytest.mark.parametrize(("asked", "answered"), [("", "close"), ("Connection: keep-alive\r\n", "keep-alive")])
def test_http_1_0_is_answered_with_a_length(server: Emulator, asked: str, answered: str) -> None:
    """The connection is closed unless the client asks to keep it."""
    sent = f"GET {JOBS} HTTP/1.0\r\n{asked}\r\n" + "GET /_emulator/requests HTTP/1.0\r\n\r\n" * bool(asked)
    received = exchange(server, sent.encode())
    assert b"chunked" not in received
    assert b"Content-Length: 90\r\n" in received
    assert f"Connection: {answered}\r\n".encode() in received
    assert received.count(b"HTTP/1.1 ") == 1 + bool(asked)


@pytest.mark.parametrize("asked", ["close", "TE, Close"])
def test_connection_is_closed_when_the_client_asks(server: Emulator, asked: str) -> None:
    """Otherwise the exchange would wait for more bytes."""
    received = exchange(server, f"GET {JOBS} HTTP/1.1\r\nConnection: {asked}\r\n\r\n".encode())
    assert b"Connection: close\r\n" in received


def test_requests_may_be_sent_before_the_answers(server: Emulator) -> None:
    """They are answered in order."""
    nonce = nonce_of(server)
    pipelined = "".join(
        f"GET {JOBS}/{number} HTTP/1.1\r\n"
        f"Authorization: {signed(server, 'GET', f'{JOBS}/{number}', nonce=nonce, nc=f'{number:08x}')}\r\n\r\n"
        for number in range(1, 6)
    )
    received = exchange(server, f"{pipelined}GET /_emulator/requests HTTP/1.0\r\n\r\n".encode())
    assert received.count(b"HTTP/1.1 404 Not Found") == 5
    assert [entry["path"][-1] for entry in server.requests[1:]] == ["1", "2", "3", "4", "5"]


def test_client_may_wait_for_100_continue(server: Emulator) -> None:
    """The server asks for the body, and then uses it."""
    address = urlsplit(server.url)
    head = (
        f"POST {JOBS} HTTP/1.1\r\nAuthorization: {signed(server, 'POST', JOBS)}\r\nConnection: close\r\n"
        f"Expect: 100-continue\r\nContent-Length: {len(BODY)}\r\n\r\n"
    )
    with socket.create_connection((address.hostname, address.port), timeout=5) as connection:
        connection.sendall(head.encode())
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(BODY)
        assert b"".join(iter(lambda: connection.recv(65536), b"")).startswith(b"HTTP/1.1 201 Created\r\n")


@pytest.mark.parametrize(
    "head",
    [
        "Content-Length: x",
        "Content-Length: -1",
        "Content-Length: 1, 1",
        "Content-Length: 1\r\nContent-Length: 2",
        "Content-Length: 1\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: gzip",
        "Transfer-Encoding: chunked\r\n\r\nno length",
        "Transfer-Encoding: chunked\r\n\r\n-1",
        "Transfer-Encoding: chunked\r\n\r\n1\r\ntoo long",
    ],
)
def test_body_without_a_clear_end_is_refused(server: Emulator, head: str) -> None:
    """The next request would be unreadable, so the connection ends and nothing is done."""
    received = exchange(server, f"POST {JOBS} HTTP/1.1\r\n{head}\r\n\r\nGET / HTTP/1.1\r\n\r\n".encode())
    assert received.startswith(b"HTTP/1.1 400 ")
    assert received.count(b"HTTP/1.1 ") == 1
    assert server.requests == []


def test_malformed_request_target_is_refused(server: Emulator) -> None:
    """The client gets an answer."""
    assert exchange(server, b"GET http://[x/ HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 400 ")


def test_body_that_is_too_large_is_refused(server: Emulator) -> None:
    """The refusal comes after the challenge, in the form of the API. The connection is kept."""
    body = b" " * (8 * 1024 * 1024 + 1)
    refused = ask(server, "POST", JOBS, body)
    assert (refused.status, refused.json["errorCode"]) == (413, "REQUEST_TOO_LARGE")
    assert [entry["status"] for entry in server.requests] == [401, 413]


def test_idle_connection_does_not_block_the_stop() -> None:
    """The emulator ends the connection when it stops."""
    with Emulator() as server, kept(server) as connection:
        connection.request("GET", JOBS)
        connection.getresponse().read()
        begun = time.monotonic()
        server.__exit__(None, None, None)
        assert time.monotonic() - begun < 5
        assert connection.sock.recv(1) == b""
