"""Time as the rest of the package sees it: handed in, so that tests can hold it still."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone


@dataclass(frozen=True)
class Clock:
    """The two things code may ask of time.

    Attributes:
        now: Returns the present as an aware UTC datetime.
        sleep: Waits for a number of seconds.
    """

    now: Callable[[], datetime]
    sleep: Callable[[float], None]


def wall_clock() -> Clock:
    """The real one; only the edges (engine adapter, command line) ask for it."""
    return Clock(now=lambda: datetime.now(timezone.utc), sleep=time.sleep)
