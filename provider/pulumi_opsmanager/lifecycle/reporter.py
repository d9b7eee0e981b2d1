"""How the rules report messages to people."""

from __future__ import annotations

from typing import Protocol


class Reporter(Protocol):
    """Shows one line on the resource. Only `progress` may raise, if the caller no longer waits."""

    def info(self, line: str) -> None:
        """Report something that a person may want to know."""

    def warn(self, line: str) -> None:
        """Report what did not work, and what happens next."""

    def progress(self, line: str) -> None:
        """Report the progress of a long call. The next such line replaces this one."""
