"""The terminal as rich sees it: what NO_COLOR and FORCE_COLOR ask for, for tables and progress alike."""

from __future__ import annotations

import os

from rich.console import Console


def console(*, stderr: bool = False) -> Console:
    """A console on standard output, or on standard error.

    NO_COLOR leaves no escape code at all, and wins over FORCE_COLOR, which colours pipes and files too.
    """
    return Console(stderr=stderr, color_system=None if os.environ.get("NO_COLOR") else "auto")
