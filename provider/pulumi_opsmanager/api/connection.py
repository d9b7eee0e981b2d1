"""Where may a request go, and how much may an answer cost? To one server, in bounded bytes and time.

The HTTP libraries follow redirects, answer challenges and read heads, chunks and trailers for as long as a server sends
them. So nothing is followed here, only a 401 is answered, and what an answer costs is counted at the socket.
"""

from __future__ import annotations

import io
import socket
from datetime import timedelta
from http.client import HTTPException, HTTPResponse
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.auth import HTTPDigestAuth

from .clock import Clock
from .settings import Settings

# Ours are below 2 KiB; those of proxies with large cookies are below 64 KiB.
_HEAD_BYTES = 1024 * 1024

BODY_BYTES = 64 * 1024 * 1024
"""A page of 100 verbose jobs is about 100 KiB; what is far larger is no answer of this API."""

# More is read of no challenge.
_CHALLENGE_BYTES = 1024 * 1024

_PATIENCE = 10
"""A whole answer may take so many times the wait for one of its bytes."""


class Endless(Exception):
    """An answer takes more bytes or time than any answer needs; the message says of which."""


def open_session(settings: Settings, clock: Clock) -> requests.Session:
    """What holds the connections and the digest; threads may share it."""
    session = _Session()
    # Once: to ask the environment again for each request is a quarter of its cost.
    found = session.merge_environment_settings(settings.base_url, {}, None, settings.ca_file or True, None)
    session.proxies, session.verify = found["proxies"], found["verify"]
    session.trust_env = False
    session.auth = _Digest(settings.public_key, settings.private_key)
    adapter = _Adapter(clock, _PATIENCE * settings.timeout_seconds)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def unbounded(response: requests.Response) -> requests.Response:
    """Let the rest of an answer be as long as it is, and take its time: an archive."""
    raw: Any = response.raw
    raw._original_response.meter.is_off = True  # noqa: SLF001  no public way leads to the socket
    return response


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002
        """Nowhere: even a redirect that is not to be followed is read to its end and parsed otherwise."""
        return None


class _Digest(HTTPDigestAuth):
    """The library's digest, for servers that mean no good."""

    def handle_401(self, r: requests.Response, **kwargs: Any) -> requests.Response:
        """Answer a 401 only; the library answers the challenge in any 4xx, and so repeats a POST that was refused."""
        if r.status_code != 401:
            return r
        body = bytearray()
        with r:
            for piece in r.iter_content(64 * 1024):
                body += piece
                if len(body) > _CHALLENGE_BYTES:
                    break
        # The library reads the body, all of it, where it is not there yet.
        r._content, r._content_consumed = bytes(body), True  # type: ignore[attr-defined]  # noqa: SLF001
        answered: requests.Response = super().handle_401(r, **kwargs)  # type: ignore[no-untyped-call]
        return answered

    def build_digest_header(self, method: str, url: str) -> str | None:
        """Make the answer to the last challenge.

        Raises:
            ValueError: It cannot be answered.
        """
        try:
            header: str | None = super().build_digest_header(method, url)  # type: ignore[no-untyped-call]
        except (AttributeError, KeyError) as error:  # a nonce without a value, or none
            # Forgotten, or every later request would fail on it before it is sent.
            self._thread_local.last_nonce = ""  # type: ignore[attr-defined]
            raise ValueError("a challenge that cannot be answered") from error
        return header


class _Adapter(HTTPAdapter):
    """Makes connections whose answers end."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        super().__init__()
        self._clock = clock
        self._seconds = seconds

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        if "ConnectionCls" not in vars(pool):
            pool.ConnectionCls = type("Bounded", (pool.ConnectionCls,), {"response_class": self._answer})
        return pool

    def _answer(self, sock: socket.socket, *args: Any, **kwargs: Any) -> HTTPResponse:
        return _MeteredResponse(sock, *args, clock=self._clock, seconds=self._seconds, **kwargs)


class _MeteredResponse(HTTPResponse):
    """An answer, metered: its head may be small, its body larger."""

    def __init__(self, sock: socket.socket, *args: Any, clock: Clock, seconds: float, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.meter = _Meter(self.fp.detach(), clock, seconds)
        self.fp = _Reader(self.meter)

    def begin(self) -> None:
        super().begin()
        self.meter.bytes_left += BODY_BYTES
        lengths = ",".join(self.headers.get_all("Content-Length", [])).split(",")
        if len({length.strip() for length in lengths}) > 1:
            # The library above refuses it too, and leaves the connection open.
            raise HTTPException("two lengths")


class _Meter(io.RawIOBase):
    """The bytes of a socket, as many and as long as is allowed.

    Attributes:
        bytes_left: So many more.
        is_off: Nothing is counted any more.
    """

    def __init__(self, raw: io.RawIOBase, clock: Clock, seconds: float) -> None:
        self.bytes_left = _HEAD_BYTES
        self.is_off = False
        self._raw = raw
        self._clock = clock
        self._seconds = seconds
        self._ends_at = clock.now() + timedelta(seconds=seconds)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        count: int | None = self._raw.readinto(buffer)
        if self.is_off:
            return count
        self.bytes_left -= count or 0
        if self.bytes_left < 0:
            raise Endless("has no end: it is larger than any answer of the Ops Manager API; check baseUrl")
        if self._clock.now() > self._ends_at:
            raise Endless(f"was not complete after {self._seconds:g} s; try again later, or raise timeoutSeconds")
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Reader(io.BufferedReader):
    def read(self, size: int | None = -1, /) -> bytes:
        """Read so many bytes; never to the end, which a chunk of the size -1 asks for."""
        if size is None or size < 0:
            raise Endless("has a chunk of a negative size; check baseUrl")
        return super().read(size)
