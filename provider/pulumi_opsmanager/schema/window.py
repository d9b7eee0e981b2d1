"""The fields of a collection window: its length, and its two dates."""

from __future__ import annotations

from typing import Annotated

from .fields import Declaration, OnChange, Reported, says
from .freeform import FreeForm
from .types import Duration


class WindowInputs(Declaration):
    """The inputs of a window."""

    last: Annotated[
        Duration,
        OnChange.UPDATE,
        says(
            "Length of the period: for example `90s`, `30m`, `2h`, `7d` or `2w`. The period ends when the window is "
            "created or changed."
        ),
    ]
    triggers: Annotated[
        list[FreeForm] | None,
        OnChange.UPDATE,
        says(
            "List of text, numbers, booleans, lists and maps; a change moves the window to the present. "
            "Default: no triggers."
        ),
    ] = None


class WindowState(Reported):
    """The outputs of a window."""

    log_collection_from_date: Annotated[str, says("Start of the period (RFC 3339, UTC).")] = ""
    log_collection_to_date: Annotated[str, says("End of the period, included (RFC 3339, UTC).")] = ""
