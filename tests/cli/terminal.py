"""A person at a pipe: runs a command in this process with an emulator's keys in the environment."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from click.testing import CliRunner, Result

from pulumi_opsmanager.cli.main import main
from pulumi_opsmanager.emulator import Emulator


class ServerClock:
    """The clock of an emulated server, moved by hand."""

    def __init__(self) -> None:
        self._present = datetime.now(timezone.utc)

    def __call__(self) -> datetime:
        return self._present

    def advance(self, **amount: int) -> None:
        """Let time pass, e.g. `days=2`."""
        self._present += timedelta(**amount)


def keys_of(server: Emulator) -> dict[str, str]:
    """The environment of somebody who may use the server."""
    return {
        "OPSMANAGER_BASE_URL": server.url,
        "OPSMANAGER_PUBLIC_KEY": server.public_key,
        "OPSMANAGER_PRIVATE_KEY": server.private_key,
        "OPSMANAGER_PROJECT_ID": server.project_id,
    }


def run(server: Emulator | None, *arguments: str, **environment: str) -> Result:
    """Run `pulumi-opsmanager`; an exception that is no message to a person comes through."""
    variables = (keys_of(server) if server is not None else {}) | environment
    return CliRunner().invoke(main, arguments, env=variables, catch_exceptions=False)
