"""The job that all figures collect, and its client."""

from __future__ import annotations

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.settings import Settings
from pulumi_opsmanager.clock import Clock
from pulumi_opsmanager.emulator import Emulator
from pulumi_opsmanager.lifecycle.context import Context
from pulumi_opsmanager.lifecycle.run import Run
from pulumi_opsmanager.lifecycle.server import Server

PROJECT = "66f2a41b9d3c5e0012ab34cd"

REQUEST = {
    "resourceType": "REPLICASET",
    "resourceName": "rs0",
    "logTypes": ["FTDC", "MONGODB"],
    "sizeRequestedPerFileBytes": 131072,
    "redacted": False,
}
INPUTS = REQUEST | {"projectId": PROJECT, "maxRetries": 1}
"""The inputs of the job by vendor name."""

PROGRAM_HEAD = """\
import pulumi_opsmanager as om
GOOD = dict(resource_type="REPLICASET", resource_name="rs0", log_types=["FTDC", "MONGODB"],
    size_requested_per_file_bytes=131072, redacted=False)
"""


class Silent:
    """A reporter that shows nothing."""

    def info(self, line: str) -> None:
        """Drop the line."""

    warn = progress = info


def client_of(server: Emulator, clock: Clock) -> Client:
    """Return a client with the keys of the emulator."""
    return Client(Settings(server.url, server.public_key, server.private_key), clock)


def context_of(client: Client, clock: Clock) -> Context:
    """What the rules of a new process work with."""
    server = Server.of(client, clock)
    return Context(lambda: server, clock, Run(), Silent())
