"""How often and how long one call is repeated, and what a repeat waits for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import urllib3
from urllib3.exceptions import HTTPError, InvalidHeader
from urllib3.util import Retry

from pulumi_opsmanager.errors import OpsManagerError

REPEATABLE = frozenset({"GET", "DELETE", "PATCH"})
"""A second time changes nothing: a PATCH sends an absolute date."""


@dataclass(frozen=True)
class Patience:
    """The bounds of repeats.

    Attributes:
        connections: Repeats when no connection was made.
        answers: Repeats after a lost answer.
        failures: Repeats while the server fails: the first at once, later waits double from 1 s to 30 s.
        wait_seconds: Sum of all waits of one call.
        body: Deadline of a complete body, as a multiple of the wait for one byte.
        begin_seconds: No repeat begins so long after the first request; None = no bound.
    """

    connections: int = 3
    answers: int = 3
    failures: int = 8
    wait_seconds: float = 180.0
    body: int = 10
    begin_seconds: float | None = None

    def is_over(self, waited_seconds: float, began_at: datetime, begins_at: datetime) -> bool:
        """Whether the next repeat would come too late.

        Args:
            waited_seconds: Sum of all waits before it.
            began_at: When the first request was sent.
            begins_at: When it would be sent.
        """
        if self.begin_seconds is not None and begins_at - began_at > timedelta(seconds=self.begin_seconds):
            return True
        return waited_seconds > self.wait_seconds

    def fresh_retries(self) -> Retry:
        """The counts of one call."""
        return Retry(
            total=None,
            connect=self.connections,
            read=self.answers,
            status=self.failures,
            other=0,
            allowed_methods=REPEATABLE,
            backoff_factor=0.5,
            backoff_jitter=0.5,
            backoff_max=30,
            retry_after_max=60,
        )


PATIENT = Patience()
"""For programs: an upgrade or a restart of the server passes."""

BRIEF = Patience(connections=0, answers=0, failures=1, wait_seconds=2, body=1, begin_seconds=4)
"""For a diagnosis: it asks at most twice, and a person waits for it."""


def count(
    retries: Retry,
    method: str,
    path: str,
    refused: urllib3.BaseHTTPResponse | None,
    broken: Exception | None,
    failure: OpsManagerError,
) -> Retry:
    """Count one repeat.

    Raises:
        OpsManagerError: `failure`, where the verb forbids a repeat or none is left.
    """
    try:
        # Raises the error it is given where the verb forbids a repeat, its own when none is left.
        return retries.increment(method, path, response=refused, error=broken)
    except HTTPError as exhausted:
        raise failure from exhausted


def retry_after(retries: Retry, refused: urllib3.BaseHTTPResponse | None) -> float:
    """Seconds that the server asks to wait; 0 when it says nothing that makes sense."""
    try:
        return (retries.get_retry_after(refused) or 0.0) if refused is not None else 0.0
    except (InvalidHeader, ValueError, OverflowError):  # nonsense, or a number that is no time
        return 0.0
