"""How a command finds its server, and how what goes wrong with it reaches a person: as one line.

An option wins over the environment, and that over a profile of mongocli. The private key has no option: a command line
is seen by every user of a machine and kept in its history.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import click

from pulumi_opsmanager.api.settings import SETTINGS, Setting, Settings, find, judge
from pulumi_opsmanager.errors import InvalidSettings, OpsManagerError

from .profile import VARIABLE, Profile, complete_profile, find_profile, profiles_to_choose

Command = Callable[..., None]

_OPTIONS = tuple(row for row in SETTINGS if not row.secret)

_SECRETS = ", ".join(variable for row in SETTINGS if row.secret for variable in row.variables)

# The table of settings speaks of a Pulumi program; a command line shows a placeholder and, here and there, other words.
_PLACEHOLDERS = {
    "base_url": "URL",
    "public_key": "KEY",
    "project_id": "ID",
    "ca_file": "FILE",
    "timeout_seconds": "SECONDS",
}
_WORDS = {
    "public_key": f"The API key's public part; the private part has no option: it comes from {_SECRETS} or a profile.",
    "project_id": "The project, 24 lower-case hex digits; the vendor also says group.",
    "timeout_seconds": "Of waiting for a connection, and for each next byte of an answer.",
}


@dataclass(frozen=True)
class Connection:
    """What was found of the settings, not judged yet.

    Attributes:
        found: Texts by setting name.
        profile: mongocli's, which gave what options and environment did not; None without one.
    """

    found: Mapping[str, str]
    profile: Profile | None = None

    def settings(self) -> Settings:
        """Judge what was found; a command always needs a project.

        Raises:
            InvalidSettings: Everything that is missing, with the way to give it here, else all that is malformed.
        """
        missing = [row for row in SETTINGS if _is_needed(row) and row.name not in self.found]
        if missing:
            # judge() would speak of Pulumi's configuration, which a command does not read.
            ways = ", ".join(way_to_give(row.name) for row in missing)
            names = profiles_to_choose(os.environ) if self.profile is None else []
            choice = (
                f"choose a profile of mongocli with --profile (or {VARIABLE}): {', '.join(names)}"
                if names
                else "mongocli's MCLI_* names and profiles work too"
            )
            raise InvalidSettings(f"settings of Ops Manager missing: give {ways}; {choice}")
        return judge(self.found, project_needed=True)

    @property
    def project_id(self) -> str:
        """The project of judged settings."""
        return self.found["project_id"]


def way_to_give(name: str) -> str:
    """How a setting is given to a command: by its option, or by its variable where it has none."""
    row = next(row for row in SETTINGS if row.name == name)
    variable = next(iter(row.variables), None)
    if row.secret:
        return f"{variable} in the environment"
    return _option(row) if variable is None else f"{_option(row)} (or {variable})"


def uses_server(*, timeout_seconds: int = 60) -> Callable[[Command], Command]:
    """Give a command the options that say where its server is; it is called with a `connection` first.

    Args:
        timeout_seconds: Default of that setting.
    """

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def run(profile: str | None, **arguments: Any) -> None:
            given = {row.key: arguments.pop(row.name) for row in _OPTIONS}
            try:
                used = find_profile(profile, os.environ)
                found = find(given.get, os.environ, used.values if used else None)
                command(Connection(found, used), **arguments)
            except OpsManagerError as error:
                raise click.ClickException(str(error)) from None

        run = click.option(
            "-P",
            "--profile",
            envvar=VARIABLE,
            metavar="NAME",
            shell_complete=complete_profile,
            help=f"A profile of mongocli; it gives what options and environment do not. [{VARIABLE}]",
        )(run)
        for row in reversed(_OPTIONS):
            default = str(timeout_seconds) if row.name == "timeout_seconds" else None
            run = click.option(
                _option(row),
                row.name,
                default=default,
                show_default=True,
                metavar=_PLACEHOLDERS[row.name],
                help=_help(row),
            )(run)
        return run

    return decorate


def _is_needed(row: Setting) -> bool:
    return row.required or row.name == "project_id"


def _option(row: Setting) -> str:
    return "--" + row.name.replace("_", "-")


def _help(row: Setting) -> str:
    words = _WORDS.get(row.name, row.meaning.replace("`", ""))
    return f"{words} [{', '.join(row.variables)}]" if row.variables else words
