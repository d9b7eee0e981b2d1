"""The connections to one server. Only this module sends requests and catches the exceptions of the HTTP libraries.

It sends to one server and follows no redirects. A body has a limit of bytes and a deadline. The headers of an answer
have only the limits of http.client and the wait for each byte: no public interface allows more.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import requests
from urllib3.exceptions import HTTPError

from pulumi_opsmanager.clock import Clock
from pulumi_opsmanager.errors import shorten

from .challenges import MOST_SIGNATURES
from .digest import Signer, sign_in_of
from .exchange import WAIT, Answer, Failure, Request
from .failures import Endless, failure_of
from .refusals import failure_in
from .route import find_route
from .settings import Settings

BODY_BYTES = 64 * 1024 * 1024
"""Largest body of an answer. A page of 100 verbose jobs has about 100 KiB."""

_LONGEST_RETRY_AFTER_SECONDS = 60.0
# A date that differs more does not come from a clock.
_MAX_AHEAD = timedelta(days=366)
_VERSION = "X-MongoDB-Service-Version"
_Success = TypeVar("_Success")
_log = logging.getLogger(__name__)


class Connection:
    """Sends to one server with one key pair. Threads may share it. `Client` describes the attributes."""

    def __init__(self, settings: Settings, clock: Clock, body_seconds: float) -> None:
        """Open no connection yet. A complete body may take `body_seconds`."""
        self.route = find_route(settings)
        self.server_ahead = self.server_ahead_at_most = timedelta()
        self.server_version: str | None = None
        self._settings = settings
        self._clock = clock
        self._body_seconds = body_seconds
        session = self._session = _Session(Signer(settings.public_key, settings.private_key), self._read_body)
        session.proxies, session.verify = dict(self.route.proxies), self.route.roots
        session.trust_env = False
        # A small compressed body can become gigabytes, and an archive is stored as it was sent.
        session.headers["Accept-Encoding"] = "identity"

    def send(self, request: Request, sent_at: datetime) -> Answer | Failure:
        """Send a request and read its complete answer. `sent_at` is now; dates of the answer are compared with it."""
        return self._attempt(request, sent_at, lambda response: self._read(request, response))

    def open(self, request: Request, sent_at: datetime) -> AbstractContextManager[Iterator[bytes]] | Failure:
        """Send a request and leave the body of its success open, to be read in pieces and undecoded.

        Reading raises `ReplyLost` after a cut or a stall.
        """
        return self._attempt(request, sent_at, lambda response: self._stream(request, response))

    def _attempt(
        self, request: Request, sent_at: datetime, finish: Callable[[requests.Response], _Success]
    ) -> _Success | Failure:
        status = None
        try:
            response = self._session.request(
                request.method,
                request.url,
                params=request.query,
                json=request.body,
                headers={"Accept": request.accept},
                timeout=self._settings.timeout_seconds,
                allow_redirects=False,
                stream=True,
            )
            if response.status_code == 407 and self.route.proxy is not None:
                response.close()
                # The words of http.client for a tunnel.
                raise OSError("Tunnel connection failed: 407")  # noqa: TRY301
            status = response.status_code
            self._note_server(response, sent_at)
            _log.debug("%s %s answered %d", request.method, request.url, status)
            return finish(response) if 200 <= status < 300 else failure_in(self._read(request, response))
        except (OSError, HTTPError, ValueError) as error:
            return self._failure(error, request, status)

    def _failure(self, error: Exception, request: Request, status: int | None) -> Failure:
        return failure_of(error, request, self.route, status, self._settings.timeout_seconds)

    def _read(self, request: Request, response: requests.Response) -> Answer:
        headers = response.headers
        return Answer(
            request=request,
            status=response.status_code,
            # The request did not ask for an encoding, so a message about an unreadable body shows it.
            content_type=" ".join(filter(None, map(headers.get, ("Content-Encoding", "Content-Type")))),
            location=headers.get("Location"),
            body=self._read_body(response),
            sign_in=sign_in_of(response),
            server_version=_version_in(headers.get(_VERSION, "")),
            retry_after_seconds=_retry_after(headers.get("Retry-After", ""), self._clock.now()),
        )

    @contextmanager
    def _stream(self, request: Request, response: requests.Response) -> Iterator[Iterator[bytes]]:
        with response:
            yield self._pieces(request, response)

    def _pieces(self, request: Request, response: requests.Response) -> Iterator[bytes]:
        try:
            yield from response.raw.stream(64 * 1024, decode_content=False)
        except HTTPError as error:
            raise self._failure(error, request, response.status_code).error from error

    def _read_body(self, response: requests.Response) -> bytes:
        """Read a body as it was sent, and give the connection back."""
        ends_at = self._clock.now() + timedelta(seconds=self._body_seconds)
        body = bytearray()
        with response:
            # `read1` returns the bytes that have arrived. `read` waits for a complete piece, without a deadline.
            while piece := response.raw.read1(64 * 1024, decode_content=False):
                body += piece
                if len(body) > BODY_BYTES:
                    raise Endless(f"is larger than {BODY_BYTES} bytes", "check base_url", response.status_code)
                if self._clock.now() > ends_at:
                    problem = f"was not complete after {self._body_seconds:g} s"
                    raise Endless(problem, f"{WAIT}, or raise timeout_seconds", response.status_code)
        return bytes(body)

    def _note_server(self, response: requests.Response, sent_at: datetime) -> None:
        for answered in (*response.history, response):
            self.server_version = _version_in(answered.headers.get(_VERSION, "")) or self.server_version
            server_now = _date_in(answered.headers.get("Date", ""))
            if server_now is not None and abs(server_now - sent_at) < _MAX_AHEAD:
                # The server wrote the date between these two times, and cut it to whole seconds.
                self.server_ahead = server_now - self._clock.now()
                self.server_ahead_at_most = server_now + timedelta(seconds=1) - sent_at


def _date_in(header: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(header)
    except (ValueError, TypeError, OverflowError):
        return None
    return found if found.tzinfo is not None else None


def _retry_after(header: str, now: datetime) -> float:
    """Seconds until a `Retry-After`; 0 if it is malformed."""
    if re.fullmatch(r"\s*\d+\s*", header, re.ASCII):
        seconds = float(header)
    else:
        seconds = ((_date_in(header) or now) - now).total_seconds()
    return min(max(seconds, 0.0), _LONGEST_RETRY_AFTER_SECONDS)


def _version_in(header: str) -> str | None:
    """The version in `gitHash=…; versionString=8.0.0…`."""
    parts = dict(part.strip().partition("=")[::2] for part in header.split(";"))
    return shorten(parts.get("versionString", "")) or None


class _Session(requests.Session):
    def __init__(self, signer: Signer, read_body: Callable[[requests.Response], bytes]) -> None:
        super().__init__()
        self._signer = signer
        self._read_body = read_body

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send a request, and answer the challenges of its 401s a bounded number of times."""
        self._signer.sign(request)
        response = super().send(request, **kwargs)
        refused: list[requests.Response] = []
        while len(refused) < MOST_SIGNATURES and (signed := self._signer.sign_again(response)) is not None:
            # The connection serves the next request only after this body was read.
            self._read_body(response)
            refused.append(response)
            # The cookie of a load balancer leads to the node that knows the nonce.
            signed.headers.pop("Cookie", None)
            signed.prepare_cookies(self.cookies)
            response = super().send(signed, **kwargs)
            response.history = refused.copy()
        return response

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002
        """Name no target: the library reads the body of a redirect without a bound, even if it does not follow it."""
        return None
