"""Dates and days: which expiry is requested, which one the server accepts, and what the messages say."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from pulumi_opsmanager.errors import Expired, InvalidInput
from pulumi_opsmanager.instants import format_instant, parse_instant
from pulumi_opsmanager.lifecycle.expiry import DecideExpiry, MoveExpiry, StoredJob
from pulumi_opsmanager.lifecycle.job_plan import plan_job
from pulumi_opsmanager.lifecycle.plan import Plan
from pulumi_opsmanager.lifecycle.stored import Stored
from pulumi_opsmanager.schema.fields import UNKNOWN
from pulumi_opsmanager.schema.job import JobInputs, JobState
from pulumi_opsmanager.schema.models import Partial, read_partial
from tests.support import JOB, job_inputs, job_values

CREATED = datetime(2026, 3, 2, 9, 15, 40, tzinfo=timezone.utc)
LIMIT = datetime(2026, 9, 2, 9, 15, 40, tzinfo=timezone.utc)
DUE = datetime(2026, 5, 1, tzinfo=timezone.utc)
RENEWED: dict[str, Any] = {"retentionDays": 30, "renewWhenDaysLeft": 7}


def made(expires: datetime | None, status: str = "SUCCESS", **inputs: Any) -> StoredJob:
    """A job with that expiry, and the inputs that the last run applied."""
    at = format_instant(expires) if expires else None
    state = JobState(status=status, creation_date=format_instant(CREATED), expires_at=at)
    return Stored(JOB, job_inputs(**inputs), state)


def plan(stored: StoredJob, now: datetime, **declared: Any) -> Plan:
    """The plan for a program that declares these inputs."""
    return plan_job(stored, Partial(job_inputs(**declared)), None, now)


def move(stored: datetime, to: datetime, why: str) -> Plan:
    """A plan that moves the expiry without a changed input."""
    reason = f"the next run moves the expiry from {format_instant(stored)} to {format_instant(to)}: {why}"
    return Plan(steps=(MoveExpiry(to),), reasons=(reason,))


@pytest.mark.parametrize(
    ("days", "expires", "now", "wanted"),
    [
        # Days are counted from the creation, so time alone changes nothing.
        (60, CREATED + timedelta(days=60), "2026-04-20T00:00:00Z", None),
        (60, CREATED + timedelta(days=30), "2026-03-02T09:16:00Z", CREATED + timedelta(days=60)),
        (60, CREATED + timedelta(days=90), "2026-03-20T00:00:00Z", CREATED + timedelta(days=60)),
        # This is past the limit, which is six calendar months: 184 days here.
        (184, CREATED + timedelta(days=30), "2026-03-20T00:00:00Z", LIMIT),
        (184, LIMIT, "2026-03-20T00:00:00Z", None),
        # This is too late: the server refuses an expiry in the past.
        (10, CREATED + timedelta(days=30), "2026-03-20T00:00:00Z", None),
        (60, CREATED + timedelta(days=30), "2026-04-02T00:00:00Z", None),
        (10, CREATED + timedelta(days=30), "2026-03-12T09:15:40Z", None),
    ],
)
def test_days_count_from_the_creation(days: int, expires: datetime, now: str, wanted: datetime | None) -> None:
    """`retention_days` alone is a fixed date. An expiry that somebody moved is moved back, and time causes no drift."""
    found = plan(made(expires, retentionDays=days), parse_instant(now), retentionDays=days)
    assert found.steps == ((MoveExpiry(wanted),) if wanted else ())
    assert found.acts is (wanted is not None)


@pytest.mark.parametrize(
    ("now", "wanted"),
    [
        ("2026-04-20T00:00:00Z", None),
        ("2026-04-23T23:59:59Z", None),
        # Seven days are not fewer than seven.
        ("2026-04-24T00:00:00Z", None),
        ("2026-04-24T00:00:01Z", "2026-05-25T00:00:00Z"),
        ("2026-04-24T13:00:00Z", "2026-05-25T00:00:00Z"),
        ("2026-04-24T23:59:59Z", "2026-05-25T00:00:00Z"),
        ("2026-04-25T00:00:00Z", "2026-05-25T00:00:00Z"),
        ("2026-04-30T23:00:00Z", "2026-05-31T00:00:00Z"),
    ],
)
def test_renewal_comes_when_too_few_days_are_left(now: str, wanted: str | None) -> None:
    """All runs of one day request the same midnight."""
    expected = move(DUE, parse_instant(wanted), "fewer than 7 days are left") if wanted else Plan()
    assert plan(made(DUE, **RENEWED), parse_instant(now), **RENEWED) == expected


def test_renewal_between_two_seconds_ends_on_a_midnight() -> None:
    """A moment past midnight belongs to the next day."""
    now = datetime(2026, 4, 25, 0, 0, 0, 500_000, tzinfo=timezone.utc)
    assert plan(made(DUE, **RENEWED), now, **RENEWED).steps == (MoveExpiry(parse_instant("2026-05-26T00:00:00Z")),)


def test_days_that_end_with_the_limit_need_no_warning() -> None:
    """The full number of days is applied."""
    expires = CREATED + timedelta(days=30)
    found = plan(made(expires, retentionDays=184), CREATED, retentionDays=184)
    assert found == move(expires, LIMIT, "retention_days=184")


@pytest.mark.parametrize(
    ("expires", "now", "wanted"),
    [
        (datetime(2026, 8, 10, tzinfo=timezone.utc), "2026-08-05T00:00:00Z", LIMIT),
        (LIMIT, "2026-08-30T00:00:00Z", None),
    ],
)
def test_renewal_ends_at_the_limit_with_a_warning(expires: datetime, now: str, wanted: datetime | None) -> None:
    """The last renewal ends six months after the creation. After that only the warning is left."""
    warning = (
        "2026-09-02T09:15:40Z is the last possible expiry, 6 months after the job's creation; "
        "change triggers to collect again before then"
    )
    moved = move(expires, wanted, "fewer than 7 days are left") if wanted else Plan()
    assert plan(made(expires, **RENEWED), parse_instant(now), **RENEWED) == moved + Plan(warnings=(warning,))


@pytest.mark.parametrize(
    ("now", "expires"),
    [
        ("2026-03-20T10:00:00Z", "2026-05-20T00:00:00Z"),
        # Exactly enough days are left, so they are not the reason.
        ("2026-04-24T00:00:00Z", "2026-06-23T00:00:00Z"),
    ],
)
@pytest.mark.parametrize("before", [{}, {"retentionDays": 90}, {"retentionDays": 90, "renewWhenDaysLeft": 5}])
def test_new_number_of_days_is_applied_at_once(before: dict[str, Any], now: str, expires: str) -> None:
    """It applies before the next renewal, for more days and for fewer days."""
    found = plan(made(DUE, **before), parse_instant(now), retentionDays=60, renewWhenDaysLeft=7)
    changed = Plan(updates=("retention_days", "renew_when_days_left"))
    assert found == changed + move(DUE, parse_instant(expires), "retention_days=60")


def test_days_take_the_place_of_an_unknown_expiry() -> None:
    """If no expiry was stored, the reason has no date."""
    found = plan(made(None, retentionDays=60), CREATED, retentionDays=60)
    assert found.reasons == (
        "the next run moves the expiry from the default to 2026-05-01T09:15:40Z: retention_days=60",
    )


GONE = "the job has expired and its archive is gone; change triggers to collect again"
OVER = "5 days after the creation ended at 2026-03-07T09:15:40Z"


@pytest.mark.parametrize(
    ("now", "status", "renew", "problem"),
    [
        ("2026-03-20T00:00:00Z", "SUCCESS", None, OVER),
        ("2026-03-20T00:00:00Z", "EXPIRED", None, GONE),
        ("2026-05-01T00:00:00Z", "SUCCESS", 2, GONE),
    ],
)
def test_impossible_days_are_an_error_when_they_are_new_and_a_note_later(
    now: str, status: str, renew: int | None, problem: str
) -> None:
    """An unchanged program never starts to fail because time passes."""
    days = {"retentionDays": 5, "renewWhenDaysLeft": renew}
    note = f"keeps the expiry 2026-05-01T00:00:00Z: {problem}"
    assert plan(made(DUE, status, **days), parse_instant(now), **days) == Plan(notes=(note,))
    changed = plan(made(DUE, status, retentionDays=60), parse_instant(now), **days)
    with pytest.raises(Expired if problem is GONE else InvalidInput, match=f"^retention_days cannot be 5: {problem}$"):
        changed.require()


def test_days_that_are_no_longer_declared_leave_the_expiry() -> None:
    """Nothing is sent, and a note says which expiry stays."""
    found = plan(made(DUE, retentionDays=60), CREATED)
    note = "keeps the expiry 2026-05-01T00:00:00Z; none is declared"
    assert found == Plan(updates=("retention_days",), notes=(note,))


def test_days_in_place_of_a_date_move_the_expiry() -> None:
    """The date no longer applies, and the days count from the creation."""
    found = plan(made(DUE, expirationDate=format_instant(DUE)), CREATED, retentionDays=30)
    assert set(found.updates) == {"expiration_date", "retention_days"}
    assert found.steps == (MoveExpiry(CREATED + timedelta(days=30)),)


@pytest.mark.parametrize(
    ("unknown", "updates"),
    [
        ({"retentionDays": UNKNOWN}, ("retention_days",)),
        ({"retentionDays": 60, "renewWhenDaysLeft": UNKNOWN}, ("retention_days", "renew_when_days_left")),
    ],
)
def test_unknown_days_promise_no_date(unknown: dict[str, Any], updates: tuple[str, ...]) -> None:
    """A plan with an unknown number shows the change, and that the expiry may move."""
    found = plan_job(made(DUE), read_partial(JobInputs, job_values(**unknown)), None, CREATED)
    assert found == Plan(updates=updates, steps=(DecideExpiry(),))
