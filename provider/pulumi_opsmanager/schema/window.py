"""The fields of a collection window: how far back, and the two instants that this came to."""

from __future__ import annotations

from typing import Annotated

from .fields import Declaration, OnChange, says
from .freeform import FreeForm
from .types import Duration


class WindowInputs(Declaration):
    """What a program declares of a window."""

    last: Annotated[
        Duration,
        OnChange.UPDATE,
        says("How far the window reaches back from the `up` that made it: `90s`, `30m`, `2h`, `7d` or `2w`."),
    ]
    triggers: Annotated[
        list[FreeForm] | None,
        OnChange.UPDATE,
        says("Text, numbers, booleans, lists and maps, in a list; a change of one moves the window to the present."),
    ] = None


class WindowState(Declaration):
    """What is stored of a window beside its inputs."""

    log_collection_from_date: Annotated[
        str,
        OnChange.COMPUTED,
        says("First instant."),
    ]
    log_collection_to_date: Annotated[
        str,
        OnChange.COMPUTED,
        says("Last instant: when the window was made."),
    ]
