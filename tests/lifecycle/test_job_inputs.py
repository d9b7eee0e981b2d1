from __future__ import annotations

from typing import Any

import pytest

from pulumi_opsmanager.lifecycle.inputs import Checked
from pulumi_opsmanager.lifecycle.job_inputs import check_job
from pulumi_opsmanager.schema.fields import UNKNOWN
from pulumi_opsmanager.schema.job import JobInputs
from tests.support import PROJECT, job_inputs, job_values


def checked(old: JobInputs | None = None, **changes: Any) -> Checked[JobInputs]:
    return check_job(job_values(**changes), old, PROJECT)


def problems(**changes: Any) -> list[str]:
    return list(map(str, checked(**changes).failures))


NO_ZONE = "must be an RFC 3339 date and time with a zone, such as 2026-03-01T00:00:00Z, not 'soon'"
NO_START = "log_collection_from_date is required with log_collection_to_date: give both or none"
NO_END = "log_collection_to_date is required with log_collection_from_date: give both or none"
NOT_FORWARD = "log_collection_to_date must be later than log_collection_from_date (2026-03-02T00:00:00Z)"


@pytest.mark.parametrize(
    ("start", "end", "failing"),
    [
        (None, None, []),
        ("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z", []),
        ("2026-03-01T00:00:00Z", None, [NO_END]),
        (None, "2026-03-02T00:00:00Z", [NO_START]),
        ("2026-03-02T00:00:00Z", "2026-03-02T00:00:00Z", [NOT_FORWARD]),
        ("2026-03-02T00:00:00+02:00", "2026-03-01T23:00:00Z", []),
        (UNKNOWN, None, [NO_END]),
        (UNKNOWN, "2026-03-02T00:00:00Z", []),
        ("2026-03-01T00:00:00Z", UNKNOWN, []),
        ("soon", None, [f"log_collection_from_date {NO_ZONE}"]),
        (None, "soon", [f"log_collection_to_date {NO_ZONE}"]),
    ],
)
def test_window_has_both_ends_and_starts_before_it_ends(start: Any, end: Any, failing: list[str]) -> None:
    """An unknown end counts as given. A malformed end causes one failure."""
    assert problems(logCollectionFromDate=start, logCollectionToDate=end) == failing


@pytest.mark.parametrize(
    ("inputs", "failing"),
    [
        ({"retentionDays": 60}, []),
        ({"retentionDays": 60, "renewWhenDaysLeft": 59}, []),
        (
            {"retentionDays": 60, "renewWhenDaysLeft": 60},
            ["renew_when_days_left must be less than retention_days (60)"],
        ),
        ({"renewWhenDaysLeft": 7}, ["renew_when_days_left needs retention_days"]),
        ({"renewWhenDaysLeft": UNKNOWN}, ["renew_when_days_left needs retention_days"]),
        (
            {"retentionDays": 60, "expirationDate": "2026-05-01T00:00:00Z"},
            ["retention_days and expiration_date cannot be given together: remove one"],
        ),
        (
            {"retentionDays": UNKNOWN, "expirationDate": UNKNOWN},
            ["retention_days and expiration_date cannot be given together: remove one"],
        ),
        (
            {"retentionDays": 60, "expirationDate": UNKNOWN, "renewWhenDaysLeft": 60},
            [
                "retention_days and expiration_date cannot be given together: remove one",
                "renew_when_days_left must be less than retention_days (60)",
            ],
        ),
        ({"retentionDays": UNKNOWN, "renewWhenDaysLeft": 7}, []),
        # A malformed value causes one failure, by the field's own rule.
        ({"retentionDays": 1.5}, ["retention_days must be a whole number, not 1.5"]),
        ({"retentionDays": 0, "renewWhenDaysLeft": 7}, ["retention_days must be 1 to 184, not 0: the server keeps"]),
        ({"retentionDays": 60, "renewWhenDaysLeft": 184}, ["renew_when_days_left must be at most 183, not 184"]),
        ({"retentionDays": 60, "expirationDate": "soon"}, [f"expiration_date {NO_ZONE}"]),
        ({"onExpired": "Recreate"}, []),
    ],
)
def test_days_exclude_a_date_and_renewals_need_days(inputs: dict[str, Any], failing: list[str]) -> None:
    """A renewal must come before all days have passed."""
    for failure, words in zip(problems(**inputs), failing, strict=True):
        assert failure.startswith(words)


@pytest.mark.parametrize("date", ["2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z", UNKNOWN])
@pytest.mark.parametrize("old", [None, job_inputs(expirationDate="2026-05-01T00:00:00Z")])
def test_check_needs_no_clock(date: Any, old: JobInputs | None) -> None:
    """Only a plan compares dates with the time."""
    assert checked(old, expirationDate=date).failures == ()


@pytest.mark.parametrize(
    ("declared", "old", "stored"),
    [(None, None, PROJECT), ("b" * 24, None, "b" * 24), (None, "c" * 24, "c" * 24), ("b" * 24, "c" * 24, "b" * 24)],
)
def test_project_is_declared_or_kept_or_default(declared: str | None, old: str | None, stored: str) -> None:
    """A job keeps the project in which it was created. The default applies to new jobs."""
    result = checked(job_inputs(projectId=old) if old else None, projectId=declared)
    assert result.values["projectId"] == result.declared.known.project_id == stored


def test_value_that_breaks_a_rule_is_shown_and_not_declared() -> None:
    """The values contain it for the message of the engine. A plan gets inputs without it."""
    result = checked(maxRetries=101, resourceName=UNKNOWN)
    assert (result.values["maxRetries"], result.declared.known.max_retries) == (101, 1)
    assert result.declared.unknown == {"resource_name"}
