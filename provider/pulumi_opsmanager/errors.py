"""Everything that can go wrong, told apart by whose move it is.

OpsManagerError                the root: catch this to catch all
├── InvalidInput               the program's move: a value was refused, by us before sending or by the server
├── NotFinished                wait: the job is still running, and this needs a finished one
├── Expired                    collect again: the job has expired, and its archive is gone
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
    "Expired",
    "InvalidInput",
    "InvalidSettings",
    "JobNotFound",
    "NotAllowed",
    "NotFinished",
    "OpsManagerError",
    "ReplyLost",
    "Unavailable",
    "UnexpectedResponse",
    "attempting",
    "counted",
    "printable",
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
    """A declared value is not acceptable; change the program.

    Cause: A value breaks a rule of its field or of the server.
    Remedy: Change what the message names, or what the server calls by its code.
    """


class NotFinished(OpsManagerError):
    """The job is still running. Only a finished job has an archive.

    Cause: The download did not wait for the job.
    Remedy: Let a `LogCollectionCompletion` wait for the job, or run the command again later.
    """


class Expired(OpsManagerError):
    """The job has expired, and the server has deleted its archive.

    Cause: The job's expiry has passed.
    Remedy: Change `triggers` to collect again. Next time set a later `expiration_date`, or `renew_when_days_left`.
    """


class InvalidSettings(OpsManagerError):
    """A setting is missing, malformed or unreadable; change the configuration.

    Cause: A setting is missing or breaks its rule, a certificate is not trusted, or a proxy is given wrongly.
    Remedy: Set what the message names, in the configuration or the environment; `pulumi-opsmanager doctor` checks it.
    """


class BadCredentials(OpsManagerError):
    """The server does not accept the key pair.

    Cause: A key is wrong, was deleted, or belongs to another server; or the state still has the keys of the last `up`.
    Remedy: Correct both keys. `destroy` and `refresh` use the present ones with `--run-program`.
    """


class NotAllowed(OpsManagerError):
    """The key pair is known, but this is not allowed to it.

    Cause: The key has no role in the project or is no member of it, or its access list lacks this machine.
    Remedy: Check the project id, or have an administrator give the role or the entry that the message names.
    """


class JobNotFound(OpsManagerError):
    """The server answered, for this very job, that it does not exist.

    Cause: Somebody deleted the job, the server removed it after its expiry, or id or project are not the right ones.
    Remedy: Correct the id, or run `pulumi refresh` and `up` again: they make a deleted job anew.
    """


class CollectionFailed(OpsManagerError):
    """A job ended with parts that could not be collected, or its archive lacks some.

    Cause: Hosts failed to deliver what the message names; the reasons are the server's.
    Remedy: Mend the hosts and run `up` again, or take what there is with `on_failure="accept"` or
        `require_complete=False`.
    """


class CannotStore(OpsManagerError):
    """A file or folder on this machine cannot be written or read.

    Cause: The disk is full, the folder is not this user's, or another file is in the way.
    Remedy: Make room, give the right, remove the file, or choose another path; then run `up` again.
    """


class Unavailable(OpsManagerError):
    """The server cannot be reached or will not serve this now. Nothing was changed, unless it is `ReplyLost`.

    Cause: No connection was made, the server limits requests or is being upgraded, or a wait took longer than allowed.
    Remedy: Run `up` again later; it goes on where it stopped. `pulumi-opsmanager doctor` tells whether it answers.
    """


class ReplyLost(Unavailable):
    """The request may have been carried out, but no readable answer came.

    Cause: The connection was cut, the answer took longer than `timeoutSeconds`, or the server failed.
    Remedy: Run `up` again; after a lost create, first delete the job that `pulumi-opsmanager orphans` shows, if any.

    Attributes:
        cut: The connection was cut, so the server is not still at work on the request.
    """

    def __init__(self, message: str, *, cut: bool = False, status: int | None = None, code: str | None = None) -> None:
        super().__init__(message, status=status, code=code)
        self.cut = cut


class UnexpectedResponse(OpsManagerError):
    """The answer is not what the documented server sends.

    Cause: `baseUrl` leads to a sign-in page, a proxy, a redirect or another service, or a load balancer before the
        server has no sticky sessions.
    Remedy: Set `baseUrl` to the address of the server itself; `pulumi-opsmanager doctor` says what answers there.
    """


def shorten(text: str, characters: int = 160) -> str:
    """Text of others on one line, cut and unable to steer a terminal: what a message shows of a body or a setting."""
    one_line = " ".join(text.split())
    shown = printable(one_line[:characters])
    return shown if len(one_line) <= characters else f"{shown}…"


def printable(text: str) -> str:
    """Text of others that cannot steer a terminal."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number with the words that fit it: `1 part is missing`, `2 parts are missing`.

    Args:
        number: How many.
        one: The words after 1.
        many: The words after any other number; `one` with an s where it is left out.
    """
    return f"{number} {one if number == 1 else many or f'{one}s'}"


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
