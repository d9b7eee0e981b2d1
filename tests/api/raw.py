"""A server over raw sockets, for answers that no HTTP library would send."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from http.client import parse_headers

Pieces = Callable[[], Iterable[bytes]]


@contextmanager
def raw_server(answer: Pieces) -> Iterator[tuple[str, list[str]]]:
    """Answer each request with these bytes and close. Yields the base URL and the requests ("GET", "GET signed")."""
    arrived: list[str] = []

    class Connection(socketserver.StreamRequestHandler):
        disable_nagle_algorithm = True

        def handle(self) -> None:
            method = self.rfile.readline().decode().partition(" ")[0]
            headers = parse_headers(self.rfile)
            self.rfile.read(int(headers.get("Content-Length", 0)))
            arrived.append(f"{method} signed" if "Authorization" in headers else method)
            with suppress(OSError):  # the client closes the connection of an endless answer
                for piece in answer():
                    self.wfile.write(piece)

    class Threads(socketserver.ThreadingTCPServer):
        daemon_threads, block_on_close, request_queue_size = True, False, 128

    with Threads(("127.0.0.1", 0), Connection) as tcp:
        threading.Thread(target=tcp.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{tcp.server_address[1]}", arrived
        tcp.shutdown()
