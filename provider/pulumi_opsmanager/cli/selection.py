"""Which jobs a command is about: the filters of the command line, and the rule that applies them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import click

from pulumi_opsmanager.instants import parse_duration


@dataclass(frozen=True)
class Selection:
    """The jobs that pass every filter; a filter that is not given lets all pass.

    Attributes:
        statuses: Any of these, in capitals.
        resources: Any of these names, exactly.
        newer_than: Made no longer ago than this.
        older_than: Made longer ago than this.
    """

    statuses: frozenset[str] = frozenset()
    resources: frozenset[str] = frozenset()
    newer_than: timedelta | None = None
    older_than: timedelta | None = None

    @property
    def is_everything(self) -> bool:
        """No filter was given."""
        return self == Selection()


def takes(selection: Selection, *, status: str, resource: str | None, age: timedelta | None) -> bool:
    """Whether a job passes.

    Args:
        selection: The filters.
        status: As the server writes it.
        resource: Name of what it collects from; None where the server does not say.
        age: Since its creation, by the server's clock; None where nothing tells.
    """
    return (
        (not selection.statuses or status.upper() in selection.statuses)
        and (not selection.resources or resource in selection.resources)
        and (selection.newer_than is None or (age is not None and age <= selection.newer_than))
        and (selection.older_than is None or (age is not None and age > selection.older_than))
    )


def filtered(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the filters as options; it is called with a `selection`."""

    @functools.wraps(command)
    def run(
        *arguments: Any,
        status: tuple[str, ...],
        resource: tuple[str, ...],
        newer_than: timedelta | None,
        older_than: timedelta | None,
        **others: Any,
    ) -> None:
        statuses = frozenset(word.upper() for word in status)
        command(*arguments, selection=Selection(statuses, frozenset(resource), newer_than, older_than), **others)

    for option in reversed(_OPTIONS):
        run = option(run)
    return run


def _age(_context: click.Context, _parameter: click.Parameter, value: str | None) -> timedelta | None:
    try:
        return None if value is None else parse_duration(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


_STATUSES = ("IN_PROGRESS", "SUCCESS", "FAILURE", "MARKED_FOR_EXPIRY", "EXPIRED")

_OPTIONS = (
    click.option(
        "--status",
        multiple=True,
        type=click.Choice(_STATUSES, case_sensitive=False),
        help="In any case; may be repeated.",
    ),
    click.option("--resource", multiple=True, metavar="NAME", help="Exact name of a resource; may be repeated."),
    click.option("--newer-than", callback=_age, metavar="AGE", help="Made since then: 90s, 30m, 12h, 2d or 1w ago."),
    click.option("--older-than", callback=_age, metavar="AGE", help="Made before then."),
)
