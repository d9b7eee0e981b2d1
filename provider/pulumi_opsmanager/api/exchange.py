"""One request and its outcome, as values: an answer, or a failure with its class."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from pulumi_opsmanager.errors import OpsManagerError, ReplyLost, Subject, UnexpectedResponse, shorten

from .challenges import SignIn
from .payload import read_payload

SERVER_FAILED = frozenset(range(500, 600)) - {501, 503, 505, 511}
"""The server, or one before it, failed midway: the request may have been carried out."""

WAIT = "try again later"


@dataclass(frozen=True)
class Request:
    """One request to the log collection endpoints of a project.

    Attributes:
        method: HTTP verb.
        api_url: Base URL of the API.
        project_id: 24 hex characters; the wire calls it groupId.
        job_id: The job that the path names. Only a "not found" for this id proves that the job is gone.
        action: Last part of the path, below the job; "" for the job itself.
        query: Query parameters.
        body: Sent as JSON; None sends no body.
        accept: Media type of the answer.
    """

    method: str
    api_url: str
    project_id: str
    job_id: str | None = None
    action: str = ""
    query: Mapping[str, str | int] | None = None
    body: Mapping[str, object] | None = None
    accept: str = "application/json"

    @property
    def url(self) -> str:
        """Where it goes, without query."""
        path = f"{self.api_url}/groups/{self.project_id}/logCollectionJobs"
        return "/".join(filter(None, (path, self.job_id, self.action)))

    @property
    def subject(self) -> Subject:
        """What errors about it name."""
        return Subject(request=f"{self.method} {self.url}", host=urlsplit(self.api_url).netloc)

    @property
    def is_repeatable(self) -> bool:
        """Whether a second time changes nothing: a PATCH sends an absolute date."""
        return self.method in {"GET", "DELETE", "PATCH"}

    def unreadable(self, status: int | None) -> type[OpsManagerError]:
        """The class of error for an answer that breaks the protocol: after a POST, a job may exist.

        Args:
            status: HTTP status of the answer; None when no status line was read.
        """
        may_be_done = status is None or (self.method == "POST" and (200 <= status < 300 or status in SERVER_FAILED))
        return ReplyLost if may_be_done else UnexpectedResponse


@dataclass(frozen=True)
class Answer:
    """A complete answer.

    Attributes:
        request: What was sent.
        status: HTTP status.
        content_type: As sent, "" when absent.
        location: Target of a redirect.
        body: All its bytes.
        sign_in: How the request was signed, and what the answer asks for.
        server_version: As the answer names it; None when it does not.
        retry_after_seconds: The wait that the server asks for; 0 = none.
    """

    request: Request
    status: int
    content_type: str = ""
    location: str | None = None
    body: bytes = b""
    sign_in: SignIn = field(default_factory=SignIn)
    server_version: str | None = None
    retry_after_seconds: float = 0.0

    @cached_property
    def fields(self) -> Mapping[str, object]:
        """The JSON object in the body; empty when there is none."""
        try:
            parsed = read_payload(self.body)
        except ValueError:
            return {}
        return parsed if isinstance(parsed, dict) else {}

    @property
    def code(self) -> str | None:
        """The vendor's `errorCode`."""
        code = self.fields.get("errorCode")
        return code if isinstance(code, str) else None

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            OpsManagerError: It is something else, such as a sign-in page.
        """
        try:
            return read_payload(self.body)
        except ValueError as error:
            kind = shorten(self.content_type) or "no content type"
            problem = f"JSON was expected, not {kind}; it comes from a sign-in page, a proxy or another service"
            raise self.broken(problem) from error

    def error(self, leaf: type[OpsManagerError], problem: str, remedy: str | None = None) -> OpsManagerError:
        """Make an error about this answer; `remedy` is None when `problem` says what to do."""
        detail = self.fields.get("detail")
        shown = (str(self.status), shorten(self.code or ""), f"({shorten(detail)})" if isinstance(detail, str) else "")
        finding = f"answered {' '.join(filter(None, shown))}: {problem}"
        return leaf(finding, remedy=remedy, subject=self.request.subject, status=self.status, code=self.code)

    def broken(self, problem: str) -> OpsManagerError:
        """Make an error about a success that the API does not send, such as a sign-in page."""
        return self.error(self.request.unreadable(self.status), problem, "check base_url")


class Kind(enum.Enum):
    """What a failure says about its request."""

    UNSENT = "no connection was made"
    REFUSED = "the server did nothing, and will accept the same request later"
    LIMITED = "the rate limit refused it, for all threads"
    LOST = "the connection failed, and the server may have carried it out"
    BROKEN = "the server failed, and may have carried it out"
    FINAL = "a repeat would not help"


@dataclass(frozen=True)
class Failure:
    """A request without success.

    Attributes:
        kind: Its class.
        error: For the caller, if the request is not repeated.
        cause: What the HTTP libraries raised; None after an answer.
        retry_after_seconds: The wait that the server asks for; 0 = none.
    """

    kind: Kind
    error: OpsManagerError
    cause: Exception | None = None
    retry_after_seconds: float = 0.0
