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


def attended(clock: Clock, require: Callable[[], None], seconds: float = 0.5) -> Clock:
    """The clock for a call that may lose its caller: its sleep ends with the error that `require` raises.

    Args:
        clock: What to sleep by.
        require: Raises when nobody waits for the call any more.
        seconds: Longest piece of a sleep; `require` is called after each. An engine may kill a process that still runs
            a few seconds after it was asked to stop.
    """

    def sleep(left: float) -> None:
        while left > 0:
            clock.sleep(min(left, seconds))
            left -= seconds
            require()

    return Clock(clock.now, sleep)
