"""Tests of programs that use this package: stacks of a real engine, and mocks without an engine.

The pytest plugin is `plugin`. Every run of pytest with this package installed imports it. So nothing here imports
Pulumi or the emulator before a test uses it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["OpsManagerMocks", "Refused", "Stack", "StackFactory", "StoredResource"]

if TYPE_CHECKING:
    from .mocks import OpsManagerMocks
    from .stack import Refused, Stack, StackFactory, StoredResource
else:

    def __getattr__(name: str) -> object:
        if name == "OpsManagerMocks":
            from .mocks import OpsManagerMocks

            return OpsManagerMocks
        if name in __all__:
            from . import stack

            return getattr(stack, name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return [*globals(), *__all__]
