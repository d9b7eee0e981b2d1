from __future__ import annotations

import pytest

from pulumi_opsmanager.clock import attended
from pulumi_opsmanager.errors import Unavailable
from tests.support import FakeClock


def test_attended_clock_sleeps_in_pieces(clock: FakeClock) -> None:
    """It calls its check after each piece, and the time is that of the original clock."""
    asked: list[float] = []
    watched = attended(clock, lambda: asked.append(sum(clock.slept)))
    for seconds in (1.75, 1, 0):
        watched.sleep(seconds)
    assert clock.slept == [0.5, 0.5, 0.5, 0.25, 0.5, 0.5]
    assert asked == [0.5, 1, 1.5, 1.75, 2.25, 2.75]
    assert watched.now() == clock.now()


def test_attended_sleep_raises_the_error_of_its_check(clock: FakeClock) -> None:
    """The rest of the sleep is skipped."""

    def require() -> None:
        raise Unavailable("stopped")

    with pytest.raises(Unavailable, match="stopped"):
        attended(clock, require, seconds=2).sleep(60)
    assert clock.slept == [2]
