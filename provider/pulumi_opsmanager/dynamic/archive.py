"""The provider class of the archive. Its dotted path is in every state, so it never changes."""

from __future__ import annotations

from pulumi_opsmanager.lifecycle.kinds import ARCHIVE

from .adapter import Adapter


class LogArchiveProvider(Adapter):
    """How the engine drives the row of an archive."""

    kind = ARCHIVE
