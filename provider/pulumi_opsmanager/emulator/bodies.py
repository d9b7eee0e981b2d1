"""Check a request body, with the vendor's codes, in the order of the reference.

The order: JSON; unknown, missing and wrongly typed fields; values (size, log types, resource type, window, resource).
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any, NoReturn

from .dates import parse_date
from .wire import Refusal

_TYPES: dict[str, type] = {
    "resourceType": str,
    "resourceName": str,
    "sizeRequestedPerFileBytes": int,
    "logTypes": list,
    "redacted": bool,
}
_DATES = ("logCollectionFromDate", "logCollectionToDate")
_LOG_TYPES = {"AUTOMATION_AGENT", "BACKUP_AGENT", "FTDC", "MONGODB", "MONITORING_AGENT"}
_RESOURCE_TYPES = {"CLUSTER", "PROCESS", "REPLICASET"}

# Java's long: the vendor's int64 fields.
_INT64 = range(-(2**63), 2**63)


def parse_json(body: bytes) -> dict[str, Any]:
    """Return the JSON object in a body."""
    try:
        parsed = json.loads(body, parse_int=_integer, parse_constant=_not_json)
    except (ValueError, RecursionError):
        raise Refusal(400, "MALFORMED_JSON") from None
    if not isinstance(parsed, dict):
        raise Refusal(400, "INVALID_JSON")
    return parsed


def _integer(digits: str) -> int | float:
    # Python refuses to convert very long numbers. As a float such a number has the wrong type for every field.
    return int(digits) if len(digits) < 100 else float(digits)


def _not_json(constant: str) -> NoReturn:
    raise ValueError(constant)


def check_create(body: dict[str, Any], *, dates: str, resources: frozenset[str] | None) -> dict[str, Any]:
    """Check a create and return its fields.

    Args:
        body: The JSON object of the request.
        dates: `epoch` (milliseconds, Ops Manager), `text` (Cloud Manager) or `off` (servers before 7.0.16 and 8.0.9).
        resources: Names of the deployments that exist; None accepts any name.
    """
    given = {key: value for key, value in body.items() if not (key in _DATES and value is None)}
    window = [] if dates == "off" else [key for key in _DATES if key in given]
    for key in given:
        if key not in _TYPES and key not in window:
            raise Refusal(400, "INVALID_ATTRIBUTE", key)
    for key in (*_TYPES, *(_DATES if window else ())):
        if key not in given:
            raise Refusal(400, "MISSING_ATTRIBUTE", key)
    types = _TYPES | dict.fromkeys(window, int if dates == "epoch" else str)
    for key, kind in types.items():
        if not _is(kind, given[key]):
            raise Refusal(400, "INVALID_ATTRIBUTE", key)
    if not all(isinstance(log_type, str) for log_type in given["logTypes"]):
        raise Refusal(400, "INVALID_ATTRIBUTE", "logTypes")
    _check_values(given)
    if window:
        _check_window(given, dates)
    if resources is not None and given["resourceName"] not in resources:
        raise Refusal(400, "RESOURCE_NOT_FOUND_FOR_JOB", given["resourceName"], given["resourceType"])
    return given | {"logTypes": list(dict.fromkeys(given["logTypes"]))}  # the vendor's is a set


def _is(kind: type, value: object) -> bool:
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool) and value in _INT64
    return isinstance(value, kind)


def _check_values(given: dict[str, Any]) -> None:
    if given["sizeRequestedPerFileBytes"] <= 0:
        raise Refusal(400, "INVALID_LOG_REQUEST_SIZE")
    if not given["logTypes"]:
        raise Refusal(400, "INVALID_LOG_REQUEST_TYPES")
    for log_type in given["logTypes"]:
        if log_type not in _LOG_TYPES:
            raise Refusal(400, "INVALID_ENUM_VALUE", log_type)
    # Live servers take any case, and one stored page writes REPLICA_SET.
    if given["resourceType"].upper().replace("_", "") not in _RESOURCE_TYPES:
        raise Refusal(400, "INVALID_ENUM_VALUE", given["resourceType"])


def _check_window(given: dict[str, Any], dates: str) -> None:
    start, end = (given[key] if dates == "epoch" else parse_date(key, given[key]) for key in _DATES)
    if start >= end:
        raise Refusal(400, "START_DATE_AFTER_END_DATE")


def read_extend(body: dict[str, Any]) -> datetime:
    """Return the new expiry, after the checks that need neither a job nor a clock."""
    for key in body:
        if key != "expirationDate":
            raise Refusal(400, "ATTRIBUTE_READ_ONLY", key)
    if "expirationDate" not in body:
        raise Refusal(400, "MISSING_ATTRIBUTE", "expirationDate")
    return parse_date("expirationDate", body["expirationDate"])


def check_extend(body: dict[str, Any], *, created: datetime, now: datetime) -> datetime:
    """Check an extension and return the new expiry. It is at most six months after the creation."""
    expires = read_extend(body)
    if expires <= now:
        raise Refusal(400, "EXPIRATION_DATE_MUST_BE_IN_FUTURE")
    month = created.month + 6
    year, month = created.year + (month - 1) // 12, (month - 1) % 12 + 1
    last_day = (datetime(year + month // 12, month % 12 + 1, 1, tzinfo=timezone.utc) - timedelta(days=1)).day
    if expires > created.replace(year=year, month=month, day=min(created.day, last_day)):
        raise Refusal(400, "EXPIRATION_DATE_TOO_DISTANT")
    return expires
