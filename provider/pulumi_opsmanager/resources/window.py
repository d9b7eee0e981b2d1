"""The collection window, as a program declares it. `make generate` writes its fields from the schema."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional

import pulumi

from pulumi_opsmanager.dynamic.window import LogCollectionWindowProvider
from pulumi_opsmanager.schema.window import WindowInputs, WindowState

from .base import DeclaredResource


class LogCollectionWindow(DeclaredResource, module="opsmanager", name="LogCollectionWindow"):
    """A period that ends at the `up` that creates it, as two fixed dates.

    Jobs with these dates are collected once, not at every `up`. A change of `last` or `triggers` moves the period to
    the present.
    """

    declarations = (WindowInputs, WindowState)

    last: pulumi.Output[str]
    triggers: pulumi.Output[Optional[list[Any]]]
    log_collection_from_date: pulumi.Output[str]
    """Start of the period (RFC 3339, UTC)."""
    log_collection_to_date: pulumi.Output[str]
    """End of the period, included (RFC 3339, UTC)."""

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
            last: Length of the period: for example `90s`, `30m`, `2h`, `7d` or `2w`.
            triggers: List of text, numbers, booleans, lists and maps; a change moves the window to the present.
                Default: no triggers.
            opts: Pulumi's resource options.
        """
        super().__init__(LogCollectionWindowProvider(), name, self._properties(locals()), opts)
