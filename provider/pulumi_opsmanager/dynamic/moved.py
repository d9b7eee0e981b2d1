"""Resources whose outputs a refresh moved, until the engine asks for their diff.

In a refresh the engine asks for `Diff` right after `Read`, without `Check`. It shows a resource as updated if that diff
answers "changed", and loses what was read if that diff fails. Outside of a refresh a `Check` comes before each `Diff`.
Source: `RefreshStep.Apply` in pkg/resource/deploy/step.go of pulumi 3.259.
"""

from __future__ import annotations


class Moved:
    """Which reads of a refresh moved outputs, by URN. Threads may share it."""

    def __init__(self) -> None:
        self._by_urn: dict[str, bool] = {}

    def note(self, urn: str, *, is_moved: bool) -> None:
        """Remember whether a read moved outputs of a resource; without a URN nothing is remembered."""
        if urn:
            self._by_urn[urn] = is_moved

    def take(self, urn: str) -> bool | None:
        """Return whether the last read moved outputs of a resource, and forget it. None: not in a refresh.

        A diff uses the answer. A check drops it: no diff follows a read with `PULUMI_ENABLE_LEGACY_REFRESH_DIFF`, or
        the read of a resource that the stack does not manage.
        """
        return self._by_urn.pop(urn, None)
