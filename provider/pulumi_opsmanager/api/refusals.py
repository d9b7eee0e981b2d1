"""How an answer that is not a success becomes one of our errors: one table by vendor code, then by status.

Sources: the vendor's error code pages (Ops Manager and Atlas) and the endpoint pages. Where they disagree on the
status of a code (403 or 400), the code decides.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from pulumi_opsmanager.errors import (
    BadCredentials,
    Expired,
    InvalidInput,
    JobNotFound,
    NotAllowed,
    NotFinished,
    OpsManagerError,
    ReplyLost,
    Unavailable,
    UnexpectedResponse,
    shorten,
)

from .challenges import MOST_SIGNATURES, SUPPORTED, SignIn
from .payload import read_payload
from .settings import API_PATH
from .versions import WINDOW_NEEDS, lacks_window

ROLES = "Project Automation Admin, Project Backup Admin or Project Monitoring Admin"
"""Any one of these (each of their names also exists with Group for Project) opens all seven endpoints."""

RATE_LIMITED = "RATE_LIMITED"
UPGRADING = "WRITES_NOT_ALLOWED_DURING_APP_UPGRADES"
NOT_FAILED = "ONLY_FAILED_JOB_CAN_BE_RESTARTED"
JOB_NOT_FOUND = "LOG_COLLECTION_JOB_NOT_FOUND_IN_GROUP"

SERVER_FAILED = frozenset(range(500, 600)) - {501, 503, 505, 511}
"""The server, or one before it, broke off: the request may have been carried out."""

_NEEDS_ROLE = f"the key needs one of the roles {ROLES} in this project"
_NO_PROJECT = "no such project, or the key is not a member of it: check the project id and the key's projects"
_ACCESS_LIST = "add this machine's address to the API access list of the key"
_NO_WINDOW = (
    f"this server version has no time window ({WINDOW_NEEDS}): "
    "leave out log_collection_from_date and log_collection_to_date, or last"
)
WAIT = "try again later"

# Of a header that a hostile server makes long.
_SHOWN_CHALLENGES = 4

_UNKNOWN_ATTRIBUTE = frozenset({"INVALID_ATTRIBUTE", "INVALID_JSON_ATTRIBUTE", "MISSING_OR_INVALID_ATTRIBUTE"})

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
    "CANNOT_EXTEND_EXPIRED_JOB": (Expired, "the job has expired and its archive is gone; collect again"),
    "CANNOT_DOWNLOAD_EXPIRED_JOB": (Expired, "the job has expired and its archive is gone; collect again"),
    "CANNOT_DOWNLOAD_JOB_IN_PROGRESS": (NotFinished, "wait until the job is finished"),
    NOT_FAILED: (InvalidInput, "only a job in FAILURE can be retried"),
    UPGRADING: (Unavailable, f"the server is being upgraded and takes no writes; {WAIT}"),
    RATE_LIMITED: (Unavailable, f"too many requests for this project; {WAIT}"),
}

_BY_STATUS: dict[int, tuple[type[OpsManagerError], str]] = {
    400: (InvalidInput, "change the value that the server names"),
    401: (NotAllowed, _NEEDS_ROLE),
    402: (NotAllowed, "ask the server's administrator what the key may do"),
    403: (NotAllowed, _NEEDS_ROLE),
    404: (UnexpectedResponse, "check baseUrl, the project id and the job's id"),
    408: (Unavailable, WAIT),
    409: (Unavailable, f"something else on the server is in the way; {WAIT}"),
    413: (Unavailable, "the server has no room for it: delete old jobs, or ask for less"),
    422: (InvalidInput, "change the value that the server names"),
    423: (Unavailable, WAIT),
    425: (Unavailable, WAIT),
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
        sign_in: How the request was signed, and what the answer asks for.
        server_version: As the answer names it; None when it does not.
    """

    request: str
    status: int
    content_type: str
    location: str | None
    body: bytes
    sign_in: SignIn = field(default_factory=SignIn)
    server_version: str | None = None

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
        answer: The complete answer.
        job_id: The job that was asked for; a "not found" that names another one proves nothing.
    """
    code = vendor_code(answer)
    if answer.status == 401 and (code is None or (answer.sign_in.challenges and not answer.sign_in.is_signed)):
        return _not_signed_in(answer)
    if code is None and answer.status not in (429, 503) and not _is_own_form(answer):
        return _unreadable(answer)
    kind, remedy = (
        _BY_CODE.get(code or "") or _BY_STATUS.get(answer.status) or (UnexpectedResponse, "the server's words say why")
    )
    if code is None and answer.status == 404:
        remedy = f"an answer without errorCode does not prove that the job is gone; {remedy}"
    if kind is JobNotFound and (answer.status != 404 or not _names_job(answer, job_id)):
        kind, remedy = UnexpectedResponse, "this is no answer to what was asked; check baseUrl"
    if kind is InvalidInput and _refuses_window(answer):
        remedy = _NO_WINDOW
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


def _not_signed_in(answer: Answer) -> OpsManagerError:
    """The error for a 401 that is about the signature. Only a fresh one that was refused proves a wrong key."""
    sign_in, start = answer.sign_in, f"{answer.request} answered 401"
    if sign_in.proves_wrong_key:
        return BadCredentials(
            f"{start}: the server does not accept the key pair; "
            f"check publicKey and privateKey, and that they belong to this server{_path_hint(answer)}",
            status=401,
        )
    if sign_in.is_stale:
        problem = (
            f"{start} with stale=true to {MOST_SIGNATURES} signatures: the key pair is right, but no node knows the "
            "nonce of another; have the load balancer send one client to one node (sticky sessions)"
        )
    elif sign_in.challenges:
        offered = ", ".join(map(str, sign_in.challenges[:_SHOWN_CHALLENGES]))
        problem = (
            f"{start} with a challenge that cannot be answered: {offered}; supported is {SUPPORTED}; "
            "check baseUrl, and any proxy before the server"
        )
    else:
        problem = (
            f"{start} without a challenge (no WWW-Authenticate header), so it does not say whether the key pair is "
            "right; check baseUrl, and that no proxy removes the header"
        )
    return UnexpectedResponse(problem, status=401)


def _path_hint(answer: Answer) -> str:
    """What else a refused signature may mean where `baseUrl` has a path."""
    prefix = urlsplit(answer.request.rpartition(" ")[2]).path.partition(API_PATH)[0]
    if not prefix or not answer.sign_in.is_signed:
        return ""
    return f"; if a proxy removes {shorten(prefix, 60)}, have it keep the path, because digest signs it"


def _is_own_form(answer: Answer) -> bool:
    """Whether the API itself answered, without a code: the oldest documented form has `error`, `reason`, `detail`."""
    fields = answer.fields()
    return fields.get("error") == answer.status and isinstance(fields.get("reason"), str)


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
        f"this is not the Ops Manager API; check baseUrl{_path_hint(answer) if answer.status == 400 else ''}",
        status=answer.status,
    )


def _refuses_window(answer: Answer) -> bool:
    """A server without a time window calls its dates unknown; one that has it may refuse their values."""
    # The vendor's pages give the attribute in the parameters or in the detail only.
    words = str([answer.fields().get(key) for key in ("parameters", "detail")])
    is_named = any(key in words for key in ("logCollectionFromDate", "logCollectionToDate"))
    return is_named and vendor_code(answer) in _UNKNOWN_ATTRIBUTE and lacks_window(answer.server_version) is not False


def _names_job(answer: Answer, job_id: str | None) -> bool:
    named = answer.fields().get("parameters")
    return job_id is not None and (not named or (isinstance(named, list) and job_id in named))
