"""How does somebody test a program that uses this package? Stacks of a real engine, and mocks where there is none.

The pytest plugin is `plugin`. It is imported wherever pytest runs with this package installed, so nothing here imports
Pulumi or the emulator before it is asked for.
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
