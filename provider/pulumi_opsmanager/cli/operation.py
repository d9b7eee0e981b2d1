"""How a command uses the rules: context, checked inputs, and messages with options in the place of inputs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import click

from pulumi_opsmanager.api.models import FAILED_STATUSES, SUCCEEDED_STATUSES
from pulumi_opsmanager.errors import OpsManagerError
from pulumi_opsmanager.lifecycle.context import Context
from pulumi_opsmanager.lifecycle.expiry import StoredJob
from pulumi_opsmanager.lifecycle.kinds import JOB, Kind
from pulumi_opsmanager.lifecycle.run import Run
from pulumi_opsmanager.lifecycle.server import Server
from pulumi_opsmanager.lifecycle.stored import Inputs, State

from .access import Connection, as_given
from .terminal import Line

FAILED, PARTIAL = 1, 3
"""Exit codes of commands that end with a result."""

_TYPED = {
    "timeout_seconds": "--timeout",
    "max_retries_per_run": "--max-retries",
    "max_retries": "--max-retries",
    'on_failure="accept"': "--accept-partial",
    "require_complete=False": "--accept-partial",
    "log_collection_from_date": "--from",
    "log_collection_to_date": "--to",
    "change triggers to collect again": "collect again",
}
"""Option or value for each input that a message names."""


@dataclass(frozen=True)
class LineReporter:
    """Shows the messages of the rules on a progress line. `about` is the start of each of them."""

    line: Line
    about: str = ""

    def info(self, line: str) -> None:
        """Print a message."""
        self.line.note(line)

    def warn(self, line: str) -> None:
        """Print a warning."""
        self.line.note(f"warning: {as_typed(line)}")

    def progress(self, line: str) -> None:
        """Show a message until the next one comes."""
        self.line.say(f"{self.about}{line}")


def context_of(connection: Connection, line: Line) -> Context:
    """Make the context of the rules. It checks the settings when a rule needs the server."""
    servers: list[Server] = []

    def reach() -> Server:
        if not servers:
            servers.append(Server.of(connection.client, connection.clock))
        return servers[0]

    return Context(reach, connection.clock, Run(), LineReporter(line))


def checked(
    kind: Kind[Inputs, State, Any],
    given: Mapping[str, Any],
    context: Context,
    project_id: str,
    options: Mapping[str, str] | None = None,
) -> Inputs:
    """Return the inputs of a resource that a create would accept. This sends nothing.

    Args:
        kind: Row of the resource.
        given: Inputs by vendor name.
        context: Context with the time.
        project_id: Project of inputs that name none.
        options: Option for each input, by vendor name.

    Raises:
        UsageError: Names all broken rules by their options.
    """
    result = kind.check(given, None, project_id)
    failures = result.failures or kind.preview(context, None, result.declared).failures
    names = options or {}
    if problems := [f"{names.get(failure.key) or failure.key} {as_typed(failure.rule)}" for failure in failures]:
        raise click.UsageError("; ".join(problems))
    return result.declared.known


def read_job(context: Context, job_id: str, project_id: str) -> StoredJob:
    """Read an existing job in the form that the rules store.

    Raises:
        JobNotFound: There is no such job.
        OpsManagerError: It cannot be read.
    """
    if JOB.import_by_id is None:
        raise AssertionError("a job is imported by its id")
    return JOB.import_by_id(context, f"{project_id}/{job_id}", None).stored


def exit_code_of(statuses: Iterable[str]) -> int:
    """0 if all jobs succeeded, `PARTIAL` if parts of finished jobs are missing, `FAILED` if a job has no archive."""
    known = set(statuses)
    if known <= SUCCEEDED_STATUSES:
        return 0
    return PARTIAL if known <= SUCCEEDED_STATUSES | FAILED_STATUSES else FAILED


def as_typed(message: str, **options: str) -> str:
    """Return a message of the rules with options in the place of inputs and settings.

    Args:
        message: The message.
        options: Options of the present command, by the inputs for which they stand.
    """
    for name, option in (_TYPED | options).items():
        message = message.replace(name, option)
    return as_given(message)


@contextmanager
def typed(**options: str) -> Iterator[None]:
    """Name options in the place of inputs in the errors that pass through, as `as_typed`."""
    try:
        yield
    except OpsManagerError as error:
        error.args = (as_typed(str(error), **options),)
        raise
