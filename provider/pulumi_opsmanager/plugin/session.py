"""What the calls of one configured plugin share: its server, the memory of the run, and whether waits must end."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Event
from typing import Any

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.settings import Settings
from pulumi_opsmanager.clock import Clock, attended
from pulumi_opsmanager.dynamic.call import Call
from pulumi_opsmanager.dynamic.configuration import settings_from
from pulumi_opsmanager.dynamic.reporter import EngineReporter
from pulumi_opsmanager.errors import InvalidSettings
from pulumi_opsmanager.lifecycle.context import Context
from pulumi_opsmanager.lifecycle.reporter import Reporter
from pulumi_opsmanager.lifecycle.run import Run
from pulumi_opsmanager.lifecycle.server import Server
from pulumi_opsmanager.schema.fields import UNKNOWN, Values

from .phrases import as_written


def settings_in(given: Values, *, project_needed: bool = False) -> Settings:
    """Read and check the settings: first from the configuration by its keys, then from the environment.

    Raises:
        InvalidSettings: Settings are missing, invalid or not known yet. The error names all of them.
    """
    if UNKNOWN in given.values():
        raise InvalidSettings("the settings of Ops Manager are not known yet; the next run knows them")
    return settings_from({f"opsmanager:{key}": value for key, value in given.items()}, project_needed=project_needed)


class Session:
    """A configured plugin. Calls may come from several threads.

    Attributes:
        stopping: Set when no call may wait any longer.
        moved: Outputs that the read of a refresh has moved, by URN. The engine asks for a diff right after it.
    """

    def __init__(self, clock: Clock, given: Mapping[str, Any], engine: str) -> None:
        """Begin a session with settings by key, and with the address of the engine."""
        self.stopping = Event()
        self.moved: dict[str, list[str]] = {}
        self._clock = clock
        self._given = given
        self._engine = engine
        self._run = Run()
        # At once: two threads must not make two servers, because one job per create needs one.
        try:
            self._server: Server | None = Server.of(Client(settings_in(given), clock), clock)
        except InvalidSettings:
            self._server = None

    @property
    def server(self) -> Server:
        """The server.

        Raises:
            InvalidSettings: Settings are missing, invalid or not known yet.
        """
        return self._server or Server.of(Client(settings_in(self._given), self._clock), self._clock)

    @property
    def warning(self) -> str | None:
        """What a person should know of the settings; None if nothing."""
        return self._server.client.settings.warning if self._server else None

    def project_id(self, is_needed: bool) -> str | None:  # noqa: FBT001
        """The configured project.

        Raises:
            InvalidSettings: Settings are missing or invalid, or the project is needed and missing.
        """
        found = self.server.client.settings.project_id
        if is_needed and found is None:
            settings_in(self._given, project_needed=True)
        return found

    def call(self, urn: str) -> Call:
        """A call of the engine. Its waits end when the session stops."""
        return Call(urn, is_listening=lambda: not self.stopping.is_set())

    def reporter(self, call: Call) -> EngineReporter:
        """Shows lines on the row of the resource."""
        return EngineReporter(call, self._engine, as_written)

    def context(self, call: Call, reporter: Reporter | None = None) -> Context:
        """What an operation works with."""
        clock = attended(self._clock, call.require_listener)
        return Context(lambda: self.server, clock, self._run, reporter or self.reporter(call), call.urn)
