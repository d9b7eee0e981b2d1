"""Replaces the wall clock of provider processes with a scaled clock. Python finds it if this folder is on its path."""

from __future__ import annotations

import os

from pulumi_opsmanager.dynamic import call, job, sessions, watch, window
from tests.engine.scaled.clock import scaled_clock

for module in (call, job, sessions, watch, window):
    # Other modules have already imported the name, so each of them gets it too.
    module.wall_clock = lambda: scaled_clock(float(os.environ["SCALED_FROM"]), float(os.environ["SCALED_BY"]))  # type: ignore[attr-defined]
