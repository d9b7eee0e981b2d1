"""One request and its outcome, as values: an answer, or a failure with its class."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError

from pulumi_opsmanager.errors import OpsManagerError, ReplyLost, Subject, UnexpectedResponse, shorten

from .challenges import SignIn
from .payload import read_payload

SERVER_FAILED = frozenset(range(500, 600)) - {501, 503, 505, 511}
"""The server, or a gateway before it, failed. The request may have been carried out."""

WAIT = "try again later"
Leaf = type[OpsManagerError]

_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True)
class Request:
    """One request to the endpoints of a project, or of a job that its path names.

    Only a "not found" for this job id proves that the job is gone.
    """

    method: str
    api_url: str
    project_id: str  # 24 hex characters; the wire calls it groupId
    job_id: str | None = None
    action: str = ""  # last part of the path, below the job; "" for the job itself
    query: Mapping[str, str | int] | None = None
    body: Mapping[str, object] | None = None  # sent as JSON; None sends no body
    accept: str = "application/json"
    endpoint: str = "logCollectionJobs"  # part of the path below the project

    @property
    def url(self) -> str:
        """URL of the request, without query."""
        path = f"{self.api_url}/groups/{self.project_id}/{self.endpoint}"
        return "/".join(filter(None, (path, self.job_id, self.action)))

    @property
    def subject(self) -> Subject:
        """The subject of errors about the request."""
        return Subject(request=f"{self.method} {self.url}", host=urlsplit(self.api_url).netloc)

    @property
    def is_repeatable(self) -> bool:
        """Whether a repeat changes nothing. A PATCH qualifies, because it sends an absolute date."""
        return self.method in {"GET", "DELETE", "PATCH"}

    def unreadable(self, status: int | None) -> Leaf:
        """The class of error for an answer that breaks the protocol. After a POST, the job may exist.

        The status is None if no status line was read.
        """
        may_be_done = status is None or (self.method == "POST" and (200 <= status < 300 or status in SERVER_FAILED))
        return ReplyLost if may_be_done else UnexpectedResponse


@dataclass(frozen=True)
class Answer:
    """A complete answer."""

    request: Request
    status: int
    content_type: str = ""  # as sent, "" when absent
    location: str | None = None  # target of a redirect
    body: bytes = b""
    sign_in: SignIn = field(default_factory=SignIn)  # how the request was signed, and what the answer asks for
    server_version: str | None = None  # as the answer names it; None when it does not
    retry_after_seconds: float = 0.0  # the wait that the server asks for; 0 = none

    @cached_property
    def fields(self) -> Mapping[str, object]:
        """The JSON object in the body; empty when there is none."""
        with suppress(ValueError):
            if isinstance(parsed := read_payload(self.body), dict):
                return parsed
        return {}

    @property
    def code(self) -> str | None:
        """The vendor's `errorCode`."""
        code = self.fields.get("errorCode")
        return code if isinstance(code, str) else None

    def json(self) -> Any:
        """The body as JSON; raise the error of `broken` for another body, such as a sign-in page."""
        try:
            return read_payload(self.body)
        except ValueError as error:
            kind = shorten(self.content_type) or "a body without content type"
            problem = f"JSON was expected, not {kind}; it comes from a sign-in page, a proxy or another service"
            raise self.broken(problem) from error

    def read(self, model: type[_Model]) -> _Model:
        """The body as a model; raise the error of `broken` if the documented API does not send it."""
        try:
            return model.model_validate(self.json())
        except ValidationError as error:
            # Pydantic's own message speaks of inputs and instances.
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            name = ".".join(map(str, first["loc"]))
            if not name:
                problem = "a JSON object was expected"
            elif first["type"] == "missing":
                problem = f"the answer lacks the field {name}"
            else:
                problem = f"the field {name} has an unexpected value"
            raise self.broken(problem) from None

    def error(self, leaf: Leaf, problem: str, remedy: str | None = None) -> OpsManagerError:
        """Make an error about this answer; `remedy` is None if `problem` says what to do."""
        detail = self.fields.get("detail")
        shown = (str(self.status), shorten(self.code or ""), f"({shorten(detail)})" if isinstance(detail, str) else "")
        finding = f"answered {' '.join(filter(None, shown))}: {problem}"
        return leaf(finding, remedy=remedy, subject=self.request.subject, status=self.status, code=self.code)

    def broken(self, problem: str) -> OpsManagerError:
        """Make an error about a success that the API does not send, such as a sign-in page."""
        return self.error(self.request.unreadable(self.status), problem, "check base_url")


class Kind(enum.Enum):
    """The effect of a failed request on the server, and whether a repeat can help."""

    UNSENT = "no connection was made"
    REFUSED = "the server did nothing, and will accept the same request later"
    LIMITED = "the rate limit refused it, for all threads"
    LOST = "the connection failed, and the server may have carried it out"
    BROKEN = "the server failed, and may have carried it out"
    FINAL = "a repeat would not help"


@dataclass(frozen=True)
class Failure:
    """A request without success."""

    kind: Kind
    error: OpsManagerError  # for the caller, if the request is not repeated
    cause: Exception | None = None  # what the HTTP libraries raised; None after an answer
    retry_after_seconds: float = 0.0  # the wait that the server asks for; 0 = none
