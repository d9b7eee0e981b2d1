"""One request, bounded and repeated only as far as its verb allows; what `requests` raises ends here.

A repeat is safe for any verb when no connection was made or the server plainly refused (rate limit, upgrade).
GET, DELETE and PATCH (to an absolute date) are also repeated after a lost answer or a server error. POST and PUT are
not: what became of them is for the caller to find out.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from typing import TypeVar
from urllib.parse import urlsplit

import requests
import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    InvalidHeader,
    ProtocolError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
)
from urllib3.util import Retry

from pulumi_opsmanager.errors import (
    InvalidSettings,
    OpsManagerError,
    ReplyLost,
    Unavailable,
    UnexpectedResponse,
    shorten,
)

from .causes import innermost, is_garbled, is_untrusted, reason_of
from .clock import Clock
from .connection import open_session, read_body, request_of
from .digest import sign_in_of
from .pause import Pause
from .refusals import RATE_LIMITED, SERVER_FAILED, UPGRADING, WAIT, Answer, refusal, vendor_code
from .settings import Settings

_Finished = TypeVar("_Finished")

_log = logging.getLogger(__name__)

_REPEATABLE = frozenset({"GET", "DELETE", "PATCH"})

_NEVER_CONNECTED = (ConnectTimeoutError, ProxyError)

# A TLS error is among them: those of the handshake, when nothing was sent yet, are told apart before.
_CUT = (ProtocolError, InvalidHeader, SSLError, requests.ConnectionError)

_MAX_WAIT_SECONDS = 180.0

# A clock that is further off tells nothing.
_MAX_AHEAD = timedelta(days=366)

_JSON = "application/json"
_VERSION = "X-MongoDB-Service-Version"


def _fresh_retries() -> Retry:
    # Eight waits for a server that fails, the first at once, the others doubling from 1 s to 30 s.
    return Retry(
        total=None,
        connect=3,
        read=3,
        status=8,
        other=0,
        allowed_methods=_REPEATABLE,
        backoff_factor=0.5,
        backoff_jitter=0.5,
        backoff_max=30,
        retry_after_max=60,
    )


class Transport:
    """Holds the connections to one server. Shared by threads: pools and digest state are made for that."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._read_body = partial(read_body, settings=settings, clock=clock)
        self._session = open_session(settings, self._read_body)
        self._pause = Pause(clock)
        self.server_ahead = self.server_ahead_at_most = timedelta()
        self.server_version: str | None = None

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        body: Mapping[str, object] | None = None,
        job_id: str | None = None,
    ) -> Answer:
        """Send one request and return its success.

        Args:
            method: HTTP verb.
            path: Below the API's base URL, with a leading slash.
            query: Query parameters.
            body: Sent as JSON.
            job_id: The job that the path names, to judge a "not found" by.

        Raises:
            ReplyLost: It may have been carried out.
            UnexpectedResponse: With a status that is a success or of `SERVER_FAILED` it may have been, too.
            OpsManagerError: It was not; the leaf says whose move it is.
        """
        return self._send(method, path, _JSON, self._read, query=query, body=body, job_id=job_id)

    @contextmanager
    def stream(self, path: str, accept: str, *, job_id: str | None = None) -> Iterator[Iterator[bytes]]:
        """Open a GET whose body is handed on in pieces, undecoded.

        Errors while reading the body are ours too: `ReplyLost` for a cut or a stall.
        """
        with self._send("GET", path, accept, lambda response: response, job_id=job_id) as response:
            yield self._pieces(response)

    def _send(
        self,
        method: str,
        path: str,
        accept: str,
        finish: Callable[[requests.Response], _Finished],
        *,
        query: Mapping[str, str | int] | None = None,
        body: Mapping[str, object] | None = None,
        job_id: str | None = None,
    ) -> _Finished:
        retries, waited = _fresh_retries(), 0.0
        headers = {"Accept": accept} | ({"Content-Type": _JSON} if body is not None else {})
        payload = json.dumps(body) if body is not None else None
        while True:
            refused: urllib3.BaseHTTPResponse | None = None
            broken: Exception | None = None
            status: int | None = None
            failure: OpsManagerError
            waited += self._pause.outlast(_MAX_WAIT_SECONDS - waited)
            sent_at = self._clock.now()
            try:
                response = self._session.request(
                    method,
                    self._settings.api_url + path,
                    params=query,
                    data=payload,
                    headers=headers,
                    timeout=self._settings.timeout_seconds,
                    allow_redirects=False,
                    stream=True,
                )
                status = response.status_code
                self._note_server(response, sent_at)
                _log.debug("%s %s answered %d", method, path, response.status_code)
                if 200 <= response.status_code < 300:
                    self._pause.note_passed(sent_at)
                    return finish(response)
                answer = self._read(response)
                failure, refused = refusal(answer, job_id), response.raw
                if not _may_repeat(method, answer):
                    raise failure
            except (OSError, HTTPError, ValueError) as error:
                failure = self._translate(error, f"{method} {self._settings.api_url}{path}", status)
                broken = innermost(error)
                if broken is None or not isinstance(failure, Unavailable):
                    raise failure from error
            is_limited = refused is not None and status == 429
            if is_limited:
                self._pause.note_refusal(sent_at, _retry_after(retries, refused), self.server_ahead)
                delay = self._pause.left_seconds()
            else:
                retries = _count(retries, method, path, refused, broken, failure)
                delay = max(_retry_after(retries, refused), retries.get_backoff_time())
            if waited + delay > _MAX_WAIT_SECONDS:
                raise failure from broken
            _log.info("%s; again in %.1f s", failure, delay)
            if not is_limited:
                self._clock.sleep(delay)
                waited += delay

    def _read(self, response: requests.Response) -> Answer:
        return Answer(
            request=request_of(response),
            status=response.status_code,
            # An encoding was not asked for, so it belongs into the message about a body that cannot be read.
            content_type=" ".join(filter(None, map(response.headers.get, ("Content-Encoding", "Content-Type")))),
            location=response.headers.get("Location"),
            body=self._read_body(response),
            sign_in=sign_in_of(response),
        )

    def _pieces(self, response: requests.Response) -> Iterator[bytes]:
        try:
            yield from response.raw.stream(64 * 1024, decode_content=False)
        except HTTPError as error:
            raise self._translate(error, f"GET {response.request.url}", response.status_code) from error

    def _translate(self, error: Exception, request: str, status: int | None) -> OpsManagerError:
        """Make one of ours of what the libraries raised; status is that of the answer, if one had begun."""
        cause = innermost(error) or error
        host = urlsplit(self._settings.base_url).netloc
        if is_untrusted(cause):
            return InvalidSettings(
                f"{request}: no trusted connection to {host} ({reason_of(cause)}); "
                "give the CA that signed the server's certificate as caFile, or check that baseUrl's port speaks TLS"
            )
        if isinstance(cause, _NEVER_CONNECTED):
            return Unavailable(
                f"{request}: no connection to {host} ({reason_of(cause)}); "
                "check baseUrl, and that the server runs and is reachable from here"
            )
        if isinstance(cause, (ReadTimeoutError, requests.Timeout)):
            seconds = f"{self._settings.timeout_seconds:g} s"
            return ReplyLost(f"{request}: no answer within {seconds}; {WAIT}, or raise timeoutSeconds")
        if isinstance(cause, _CUT):
            cut = f"the connection was cut before the answer was complete; {WAIT}"
            words = "the answer is not proper HTTP; check baseUrl" if is_garbled(cause) else cut
            return ReplyLost(f"{request}: {words}", cut=True)
        if isinstance(cause, requests.exceptions.InvalidURL):
            return InvalidSettings(f"{host} cannot be asked: its URL, or that of the proxy before it, is malformed")
        problem = f"is not proper HTTP ({type(cause).__name__}); check baseUrl"
        return UnexpectedResponse(f"{request}: the answer {problem}", status=status)

    def _note_server(self, response: requests.Response, sent_at: datetime) -> None:
        for answered in (*response.history, response):
            self.server_version = _version_in(answered.headers.get(_VERSION, "")) or self.server_version
            try:
                server_now = parsedate_to_datetime(answered.headers["Date"])
            except (KeyError, ValueError, TypeError, OverflowError):
                continue
            if server_now.tzinfo is not None and abs(server_now - sent_at) < _MAX_AHEAD:
                # Written between the two, and cut to whole seconds.
                self.server_ahead = server_now - self._clock.now()
                self.server_ahead_at_most = server_now + timedelta(seconds=1) - sent_at


def _version_in(header: str) -> str | None:
    """The version in `gitHash=…; versionString=8.0.0…`."""
    parts = dict(part.strip().partition("=")[::2] for part in header.split(";"))
    return shorten(parts.get("versionString", "")) or None


def _may_repeat(method: str, answer: Answer) -> bool:
    code = vendor_code(answer)
    if answer.status == 429:
        return code in (RATE_LIMITED, None)
    failed_for_now = answer.status in SERVER_FAILED or answer.status == 503
    return (answer.status == 405 and code == UPGRADING) or (failed_for_now and method in _REPEATABLE)


def _count(
    retries: Retry,
    method: str,
    path: str,
    refused: urllib3.BaseHTTPResponse | None,
    broken: Exception | None,
    failure: OpsManagerError,
) -> Retry:
    try:
        # Raises the error it is given where the verb forbids a repeat, its own when none is left.
        return retries.increment(method, path, response=refused, error=broken)
    except HTTPError as exhausted:
        raise failure from exhausted


def _retry_after(retries: Retry, refused: urllib3.BaseHTTPResponse | None) -> float:
    try:
        return (retries.get_retry_after(refused) or 0.0) if refused is not None else 0.0
    except (InvalidHeader, ValueError, OverflowError):  # nonsense, or a number that is no time
        return 0.0
