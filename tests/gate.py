"""A proxy in front of a real server. It counts requests, and breaks those that a test selects."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support import running

Breaks = Callable[[str, str], "tuple[int, bytes] | None"]
"""Status and body for a request by method and path; status 0 cuts the connection. None passes the request on."""


@dataclass
class Gate:
    """A proxy while it runs.

    Attributes:
        url: Address of the proxy.
        requests: Method and path of each request, with its query.
        breaks: Decides which requests are broken.
    """

    url: str
    requests: list[tuple[str, str]] = field(default_factory=list)
    breaks: Breaks = lambda _method, _path: None

    @property
    def methods(self) -> list[str]:
        return [method for method, _ in self.requests]

    def forget(self) -> None:
        self.requests.clear()
        self.breaks = lambda _method, _path: None


@contextmanager
def gate_to(port: int, added: Mapping[str, str]) -> Iterator[Gate]:
    """Pass requests to a port of this machine, and add headers that they may lack."""
    gate = Gate("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            gate.requests.append((self.command, self.path))
            answer = gate.breaks(self.command, self.path)
            if answer is not None and answer[0] == 0:
                # Some bytes of the request have arrived.
                self.rfile.read1(1024)
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if answer is not None:
                self.answer(answer[0], [("Content-Length", str(len(answer[1])))], answer[1])
                return
            upstream = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            try:
                upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                for name, value in (dict(added) | dict(self.headers.items())).items():
                    upstream.putheader(name, value)
                upstream.endheaders(body)
                found = upstream.getresponse()
                content = found.read()
                headers = [(name, value) for name, value in found.getheaders() if name.lower() != "transfer-encoding"]
                if not any(name.lower() == "content-length" for name, _ in headers):
                    headers.append(("Content-Length", str(len(content))))
                self.answer(found.status, headers, content)
            finally:
                upstream.close()

        def answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
            self.send_response_only(status)
            for name, value in headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"" if self.command == "HEAD" else body)

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = handle_any

        def log_message(self, *_: Any) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """Ignore errors of connections, because either side may close them at any time."""

    http_server = Quiet(("127.0.0.1", 0), Handler)
    with running(http_server):
        gate.url = f"http://127.0.0.1:{http_server.server_port}"
        yield gate
