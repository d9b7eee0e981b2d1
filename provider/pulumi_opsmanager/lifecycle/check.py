"""Is what a person wrote acceptable? All broken rules at once, before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pulumi_opsmanager.instants import parse_instant
from pulumi_opsmanager.schema.fields import UNKNOWN, Bag, Declaration, fields_of
from pulumi_opsmanager.schema.job import JobInputs
from pulumi_opsmanager.schema.validate import Failure, validate

from .expiry import date_problem


@dataclass(frozen=True)
class Checked:
    """What the inputs came to.

    Attributes:
        inputs: Canonical, with defaults.
        failures: What is wrong with them.
        notes: What a person should know about them.
    """

    inputs: dict[str, Any]
    failures: list[Failure]
    notes: tuple[str, ...] = ()


def check_inputs(declaration: type[Declaration], new: Bag, old: Bag, *, default_project_id: str | None) -> Checked:
    """Judge the inputs of any resource, each by its own rules.

    Args:
        declaration: Whose fields.
        new: What the program says, `UNKNOWN` included.
        old: The checked inputs of the existing resource; empty for a new one and before a replacement.
        default_project_id: From the settings, for a new resource. One that exists keeps its project.
    """
    inputs, failures = validate(declaration, new)
    project_id = old.get("projectId") or default_project_id
    if "projectId" in fields_of(declaration) and "projectId" not in inputs and project_id:
        inputs["projectId"] = project_id
    return Checked(inputs, failures)


def check_job(new: Bag, old: Bag, *, default_project_id: str | None, now: datetime) -> Checked:
    """Judge the inputs of a job: the rules of each field, and those between fields.

    Args:
        new: As for `check_inputs`.
        old: As for `check_inputs`.
        default_project_id: As for `check_inputs`.
        now: Against which the expiry of a new job is judged. For one that exists diff judges: only the state tells
            whether the program changed it, and an unchanged program must not start to fail because time passed.
    """
    checked = check_inputs(JobInputs, new, old, default_project_id=default_project_id)
    inputs, failures = checked.inputs, checked.failures
    broken = {failure.path for failure in failures}
    if not broken & {"logCollectionFromDate", "logCollectionToDate"}:
        failures += _window_failures(inputs)
    if not broken & {"expirationDate", "retentionDays", "renewWhenDaysLeft"}:
        failures += _retention_failures(inputs)
    expires = inputs.get("expirationDate")
    if not old and expires not in (None, UNKNOWN) and "expirationDate" not in broken:
        problem = date_problem(parse_instant(expires), now, now)
        failures += [Failure("expirationDate", problem)] if problem else []
    return Checked(inputs, failures)


def _window_failures(inputs: Bag) -> list[Failure]:
    start, end = inputs.get("logCollectionFromDate"), inputs.get("logCollectionToDate")
    if start is not None and end is None:
        return [Failure("logCollectionToDate", "is required with log_collection_from_date: give both or none")]
    if end is not None and start is None:
        return [Failure("logCollectionFromDate", "is required with log_collection_to_date: give both or none")]
    # Canonical instants sort as text.
    if start is not None and UNKNOWN not in (start, end) and not start < end:
        return [Failure("logCollectionToDate", f"must be later than log_collection_from_date ({start})")]
    return []


def _retention_failures(inputs: Bag) -> list[Failure]:
    days, renew = inputs.get("retentionDays"), inputs.get("renewWhenDaysLeft")
    if days is not None and inputs.get("expirationDate") is not None:
        return [Failure("retentionDays", "and expiration_date exclude each other: give one of them")]
    if renew is not None and days is None:
        return [Failure("renewWhenDaysLeft", "needs retention_days")]
    if renew is not None and UNKNOWN not in (renew, days) and not renew < days:
        return [Failure("renewWhenDaysLeft", f"must be less than retention_days ({days})")]
    return []
