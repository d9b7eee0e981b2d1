"""The collection window: two instants that are taken from the clock once, and kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pulumi_opsmanager.instants import format_instant, parse_duration
from pulumi_opsmanager.schema.fields import Bag, declared_of
from pulumi_opsmanager.schema.window import WindowInputs, WindowState


def open_window(bag: Bag, now: datetime) -> dict[str, Any]:
    """All outputs of a window that ends now.

    Args:
        bag: Checked inputs.
        now: Present time.
    """
    inputs = declared_of(WindowInputs, bag)
    state = WindowState(
        log_collection_from_date=format_instant(now - parse_duration(inputs.last)),
        log_collection_to_date=format_instant(now),
    )
    return inputs.model_dump(by_alias=True, exclude_none=True) | state.model_dump(by_alias=True)
