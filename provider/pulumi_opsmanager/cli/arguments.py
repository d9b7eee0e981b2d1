"""Arguments and options that several commands share: ids, paths, states, job filters and fields of the schema."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, TypeVar

import click

from pulumi_opsmanager.api.settings import OBJECT_ID
from pulumi_opsmanager.api.statuses import STATUSES
from pulumi_opsmanager.instants import parse_duration
from pulumi_opsmanager.lifecycle.selection import Selection

from .states import WRITERS

Command = Callable[..., None]

_Ids = TypeVar("_Ids", str, tuple[str, ...])


def examples(*commands: str) -> str:
    """Return the end of a help page: commands to copy. They are given without the name of the program."""
    return "\n".join(["\b", "Examples:", *(f"  pulumi-opsmanager {command}" for command in commands)])


def checked_ids(_context: click.Context, _parameter: click.Parameter, given: _Ids) -> _Ids:
    """Check one id or several, each of 24 lower-case hex digits. A callback of an argument or option."""
    for value in (given,) if isinstance(given, str) else given:
        if not OBJECT_ID.fullmatch(value):
            raise click.BadParameter(f"must be 24 lower-case hex digits, not {value!r}")
    return given


def checked_path(_context: click.Context, _parameter: click.Parameter, text: str) -> str:
    """Check a path or the URL of an object by the rule of `LogArchive`. A callback of an option."""
    from pulumi_opsmanager.schema.paths import path_problem

    if problem := path_problem(text):
        # A URL may hold a key.
        raise click.BadParameter(f"{'the URL' if '://' in text else repr(text)} {problem}")
    return text


def checked_field(
    declaration: str, key: str, *, separator: str | None = None
) -> Callable[[click.Context, click.Parameter, Any], Any]:
    """Make a callback that checks an option by the rule of a field of the schema.

    Args:
        declaration: Module of `schema` whose inputs have the field: `job`, `completion` or `window`.
        key: Vendor name of the field.
        separator: Text between the elements, if the field is a list.
    """

    def check(_context: click.Context, _parameter: click.Parameter, value: str | None) -> Any:
        if value is None:
            return None
        # Late, because help and errors of other options need no schema.
        from pulumi_opsmanager.schema.completion import CompletionInputs
        from pulumi_opsmanager.schema.job import JobInputs
        from pulumi_opsmanager.schema.validate import validate
        from pulumi_opsmanager.schema.window import WindowInputs

        declarations: Mapping[str, Any] = {"job": JobInputs, "completion": CompletionInputs, "window": WindowInputs}
        given: Any = float(value) if value.isdecimal() else value
        if separator is not None:
            given = [element for element in value.split(separator) if element.strip()]
        values, failures = validate(declarations[declaration], {key: given})
        if broken := [failure.rule for failure in failures if failure.key == key]:
            raise click.BadParameter("; ".join(broken))
        return values[key]

    return check


def waits(command: Command) -> Command:
    """Give a command the options of a wait, and call it with a `waiting`: inputs of a completion by vendor name."""

    @functools.wraps(command)
    def run(*arguments: Any, timeout: float, max_retries: int, **options: Any) -> None:
        waiting = {"timeoutSeconds": timeout, "maxRetriesPerRun": max_retries}
        command(*arguments, waiting=waiting, **options)

    run = click.option(
        "--max-retries",
        metavar="N",
        callback=checked_field("completion", "maxRetriesPerRun"),
        default="1",
        show_default=True,
        help="How often to restart the failed parts of each job.",
    )(run)
    return click.option(
        "--timeout",
        metavar="SPAN",
        callback=checked_field("completion", "timeoutSeconds"),
        default="1h",
        show_default=True,
        help="How long to wait: 90s, 30m, 2h or 1d.",
    )(run)


yes_option = click.option("--yes", is_flag=True, help="Do not ask. Needed where standard input is not a terminal.")
"""Gives a command that deletes the option --yes."""


class _StateFile(click.File):
    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None) -> str:  # noqa: ARG002
        return f"{WRITERS} writes it. Give one for each program with jobs in the project."


def state_option(meaning: str, *, is_required: bool) -> Callable[[Command], Command]:
    """Give a command the option --state: opened files as `states` if one is required, otherwise one as `state`."""
    return click.option(
        "--state",
        "states" if is_required else "state",
        type=_StateFile("rb"),
        multiple=is_required,
        required=is_required,
        metavar="FILE",
        help=f"{meaning} {WRITERS} writes it; - for standard input.",
    )


def condition_of(selection: Selection) -> str:
    """Return the end of a sentence about the selected jobs; empty without filters."""
    return "" if selection.is_everything else " that match the filters"


def filtered(command: Command) -> Command:
    """Give a command the filters as options, and call it with a `selection`."""

    @functools.wraps(command)
    def run(*arguments: Any, **options: Any) -> None:
        given = {name: options.pop(name) for name in _FILTERS}
        command(*arguments, selection=Selection(**given), **options)

    for option in reversed(_FILTERS.values()):
        run = option(run)
    return run


def _age(_context: click.Context, _parameter: click.Parameter, value: str | None) -> timedelta | None:
    try:
        return None if value is None else parse_duration(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


_FILTERS = {
    "statuses": click.option(
        "--status",
        "statuses",
        multiple=True,
        type=click.Choice(STATUSES, case_sensitive=False),
        help="Only jobs with this status; repeatable.",
    ),
    "resource_names": click.option(
        "--resource", "resource_names", multiple=True, metavar="NAME", help="Only jobs of this resource; repeatable."
    ),
    "newer_than": click.option(
        "--newer-than", callback=_age, metavar="AGE", help="Only jobs at most this old: 90s, 30m, 12h, 2d or 1w."
    ),
    "older_than": click.option("--older-than", callback=_age, metavar="AGE", help="Only jobs older than this."),
}
"""An option for each filter, by its name in `Selection`."""
