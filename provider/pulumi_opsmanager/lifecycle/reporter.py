"""How the rules speak to people while they work."""

from __future__ import annotations

from typing import Protocol


class Reporter(Protocol):
    """Puts one line where the engine shows the resource. Only `progress` may raise: when nobody listens any more."""

    def info(self, line: str) -> None:
        """Something a person may want to know."""

    def warn(self, line: str) -> None:
        """Something did not work, and what happens next."""

    def progress(self, line: str) -> None:
        """How far a long call has come; the next such line takes its place."""
