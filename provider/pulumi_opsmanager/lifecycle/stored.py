"""What an `up` has stored before it fails: the outputs of a program may end with it, so the error names the files."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from pulumi_opsmanager.errors import OpsManagerError

from .session import Session

# As many as a person reads in an error.
_NAMED_FILES = 20

_Parameters = ParamSpec("_Parameters")
_Answer = TypeVar("_Answer")


def naming_stored(
    operation: Callable[Concatenate[Session, _Parameters], _Answer],
) -> Callable[Concatenate[Session, _Parameters], _Answer]:
    """Add to an error of an operation the archives that this `up` stored before."""

    @functools.wraps(operation)
    def run(session: Session, /, *args: _Parameters.args, **kwargs: _Parameters.kwargs) -> _Answer:
        try:
            return operation(session, *args, **kwargs)
        except OpsManagerError as error:
            if files := session.stored():
                more = len(files) - _NAMED_FILES
                named = ", ".join(files[:_NAMED_FILES]) + (f" and {more} more" if more > 0 else "")
                error.args = (f"{error}; this up has stored {named}",)
            raise

    return run
