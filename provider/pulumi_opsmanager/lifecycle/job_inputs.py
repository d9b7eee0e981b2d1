"""Are the inputs of a job valid? The rules of each input, and rules between inputs."""

from __future__ import annotations

from dataclasses import replace

from pulumi_opsmanager.schema.fields import Values
from pulumi_opsmanager.schema.job import JobInputs
from pulumi_opsmanager.schema.models import Partial
from pulumi_opsmanager.schema.validate import Failure

from .inputs import Checked, check_inputs

_WINDOW = frozenset({"log_collection_from_date", "log_collection_to_date"})
_RETENTION = frozenset({"expiration_date", "retention_days", "renew_when_days_left"})


def check_job(given: Values, old: JobInputs | None, default_project_id: str | None) -> Checked[JobInputs]:
    """Check the inputs of a job, as `check_inputs`. A plan, and not a check, compares dates with the clock."""
    checked = check_inputs(JobInputs, given, old, default_project_id)
    broken = {failure.key for failure in checked.failures}
    between = []
    if not broken & {"logCollectionFromDate", "logCollectionToDate"}:
        between += _window_failures(checked.declared)
    if not broken & {"expirationDate", "retentionDays", "renewWhenDaysLeft"}:
        between += _retention_failures(checked.declared)
    return replace(checked, failures=(*checked.failures, *between))


def _window_failures(declared: Partial[JobInputs]) -> list[Failure]:
    start, end = declared.known.log_collection_from_date, declared.known.log_collection_to_date
    given = _given(declared, _WINDOW)
    if given == {"log_collection_from_date"}:
        return [Failure("logCollectionToDate", "is required with log_collection_from_date: give both or none")]
    if given == {"log_collection_to_date"}:
        return [Failure("logCollectionFromDate", "is required with log_collection_to_date: give both or none")]
    # Canonical instants sort as text.
    if start is not None and end is not None and not start < end:
        return [Failure("logCollectionToDate", f"must be later than log_collection_from_date ({start})")]
    return []


def _retention_failures(declared: Partial[JobInputs]) -> list[Failure]:
    days, renew = declared.known.retention_days, declared.known.renew_when_days_left
    given = _given(declared, _RETENTION)
    failures = []
    if {"expiration_date", "retention_days"} <= given:
        failures.append(Failure("retentionDays", "and expiration_date cannot be given together: remove one"))
    if "renew_when_days_left" in given and "retention_days" not in given:
        failures.append(Failure("renewWhenDaysLeft", "needs retention_days"))
    if renew is not None and days is not None and not renew < days:
        failures.append(Failure("renewWhenDaysLeft", f"must be less than retention_days ({days})"))
    return failures


def _given(declared: Partial[JobInputs], names: frozenset[str]) -> set[str]:
    """Which of these inputs have a value, known or unknown."""
    return {name for name in names if name in declared.unknown or getattr(declared.known, name) is not None}
