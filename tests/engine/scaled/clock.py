"""A clock that runs faster than the wall's, or stands: the waits of a long story, told in a short time."""

from __future__ import annotations

import os
import time
from datetime import datetime, timezone
from pathlib import Path

from pulumi_opsmanager.clock import Clock
from tests.support import ROOT


def scaled_clock(started: float, scale: float) -> Clock:
    """A clock that agreed with the wall's at `started`, in seconds since the epoch, and runs `scale` times as fast.

    With a scale of 0 it stands there, and its sleeps are as long as the wall's.
    """
    return Clock(
        now=lambda: datetime.fromtimestamp(started + (time.time() - started) * scale, timezone.utc),
        sleep=lambda seconds: time.sleep(seconds / (scale or 1)),
    )


def scaled_environment(started: float, scale: float) -> dict[str, str]:
    """What makes `scaled_clock` the wall clock of every provider process of a stack."""
    path = os.pathsep.join([str(Path(__file__).parent), str(ROOT)])
    return {"PYTHONPATH": path, "SCALED_FROM": str(started), "SCALED_BY": str(scale)}
