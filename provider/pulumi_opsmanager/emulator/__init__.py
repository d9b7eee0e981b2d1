"""A local Ops Manager with the log collection endpoints, for trying and testing.

This room imports no other room and declares the wire formats a second time. Tests compare client and emulator with the
vendor's samples, each by itself. So one mistake cannot be in both.

    with Emulator(pace=after_reads(2)) as server:
        requests.get(server.url, …)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .faults import FaultKind
from .jobs import Pace, after_reads, after_seconds, instant

__all__ = ["Behaviour", "Emulator", "FaultKind", "Pace", "after_reads", "after_seconds", "instant"]

if TYPE_CHECKING:
    from .backend import Behaviour
    from .server import Emulator
else:

    def __getattr__(name: str) -> object:
        # These two need the extra `emulator`, but the jobs behind the mocks do not.
        if name in __all__:
            from . import server

            return getattr(server, name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return [*globals(), *__all__]
