"""Calls to one server. A call repeats its request as far as the verb and the limits allow."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from pulumi_opsmanager.clock import Clock

from .exchange import Answer, Failure, Kind, Request
from .jobs import Jobs
from .patience import BRIEF, PATIENT
from .pause import Pause
from .settings import Settings

if TYPE_CHECKING:
    from .route import Route

_JITTER_SECONDS = 0.5
_Success = TypeVar("_Success")
_log = logging.getLogger(__name__)


class Client:
    """One server with one key pair. Threads may share it."""

    def __init__(self, settings: Settings, clock: Clock, *, is_brief: bool = False) -> None:
        """Open no connection yet. A brief client sends a request at most twice, because a person waits."""
        # Imported here, because requests is slow to import and a plan sends nothing.
        from .connection import Connection

        self.settings = settings
        self._clock = clock
        self._patience = BRIEF if is_brief else PATIENT
        self._connection = Connection(settings, clock, self._patience.body * settings.timeout_seconds)
        self._pause = Pause(clock)

    @property
    def route(self) -> Route:
        """The way to the server."""
        return self._connection.route

    @property
    def server_ahead(self) -> timedelta:
        """Lower bound of how far the server's clock is ahead of ours, from its last `Date` header."""
        return self._connection.server_ahead

    @property
    def server_ahead_at_most(self) -> timedelta:
        """Upper bound of the same. The bounds differ, because an answer takes time."""
        return self._connection.server_ahead_at_most

    @property
    def server_version(self) -> str | None:
        """Version as the server writes it, `8.0.0.500.20260101T0000Z`; None before an answer names it."""
        return self._connection.server_version

    def jobs(self, project_id: str) -> Jobs:
        """The jobs of a project. This sends nothing."""
        return Jobs(self, project_id)

    def call(self, request: Request) -> Answer:
        """Send a request and return the successful answer.

        After `ReplyLost` the server may have carried out the request. After any other error it did not.
        """
        return self._repeat(request, self._connection.send)

    @contextmanager
    def stream(self, request: Request) -> Iterator[Iterator[bytes]]:
        """Send a GET, and yield the body of the successful answer in pieces, undecoded.

        Reading a piece raises `ReplyLost` after a cut or a stall.
        """
        with self._repeat(request, self._connection.open) as pieces:
            yield pieces

    def _repeat(self, request: Request, attempt: Callable[[Request, datetime], _Success | Failure]) -> _Success:
        met: list[Failure] = []
        waited = 0.0
        began_at: datetime | None = None
        while True:
            waited += self._pause.outlast(self._patience.wait_seconds - waited)
            sent_at = self._clock.now()
            began_at = began_at or sent_at
            outcome = attempt(request, sent_at)
            if not isinstance(outcome, Failure):
                self._pause.note_passed(sent_at)
                return outcome
            met.append(outcome)
            if is_limited := outcome.kind is Kind.LIMITED:
                self._pause.note_refusal(sent_at, outcome.retry_after_seconds, self.server_ahead)
            elapsed = (self._clock.now() - began_at).total_seconds()
            jitter = random.uniform(0, _JITTER_SECONDS)  # noqa: S311  no secret
            delay = self._patience.wait(request, met, waited, elapsed, self._pause.left_seconds(), jitter)
            if delay is None:
                raise outcome.error from outcome.cause
            _log.info("%s; again in %.1f s", outcome.error, delay)
            if not is_limited:
                self._clock.sleep(delay)
                waited += delay
