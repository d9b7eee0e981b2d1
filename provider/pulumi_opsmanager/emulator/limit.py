"""The rate limit of a project: a number of requests in each window. The vendor's windows are clock minutes."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock


class RateLimit:
    """One limit for all keys and routes of the project.

    Args:
        requests: Number of requests in one window; None for any number.
        window: Length of a window. The first one began at the epoch.
        now: The server's clock, aware UTC.
    """

    def __init__(self, requests: int | None, window: timedelta, now: Callable[[], datetime]) -> None:
        self.requests = requests
        self._window_seconds = window.total_seconds()
        self._now = now
        self._number = 0
        self._count = 0
        self._lock = Lock()

    def wait_seconds(self) -> int | None:
        """Count a request. Return None if it is allowed, otherwise the whole seconds until the next window."""
        if self.requests is None:
            return None
        with self._lock:
            seconds = self._now().timestamp()
            number = int(seconds // self._window_seconds)
            if number != self._number:
                self._number, self._count = number, 0
            self._count += 1
            if self._count <= self.requests:
                return None
            return math.ceil((number + 1) * self._window_seconds - seconds)
