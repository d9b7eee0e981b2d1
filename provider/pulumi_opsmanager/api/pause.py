"""A pause after a refusal by the rate limit: all threads wait, then one thread tries before the others.

The limit counts the requests of all threads, so the server would refuse the next thread too. Servers count in clock
minutes, and may give no `Retry-After`. Then the waits grow, but not beyond the start of the next minute. The
server's count then starts at zero.
Source: the vendor's API pages on rate limits; the oldest ones mention clock minutes.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone
from threading import Lock

from pulumi_opsmanager.clock import Clock

_GROWING_SECONDS = (1, 2, 4, 8, 16, 30)
_COUNTED_SECONDS = 60
# Longer than most answers take, so that the first thread is refused before the other threads ask.
_SPREAD_SECONDS = 0.5


class Pause:
    """Shared by the threads that send to one server. It begins with the first refusal."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._refusals = 0
        self._began_at = self._ends_at = datetime.min.replace(tzinfo=timezone.utc)

    def left_seconds(self) -> float:
        """Seconds until the pause ends; 0 without a pause."""
        with self._lock:
            return max(0.0, (self._ends_at - self._clock.now()).total_seconds()) if self._refusals else 0.0

    def outlast(self, at_most_seconds: float) -> float:
        """Wait until the pause ends, also if it grows meanwhile; return the seconds waited.

        Do not wait for a pause that ends after `at_most_seconds`; the server may refuse the request again.
        """
        waited = 0.0
        while 0 < (left := self.left_seconds()) <= at_most_seconds - waited:
            seconds = left + random.uniform(0, _SPREAD_SECONDS)  # noqa: S311  no secret
            self._clock.sleep(seconds)
            waited += seconds
        return waited

    def note_refusal(self, sent_at: datetime, retry_after_seconds: float, server_ahead: timedelta) -> None:
        """Begin a pause, or a longer pause if the last one was too short.

        A request that was sent before the pause does not extend it. A `retry_after_seconds` of 0 asks for no wait.
        """
        with self._lock:
            if sent_at < self._began_at:
                return
            self._began_at = self._clock.now()
            growing = _GROWING_SECONDS[min(self._refusals, len(_GROWING_SECONDS) - 1)]
            into_minute = (self._began_at.timestamp() + server_ahead.total_seconds()) % _COUNTED_SECONDS
            seconds = max(1.0, retry_after_seconds, min(growing, _COUNTED_SECONDS - into_minute))
            self._ends_at = self._began_at + timedelta(seconds=seconds)
            self._refusals += 1

    def note_passed(self, sent_at: datetime) -> None:
        """Note a request that the server accepted: the next pause begins short again."""
        with self._lock:
            if sent_at >= self._began_at:
                self._refusals = 0
