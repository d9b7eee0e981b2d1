"""The provider class of the completion. Its dotted path is in every state, so it never changes."""

from __future__ import annotations

from pulumi_opsmanager.lifecycle.kinds import COMPLETION

from .adapter import Adapter


class LogCollectionCompletionProvider(Adapter):
    """Passes the engine's calls to the rules of a completion."""

    kind = COMPLETION
