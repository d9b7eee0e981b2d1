"""Programs that run with mocks, and what their outputs come to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pulumi

from pulumi_opsmanager.testing import OpsManagerMocks

NOW = datetime(2026, 3, 2, 9, 0, 0, tzinfo=timezone.utc)

Seen = dict[str, Any]


def seen(program: Callable[[], dict[str, Any]], *, preview: bool = False, **options: Any) -> Seen:
    """What the outputs of a program come to; those that are unknown are left out."""
    # SDKs before 3.265 keep a part of the program before, such as one that failed.
    pulumi.runtime.settings.reset_options()
    pulumi.runtime.set_mocks(OpsManagerMocks(now=lambda: NOW, **options), preview=preview)
    known: Seen = {}

    def run() -> list[pulumi.Output[Any]]:
        def note(name: str) -> Callable[[Any], None]:
            return lambda value: known.__setitem__(name, value)

        return [pulumi.Output.from_input(value).apply(note(name)) for name, value in program().items()]

    pulumi.runtime.test(run)()  # type: ignore[no-untyped-call]
    return known
