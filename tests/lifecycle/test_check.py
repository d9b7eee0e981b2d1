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


def paths(result: Checked) -> list[str]:
    return [failure.path for failure in result.failures]


@pytest.mark.parametrize(
    ("start", "end", "failing"),
    [
        (None, None, []),
        ("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z", []),
        ("2026-03-01T00:00:00Z", None, ["logCollectionToDate"]),
        (None, "2026-03-02T00:00:00Z", ["logCollectionFromDate"]),
        ("2026-03-02T00:00:00Z", "2026-03-02T00:00:00Z", ["logCollectionToDate"]),
        ("2026-03-02T00:00:00+02:00", "2026-03-01T23:00:00Z", []),
        (UNKNOWN, None, ["logCollectionToDate"]),
        (UNKNOWN, "2026-03-02T00:00:00Z", []),
        ("2026-03-01T00:00:00Z", UNKNOWN, []),
        ("soon", None, ["logCollectionFromDate"]),
        (None, "soon", ["logCollectionToDate"]),
    ],
)
def test_window_is_whole_and_forward(start: Any, end: Any, failing: list[str]) -> None:
    """Both ends or none, start before end; an unknown end counts as given; a broken one is told once."""
    assert paths(checked(logCollectionFromDate=start, logCollectionToDate=end)) == failing


@pytest.mark.parametrize(
    ("expiry", "is_fine"),
    [
        ("2026-03-02T12:00:00Z", False),
        ("2026-03-02T12:00:01Z", True),
        ("2026-09-02T12:00:00Z", True),
        ("2026-09-02T12:00:01Z", False),
        ("soon", False),
        (UNKNOWN, True),
    ],
)
def test_new_expiry_is_in_the_future_and_within_six_months(expiry: Any, is_fine: bool) -> None:
    """A new job's limits count from now."""
    assert paths(checked(expirationDate=expiry)) == ([] if is_fine else ["expirationDate"])


@pytest.mark.parametrize("expiry", ["2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z"])
@pytest.mark.parametrize("old", ["2020-01-01T00:00:00Z", "2026-05-01T00:00:00Z"])
def test_expiry_of_a_job_that_exists_is_left_to_diff(expiry: str, old: str) -> None:
    """A refresh may have rewritten the old input, so only the state tells whether the program changed it."""
    assert paths(checked(old=job_inputs(expirationDate=old), expirationDate=expiry)) == []


@pytest.mark.parametrize(
    ("declared", "old", "stored"),
    [(None, None, PROJECT), ("b" * 24, None, "b" * 24), (None, "c" * 24, "c" * 24), ("b" * 24, "c" * 24, "b" * 24)],
)
def test_project_is_declared_or_kept_or_default(declared: str | None, old: str | None, stored: str) -> None:
    """A job keeps the project it was made in; the default is for new ones."""
    result = checked(old={"projectId": old} if old else None, projectId=declared)
    assert result.inputs["projectId"] == stored
