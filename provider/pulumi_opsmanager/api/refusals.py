"""How an answer that is not a success becomes one of our errors: one table by vendor code, then by status.

Sources: the vendor's error code pages (Ops Manager and Atlas) and the endpoint pages. Where they disagree on the
status of a code (403 or 400), the code decides.
"""

from __future__ import annotations

from dataclasses import dataclass

from pulumi_opsmanager.errors import (
    BadCredentials,
    InvalidInput,
    JobNotFound,
    NotAllowed,
    OpsManagerError,
    ReplyLost,
    Unavailable,
    UnexpectedResponse,
    shorten,
)

from .payload import read_payload

ROLES = "Project Automation Admin, Project Backup Admin or Project Monitoring Admin"
"""Any one of these (each of their names also exists with Group for Project) opens all seven endpoints."""

RATE_LIMITED = "RATE_LIMITED"
UPGRADING = "WRITES_NOT_ALLOWED_DURING_APP_UPGRADES"
NOT_FAILED = "ONLY_FAILED_JOB_CAN_BE_RESTARTED"
ARCHIVE_EXPIRED = "CANNOT_DOWNLOAD_EXPIRED_JOB"
JOB_NOT_FOUND = "LOG_COLLECTION_JOB_NOT_FOUND_IN_GROUP"

SERVER_FAILED = frozenset({500, 502, 504})
"""The server, or one behind it, broke off: the request may have been carried out."""

_NEEDS_ROLE = f"the key needs one of the roles {ROLES} in this project"
_NO_PROJECT = "no such project, or the key is not a member of it: check the project id and the key's projects"
_ACCESS_LIST = "add this machine's address to the API access list of the key"
WAIT = "try again later"

_BY_CODE: dict[str, tuple[type[OpsManagerError], str]] = {
    JOB_NOT_FOUND: (JobNotFound, "the job does not exist (any more): check its id, or refresh the stack and run again"),
    "NOT_IN_GROUP": (NotAllowed, _NO_PROJECT),
    "GROUP_NOT_FOUND": (NotAllowed, _NO_PROJECT),
    "INVALID_GROUP_ID": (NotAllowed, _NO_PROJECT),
    "USER_CANNOT_ACCESS_GROUP": (NotAllowed, _NO_PROJECT),
    "IP_ADDRESS_NOT_ON_ACCESS_LIST": (NotAllowed, _ACCESS_LIST),
    "IP_ADDRESS_NOT_ON_WHITELIST": (NotAllowed, _ACCESS_LIST),
    "RESOURCE_REQUIRES_WHITELIST": (NotAllowed, _ACCESS_LIST),
    "ORG_REQUIRES_WHITELIST": (NotAllowed, _ACCESS_LIST),
    "RESOURCE_NOT_FOUND_FOR_JOB": (
        InvalidInput,
        "check resource_name and resource_type: the project has no such deployment",
    ),
    "CANNOT_EXTEND_EXPIRED_JOB": (InvalidInput, "the job has expired and its archive is gone; collect again"),
    ARCHIVE_EXPIRED: (InvalidInput, "the job has expired and its archive is gone; collect again"),
    "CANNOT_DOWNLOAD_JOB_IN_PROGRESS": (InvalidInput, "wait until the job is finished"),
    NOT_FAILED: (InvalidInput, "only a job in FAILURE can be retried"),
    UPGRADING: (Unavailable, f"the server is being upgraded and takes no writes; {WAIT}"),
    RATE_LIMITED: (Unavailable, f"too many requests for this project; {WAIT}"),
}

_BY_STATUS: dict[int, tuple[type[OpsManagerError], str]] = {
    400: (InvalidInput, "change the value that the server names"),
    401: (NotAllowed, _NEEDS_ROLE),
    403: (NotAllowed, _NEEDS_ROLE),
    404: (UnexpectedResponse, "check baseUrl and the project id"),
    429: (Unavailable, WAIT),
    503: (Unavailable, WAIT),
}


@dataclass(frozen=True)
class Answer:
    """A complete answer.

    Attributes:
        request: Method and URL without query, for messages.
        status: HTTP status.
        content_type: As sent, "" when absent.
        location: Target of a redirect.
        body: All bytes of it.
    """

    request: str
    status: int
    content_type: str
    location: str | None
    body: bytes

    def fields(self) -> dict[str, object]:
        """The JSON object in the body; empty when it is none."""
        try:
            parsed = read_payload(self.body)
        except ValueError:
            return {}
        return parsed if isinstance(parsed, dict) else {}


def vendor_code(answer: Answer) -> str | None:
    """The `errorCode` of an error body."""
    code = answer.fields().get("errorCode")
    return code if isinstance(code, str) else None


def refusal(answer: Answer, job_id: str | None = None) -> OpsManagerError:
    """Make the error for an answer outside 2xx.

    Args:
        answer: The whole answer.
        job_id: The job that was asked for; a "not found" that names another one proves nothing.
    """
    code = vendor_code(answer)
    if answer.status == 401 and code is None:
        return BadCredentials(
            f"{answer.request} answered 401: the server does not accept the key pair; "
            "check publicKey and privateKey, and that they belong to this server",
            status=401,
        )
    if code is None and answer.status not in (429, 503):
        return _unreadable(answer)
    kind, remedy = (
        _BY_CODE.get(code or "") or _BY_STATUS.get(answer.status) or (InvalidInput, "the server's code says why")
    )
    if kind is JobNotFound and (answer.status != 404 or not _names_job(answer, job_id)):
        kind, remedy = UnexpectedResponse, "this is no answer to what was asked; check baseUrl"
    if answer.status in SERVER_FAILED:
        kind, remedy = ReplyLost, "the server failed; look at its logs"
    return kind(f"{answer.request} answered {describe(answer)}: {remedy}", status=answer.status, code=code)


def describe(answer: Answer) -> str:
    """Status, vendor code and detail, cut short."""
    detail = answer.fields().get("detail")
    words = [str(answer.status), shorten(vendor_code(answer) or "")]
    if isinstance(detail, str):
        words.append(f"({shorten(detail)})")
    return " ".join(word for word in words if word)


def not_json(answer: Answer) -> UnexpectedResponse:
    """The error for a success whose body is not what was asked for: a sign-in page, a proxy, another service."""
    kind = shorten(answer.content_type) or "no content type"
    return UnexpectedResponse(
        f"{answer.request} answered {answer.status} with {kind} where JSON was expected: "
        "a sign-in page, a proxy or another service; check baseUrl",
        status=answer.status,
    )


def _unreadable(answer: Answer) -> OpsManagerError:
    if 300 <= answer.status < 400:
        # What follows the question mark may be a token.
        target = shorten((answer.location or "nowhere").partition("?")[0])
        return UnexpectedResponse(
            f"{answer.request} answered {answer.status}, a redirect to {target!r}; it is not followed, so that keys go "
            "nowhere else: set baseUrl to the server's own address",
            status=answer.status,
        )
    if answer.status in SERVER_FAILED:
        return ReplyLost(f"{answer.request} answered {answer.status}: {WAIT}", status=answer.status)
    kind = shorten(answer.content_type) or "no content type"
    return UnexpectedResponse(
        f"{answer.request} answered {answer.status} with {kind} and no errorCode: "
        "this is not the Ops Manager API; check baseUrl",
        status=answer.status,
    )


def _names_job(answer: Answer, job_id: str | None) -> bool:
    named = answer.fields().get("parameters")
    return job_id is not None and (not named or (isinstance(named, list) and job_id in named))
