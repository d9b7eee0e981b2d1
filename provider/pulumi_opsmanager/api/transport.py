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

import requests
import urllib3
from urllib3.exceptions import HTTPError

from pulumi_opsmanager.clock import Clock
from pulumi_opsmanager.errors import OpsManagerError, Unavailable, shorten

from .causes import innermost
from .connection import open_session, read_body, request_of
from .digest import sign_in_of
from .failures import proxy_wants_password, translate
from .patience import PATIENT, REPEATABLE, Patience, count, retry_after
from .pause import Pause
from .refusals import RATE_LIMITED, SERVER_FAILED, UPGRADING, Answer, refusal, vendor_code
from .route import find_route
from .settings import Settings

_Finished = TypeVar("_Finished")

_log = logging.getLogger(__name__)

# A clock that is further off tells nothing.
_MAX_AHEAD = timedelta(days=366)

_JSON = "application/json"
_VERSION = "X-MongoDB-Service-Version"


class Transport:
    """Holds the connections to one server. Shared by threads: pools and digest state are made for that."""

    def __init__(self, settings: Settings, clock: Clock, patience: Patience = PATIENT) -> None:
        self.route = find_route(settings)
        self._settings = settings
        self._clock = clock
        self._patience = patience
        self._read_body = partial(read_body, seconds=patience.body * settings.timeout_seconds, clock=clock)
        self._translate = partial(translate, route=self.route, timeout_seconds=settings.timeout_seconds)
        self._session = open_session(settings, self.route, self._read_body)
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
            job_id: The job that the path names: only a "not found" of this job proves that it is gone.

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
        retries, waited = self._patience.fresh_retries(), 0.0
        began_at: datetime | None = None
        headers = {"Accept": accept} | ({"Content-Type": _JSON} if body is not None else {})
        payload = json.dumps(body) if body is not None else None
        while True:
            refused: urllib3.BaseHTTPResponse | None = None
            broken: Exception | None = None
            status: int | None = None
            failure: OpsManagerError
            waited += self._pause.outlast(self._patience.wait_seconds - waited)
            sent_at = self._clock.now()
            began_at = began_at or sent_at
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
                if status == 407 and self.route.proxy is not None:
                    response.close()
                    raise proxy_wants_password(self.route.proxy, request_of(response))
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
                self._pause.note_refusal(sent_at, retry_after(retries, refused), self.server_ahead)
                delay = self._pause.left_seconds()
            else:
                retries = count(retries, method, path, refused, broken, failure)
                delay = max(retry_after(retries, refused), retries.get_backoff_time())
            if self._patience.is_over(waited + delay, began_at, self._clock.now() + timedelta(seconds=delay)):
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
            server_version=_version_in(response.headers.get(_VERSION, "")),
        )

    def _pieces(self, response: requests.Response) -> Iterator[bytes]:
        try:
            yield from response.raw.stream(64 * 1024, decode_content=False)
        except HTTPError as error:
            raise self._translate(error, f"GET {response.request.url}", response.status_code) from error

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
    return (answer.status == 405 and code == UPGRADING) or (failed_for_now and method in REPEATABLE)
