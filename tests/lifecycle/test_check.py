from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from pulumi_opsmanager.lifecycle.check import Checked, check_job
from pulumi_opsmanager.schema.fields import UNKNOWN
from tests.support import PROJECT, job_inputs

NOW = datetime(2026, 3, 2, 12, tzinfo=timezone.utc)


def checked(old: dict[str, Any] | None = None, **changes: Any) -> Checked:
    return check_job(job_inputs(**changes), old or {}, default_project_id=PROJECT, now=NOW)


def problems(result: Checked) -> list[str]:
    return list(map(str, result.failures))


NO_ZONE = "must be an RFC 3339 date and time with a zone, such as 2026-03-01T00:00:00Z, not 'soon'"
NO_START = "log_collection_from_date is required with log_collection_to_date: give both or none"
NO_END = "log_collection_to_date is required with log_collection_from_date: give both or none"
NOT_FORWARD = "log_collection_to_date must be later than log_collection_from_date (2026-03-02T00:00:00Z)"
PAST = "expiration_date must be in the future (it is 2026-03-02T12:00:00Z now)"
TOO_FAR = "expiration_date must be at most 2026-09-02T12:00:00Z, 6 months after the job's creation"


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
def test_window_is_whole_and_forward(start: Any, end: Any, failing: list[str]) -> None:
    """Both ends or none, start before end; an unknown end counts as given; a broken one is told once."""
    assert problems(checked(logCollectionFromDate=start, logCollectionToDate=end)) == failing


@pytest.mark.parametrize(
    ("expiry", "failing"),
    [
        ("2026-03-02T12:00:00Z", [PAST]),
        ("2026-03-02T12:00:01Z", []),
        ("2026-09-02T12:00:00Z", []),
        ("2026-09-02T12:00:01Z", [TOO_FAR]),
        ("soon", [f"expiration_date {NO_ZONE}"]),
        (UNKNOWN, []),
    ],
)
def test_new_expiry_is_in_the_future_and_within_six_months(expiry: Any, failing: list[str]) -> None:
    """A new job's limits count from now."""
    assert problems(checked(expirationDate=expiry)) == failing


@pytest.mark.parametrize("expiry", ["2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z"])
@pytest.mark.parametrize("old", ["2020-01-01T00:00:00Z", "2026-05-01T00:00:00Z"])
def test_expiry_of_a_job_that_exists_is_left_to_diff(expiry: str, old: str) -> None:
    """A refresh may have rewritten the old input, so only the state tells whether the program changed it."""
    assert problems(checked(old=job_inputs(expirationDate=old), expirationDate=expiry)) == []


@pytest.mark.parametrize(
    ("declared", "old", "stored"),
    [(None, None, PROJECT), ("b" * 24, None, "b" * 24), (None, "c" * 24, "c" * 24), ("b" * 24, "c" * 24, "b" * 24)],
)
def test_project_is_declared_or_kept_or_default(declared: str | None, old: str | None, stored: str) -> None:
    """A job keeps the project it was made in; the default is for new ones."""
    result = checked(old={"projectId": old} if old else None, projectId=declared)
    assert result.inputs["projectId"] == stored
