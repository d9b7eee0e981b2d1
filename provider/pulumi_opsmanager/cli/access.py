"""The settings of a command: from options, environment and mongocli profile, in this order.

The private key has no option: other users can see a command line, and shells keep it in their history.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from pulumi_opsmanager.api.settings import SETTINGS, Setting, Settings, find, problem_of, settings_of
from pulumi_opsmanager.clock import Clock, wall_clock
from pulumi_opsmanager.errors import InvalidSettings, OpsManagerError

from .arguments import Command
from .profile import VARIABLE, Profile, complete_profile, find_profile, profiles_to_choose

if TYPE_CHECKING:
    from pulumi_opsmanager.api.client import Client
    from pulumi_opsmanager.api.jobs import Jobs

_OPTIONS = tuple(row for row in SETTINGS if not row.secret)

_SECRETS = ", ".join(variable for row in SETTINGS if row.secret for variable in row.variables)

# Placeholder of each option, and its help if the meaning in the table of settings is for programs.
_WORDS = {
    "base_url": ("URL", None),
    "public_key": ("KEY", f"Public part of the API key. The private part is read from {_SECRETS} or the profile."),
    "project_id": ("ID", "Project id: 24 lower-case hex digits. The vendor also calls it group id."),
    "ca_file": ("FILE", None),
    "timeout_seconds": ("SECONDS", "Limit for the connection, and for each wait for bytes of an answer."),
}


@dataclass(frozen=True)
class Connection:
    """The settings of a command: unchecked texts by name. Some may come from the profile."""

    found: Mapping[str, str]
    profile: Profile | None = None
    clock: Clock = field(default_factory=wall_clock)

    def settings(self) -> Settings:
        """Check the settings. Every command needs a project.

        Raises:
            InvalidSettings: Names all missing settings and how to give them, otherwise all malformed ones.
        """
        needed = [row for row in SETTINGS if row.required or row.name == "project_id"]
        missing = [way_to_give(row.name) for row in needed if row.name not in self.found]
        if missing:
            # The check below would name Pulumi's configuration, which a command does not read.
            names = profiles_to_choose(os.environ) if self.profile is None else []
            choice = (
                f"choose a mongocli profile with --profile (or {VARIABLE}): {', '.join(names)}"
                if names
                else "mongocli's MCLI_* variables and profiles work too"
            )
            raise InvalidSettings(f"Ops Manager settings are missing: give {', '.join(missing)}; {choice}")
        return settings_of(self.found, project_needed=True)

    @functools.cached_property
    def client(self) -> Client:
        """A client with the checked settings.

        Raises:
            InvalidSettings: As `settings`.
        """
        # Late, because help and usage errors need no HTTP library.
        from pulumi_opsmanager.api.client import Client

        return Client(self.settings(), self.clock)

    @property
    def jobs(self) -> Jobs:
        """The jobs of the project. This sends nothing. It raises the errors of `client`."""
        return self.client.jobs(self.project_id)

    @property
    def project_id(self) -> str:
        """Id of the project, after the check of the settings."""
        return self.found["project_id"]


def way_to_give(name: str) -> str:
    """Return how a person gives a setting to a command: by its option or variable."""
    row = next(row for row in SETTINGS if row.name == name)
    variable = next(iter(row.variables), None)
    if row.secret:
        return f"{variable} in the environment"
    return _option(row) if variable is None else f"{_option(row)} (or {variable})"


_NAMES = re.compile(rf"\b({'|'.join(row.name for row in SETTINGS)})\b")


def as_given(message: str) -> str:
    """Return a message with the ways to give settings to a command in the place of their names in programs."""
    return _NAMES.sub(lambda found: way_to_give(found[1]), message)


def uses_server(*, timeout_seconds: int = 60) -> Callable[[Command], Command]:
    """Give a command the options of its server, and call it with a `connection`. Our errors become one line."""

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def run(profile: str | None, **arguments: Any) -> None:
            given = {row.key: arguments.pop(row.name) for row in _OPTIONS}
            try:
                used = find_profile(profile, os.environ)
                found = find(given.get, os.environ, used.values if used else None)
                command(Connection(found, used), **arguments)
            except OpsManagerError as error:
                source = click.get_current_context().get_parameter_source(error.subject.property or "")
                if error.subject.property == "profile" and source is ParameterSource.COMMANDLINE:
                    raise click.BadParameter(str(error), param_hint="--profile") from None
                raise click.ClickException(as_given(str(error))) from None

        run = click.option(
            "-P",
            "--profile",
            envvar=VARIABLE,
            metavar="NAME",
            shell_complete=complete_profile,
            help=f"mongocli profile for settings that neither options nor environment give. [{VARIABLE}]",
        )(run)
        for row in reversed(_OPTIONS):
            default = str(timeout_seconds) if row.name == "timeout_seconds" else None
            placeholder, words = _WORDS[row.name]
            words = words or row.meaning.replace("`", "")
            if row.variables:
                words += f" [{', '.join(row.variables)}]"
            run = click.option(
                _option(row),
                row.name,
                default=default,
                show_default=True,
                metavar=placeholder,
                callback=_checked_setting,
                help=words,
            )(run)
        return run

    return decorate


def _checked_setting(_context: click.Context, parameter: click.Parameter, text: str | None) -> str | None:
    # The same value in a variable or a profile is an invalid setting, and not a usage error.
    if text and text.strip() and (problem := problem_of(parameter.name or "", text.strip())):
        raise click.BadParameter(as_given(problem))
    return text


def _option(row: Setting) -> str:
    return "--" + row.name.replace("_", "-")
