"""Lets the wall clock of a provider process stand still; found by Python when this folder is on its path."""

from __future__ import annotations

import os
import time
from datetime import datetime, timezone

from pulumi_opsmanager.api.clock import Clock
from pulumi_opsmanager.dynamic import engine, job, sessions, window

_INSTANT = datetime.fromtimestamp(float(os.environ["CLOCK_STANDS_AT"]), timezone.utc)

for module in (engine, job, sessions, window):
    # Imported names are bound already, so each of the modules gets its own.
    module.wall_clock = lambda: Clock(now=lambda: _INSTANT, sleep=time.sleep)  # type: ignore[attr-defined]
