"""Everything that can go wrong, told apart by whose move it is.

OpsManagerError                the root: catch this to catch all
├── InvalidInput               the program's move: a value was refused, by us before sending or by the server
├── InvalidSettings            the configuration's move: a setting is missing, malformed or unreadable
├── BadCredentials             the key holder's move: the server does not know this key pair
├── NotAllowed                 an administrator's move: a role, a membership or an access list entry is missing
├── JobNotFound                nobody's move: the server proved that the job does not exist
├── CollectionFailed           the hosts' move: parts of a job could not be collected; says which, and their reasons
├── CannotStore                this machine's move: a file or folder cannot be written or read
├── Unavailable                wait: no connection, no timely answer, or a plain "not now"
│   └── ReplyLost              look first: the request may have been carried out, its answer never came
└── UnexpectedResponse         the server's move, or that of a proxy before it: the answer breaks the protocol

A message says what failed, on what, and what to do. It never holds a key, a header or a body that we sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = [
    "BadCredentials",
    "CannotStore",
    "CollectionFailed",
    "InvalidInput",
    "InvalidSettings",
    "JobNotFound",
    "NotAllowed",
    "OpsManagerError",
    "ReplyLost",
    "Unavailable",
    "UnexpectedResponse",
    "attempting",
    "shorten",
]


class OpsManagerError(Exception):
    """Root of the tree; raised only through its leaves.

    Attributes:
        status: HTTP status of the answer, None when there was none.
        code: The vendor's `errorCode`, None when the answer had none.
    """

    def __init__(self, message: str, *, status: int | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class InvalidInput(OpsManagerError):
    """A declared value is not acceptable; change the program."""


class InvalidSettings(OpsManagerError):
    """A setting is missing, malformed or unreadable; change the configuration."""


class BadCredentials(OpsManagerError):
    """The server does not accept the key pair."""


class NotAllowed(OpsManagerError):
    """The key pair is known, but this is not allowed to it."""


class JobNotFound(OpsManagerError):
    """The server answered, for this very job, that it does not exist."""


class CollectionFailed(OpsManagerError):
    """A job ended with parts that could not be collected, or its archive lacks some."""


class CannotStore(OpsManagerError):
    """A file or folder on this machine cannot be written or read."""


class Unavailable(OpsManagerError):
    """The server cannot be reached or will not serve this now. Nothing was changed, unless it is `ReplyLost`."""


class ReplyLost(Unavailable):
    """The request may have been carried out, but no readable answer came.

    Attributes:
        cut: The connection was cut, so the server is not still at work on the request.
    """

    def __init__(self, message: str, *, cut: bool = False, status: int | None = None, code: str | None = None) -> None:
        super().__init__(message, status=status, code=code)
        self.cut = cut


class UnexpectedResponse(OpsManagerError):
    """The answer is not what the documented server sends."""


def shorten(text: str, characters: int = 160) -> str:
    """Text of others on one line, cut and unable to steer a terminal: what a message shows of a body or a setting."""
    one_line = " ".join(text.split())
    printable = "".join(letter if letter.isprintable() else "\ufffd" for letter in one_line[:characters])
    return printable if len(one_line) <= characters else f"{printable}…"


@contextmanager
def attempting(action: str) -> Iterator[None]:
    """Put what was attempted in front of the message of any of our errors that pass through.

    Args:
        action: Completes "cannot …", e.g. `create the job for REPLICASET rs0`.
    """
    try:
        yield
    except OpsManagerError as error:
        error.args = (f"cannot {action}: {error}",)
        raise
