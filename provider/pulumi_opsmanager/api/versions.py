"""What a server lacks, by the version that its answers name.

Source: the vendor's change logs of Ops Manager 7.0 and 8.0.
"""

from __future__ import annotations

import re

WINDOW_NEEDS = "it needs Ops Manager 8.0.9 or 7.0.16"
"""Completes a message about a server without a time window."""

_FIRST_WITH_WINDOW = {7: (7, 0, 16), 8: (8, 0, 9)}


def lacks_window(version: str | None) -> bool | None:
    """Whether a server has no time window for jobs; None when its version does not say, as for Cloud Manager.

    Args:
        version: In the server's words: `8.0.0.500.20260101T0000Z`; None when no answer names it.
    """
    found = re.match(r"(\d+)\.(\d+)\.(\d+)(?!\d)", version or "")
    if found is None:
        return None
    release = tuple(map(int, found.groups()))
    first = _FIRST_WITH_WINDOW.get(release[0])
    return release < first if first else release < min(_FIRST_WITH_WINDOW.values())
