"""Is what a person wrote acceptable? All broken rules at once, before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pulumi_opsmanager.api.instants import format_instant, months_later, parse_instant
from pulumi_opsmanager.schema.fields import UNKNOWN, Bag
from pulumi_opsmanager.schema.job import JobInputs
from pulumi_opsmanager.schema.validate import Failure, validate

MAX_LIFE_MONTHS = 6
"""An expiry may be at most this long after the job's creation (vendor: `EXPIRATION_DATE_TOO_DISTANT`)."""


@dataclass(frozen=True)
class Checked:
    """Canonical inputs with defaults, and what is wrong with them."""

    inputs: dict[str, Any]
    failures: list[Failure]


def check_job(new: Bag, old: Bag, *, default_project_id: str | None, now: datetime) -> Checked:
    """Judge the inputs of a job.

    Args:
        new: What the program says, `UNKNOWN` included.
        old: The checked inputs of the existing job; empty for a new one and before a replacement.
        default_project_id: From the settings, for a new job. One that exists keeps its project.
        now: Against which the expiry of a new job is judged. For one that exists diff judges: only the state tells
            whether the program changed it, and an unchanged program must not start to fail because time passed.
    """
    inputs, failures = validate(JobInputs, new)
    if "projectId" not in inputs and (project_id := old.get("projectId") or default_project_id):
        inputs["projectId"] = project_id
    broken = {failure.path for failure in failures}
    if not broken & {"logCollectionFromDate", "logCollectionToDate"}:
        failures += _window_failures(inputs)
    expires = inputs.get("expirationDate")
    if not old and expires not in (None, UNKNOWN) and "expirationDate" not in broken:
        failures += _expiry_failures(parse_instant(expires), now)
    return Checked(inputs, failures)


def _window_failures(inputs: Bag) -> list[Failure]:
    start, end = inputs.get("logCollectionFromDate"), inputs.get("logCollectionToDate")
    if start is not None and end is None:
        return [Failure("logCollectionToDate", "is required with logCollectionFromDate: give both or none")]
    if end is not None and start is None:
        return [Failure("logCollectionFromDate", "is required with logCollectionToDate: give both or none")]
    # Canonical instants sort as text.
    if start is not None and UNKNOWN not in (start, end) and not start < end:
        return [Failure("logCollectionToDate", f"must be later than logCollectionFromDate ({start})")]
    return []


def _expiry_failures(expires: datetime, now: datetime) -> list[Failure]:
    limit = months_later(now, MAX_LIFE_MONTHS)
    if expires <= now:
        return [Failure("expirationDate", f"must be in the future (it is {format_instant(now)} now)")]
    if expires > limit:
        return [
            Failure(
                "expirationDate", f"must be at most {format_instant(limit)}, {MAX_LIFE_MONTHS} months after creation"
            )
        ]
    return []
