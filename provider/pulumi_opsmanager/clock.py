"""The clock of the package. Callers pass it as an argument, so that tests can replace it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone


@dataclass(frozen=True)
class Clock:
    """The present time, and sleep.

    Attributes:
        now: Returns the present as an aware UTC datetime.
        sleep: Waits for a number of seconds.
    """

    now: Callable[[], datetime]
    sleep: Callable[[float], None]


def wall_clock() -> Clock:
    """The real clock. Only the edges call this: the adapters of the engines, and the command line."""
    return Clock(now=lambda: datetime.now(timezone.utc), sleep=time.sleep)


def attended(clock: Clock, require: Callable[[], None], seconds: float = 0.5) -> Clock:
    """Make a clock for a call whose caller may stop waiting. Its sleep ends with the error of `require`.

    Args:
        clock: The clock that sleeps.
        require: Called after each piece of a sleep. It raises if the caller no longer waits.
        seconds: Longest piece of a sleep (seconds). An engine may kill a process that still runs a few seconds after
            the request to stop.
    """

    def sleep(left: float) -> None:
        while left > 0:
            clock.sleep(min(left, seconds))
            left -= seconds
            require()

    return Clock(clock.now, sleep)
