"""The provider class of the archive. Its dotted path is in every state, so it never changes."""

from __future__ import annotations

from pulumi_opsmanager.lifecycle.kinds import ARCHIVE

from .adapter import Adapter


class LogArchiveProvider(Adapter):
    """Passes the engine's calls to the rules of an archive."""

    kind = ARCHIVE
