"""Converts an answer that is not a success to one of our errors, by the vendor code, then by the status.

Sources: the vendor's error code pages (Ops Manager and Atlas) and the endpoint pages. Where they disagree on the
status of a code (403 or 400), the code decides.
"""

from __future__ import annotations

import re
from dataclasses import replace
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

from .challenges import MOST_SIGNATURES, SUPPORTED
from .exchange import SERVER_FAILED, WAIT, Answer, Failure, Kind, Leaf
from .settings import API_PATH

WINDOW_NEEDS = "it needs Ops Manager 8.0.9 or 7.0.16"
"""Completes a message about a server without a time window. Source: change logs of Ops Manager 7.0 and 8.0."""

_FIRST_WITH_WINDOW = {7: (7, 0, 16), 8: (8, 0, 9)}
ROLES = "Project Automation Admin, Project Backup Admin or Project Monitoring Admin"
"""Each of these roles opens all seven endpoints. The vendor also writes Group for Project."""

RATE_LIMITED = "RATE_LIMITED"
UPGRADING = "WRITES_NOT_ALLOWED_DURING_APP_UPGRADES"
NOT_FAILED = "ONLY_FAILED_JOB_CAN_BE_RESTARTED"
JOB_NOT_FOUND = "LOG_COLLECTION_JOB_NOT_FOUND_IN_GROUP"

_NO_WINDOW = (
    f"this server version has no time window ({WINDOW_NEEDS}); "
    "leave out log_collection_from_date and log_collection_to_date, or last"
)

_UNKNOWN_ATTRIBUTE = frozenset({"INVALID_ATTRIBUTE", "INVALID_JSON_ATTRIBUTE", "MISSING_OR_INVALID_ATTRIBUTE"})
_Meaning = tuple[Leaf, str]
_UNKNOWN: _Meaning = (UnexpectedResponse, "no documented refusal; look at the server's logs")

_BY_CODE: dict[str, _Meaning] = {
    JOB_NOT_FOUND: (JobNotFound, "no job {job} in project {project}; `pulumi-opsmanager list` shows the existing jobs"),
    **dict.fromkeys(
        ("NOT_IN_GROUP", "GROUP_NOT_FOUND", "INVALID_GROUP_ID", "USER_CANNOT_ACCESS_GROUP"),
        (NotAllowed, "no such project, or the key is not a member of it; check the project id and the key's projects"),
    ),
    **dict.fromkeys(
        (
            "IP_ADDRESS_NOT_ON_ACCESS_LIST",
            "IP_ADDRESS_NOT_ON_WHITELIST",
            "RESOURCE_REQUIRES_WHITELIST",
            "ORG_REQUIRES_WHITELIST",
        ),
        (NotAllowed, "the API access list of the key lacks this machine; add its address"),
    ),
    "RESOURCE_NOT_FOUND_FOR_JOB": (
        InvalidInput,
        "the project has no such deployment; `pulumi-opsmanager doctor` lists its resource types and names",
    ),
    **dict.fromkeys(
        ("CANNOT_EXTEND_EXPIRED_JOB", "CANNOT_DOWNLOAD_EXPIRED_JOB"),
        (Expired, "the job has expired, and its archive is gone; collect again"),
    ),
    "CANNOT_DOWNLOAD_JOB_IN_PROGRESS": (NotFinished, "the job is still running; wait until the job has finished"),
    NOT_FAILED: (InvalidInput, "only a job with the status FAILURE can be retried"),
    UPGRADING: (Unavailable, f"the server is being upgraded and accepts no writes; {WAIT}"),
    RATE_LIMITED: (Unavailable, f"too many requests for this project; {WAIT}"),
}

_BY_STATUS: dict[int, _Meaning] = {
    **dict.fromkeys((400, 422), (InvalidInput, "change the value that the server names")),
    **dict.fromkeys((401, 403), (NotAllowed, f"the key needs one of the roles {ROLES} in this project")),
    402: (NotAllowed, "ask the server's administrator which requests the key may send"),
    404: (UnexpectedResponse, "check base_url, the project id and the job id"),
    409: (Unavailable, f"another operation on the server conflicts with this one; {WAIT}"),
    413: (Unavailable, "the server has no space for it; delete old jobs, or request less"),
    **dict.fromkeys((408, 423, 425, 429, 503), (Unavailable, WAIT)),
}


def failure_in(answer: Answer) -> Failure:
    """Make a failure of an answer outside 2xx."""
    kind = Kind.FINAL
    if answer.status == 429 and answer.code in (RATE_LIMITED, None):
        kind = Kind.LIMITED
    elif answer.status == 405 and answer.code == UPGRADING:
        kind = Kind.REFUSED
    elif answer.status in SERVER_FAILED or answer.status == 503:
        kind = Kind.BROKEN
    return Failure(kind, refusal(answer), retry_after_seconds=answer.retry_after_seconds)


def refusal(answer: Answer) -> OpsManagerError:
    """Make the error for an answer outside 2xx."""
    code = answer.code
    if answer.status == 401 and (code is None or (answer.sign_in.challenges and not answer.sign_in.is_signed)):
        return _not_signed_in(answer)
    if code is None and answer.status not in (429, 503) and not _is_own_form(answer):
        return _unreadable(answer)
    leaf, meaning = _BY_CODE.get(code or "") or _BY_STATUS.get(answer.status) or _UNKNOWN
    if code is None and answer.status == 404:
        meaning = f"an answer without errorCode does not prove that the job is gone; {meaning}"
    if leaf is JobNotFound and (answer.status != 404 or not _names_job(answer)):
        leaf, meaning = UnexpectedResponse, "this answers another request; check base_url"
    if leaf is InvalidInput and _refuses_window(answer):
        meaning = _NO_WINDOW
    if answer.status in SERVER_FAILED:
        leaf, meaning = ReplyLost, "the server failed; look at its logs"
    if leaf is JobNotFound:
        # URL and detail have the same ids, so they are left out.
        named = meaning.format(job=answer.request.job_id, project=answer.request.project_id)
        finding, _, remedy = named.partition("; ")
        subject = replace(answer.request.subject, request=None)
        return JobNotFound(finding, remedy=remedy, subject=subject, status=answer.status, code=answer.code)
    return answer.error(leaf, meaning)


def _not_signed_in(answer: Answer) -> OpsManagerError:
    """The error for a 401 about the signature. Only a refused fresh signature proves a wrong key."""
    sign_in = answer.sign_in
    if sign_in.proves_wrong_key:
        problem = f"the server does not accept the key pair{_path_hint(answer)}"
        return answer.error(BadCredentials, problem, "check public_key and private_key, and that this server made them")
    if sign_in.is_stale:
        return answer.error(
            UnexpectedResponse,
            f"the key pair is right, but the server called {MOST_SIGNATURES} signatures stale, as nodes behind a load "
            "balancer without sticky sessions do",
            "have the load balancer send each client to one node (sticky sessions)",
        )
    if sign_in.challenges:
        # A hostile server may send a header with many challenges.
        offered = ", ".join(map(str, sign_in.challenges[:4]))
        return answer.error(
            UnexpectedResponse,
            f"this client cannot answer the challenge {offered}; it supports {SUPPORTED}",
            "check base_url, and any proxy before the server",
        )
    return answer.error(
        UnexpectedResponse,
        "there is no challenge (no WWW-Authenticate header), so the key pair may be right or wrong",
        "check base_url, and that no proxy removes the header",
    )


def _path_hint(answer: Answer) -> str:
    """What else a refused signature may mean where `base_url` has a path."""
    prefix = urlsplit(answer.request.api_url).path.removesuffix(API_PATH)
    if not prefix or not answer.sign_in.is_signed:
        return ""
    return f"; if a proxy removes {shorten(prefix, 60)}, have it keep the path, because digest signs it"


def _is_own_form(answer: Answer) -> bool:
    """Whether the API itself answered, without a code: the oldest documented form has `error`, `reason`, `detail`."""
    return answer.fields.get("error") == answer.status and isinstance(answer.fields.get("reason"), str)


def _unreadable(answer: Answer) -> OpsManagerError:
    if 300 <= answer.status < 400:
        # What follows the question mark may be a token.
        target = shorten((answer.location or "nowhere").partition("?")[0])
        return answer.error(
            UnexpectedResponse,
            f"a redirect to {target!r}, which is not followed, so that no other host receives a signature",
            "set base_url to the server's address",
        )
    if answer.status in SERVER_FAILED:
        return answer.error(ReplyLost, WAIT)
    kind = shorten(answer.content_type) or "no content type"
    hint = _path_hint(answer) if answer.status == 400 else ""
    problem = f"{kind} and no errorCode, so this is not the Ops Manager API{hint}"
    return answer.error(UnexpectedResponse, problem, "check base_url")


def _refuses_window(answer: Answer) -> bool:
    """Whether the server does not know the dates of a window; one that knows them may refuse their values."""
    # The vendor's pages give the attribute in the parameters or in the detail only.
    words = str([answer.fields.get(key) for key in ("parameters", "detail")])
    is_named = any(key in words for key in ("logCollectionFromDate", "logCollectionToDate"))
    return is_named and answer.code in _UNKNOWN_ATTRIBUTE and lacks_window(answer.server_version) is not False


def lacks_window(version: str | None) -> bool | None:
    """Whether a server has no time window for jobs, by a version such as `8.0.0.500.20260101T0000Z`.

    None when the version does not say, as for Cloud Manager.
    """
    found = re.match(r"(\d+)\.(\d+)\.(\d+)(?!\d)", version or "")
    if found is None:
        return None
    release = tuple(map(int, found.groups()))
    return release < _FIRST_WITH_WINDOW.get(release[0], min(_FIRST_WITH_WINDOW.values()))


def _names_job(answer: Answer) -> bool:
    """Whether a "not found" is about the job that was asked for."""
    named, job_id = answer.fields.get("parameters"), answer.request.job_id
    return job_id is not None and (not named or (isinstance(named, list) and job_id in named))
