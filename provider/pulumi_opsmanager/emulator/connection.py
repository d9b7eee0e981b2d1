"""HTTP/1.1 with kept connections, below the WSGI application.

Werkzeug's server closes each connection after one answer. Servers that keep connections (waitress, cheroot) hide the
socket, and faults have to cut it in the middle of an answer. So this handler uses Werkzeug's threads and WSGI
environment, and frames the messages itself.

It reads the complete body before the application runs, because the next request begins where the body ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from email.message import Message
from io import BufferedIOBase, BytesIO
from socket import SHUT_RDWR
from threading import Lock
from typing import Any, cast
from urllib.parse import unquote

from werkzeug.datastructures import Headers
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.test import run_wsgi_app
from werkzeug.wsgi import ClosingIterator

BODY_BYTES = 8 * 1024 * 1024
"""Largest request body. A larger one is read to its end, and the application refuses it with 413."""

_IDLE_SECONDS = 60

_PIECE_BYTES = 64 * 1024
_LINE_BYTES = 8 * 1024
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?\r?\n")
_SLASH = re.compile(r"%2[Ff]|(?<=^/)/")
_ORIGIN = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")


class KeptServer(ThreadedWSGIServer):
    """Runs one thread for each connection, and ends open connections when it stops.

    Attributes:
        accepted: Number of connections so far.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.accepted = 0
        self._open: set[Any] = set()
        self._lock = Lock()
        super().__init__(*arguments, **options)

    def get_request(self) -> tuple[Any, Any]:
        """Accept a connection."""
        connection, address = super().get_request()
        with self._lock:
            self.accepted += 1
            self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        """End a connection whose thread has finished."""
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Stop listening, and end open connections, because an idle one would keep its thread."""
        super().server_close()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(SHUT_RDWR)


class KeptConnection(WSGIRequestHandler):
    """Answers the requests of one connection, one after the other."""

    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    disable_nagle_algorithm = True  # head and body are two writes, and the second would wait for the ACK of the first

    def run_wsgi(self) -> None:
        """Read one request and write its answer."""
        if "close" in (self.headers.get("Connection") or "").lower().replace(" ", "").split(","):
            self.close_connection = True
        try:
            self.environ = self._environ(b"".join(_body(self.headers, self.rfile)))
        except ValueError as error:
            self.send_error(400, explain=str(error))
            return
        # A client may take its time to read.
        self.connection.settimeout(None)
        pieces, status, headers = run_wsgi_app(self.server.app, self.environ)
        with closing(cast(ClosingIterator, pieces)):
            self._answer(status, headers, pieces)
        self.connection.settimeout(self.timeout)

    def _answer(self, status: str, headers: Headers, pieces: Iterable[bytes]) -> None:
        code = status.partition(" ")[0]
        self.send_response(int(code))
        for name, value in headers:
            self.send_header(name, value)
        ends_by_itself = "Content-Length" in headers or self.command == "HEAD" or code in ("204", "304")
        is_chunked = not ends_by_itself and self.request_version == "HTTP/1.1"
        if is_chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif not ends_by_itself:
            self.close_connection = True
        self.send_header("Connection", "close" if self.close_connection else "keep-alive")
        self.end_headers()
        for piece in filter(None, pieces):
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if is_chunked else piece)
        if is_chunked:
            self.wfile.write(b"0\r\n\r\n")

    def _environ(self, body: bytes) -> dict[str, Any]:
        # All layers above merge leading slashes and read `%2F` as a slash. Here neither ends a segment.
        environ = self.make_environ()
        target = _ORIGIN.sub("", self.requestline.split()[1], count=1)
        path = unquote(_SLASH.sub("%252F", target.partition("?")[0]))
        environ["REQUEST_URI"] = environ["RAW_URI"] = target
        environ["PATH_INFO"] = path.encode().decode("latin-1")
        environ["wsgi.input"] = BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        environ.pop("wsgi.input_terminated", None)
        return environ


def _body(headers: Message, stream: BufferedIOBase) -> Iterator[bytes]:
    """Read all pieces of the body, and drop those far beyond the limit."""
    kept = 0
    for size in _sizes(headers, stream):
        left = size
        while left:
            piece = stream.read(min(left, _PIECE_BYTES))
            if not piece:
                raise ValueError("The body ends early")
            left -= len(piece)
            if kept <= BODY_BYTES:
                kept += len(piece)
                yield piece


def _sizes(headers: Message, stream: BufferedIOBase) -> Iterator[int]:
    """Return the lengths of the parts of a body. The caller reads each part before it asks for the next."""
    codings = [coding.lower() for coding in headers.get_all("Transfer-Encoding", [])]
    lengths = set(headers.get_all("Content-Length", []))
    if codings:
        if lengths or codings != ["chunked"]:
            raise ValueError("Transfer-Encoding must be chunked, without Content-Length")
        while size := _chunk_size(stream.readline(_LINE_BYTES)):
            yield size
            if stream.readline(2).strip():
                raise ValueError("A chunk does not have its length")
        while stream.readline(_LINE_BYTES).strip():
            pass  # trailers
    elif lengths:
        length = lengths.pop()
        if lengths or not re.fullmatch(r"[0-9]{1,18}", length):
            raise ValueError("Content-Length must be one number")
        yield int(length)


def _chunk_size(line: bytes) -> int:
    found = _CHUNK.fullmatch(line)
    if found is None:
        raise ValueError("A chunk must begin with its length")
    return int(found[1], 16)
