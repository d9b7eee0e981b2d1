"""Is a request body acceptable? The vendor's codes, in the order in which the server would look."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone
from typing import Any

from .wire import Refusal

_TYPES: dict[str, tuple[type, ...]] = {
    "resourceType": (str,),
    "resourceName": (str,),
    "sizeRequestedPerFileBytes": (int,),
    "logTypes": (list,),
    "redacted": (bool,),
}
_DATES = ("logCollectionFromDate", "logCollectionToDate")
_LOG_TYPES = {"AUTOMATION_AGENT", "BACKUP_AGENT", "FTDC", "MONGODB", "MONITORING_AGENT"}
_RESOURCE_TYPES = {"CLUSTER", "PROCESS", "REPLICASET"}


def parse_json(body: bytes) -> dict[str, Any]:
    """The object in a body."""
    try:
        parsed = json.loads(body)
    except ValueError:
        raise Refusal(400, "MALFORMED_JSON") from None
    if not isinstance(parsed, dict):
        raise Refusal(400, "INVALID_JSON")
    return parsed


def check_create(body: dict[str, Any], *, dates: str, resources: frozenset[str] | None) -> dict[str, Any]:
    """Judge a create.

    Args:
        body: As sent.
        dates: `epoch` (milliseconds, Ops Manager), `text` (Cloud Manager) or `off` (servers before 8.0).
        resources: Names of deployments that exist; None = all do.
    """
    given = {key: value for key, value in body.items() if not (key in _DATES and value is None)}
    for key in given:
        if key not in _TYPES and (key not in _DATES or dates == "off"):
            raise Refusal(400, "INVALID_ATTRIBUTE", key)
    for key, types in _TYPES.items():
        if key not in given:
            raise Refusal(400, "MISSING_ATTRIBUTE", key)
        if not isinstance(given[key], types) or (types == (int,) and isinstance(given[key], bool)):
            raise Refusal(400, "INVALID_ATTRIBUTE", key)
    _check_values(given)
    _check_window(given, dates)
    if resources is not None and given["resourceName"] not in resources:
        raise Refusal(400, "RESOURCE_NOT_FOUND_FOR_JOB", given["resourceName"], given["resourceType"])
    return given


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
    present = [key for key in _DATES if key in given]
    if len(present) == 1:
        raise Refusal(400, "MISSING_ATTRIBUTE", next(key for key in _DATES if key not in given))
    if not present:
        return
    for key in _DATES:
        value = given[key]
        right = isinstance(value, int) and not isinstance(value, bool) if dates == "epoch" else isinstance(value, str)
        if not right:
            raise Refusal(400, "INVALID_ATTRIBUTE", key)
    start, end = (given[key] if dates == "epoch" else _parse_date(key, given[key]) for key in _DATES)
    if start >= end:
        raise Refusal(400, "START_DATE_AFTER_END_DATE")


def check_extend(body: dict[str, Any], *, created: datetime, now: datetime) -> datetime:
    """Judge an extension and return the new expiry; the limit of six months counts from the creation."""
    for key in body:
        if key != "expirationDate":
            raise Refusal(400, "ATTRIBUTE_READ_ONLY", key)
    if "expirationDate" not in body:
        raise Refusal(400, "MISSING_ATTRIBUTE", "expirationDate")
    expires = _parse_date("expirationDate", body["expirationDate"])
    if expires <= now:
        raise Refusal(400, "EXPIRATION_DATE_MUST_BE_IN_FUTURE")
    month = created.month + 6
    year, month = created.year + (month - 1) // 12, (month - 1) % 12 + 1
    last_day = (datetime(year + month // 12, month % 12 + 1, 1, tzinfo=timezone.utc) - timedelta(days=1)).day
    if expires > created.replace(year=year, month=month, day=min(created.day, last_day)):
        raise Refusal(400, "EXPIRATION_DATE_TOO_DISTANT")
    return expires


def _parse_date(key: str, value: object) -> datetime:
    if not isinstance(value, str):
        raise Refusal(400, "INVALID_ATTRIBUTE", key)
    if re.search(r"\.\d", value):
        raise Refusal(400, "FRACTIONAL_TIMESTAMP", key)
    try:
        parsed = datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        raise Refusal(400, "INVALID_ATTRIBUTE", key) from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=timezone.utc)
