"""A clock that is faster than the wall clock, or fixed. Tests with long waits use it."""

from __future__ import annotations

import os
import time
from datetime import datetime, timezone
from pathlib import Path

from pulumi_opsmanager.clock import Clock
from tests.support import ROOT


def scaled_clock(started: float, scale: float) -> Clock:
    """A clock that equals the wall clock at `started` (seconds since the epoch), and is `scale` times as fast.

    With a scale of 0 its time is always `started`, and its sleeps are as long as those of the wall clock.
    """
    return Clock(
        now=lambda: datetime.fromtimestamp(started + (time.time() - started) * scale, timezone.utc),
        sleep=lambda seconds: time.sleep(seconds / (scale or 1)),
    )


def scaled_environment(started: float, scale: float) -> dict[str, str]:
    """The variables that make `scaled_clock` the wall clock of every provider process of a stack."""
    path = os.pathsep.join([str(Path(__file__).parent), str(ROOT)])
    return {"PYTHONPATH": path, "SCALED_FROM": str(started), "SCALED_BY": str(scale)}
