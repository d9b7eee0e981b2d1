"""Dates and days: what is wanted, what can be had, and what the row says. Time is a row of the table."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from pulumi_opsmanager.errors import Expired, InvalidInput
from pulumi_opsmanager.instants import format_instant, parse_instant
from pulumi_opsmanager.lifecycle.check import check_job
from pulumi_opsmanager.lifecycle.diff import diff_job
from pulumi_opsmanager.lifecycle.expiry import wanted_expiry
from pulumi_opsmanager.lifecycle.plan import Plan
from pulumi_opsmanager.schema.fields import UNKNOWN
from tests.support import JOB, PROJECT, job_inputs, offline

CREATED = datetime(2026, 3, 2, 9, 15, 40, tzinfo=timezone.utc)
LIMIT = datetime(2026, 9, 2, 9, 15, 40, tzinfo=timezone.utc)


def state(expires: datetime, **more: Any) -> dict[str, Any]:
    """What is stored of a job with that expiry, as an engine hands it back."""
    stored = {
        "status": "SUCCESS",
        "creationDate": format_instant(CREATED),
        "expirationDate": format_instant(expires),
        "retries": 0.0,
    }
    return stored | {key: float(value) if isinstance(value, int) else value for key, value in more.items()}


def plan(stored: dict[str, Any], now: datetime, **inputs: Any) -> Plan:
    """The plan of a program that says what it said before."""
    declared = job_inputs(**inputs)
    return diff_job(offline(now), JOB, declared, declared | stored, declared)


def at(text: str) -> datetime:
    return parse_instant(text)


@pytest.mark.parametrize(
    ("days", "stored", "now", "wanted"),
    [
        # Counted from the creation, so time alone changes nothing.
        (60, CREATED + timedelta(days=60), "2026-04-20T00:00:00Z", None),
        (60, CREATED + timedelta(days=30), "2026-03-02T09:16:00Z", CREATED + timedelta(days=60)),
        (60, CREATED + timedelta(days=90), "2026-03-20T00:00:00Z", CREATED + timedelta(days=60)),
        # Past the limit, which is six calendar months: 184 days here.
        (184, CREATED + timedelta(days=30), "2026-03-20T00:00:00Z", LIMIT),
        (184, LIMIT, "2026-03-20T00:00:00Z", None),
        # Too late: an expiry in the past can be set by nobody.
        (10, CREATED + timedelta(days=30), "2026-03-20T00:00:00Z", None),
        (60, CREATED + timedelta(days=30), "2026-04-02T00:00:00Z", None),
        (10, CREATED + timedelta(days=30), "2026-03-12T09:15:40Z", None),
    ],
)
def test_days_count_from_the_creation(days: int, stored: datetime, now: str, wanted: datetime | None) -> None:
    """`retention_days` alone is a fixed date: what others moved is moved back, and time makes no drift."""
    inputs = job_inputs(retentionDays=days)
    assert wanted_expiry(JOB, inputs | state(stored, retentionDays=days), inputs, at(now)) == wanted
    assert plan(state(stored, retentionDays=days), at(now), retentionDays=days).acts is (wanted is not None)


DUE = at("2026-05-01T00:00:00Z")


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
    """On the day before nothing, on the day itself one date for the whole day."""
    days = {"retentionDays": 30, "renewWhenDaysLeft": 7}
    found = plan(state(DUE, **days), at(now), **days)
    why = f"up moves the expiry from 2026-05-01T00:00:00Z to {wanted}: fewer than 7 days are left"
    assert found == Plan(reasons=(why,) if wanted else ())


def test_renewal_ends_on_a_midnight_also_between_two_seconds() -> None:
    """A moment past midnight is another day."""
    days = {"retentionDays": 30, "renewWhenDaysLeft": 7}
    now = at("2026-04-25T00:00:00Z") + timedelta(milliseconds=500)
    inputs = job_inputs(**days)
    assert wanted_expiry(JOB, inputs | state(DUE, **days), inputs, now) == at("2026-05-26T00:00:00Z")


def test_days_that_end_with_the_limit_need_no_warning() -> None:
    """Nothing is cut short."""
    found = plan(state(CREATED + timedelta(days=30), retentionDays=184), CREATED, retentionDays=184)
    assert format_instant(LIMIT) in found.reasons[0]
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("stored", "now", "wanted"),
    [
        (at("2026-08-10T00:00:00Z"), "2026-08-05T00:00:00Z", LIMIT),
        (LIMIT, "2026-08-30T00:00:00Z", None),
    ],
)
def test_renewal_ends_at_the_limit_with_a_warning(stored: datetime, now: str, wanted: datetime | None) -> None:
    """Six months after the creation is the end: the last step goes there, then only a warning is left."""
    days = {"retentionDays": 30, "renewWhenDaysLeft": 7}
    found = plan(state(stored, **days), at(now), **days)
    assert found.acts is (wanted is not None)
    assert wanted is None or format_instant(wanted) in found.reasons[0]
    (warning,) = found.warnings
    assert warning.startswith("the expiry 2026-09-02T09:15:40Z is the last one, 6 months after the job's creation; ")


@pytest.mark.parametrize(
    ("now", "expires"),
    [
        ("2026-03-20T10:00:00Z", "2026-05-20T00:00:00Z"),
        # Just enough days are left, so they are not the reason.
        ("2026-04-24T00:00:00Z", "2026-06-23T00:00:00Z"),
    ],
)
@pytest.mark.parametrize("before", [{}, {"retentionDays": 90}, {"retentionDays": 90, "renewWhenDaysLeft": 5}])
def test_new_number_of_days_is_applied_at_once(before: dict[str, Any], now: str, expires: str) -> None:
    """A changed wish does not wait for the next renewal, whether it makes the time longer or shorter."""
    old, new = job_inputs(**before), job_inputs(retentionDays=60, renewWhenDaysLeft=7)
    found = diff_job(offline(at(now)), JOB, old, old | state(DUE, **before), new)
    assert found == Plan(
        updates=("retentionDays", "renewWhenDaysLeft"),
        reasons=(f"up moves the expiry from 2026-05-01T00:00:00Z to {expires}: retention_days is 60",),
    )


def test_first_days_replace_the_servers_own_expiry() -> None:
    """Where no expiry was stored, the row has no date to name."""
    days = {"retentionDays": 60}
    stored = {key: value for key, value in state(DUE, **days).items() if key != "expirationDate"}
    assert plan(stored, CREATED, **days).reasons == (
        "up moves the expiry from the server's own to 2026-05-01T09:15:40Z: retention_days is 60",
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
def test_days_that_cannot_be_had_are_an_error_once_and_a_word_after(
    now: str, status: str, renew: int | None, problem: str
) -> None:
    """A program that has just asked for them is wrong; one that asked before only learns it."""
    days = {"retentionDays": 5} | ({"renewWhenDaysLeft": renew} if renew else {})
    stored = state(DUE, **days) | {"status": status}
    assert plan(stored, at(now), **days) == Plan(notes=(f"keeps the expiry 2026-05-01T00:00:00Z: {problem}",))
    old = job_inputs(retentionDays=60)
    changed = old | state(DUE, retentionDays=60) | {"status": status}
    with pytest.raises(Expired if problem is GONE else InvalidInput, match=f"retention_days=5: {problem}"):
        diff_job(offline(at(now)), JOB, old, changed, job_inputs(**days))


def test_days_taken_back_leave_the_expiry() -> None:
    """Nothing is sent, and the row says what stays."""
    old = job_inputs(retentionDays=60)
    found = diff_job(offline(CREATED), JOB, old, old | state(DUE, retentionDays=60), job_inputs())
    assert (found.updates, found.reasons) == (("retentionDays",), ())
    assert found.notes == ("keeps the expiry 2026-05-01T00:00:00Z; none is declared",)


def test_unknown_days_move_nothing_yet() -> None:
    """A preview with an unknown number shows the change and promises no date."""
    old = job_inputs()
    for unknown in ({"retentionDays": UNKNOWN}, {"retentionDays": 60, "renewWhenDaysLeft": UNKNOWN}):
        unknown_inputs: dict[str, Any] = unknown
        found = diff_job(offline(CREATED), JOB, old, old | state(DUE), job_inputs(**unknown_inputs))
        assert set(found.updates) == set(unknown)
        assert found.reasons == ()


@pytest.mark.parametrize(
    ("inputs", "failing"),
    [
        ({"retentionDays": 60}, []),
        ({"retentionDays": 60, "renewWhenDaysLeft": 59}, []),
        (
            {"retentionDays": 60, "renewWhenDaysLeft": 60},
            ["renew_when_days_left must be less than retention_days"],
        ),
        ({"renewWhenDaysLeft": 7}, ["renew_when_days_left needs retention_days"]),
        (
            {"retentionDays": 60, "expirationDate": "2026-05-01T00:00:00Z"},
            ["retention_days and expiration_date exclude each other: give one"],
        ),
        ({"retentionDays": UNKNOWN, "renewWhenDaysLeft": 7}, []),
        ({"retentionDays": 1.5}, ["retention_days must be a whole number"]),
        # One mistake is told once, by the field's own rule.
        ({"retentionDays": 0, "renewWhenDaysLeft": 7}, ["retention_days must be 1 to 184"]),
        ({"retentionDays": 60, "renewWhenDaysLeft": 184}, ["renew_when_days_left must be at most 183"]),
        ({"retentionDays": 60, "expirationDate": "soon"}, ["expiration_date must be an RFC 3339 date"]),
        ({"onExpired": "Recreate"}, []),
    ],
)
def test_days_have_rules(inputs: dict[str, Any], failing: list[str]) -> None:
    """Days or a date, and a renewal before all of the time is over."""
    checked = check_job(job_inputs(**inputs), {}, default_project_id=PROJECT, now=CREATED)
    for failure, words in zip(checked.failures, failing, strict=True):
        assert str(failure).startswith(words)


@pytest.mark.parametrize(
    ("policy", "status", "replaces", "reason"),
    [
        ("keep", "EXPIRED", (), None),
        ("recreate", "EXPIRED", ("status",), "the job expired at 2026-05-01T00:00:00Z; up collects again"),
        ("fail", "EXPIRED", (), "the job expired at 2026-05-01T00:00:00Z; up fails"),
        ("keep", "SUCCESS", (), None),
        ("recreate", "SUCCESS", (), "the expiry 2026-05-01T00:00:00Z has passed; up looks what became of the job"),
        ("fail", "SUCCESS", (), "the expiry 2026-05-01T00:00:00Z has passed; up looks what became of the job"),
    ],
)
def test_expired_job_does_what_its_policy_says(
    policy: str, status: str, replaces: tuple[str, ...], reason: str | None
) -> None:
    """Only what the server said replaces a job; the clock alone makes `up` look."""
    found = plan(state(DUE) | {"status": status}, DUE, onExpired=policy)
    assert found == Plan(replaces=replaces, reasons=(reason,) if reason else ())
