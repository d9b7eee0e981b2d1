"""Connections to a server: TLS with a private CA, and a proxy."""

from __future__ import annotations

import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import trustme
from werkzeug.serving import make_server

from pulumi_opsmanager.emulator import Emulator
from pulumi_opsmanager.emulator.routes import create_app
from pulumi_opsmanager.emulator.server import _handler


@contextmanager
def behind_tls(server: Emulator, authority: trustme.CA) -> Iterator[str]:
    """The same server at a second address with TLS. Yields its base URL."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    backend = server._backend
    second = make_server(
        "127.0.0.1", 0, create_app(backend), threaded=True, request_handler=_handler(backend.now), ssl_context=tls
    )
    with _served(second):
        yield f"https://127.0.0.1:{second.port}"


class Proxy(socketserver.ThreadingTCPServer):
    """Opens tunnels, and records their targets.

    Attributes:
        asked: First line of each request.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Tunnel)
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        """URL of the proxy."""
        return f"http://127.0.0.1:{self.server_address[1]}"


@contextmanager
def proxy() -> Iterator[Proxy]:
    """A running proxy."""
    with Proxy() as running, _served(running):
        yield running


@contextmanager
def _served(server: Any) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Tunnel(socketserver.StreamRequestHandler):
    server: Proxy

    def handle(self) -> None:
        line = self.rfile.readline().decode().strip()
        while self.rfile.readline().strip():
            pass
        self.server.asked.append(line)
        host, _, port = line.split()[1].rpartition(":")
        with socket.create_connection((host, int(port))) as far:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            threading.Thread(target=_pump, args=(self.request, far), daemon=True).start()
            _pump(far, self.request)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(64 * 1024):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
