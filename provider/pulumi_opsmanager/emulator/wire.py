"""The form of the answers: jobs, lists, errors, envelopes, file names. Source: `tests/wire`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timezone
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

from .children import Child
from .jobs import USER_ID, EmulatedJob

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class Refusal(Exception):
    """An answer in the vendor's error form."""

    def __init__(self, status: int, code: str | None, *parameters: object, detail: str = "") -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.parameters = list(parameters)
        self.detail = detail or f"{HTTPStatus(status).phrase}: {code} {' '.join(map(str, parameters))}".strip()

    def body(self) -> dict[str, Any]:
        """Return the error body. The body of a challenge has no code and no parameters."""
        common = {"detail": self.detail, "error": self.status, "reason": HTTPStatus(self.status).phrase}
        return common if self.code is None else common | {"errorCode": self.code, "parameters": self.parameters}


def date(instant: datetime) -> str:
    """Write an instant as ISO 8601 in UTC, with whole seconds."""
    return instant.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def job(record: EmulatedJob, *, own_url: str, verbose: bool) -> dict[str, Any]:
    """Write a job as one answer or as an entry of a list."""
    request = record.request
    kind = str(request["resourceType"]).replace("_", "").lower()
    shown: dict[str, Any] = {
        "creationDate": date(record.created),
        "downloadUrl": f"{own_url}/groups/{record.project_id}/logCollectionJobs/{record.id}/download",
        "expirationDate": date(record.expires),
        "groupId": record.project_id,
        "id": record.id,
        "logTypes": request["logTypes"],
        "redacted": request["redacted"],
        "resourceName": request["resourceName"],
        "resourceType": kind,
        "rootResourceName": request["resourceName"],
        "rootResourceType": kind,
        "sizeRequestedPerFileBytes": request["sizeRequestedPerFileBytes"],
        "status": record.status,
        "uncompressedSizeTotalBytes": sum(child.collected_bytes for child in record.children),
        "userId": USER_ID,
    }
    for key in ("logCollectionFromDate", "logCollectionToDate"):
        if key in request:
            shown[key] = request[key]
    if verbose:
        shown["childJobs"] = [_child(record, child, number) for number, child in enumerate(record.children)]
    return shown


def _child(record: EmulatedJob, child: Child, number: int) -> dict[str, Any]:
    return {
        "automationAgentId": f"{int(record.id, 16) + number + 10:024x}"[-24:],
        "errorMessage": child.error,
        "finishDate": date(child.finished) if child.finished is not None else None,
        "hostName": child.host,
        "logCollectionType": child.log_type,
        "path": child.path,
        "startDate": date(child.started),
        "status": child.status,
        "uncompressedDiskSpaceBytes": child.collected_bytes,
    }


def page(
    items: list[dict[str, Any]], *, url: str, switches: Mapping[str, str], number: int, per_page: int, total: int
) -> dict[str, Any]:
    """Write one page of a list. Its links repeat the switches of the request before the page number."""

    def link(rel: str, page_number: int) -> dict[str, str]:
        query = {**switches, "pageNum": page_number, "itemsPerPage": per_page}
        return {"rel": rel, "href": f"{url}?{urlencode(query)}"}

    links = [link("self", number)]
    if number > 1:
        links.append(link("previous", number - 1))
    if number * per_page < total:
        links.append(link("next", number + 1))
    return {"links": links, "results": items, "totalCount": total}


def text(body: dict[str, Any], *, status: int, pretty: bool, envelope: bool) -> str:
    """Write JSON, indented or in an envelope if the query asks for it."""
    if envelope:
        body = body | {"status": status} if "results" in body else {"status": status, "content": body}
    return json.dumps(body, indent=2, separators=(",", " : ")) if pretty else json.dumps(body, separators=(",", ":"))


def attachment(name: str) -> str:
    """Write a `Content-Disposition` for a file name of any characters (RFC 6266)."""
    name = _CONTROLS.sub("", name)
    plain = re.sub(r'(["\\])', r"\\\1", re.sub(r"[^ -~]", "_", name))
    # `quote` escapes a few more characters than RFC 8187 demands, which is allowed.
    encoded = "" if name.isascii() else f"; filename*=UTF-8''{quote(name, safe='', errors='replace')}"
    return f'attachment; filename="{plain}"{encoded}'
