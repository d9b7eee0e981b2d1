"""What sends the requests of the endpoints: a client, as far as they need one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol

from .exchange import Answer, Request
from .settings import Settings


class Sender(Protocol):
    """Sends requests, and repeats them as far as that is safe."""

    settings: Settings

    @property
    def server_version(self) -> str | None:
        """The server's words for its version; None before an answer names it."""

    def call(self, request: Request) -> Answer:
        """Send a request and return its success."""

    def stream(self, request: Request) -> AbstractContextManager[Iterator[bytes]]:
        """Open a GET, and give the body of its success in pieces."""
