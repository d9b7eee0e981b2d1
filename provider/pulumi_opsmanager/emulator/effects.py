"""What a fault does to a request that has passed the checks: it sends another answer, or changes the answer."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping

from flask import Response, g, request

from . import wire
from .faults import Fault, FaultKind
from .wire import Refusal

_HTML = "<!doctype html><title>Sign in</title><p>Please sign in.</p>"

_PIECE_BYTES = 1024
_LOOK_AHEAD_BYTES = 1024 * 1024


def instead(fault: Fault) -> Response | None:
    """Return the answer of a fault that prevents the request; None for the other kinds."""
    answer = _INSTEAD.get(fault.kind)
    return answer(fault) if answer is not None else None


def afterwards(fault: Fault, response: Response) -> Response:
    """Return the answer to a request that was carried out, as a fault changes it."""
    change = _AFTERWARDS.get(fault.kind)
    return change(fault, response) if change is not None else response


def cut_connection() -> None:
    """End the connection of this request without an answer."""
    request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)


def too_many(allowed: int, *, retry_after_seconds: int) -> Response:
    """Return the answer to a request beyond the rate limit; with 0 seconds it has no `Retry-After`."""
    body = wire.text(Refusal(429, "RATE_LIMITED", "logs", allowed, 1).body(), status=429, pretty=False, envelope=False)
    headers = {"Retry-After": str(retry_after_seconds)} if retry_after_seconds else {}
    return Response(body, 429, headers, content_type="application/json")


def _refused(_fault: Fault) -> Response:
    g.cut = True
    return Response(status=500)


def _server_error(_fault: Fault) -> Response:
    raise Refusal(500, "UNEXPECTED_ERROR")


def _maintenance(_fault: Fault) -> Response:
    raise Refusal(405, "WRITES_NOT_ALLOWED_DURING_APP_UPGRADES")


def _html(_fault: Fault) -> Response:
    return Response(_HTML, 200, content_type="text/html")


def _redirect(_fault: Fault) -> Response:
    return Response("", 302, headers={"Location": "https://elsewhere.example.net/"})


def _rate_limited(fault: Fault) -> Response:
    return too_many(100, retry_after_seconds=round(fault.seconds))


def _lost_reply(_fault: Fault, response: Response) -> Response:
    g.cut = True
    return response


def _bad_gateway(_fault: Fault, _response: Response) -> Response:
    return Response(_HTML, 502, content_type="text/html")


def _malformed_json(_fault: Fault, response: Response) -> Response:
    return Response(response.get_data()[:-2], response.status_code, content_type="application/json")


def _stall(fault: Fault, response: Response) -> Response:
    if not fault.after_bytes:
        fault.wait()
        return response

    def pieces() -> Iterator[bytes]:
        left = fault.after_bytes
        for piece in response.iter_encoded():
            if 0 < left <= len(piece):
                yield piece[:left]
                fault.wait()
                yield piece[left:]
            else:
                yield piece
            left -= len(piece)

    return _with_body(response, pieces())


def _cut_body(fault: Fault, response: Response) -> Response:
    return _with_body(response, _then_cut(_first(response.iter_encoded(), fault.after_bytes)))


def _wrong_length(_fault: Fault, response: Response) -> Response:
    # A length that clients believe. It needs the size of the complete body.
    body = response.get_data()
    response.headers["Content-Length"] = str(len(body) + 1000)
    return _with_body(response, _then_cut(iter([body])))


def _corrupt_gzip(fault: Fault, response: Response) -> Response:
    def pieces() -> Iterator[bytes]:
        body = response.iter_encoded()
        start = bytearray()
        while len(start) <= max(fault.after_bytes, _LOOK_AHEAD_BYTES) and (piece := next(body, b"")):
            start += piece
        start[min(fault.after_bytes or len(start) // 2, len(start) - 1)] ^= 0xFF
        yield bytes(start)
        yield from body

    return _with_body(response, pieces())


def _slow(fault: Fault, response: Response) -> Response:
    def pieces() -> Iterator[bytes]:
        for piece in response.iter_encoded():
            for start in range(0, len(piece), _PIECE_BYTES):
                fault.wait()
                yield piece[start : start + _PIECE_BYTES]

    return _with_body(response, pieces())


def _with_body(response: Response, body: Iterator[bytes]) -> Response:
    return Response(body, response.status_code, response.headers)


def _first(body: Iterator[bytes], size: int) -> Iterator[bytes]:
    while size > 0 and (piece := next(body, b"")):
        yield piece[:size]
        size -= len(piece)


def _then_cut(body: Iterator[bytes]) -> Iterator[bytes]:
    # The context of the request no longer exists when the body is sent.
    connection = request.environ["werkzeug.socket"]

    def pieces() -> Iterator[bytes]:
        # The first piece sends the headers, even if it is empty.
        yield b""
        yield from body
        connection.shutdown(socket.SHUT_RDWR)
        raise ConnectionAbortedError

    return pieces()


_INSTEAD: Mapping[FaultKind, Callable[[Fault], Response]] = {
    FaultKind.REFUSED: _refused,
    FaultKind.SERVER_ERROR: _server_error,
    FaultKind.MAINTENANCE: _maintenance,
    FaultKind.HTML: _html,
    FaultKind.REDIRECT: _redirect,
    FaultKind.RATE_LIMITED: _rate_limited,
}

_AFTERWARDS: Mapping[FaultKind, Callable[[Fault, Response], Response]] = {
    FaultKind.LOST_REPLY: _lost_reply,
    FaultKind.STALL: _stall,
    FaultKind.BAD_GATEWAY: _bad_gateway,
    FaultKind.MALFORMED_JSON: _malformed_json,
    FaultKind.CUT_BODY: _cut_body,
    FaultKind.WRONG_LENGTH: _wrong_length,
    FaultKind.CORRUPT_GZIP: _corrupt_gzip,
    FaultKind.SLOW: _slow,
}
