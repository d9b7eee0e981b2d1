"""Everything that can go wrong, by who can act.

OpsManagerError                the root: catch this to catch all
├── InvalidInput               change the program: this package or the server refused a value
├── NotFinished                wait: the job is still running, and this needs a finished one
├── Expired                    collect again: the job has expired, and its archive is gone
├── InvalidSettings            change the configuration: a setting is missing, malformed or unreadable
├── BadCredentials             ask who holds the keys: the server does not accept this key pair
├── NotAllowed                 ask an administrator: a role, a membership or an access list entry is missing
├── JobNotFound                check the id: the server proved that the job does not exist
├── CollectionFailed           repair the hosts: parts of a job could not be collected
├── CannotStore                repair the place: a file, folder or object cannot be written or read
├── Unavailable                wait: no connection, no timely answer, or a plain "not now"
│   └── ReplyLost              look first: the server may have carried out the request, but its answer was lost
└── UnexpectedResponse         repair the server, or a proxy before it: the answer breaks the protocol

A message says what failed, on what, and what to do. It never holds a key, a header or a body that we sent.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import KW_ONLY, dataclass

__all__ = [
    "BadCredentials",
    "CannotStore",
    "CollectionFailed",
    "Expired",
    "Hint",
    "InvalidInput",
    "InvalidSettings",
    "JobNotFound",
    "NotAllowed",
    "NotFinished",
    "OpsManagerError",
    "ReplyLost",
    "Subject",
    "Unavailable",
    "UnexpectedResponse",
    "attempting",
    "counted",
    "needs_extra",
    "printable",
    "shorten",
]


class Hint(enum.Enum):
    """Marks an error to which an engine adds a sentence with its own commands."""

    FIND_UNMANAGED = "how to find a job that nothing manages"
    FORGET = "how to forget a resource without deleting it"


@dataclass(frozen=True)
class Subject:
    """What an error is about. A part that does not apply is None."""

    request: str | None = None  # method and URL without query: `GET https://om.example.net:8443/api/…`
    host: str | None = None  # host of the server, with its port where the base URL has one
    proxy: str | None = None  # host, port and environment variable of the proxy that failed
    trust: str | None = None  # why TLS did not begin: a reason of `api.trust.REMEDIES`
    property: str | None = None  # name of the input or setting, as a program writes it: `retention_days`
    key: str | None = None  # the vendor's name of that input: `expirationDate`
    resource: str | None = None  # name of the resource in the program


@dataclass(eq=False, repr=False)
class OpsManagerError(Exception):
    """Root of the tree; only its leaves are raised.

    Attributes:
        finding: What failed and why. It names neither request nor remedy.
        remedy: What to do next; None when `finding` says it.
        status: HTTP status of the answer; None when there was no answer.
        code: The vendor's `errorCode`; None when the answer had none.
        hint: What an engine adds; None when the message is complete.
    """

    finding: str
    _: KW_ONLY
    remedy: str | None = None
    subject: Subject = Subject()
    status: int | None = None
    code: str | None = None
    hint: Hint | None = None

    def __post_init__(self) -> None:
        message = self.finding if self.remedy is None else f"{self.finding}; {self.remedy}"
        if self.subject.request is not None:
            # The finding of an answer begins with "answered".
            message = f"{self.subject.request}{':' if self.status is None else ''} {message}"
        super().__init__(message)


class InvalidInput(OpsManagerError):
    """A declared value is not acceptable; change the program.

    Cause: A value breaks a rule of its field or of the server.
    Remedy: Change what the message names.
    """


class NotFinished(OpsManagerError):
    """The job is still running. Only a finished job has an archive.

    Cause: The download did not wait for the job.
    Remedy: Let a `LogCollectionCompletion` wait for the job, or try again when the job has finished.
    """


class Expired(OpsManagerError):
    """The job has expired, and the server has deleted its archive.

    Cause: The job's expiry has passed.
    Remedy: Change `triggers` to collect again. Then set a later `expiration_date`, or set `renew_when_days_left`.
    """


class InvalidSettings(OpsManagerError):
    """A setting is missing, malformed or unreadable; change the configuration.

    Cause: A setting is missing or breaks its rule, a certificate is not trusted, or a proxy URL is malformed.
    Remedy: Correct the setting that the message names; `pulumi-opsmanager doctor` checks all settings.
    """


class BadCredentials(OpsManagerError):
    """The server does not accept the key pair.

    Cause: A key is wrong or deleted, or it belongs to another server.
    Remedy: Correct both keys in the configuration.
    """


class NotAllowed(OpsManagerError):
    """The API key is valid but lacks permission.

    Cause: The key has no role in the project, is not a member of it, or its access list lacks this machine.
    Remedy: Check the project id, or ask an administrator for the role or entry that the message names.
    """


class JobNotFound(OpsManagerError):
    """The server says that this very job does not exist.

    Cause: Somebody deleted the job, the server removed it after its expiry, or the job or project id is wrong.
    Remedy: Correct the id. If the job was deleted, bring the state up to date; the next run then creates a new job.
    """


class CollectionFailed(OpsManagerError):
    """A job failed to collect some parts, or its archive is incomplete.

    Cause: Hosts failed to deliver the parts that the message names, with the server's reasons.
    Remedy: Repair the hosts and run again, or accept an incomplete archive with `on_failure="accept"` or
        `require_complete=False`.
    """


class CannotStore(OpsManagerError):
    """A file or folder on this machine, or an object of a bucket, cannot be written or read.

    Cause: The disk is full, the bucket is missing, a permission is missing, or another file is in the way.
    Remedy: Free disk space, grant the permission, remove the file or choose another path. Then run again.
    """


class Unavailable(OpsManagerError):
    """The server cannot be reached, or does not serve this request now. Nothing changed, except after a `ReplyLost`.

    Cause: No connection was made, the server limits requests or is being upgraded, or a wait reached its limit.
    Remedy: Run again later; the next run continues. `pulumi-opsmanager doctor` checks whether the server answers.
    """


class ReplyLost(Unavailable):
    """The server may have carried out the request, but no readable answer came.

    Cause: The connection was cut, the answer took longer than `timeout_seconds`, or the server failed.
    Remedy: Run again. After a lost create, first delete the job that `pulumi-opsmanager orphans` shows, if any.

    Attributes:
        cut: The connection was cut, so the server no longer works on the request.
    """

    cut: bool = False


class UnexpectedResponse(OpsManagerError):
    """The answer is not what the documented server sends.

    Cause: `base_url` leads to a sign-in page, a proxy, a redirect or another service, or a load balancer before the
        server has no sticky sessions.
    Remedy: Set `base_url` to the server's address; `pulumi-opsmanager doctor` shows what answers there.
    """


def shorten(text: str, characters: int = 160) -> str:
    """One line of received text for a message: cut, and without characters that control a terminal."""
    one_line = " ".join(text.split())
    shown = printable(one_line[:characters])
    return shown if len(one_line) <= characters else f"{shown}…"


def printable(text: str) -> str:
    """Received text with each character that could control a terminal replaced by U+FFFD."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number with the words that fit it: `1 part is missing`, `2 parts are missing`. `many` adds an s by default."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def needs_extra(name: str) -> str:
    """What to install, in words that follow the name of what is missing. The package may be on no public index."""
    return (
        f"needs the extra {name}: pip install 'CLONE[{name}]', with the path of the clone, or the name of the package "
        "in your index"
    )


@contextmanager
def attempting(action: str) -> Iterator[None]:
    """Put `cannot ACTION: ` in front of the message of each of our errors that passes through."""
    try:
        yield
    except OpsManagerError as error:
        error.args = (f"cannot {action}: {error}",)
        raise
