"""Resources whose outputs a refresh moved, until the engine asks for their diff.

In a refresh the engine asks for `Diff` right after `Read`, without `Check`. It shows a resource as updated only if that
diff answers "changed". Outside of a refresh a `Check` comes before each `Diff`.
Source: `RefreshStep.Apply` in pkg/resource/deploy/step.go of pulumi 3.259.
"""

from __future__ import annotations


class Moved:
    """URNs of resources with moved outputs. Threads may share it."""

    def __init__(self) -> None:
        self._urns: set[str] = set()

    def note(self, urn: str) -> None:
        """Remember that a read moved outputs of a resource; without a URN nothing is remembered."""
        if urn:
            self._urns.add(urn)

    def take(self, urn: str) -> bool:
        """Return whether the last read moved outputs of a resource, and forget it.

        A diff uses the answer. A check drops it: no diff follows a read with `PULUMI_ENABLE_LEGACY_REFRESH_DIFF`, or
        the read of a resource that the stack does not manage.
        """
        is_moved = urn in self._urns
        self._urns.discard(urn)
        return is_moved
