"""The collection window, as a program declares it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional

import pulumi

from pulumi_opsmanager.dynamic.window import LogCollectionWindowProvider
from pulumi_opsmanager.schema.window import WindowInputs, WindowState

from .base import DeclaredResource


class LogCollectionWindow(DeclaredResource, module="opsmanager", name="LogCollectionWindow"):
    """The last hours or days before the `up` that made it, as two instants that stay.

    Jobs that take their dates from it are collected once, not at every `up`; a change of `triggers` moves it.
    """

    declarations = (WindowInputs, WindowState)

    last: pulumi.Output[str]
    triggers: pulumi.Output[Optional[list[Any]]]
    log_collection_from_date: pulumi.Output[str]
    """First instant."""
    log_collection_to_date: pulumi.Output[str]
    """Last instant: when the window was made."""

    def __init__(
        self,
        name: str,
        *,
        last: pulumi.Input[str],
        triggers: pulumi.Input[Sequence[Any]] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare a window.

        Args:
            name: Pulumi's name of the resource, unique in the stack.
            last: How far it reaches back: `90s`, `30m`, `2h`, `7d` or `2w`.
            triggers: Text, numbers, booleans, lists and maps in a list; a change moves the window to the present.
            opts: Pulumi's resource options.
        """
        super().__init__(LogCollectionWindowProvider(), name, self._properties(locals()), opts)
