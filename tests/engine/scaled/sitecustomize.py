"""Gives provider processes a scaled clock for the wall's; found by Python when this folder is on its path."""

from __future__ import annotations

import os

from pulumi_opsmanager.dynamic import call, job, sessions, watch, window
from tests.engine.scaled.clock import scaled_clock

for module in (call, job, sessions, watch, window):
    # Imported names are bound already, so each of the modules gets its own.
    module.wall_clock = lambda: scaled_clock(float(os.environ["SCALED_FROM"]), float(os.environ["SCALED_BY"]))  # type: ignore[attr-defined]
