"""Shared by the calls of one configured provider: its server, its memory, and whether Terraform was interrupted."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.settings import SETTINGS, Setting, Settings, find, settings_of
from pulumi_opsmanager.clock import Clock, attended
from pulumi_opsmanager.errors import Unavailable
from pulumi_opsmanager.lifecycle.context import Context
from pulumi_opsmanager.lifecycle.reporter import Reporter
from pulumi_opsmanager.lifecycle.run import Run
from pulumi_opsmanager.lifecycle.server import Server
from pulumi_opsmanager.schema.fields import UNKNOWN

from .attributes import Attribute, Block
from .storage import Cells
from .values import Type, plain


@dataclass(frozen=True)
class Session:
    """A configured provider.

    Attributes:
        clock: The wall clock, or the clock of a test.
        server: The configured server; None while the settings are unknown, which happens only in a plan.
        stopping: Set when Terraform was interrupted.
        run: The memory of the process.
    """

    clock: Clock
    server: Server | None = None
    stopping: Event = field(default_factory=Event)
    run: Run = field(default_factory=Run)

    @classmethod
    def of(cls, settings: Settings | None, clock: Clock) -> Session:
        """A new session. An interruption does not end the client's waits, because a POST must be finished."""
        return cls(clock, Server.of(Client(settings, clock), clock) if settings else None)

    @property
    def project_id(self) -> str | None:
        """The project of resources that set no `project_id`."""
        return self.server.client.settings.project_id if self.server else None

    def context(self, reporter: Reporter) -> Context:
        """The context of an operation. It has no resource address, because Terraform does not send it."""
        server = self.server
        reach = None if server is None else lambda: server
        return Context(reach, attended(self.clock, self.require_listener), self.run, reporter)

    def require_listener(self) -> None:
        """End a wait after an interruption.

        Raises:
            Unavailable: Terraform was interrupted.
        """
        if self.stopping.is_set():
            raise Unavailable("stopped because Terraform was interrupted; apply again to continue")


def settings_from(config: Cells, environment: Mapping[str, str] = os.environ) -> Settings | None:
    """Read and check the settings: first from the provider block, then from the environment.

    Returns: None if a value of the block is not known yet.

    Raises:
        InvalidSettings: Settings are missing or invalid. The error names all of them.
    """
    if UNKNOWN in config.values():
        return None
    given = {
        row.key: str(plain(value, PROVIDER.attributes[row.name].type))
        for row in SETTINGS
        if (value := config.get(row.name)) is not None
    }
    return settings_of(find(given.get, environment), way_to_give=_way_to_give)


def _way_to_give(rows: Sequence[Setting]) -> str:
    variables = ", ".join(row.variables[0] for row in rows)
    return f"use the provider block or the environment ({variables}; mongocli's MCLI_* names work too)"


def _attribute(row: Setting) -> Attribute:
    variables = ", ".join(f"`{name}`" for name in row.variables)
    meaning = f"{row.meaning} Environment: {variables}." if variables else row.meaning
    type_: Type = "number" if row.name == "timeout_seconds" else "string"
    return Attribute(row.name, type_, meaning=meaning, is_setting=True, is_secret=row.secret)


PROVIDER = Block(
    "Log collection jobs of MongoDB Ops Manager and Cloud Manager. The environment can give most settings instead.",
    {row.name: _attribute(row) for row in SETTINGS},
)
"""The provider block."""
