from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from pulumi_opsmanager.errors import Expired, InvalidInput
from pulumi_opsmanager.lifecycle.diff import diff_job
from pulumi_opsmanager.lifecycle.plan import Plan
from pulumi_opsmanager.schema.fields import UNKNOWN, OnChange, fields_of
from pulumi_opsmanager.schema.job import JobInputs
from tests.support import JOB, job_inputs, offline

# The sample job was made on 2026-03-02T09:15:40Z.
NOW = datetime(2026, 3, 3, tzinfo=timezone.utc)
STATE = {
    "status": "SUCCESS",
    "creationDate": "2026-03-02T09:15:40Z",
    "expirationDate": "2026-04-01T09:15:40Z",
    "downloadUrl": "http://om/download",
    "retries": 0.0,
}
LIMIT = "2026-09-02T09:15:40Z"
CHANGED = {
    "resourceType": "CLUSTER",
    "resourceName": "rs1",
    "logTypes": ["MONGODB"],
    "sizeRequestedPerFileBytes": 5,
    "redacted": True,
    "logCollectionFromDate": "2026-03-01T00:00:00Z",
    "logCollectionToDate": "2026-03-02T00:00:00Z",
    "projectId": "b" * 24,
    "expirationDate": "2026-05-01T00:00:00Z",
    "retentionDays": 60,
    "renewWhenDaysLeft": 7,
    "onExpired": "fail",
    "maxRetries": 2,
    "triggers": ["again"],
}


def plan(
    old: dict[str, Any] | None = None, state: dict[str, Any] | None = None, now: datetime = NOW, **changes: Any
) -> Plan:
    """The plan for a job made with `old` inputs whose program then changed."""
    old = job_inputs() if old is None else old
    stored = old | STATE | {"declaredExpirationDate": old.get("expirationDate")} | (state or {})
    known = {key: value for key, value in stored.items() if value is not None}
    return diff_job(offline(now), JOB, old, known, job_inputs(**{**old, **changes}))


def test_every_input_has_a_changed_value_here() -> None:
    """A forgotten field would be silent."""
    assert set(CHANGED) == set(fields_of(JobInputs))


@pytest.mark.parametrize(("key", "value"), CHANGED.items())
def test_changed_input_does_what_its_policy_says(key: str, value: Any) -> None:
    """Replace or update, as the schema declares."""
    expected = fields_of(JobInputs)[key].on_change
    found = plan(**{key: value})
    assert found.acts
    assert (found.replaces, found.updates) == (((key,), ()) if expected is OnChange.REPLACE else ((), (key,)))


@pytest.mark.parametrize(("key", "value"), CHANGED.items())
def test_unknown_input_counts_as_changed(key: str, value: Any) -> None:
    """In a preview, what is not known yet may be anything."""
    unknown: dict[str, Any] = {key: UNKNOWN}
    found, known = plan(**unknown), plan(**{key: value})
    assert (found.replaces, found.updates) == (known.replaces, known.updates)


@pytest.mark.parametrize(
    ("stored", "declared"),
    [
        ({"logTypes": ["MONGODB", "FTDC"]}, {}),
        ({"logTypes": ["mongodb", "ftdc"]}, {}),
        ({"resourceType": "replica_set"}, {}),
        ({"sizeRequestedPerFileBytes": 131072.0}, {}),
        ({"maxRetries": None}, {}),
        ({"maxRetries": 1.0}, {"maxRetries": None}),
        ({"triggers": [1.0]}, {"triggers": [1]}),
        ({"expirationDate": "2026-05-01T02:00:00+02:00"}, {"expirationDate": "2026-05-01T00:00:00Z"}),
        ({"expirationDate": "2026-05-01T00:00:00Z"}, {}),
        ({"status": "IN_PROGRESS"}, {}),
        ({"status": "EXPIRED"}, {}),
        ({"somethingNewer": 1}, {}),
        ({"triggers": None}, {"triggers": None}),
    ],
)
def test_equal_by_our_comparison_is_no_change(stored: dict[str, Any], declared: dict[str, Any]) -> None:
    """Sets, case, underscores, number forms, instants, and defaults that an older release did not store."""
    assert plan(state=stored, old=job_inputs(**declared)) == Plan()


def test_stored_value_that_is_no_longer_valid_is_a_change() -> None:
    """What an older release stored is compared as it is, not a failure."""
    assert plan(state={"logTypes": ["SYSLOG"]}).replaces == ("logTypes",)


@pytest.mark.parametrize(
    ("state", "max_retries", "attempt"),
    [
        ({"status": "FAILURE"}, 1, "attempt 1 of 1"),
        ({"status": "FAILED"}, 1, "attempt 1 of 1"),
        ({"status": "FAILURE", "retries": 1.0}, 1, None),
        ({"status": "FAILURE", "retries": 1.0}, 2.0, "attempt 2 of 2"),
        ({"status": "FAILURE", "retries": None}, 2.0, "attempt 1 of 2"),
        ({"status": "FAILURE"}, None, "attempt 1 of 1"),
        ({"status": "FAILURE"}, UNKNOWN, "attempt 1 of unknown"),
        ({"status": "FAILURE"}, 0, None),
        ({"status": "EXPIRED"}, 1, None),
    ],
)
def test_failed_job_is_retried_while_retries_are_left(
    state: dict[str, Any], max_retries: Any, attempt: str | None
) -> None:
    """The stored status and count decide, against the limit or its default; the row counts the attempts."""
    found = plan(state=state, old=job_inputs(maxRetries=max_retries), maxRetries=max_retries)
    reason = f"the job failed; up restarts its failed parts ({attempt})"
    assert found.reasons == ((reason,) if attempt else ())


def test_job_that_was_never_read_is_read() -> None:
    """A state without a status is a difference."""
    assert plan(state={"status": None}).reasons == ("the job's status is not known; up reads it",)


@pytest.mark.parametrize("created", ["2026-03-02T09:15:40Z", None])
@pytest.mark.parametrize(
    ("declared", "is_fine"), [(LIMIT, True), ("2026-09-02T09:15:41Z", False), ("2026-03-03T00:00:00Z", False)]
)
def test_changed_expiry_has_limits(created: str | None, declared: str, is_fine: bool) -> None:
    """In the future, and within six months of the creation, which the id tells when it was never read."""
    if is_fine:
        assert plan(state={"creationDate": created}, expirationDate=declared) == Plan(updates=("expirationDate",))
    else:
        with pytest.raises(InvalidInput, match=r"must be (at most 2026-09-02T09:15:40Z, 6 months|in the future)"):
            plan(state={"creationDate": created}, expirationDate=declared)


@pytest.mark.parametrize(
    ("state", "now"),
    [
        ({}, datetime(2026, 6, 1, tzinfo=timezone.utc)),
        ({"status": "EXPIRED"}, NOW),
        ({"creationDate": "2025-10-01T00:00:00Z"}, NOW),
    ],
)
def test_unchanged_expiry_that_cannot_be_had_is_passed_over(state: dict[str, Any], now: datetime) -> None:
    """It has passed, the job has expired, or it is too far: the row says so, and the program still works."""
    found = plan(state=state, old=job_inputs(expirationDate="2026-05-01T00:00:00Z"), now=now)
    assert not found.acts
    assert found.notes[0].startswith("keeps the expiry 2026-04-01T09:15:40Z: the declared 2026-05-01T00:00:00Z")


def test_unchanged_expiry_that_was_never_applied_is_applied() -> None:
    """A failed PATCH is a difference that no changed input tells, so the row does."""
    found = plan(old=job_inputs(expirationDate="2026-05-01T00:00:00Z"))
    assert found.acts
    assert found.reasons == (
        "up moves the expiry from 2026-04-01T09:15:40Z to 2026-05-01T00:00:00Z: it is not the declared one",
    )


@pytest.mark.parametrize(
    ("state", "now"),
    [
        ({"status": "EXPIRED"}, NOW),
        ({}, datetime(2026, 6, 1, tzinfo=timezone.utc)),
        ({"creationDate": "2025-10-01T00:00:00Z"}, NOW),
    ],
)
def test_refresh_that_rewrote_the_inputs_makes_no_change_of_the_program(state: dict[str, Any], now: datetime) -> None:
    """The stored input is the server's then; the program still says what it said at the last up."""
    declared = job_inputs(expirationDate="2026-05-01T00:00:00Z")
    stored = declared | STATE | {"declaredExpirationDate": "2026-05-01T00:00:00Z"} | state
    rewritten = job_inputs(expirationDate=STATE["expirationDate"])
    for new in (declared, rewritten):
        assert not diff_job(offline(now), JOB, rewritten, stored, new).acts
    with pytest.raises(Expired, match="expiration_date=2026-05-02T00:00:00Z cannot be had"):
        diff_job(
            offline(now),
            JOB,
            rewritten,
            stored | {"status": "EXPIRED"},
            job_inputs(expirationDate="2026-05-02T00:00:00Z"),
        )


def test_expiry_no_longer_declared_leaves_the_servers() -> None:
    """Taking the declaration back sends nothing, and says what stays."""
    found = plan(
        old=job_inputs(expirationDate="2026-05-01T00:00:00Z"),
        state={"expirationDate": "2026-05-01T00:00:00Z"},
        expirationDate=None,
    )
    assert found.updates == ("expirationDate",)
    assert found.notes == ("keeps the expiry 2026-05-01T00:00:00Z; none is declared",)


def test_expiry_of_a_job_to_be_replaced_is_not_judged_by_the_old_one() -> None:
    """The new job has six months of its own."""
    assert plan(resourceName="rs1", expirationDate="2099-01-01T00:00:00Z").replaces == ("resourceName",)
