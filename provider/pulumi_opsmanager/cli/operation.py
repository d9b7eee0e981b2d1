"""How a command drives the rules: what they work with, checked inputs, and their words as a person types them."""

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

from .access import Connection
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
}
"""What a person types for an input that a message names."""


@dataclass(frozen=True)
class LineReporter:
    """Shows the lines of the rules on a progress line, where `about` begins each of them."""

    line: Line
    about: str = ""

    def info(self, line: str) -> None:
        """Print it."""
        self.line.note(line)

    def warn(self, line: str) -> None:
        """Print it as a warning."""
        self.line.note(f"warning: {as_typed(line)}")

    def progress(self, line: str) -> None:
        """Show it until the next one comes."""
        self.line.say(f"{self.about}{line}")


def context_of(connection: Connection, line: Line) -> Context:
    """What the rules work with in this process. The settings are checked when the server is needed."""
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
    """The inputs of a resource that a create would accept. Nothing is sent.

    Args:
        kind: The row.
        given: Inputs by vendor name.
        context: Has the time.
        project_id: For inputs without one.
        options: What a person types for an input, by vendor name.

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
    """A job that somebody has made, as the rules store it.

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


def as_typed(message: str) -> str:
    """A message of the rules with options in the place of inputs."""
    for name, option in _TYPED.items():
        message = message.replace(name, option)
    return message


@contextmanager
def typed() -> Iterator[None]:
    """Say in the errors that pass through what a person types."""
    try:
        yield
    except OpsManagerError as error:
        error.args = (as_typed(str(error)),)
        raise
