"""What an operation works with: server, clock, memory of the run, and reporter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pulumi_opsmanager.api.jobs import Jobs
from pulumi_opsmanager.clock import Clock
from pulumi_opsmanager.errors import InvalidInput, InvalidSettings, Subject

from .reporter import Reporter
from .run import Run
from .server import Server


@dataclass(frozen=True)
class Context:
    """What one operation works with.

    Attributes:
        reach: Returns the server. It raises if settings are missing, so call it only if the server is needed. None in a
            preview before the settings are known: then nothing can be sent.
        clock: Its `sleep` may raise if the caller no longer waits for the operation.
        run: The memory of the process.
        reporter: Shows messages on the resource.
        owner: Identity of the resource, which its replacement shares; empty if the engine does not give one.
    """

    reach: Callable[[], Server] | None
    clock: Clock
    run: Run
    reporter: Reporter
    owner: str = ""

    @property
    def server(self) -> Server:
        """The server.

        Raises:
            InvalidSettings: Settings are missing, malformed or not known yet.
        """
        if self.reach is None:
            raise InvalidSettings("the settings of Ops Manager are not known yet; the next run knows them")
        return self.reach()

    def jobs(self, project_id: str | None) -> Jobs:
        """The jobs of a project.

        Args:
            project_id: 24 hex characters; None takes the configured project.

        Raises:
            InvalidInput: No project is known.
        """
        server = self.server
        known = project_id or server.client.settings.project_id
        if known is None:
            subject = Subject(property="project_id", key="projectId")
            ways = "give it here, in the settings, or as OPSMANAGER_PROJECT_ID"
            raise InvalidInput(f"project_id is missing: {ways}", subject=subject)
        return server.client.jobs(known)
