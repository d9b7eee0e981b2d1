"""How the rules speak to people while they work."""

from __future__ import annotations

from typing import Protocol


class Reporter(Protocol):
    """Puts one line where the engine shows the resource. Never raises."""

    def info(self, line: str) -> None:
        """Something a person may want to know."""

    def warn(self, line: str) -> None:
        """Something did not work, and what happens next."""
