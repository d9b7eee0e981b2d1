"""Ids of projects and jobs, as they are typed."""

from __future__ import annotations

from typing import TypeVar

import click

from pulumi_opsmanager.api.settings import OBJECT_ID

_Given = TypeVar("_Given", str, tuple[str, ...])


def checked_ids(_context: click.Context, _parameter: click.Parameter, given: _Given) -> _Given:
    """One id or several, each of 24 lower-case hex digits; a callback for options and arguments."""
    for value in (given,) if isinstance(given, str) else given:
        if not OBJECT_ID.fullmatch(value):
            raise click.BadParameter(f"{value!r} must be 24 lower-case hex digits")
    return given
