"""One server: how it is reached, and what its answers say about it.

A client holds the connections; `jobs` gives the endpoints of one project.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pulumi_opsmanager.clock import Clock

from .jobs import Jobs
from .settings import Settings

if TYPE_CHECKING:
    from .route import Route


class Client:
    """One server with one key pair. Safe to share between threads."""

    def __init__(self, settings: Settings, clock: Clock, *, is_brief: bool = False) -> None:
        """Open no connection yet.

        Args:
            settings: Where the server is.
            clock: For waits.
            is_brief: Ask at most twice, for a person who waits for a diagnosis.
        """
        self.settings = settings
        # Here, and not above: a preview judges inputs and sends nothing, and requests is slow to import.
        from .patience import BRIEF, PATIENT
        from .transport import Transport

        self._transport = Transport(settings, clock, BRIEF if is_brief else PATIENT)

    @property
    def route(self) -> Route:
        """How requests reach the server."""
        return self._transport.route

    @property
    def server_ahead(self) -> timedelta:
        """How far the server's clock runs ahead of ours at least, by the last `Date` header seen."""
        return self._transport.server_ahead

    @property
    def server_ahead_at_most(self) -> timedelta:
        """The same as an upper bound: a slow answer tells less exactly when it was written."""
        return self._transport.server_ahead_at_most

    @property
    def server_version(self) -> str | None:
        """The server's own words for its version, `8.0.0.500.20260101T0000Z`; None before any answer that says it."""
        return self._transport.server_version

    def jobs(self, project_id: str) -> Jobs:
        """The jobs of a project; nothing is sent yet."""
        return Jobs(self._transport, self.settings.api_url, project_id)
