"""The provider class of the window. Its dotted path is in every state, so it never changes."""

from __future__ import annotations

from pulumi_opsmanager.lifecycle.kinds import WINDOW

from .adapter import Adapter


class LogCollectionWindowProvider(Adapter):
    """Passes the engine's calls to the rules of a window."""

    kind = WINDOW
