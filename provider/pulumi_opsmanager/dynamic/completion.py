"""The provider class of the completion. Its dotted path is in every state, so it never changes."""

from __future__ import annotations

from pulumi_opsmanager.lifecycle.kinds import COMPLETION

from .adapter import Adapter


class LogCollectionCompletionProvider(Adapter):
    """How the engine drives the row of a completion."""

    kind = COMPLETION
