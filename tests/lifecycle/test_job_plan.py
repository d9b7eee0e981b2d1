from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from pulumi_opsmanager.errors import Expired, InvalidInput
from pulumi_opsmanager.instants import parse_instant
from pulumi_opsmanager.lifecycle.expiry import MoveExpiry, StoredJob
from pulumi_opsmanager.lifecycle.job_plan import Fail, JobFacts, Read, Relocate, Restart, plan_job
from pulumi_opsmanager.lifecycle.plan import Plan, Step
from pulumi_opsmanager.lifecycle.stored import Stored
from pulumi_opsmanager.schema.fields import UNKNOWN, OnChange, fields_of
from pulumi_opsmanager.schema.job import JobInputs, JobState
from pulumi_opsmanager.schema.models import Partial, read_partial
from tests.support import JOB, job_inputs, job_values

# The sample job was created at 2026-03-02T09:15:40Z.
NOW = datetime(2026, 3, 3, tzinfo=timezone.utc)
AT = "2026-04-01T09:15:40Z"
LIMIT = "2026-09-02T09:15:40Z"
MOVED = f"the old job is in project {'a' * 24}; the new job is created in project {'b' * 24}"
MAY = "2026-05-01T00:00:00Z"
CHANGED = {
    "resourceType": "CLUSTER",
    "resourceName": "rs1",
    "logTypes": ["MONGODB"],
    "sizeRequestedPerFileBytes": 5,
    "redacted": True,
    "logCollectionFromDate": "2026-03-01T00:00:00Z",
    "logCollectionToDate": "2026-03-02T00:00:00Z",
    "projectId": "b" * 24,
    "expirationDate": MAY,
    "retentionDays": 60,
    "renewWhenDaysLeft": 7,
    "onExpired": "fail",
    "maxRetries": 2,
    "triggers": ["again"],
}


def made(inputs: JobInputs | None = None, **state: Any) -> StoredJob:
    """The sample job as the last run stored it."""
    stored = {"status": "SUCCESS", "creation_date": "2026-03-02T09:15:40Z", "expires_at": AT} | state
    return Stored(JOB, inputs or job_inputs(), JobState(**stored))


def partial(**changes: Any) -> Partial[JobInputs]:
    return read_partial(JobInputs, job_values(**changes))


def plan(stored: StoredJob, now: datetime = NOW, facts: JobFacts | None = None, **changes: Any) -> Plan:
    """The plan for a program that declares these inputs."""
    return plan_job(stored, partial(**changes), facts, now)


def unchanged(stored: StoredJob, now: datetime = NOW) -> Plan:
    """The plan for an unchanged program."""
    return plan_job(stored, Partial(stored.inputs), None, now)


def test_every_input_has_a_changed_value_here() -> None:
    """Without this test a forgotten field would not be noticed."""
    assert set(CHANGED) == set(fields_of(JobInputs))


@pytest.mark.parametrize(("key", "value"), CHANGED.items())
def test_changed_input_does_what_its_policy_says(key: str, value: Any) -> None:
    """It replaces or updates, as the schema declares. An unknown value may have any value, so it counts as changed."""
    field = fields_of(JobInputs)[key]
    known, unknown = plan(made(), **{key: value}), plan(made(), **{key: UNKNOWN})  # type: ignore[arg-type]
    expected = ((field.name,), ()) if field.on_change is OnChange.REPLACE else ((), (field.name,))
    assert known.acts
    assert (known.replaces, known.updates) == (unknown.replaces, unknown.updates) == expected


@pytest.mark.parametrize(
    ("before", "state", "declared"),
    [
        ({"logTypes": ["MONGODB", "FTDC"]}, {}, {}),
        ({"logTypes": ["mongodb", "ftdc"]}, {}, {}),
        ({"resourceType": "replica_set"}, {}, {}),
        ({"sizeRequestedPerFileBytes": 131072.0}, {}, {}),
        ({"maxRetries": None}, {}, {}),
        ({"maxRetries": 1.0}, {}, {"maxRetries": None}),
        ({"triggers": [1.0]}, {}, {"triggers": [1]}),
        ({"expirationDate": "2026-05-01T02:00:00+02:00"}, {"expires_at": MAY}, {"expirationDate": MAY}),
        ({}, {"expires_at": MAY}, {}),
        ({}, {"status": "IN_PROGRESS"}, {}),
        ({}, {"status": "EXPIRED"}, {}),
    ],
)
def test_equal_value_changes_nothing(before: dict[str, Any], state: dict[str, Any], declared: dict[str, Any]) -> None:
    """Order, case, underscores, forms of a number or an instant, and defaults do not matter."""
    assert plan(made(job_inputs(**before), **state), **declared) == Plan()


def test_stored_value_that_is_no_longer_valid_is_a_change() -> None:
    """A value of an older release is compared unchanged, and causes no error."""
    assert plan(made(job_inputs(logTypes=["SYSLOG"]))).replaces == ("log_types",)


@pytest.mark.parametrize(
    ("status", "retries", "max_retries", "attempt"),
    [
        ("FAILURE", 0, 1, "attempt 1 of 1"),
        ("FAILED", 0, 1, "attempt 1 of 1"),
        ("FAILURE", 1, 1, None),
        ("FAILURE", 1, 2, "attempt 2 of 2"),
        ("FAILURE", 0, None, "attempt 1 of 1"),
        ("FAILURE", 0, UNKNOWN, "attempt 1"),
        ("FAILURE", 0, 0, None),
        ("EXPIRED", 0, 1, None),
    ],
)
def test_failed_job_is_restarted_while_retries_are_left(
    status: str, retries: int, max_retries: Any, attempt: str | None
) -> None:
    """The stored status decides, and the number of restarts below the limit or its default. The reason counts them."""
    found = plan(made(status=status, retries=retries), maxRetries=max_retries)
    assert found.steps == ((Restart(),) if attempt else ())
    reason = f"the job failed; the next run restarts its failed parts ({attempt})"
    assert found.reasons == ((reason,) if attempt else ())


@pytest.mark.parametrize("policy", ["keep", "recreate"])
def test_job_that_was_never_read_is_read_once(policy: str) -> None:
    """A state without a status is a difference, also after the expiry has passed."""
    reason = "the status of the job is unknown; the next run reads it"
    found = unchanged(made(job_inputs(onExpired=policy), status=None), parse_instant(AT))
    assert found == Plan(steps=(Read(),), reasons=(reason,))


HERE = "https://om.example.net"
PATH = "/api/public/v1.0/groups/p/logCollectionJobs/j/download"


@pytest.mark.parametrize(
    ("stored", "steps"),
    [
        (f"https://old.example.net{PATH}", (Relocate(),)),
        (f"{HERE}{PATH}", ()),
        ("", ()),
        ("https://old.example.net/v2/archives/j", ()),
    ],
)
def test_new_base_url_changes_the_url_of_the_archive(stored: str, steps: tuple[Step, ...]) -> None:
    """A URL of another form is left as it is, and so is one that was never stored."""
    found = plan(made(download_url=stored), facts=JobFacts(HERE, f"{HERE}{PATH}"))
    reason = f"base_url is {HERE} now; the next run changes download_url and sends nothing for it"
    assert found == Plan(steps=steps, reasons=(reason,) if steps else ())


@pytest.mark.parametrize(
    ("policy", "status", "steps", "reason"),
    [
        ("keep", "EXPIRED", (), None),
        ("recreate", "EXPIRED", (), f"the job expired on {AT}; the next run collects again"),
        ("fail", "EXPIRED", (Fail(),), f"the job expired on {AT}; the next run fails"),
        ("keep", "SUCCESS", (), None),
        ("recreate", "SUCCESS", (Read(),), f"expired on {AT}; the next run checks whether the job still exists"),
        ("fail", "SUCCESS", (Read(),), f"expired on {AT}; the next run checks whether the job still exists"),
    ],
)
def test_expired_job_does_what_its_policy_says(
    policy: str, status: str, steps: tuple[Step, ...], reason: str | None
) -> None:
    """Only the server's answer replaces a job. After the date has passed the job is read."""
    found = unchanged(made(job_inputs(onExpired=policy), status=status), parse_instant(AT))
    replaces = ("status",) if (policy, status) == ("recreate", "EXPIRED") else ()
    assert found == Plan(replaces=replaces, steps=steps, reasons=(reason,) if reason else ())


def test_expired_job_needs_a_known_policy() -> None:
    """Otherwise a preview cannot say whether it is replaced."""
    (failure,) = plan(made(status="EXPIRED"), onExpired=UNKNOWN).failures
    assert str(failure) == f"on_expired must be known: the job expired on {AT}"


def test_unknown_expiry_has_no_date_in_words() -> None:
    """A job that was never read has no date, and a server may report none."""
    kept = "keeps the default expiry; none is declared"
    assert plan(made(job_inputs(expirationDate=MAY), expires_at=None)).notes == (kept,)
    expired = unchanged(made(job_inputs(onExpired="fail"), status="EXPIRED", expires_at=None))
    assert expired.reasons == ("the job has expired; the next run fails",)


PAST = "must be in the future (it is 2026-03-03T00:00:00Z now)"
AFTER_LIMIT = f"must be at most {LIMIT} (6 months after the job's creation)"


@pytest.mark.parametrize("created", ["2026-03-02T09:15:40Z", None])
@pytest.mark.parametrize(
    ("declared", "rule"),
    [
        ("2026-03-03T00:00:00Z", PAST),
        ("2026-03-03T00:00:01Z", None),
        (LIMIT, None),
        ("2026-09-02T09:15:41Z", AFTER_LIMIT),
    ],
)
def test_changed_date_is_in_the_future_and_within_six_months(
    created: str | None, declared: str, rule: str | None
) -> None:
    """The six months begin with the creation. If the job was never read, its ID has that time."""
    found = plan(made(creation_date=created), expirationDate=declared)
    if rule is None:
        assert found == Plan(updates=("expiration_date",), steps=(MoveExpiry(parse_instant(declared)),))
    else:
        with pytest.raises(InvalidInput) as refused:
            found.require()
        assert str(refused.value) == f"expiration_date {rule}, not {declared}"


@pytest.mark.parametrize(
    ("declared", "rule"),
    [
        (None, None),
        (UNKNOWN, None),
        ("2026-03-03T00:00:00Z", PAST),
        ("2026-03-03T00:00:01Z", None),
        ("2026-09-03T00:00:00Z", None),
        ("2026-09-03T00:00:01Z", "must be at most 2026-09-03T00:00:00Z (6 months after the job's creation)"),
    ],
)
def test_date_of_a_new_job_is_in_the_future_and_within_six_months(declared: Any, rule: str | None) -> None:
    """The six months begin now."""
    failures = plan_job(None, partial(expirationDate=declared), None, NOW).failures
    assert list(map(str, failures)) == ([f"expiration_date {rule}, not {declared}"] if rule else [])


IMPOSSIBLE = [
    ({}, datetime(2026, 6, 1, tzinfo=timezone.utc), "must be in the future (it is 2026-06-01T00:00:00Z now), not"),
    ({"status": "EXPIRED"}, NOW, "cannot be"),
    ({"creation_date": "2025-10-01T00:00:00Z"}, NOW, "must be at most 2026-04-01T00:00:00Z (6 months after"),
]


@pytest.mark.parametrize(("state", "now", "words"), IMPOSSIBLE)
def test_unchanged_date_that_is_impossible_is_skipped_with_a_note(
    state: dict[str, Any], now: datetime, words: str
) -> None:
    """The date has passed, the job has expired, or the date is too late. An unchanged program still works."""
    found = unchanged(made(job_inputs(expirationDate=MAY), **state), now)
    assert found == Plan(notes=found.notes)
    assert found.notes[0].startswith(f"keeps the expiry {AT}: the declared expiration_date {words}")


@pytest.mark.parametrize(("state", "now", "_words"), IMPOSSIBLE)
def test_program_may_declare_the_date_that_the_server_has(state: dict[str, Any], now: datetime, _words: str) -> None:
    """That date changes nothing, also if another one was applied last."""
    assert plan(made(job_inputs(expirationDate=MAY), **state), now, expirationDate=AT) == Plan()


def test_changed_date_of_an_expired_job_is_refused() -> None:
    """Its archive cannot be restored."""
    found = plan(made(job_inputs(expirationDate=MAY), status="EXPIRED"), expirationDate="2026-05-02T00:00:00Z")
    with pytest.raises(Expired, match="^expiration_date cannot be 2026-05-02T00:00:00Z: the job has expired and its"):
        found.require()


def test_unchanged_date_that_was_never_applied_is_applied() -> None:
    """No changed input shows a failed PATCH, so the plan gives a reason."""
    found = unchanged(made(job_inputs(expirationDate=MAY)))
    reason = f"the next run moves the expiry from {AT} to {MAY}: it differs from the declared one"
    assert found == Plan(updates=("expiration_date",), steps=(MoveExpiry(parse_instant(MAY)),), reasons=(reason,))


def test_date_that_is_no_longer_declared_leaves_the_expiry() -> None:
    """Nothing is sent, and a note says which expiry stays."""
    found = plan(made(job_inputs(expirationDate=MAY), expires_at=MAY))
    assert found == Plan(updates=("expiration_date",), notes=(f"keeps the expiry {MAY}; none is declared",))


def test_replacement_has_six_months_of_its_own() -> None:
    """The date of a replaced job is not compared with the old creation."""
    assert plan(made(), resourceName="rs1", expirationDate="2099-01-01T00:00:00Z") == Plan(replaces=("resource_name",))


@pytest.mark.parametrize(
    ("old_project_id", "declared", "notes"),
    [
        (None, {"projectId": "b" * 24}, ()),
        ("b" * 24, {"projectId": "b" * 24}, ()),
        ("a" * 24, {"projectId": UNKNOWN}, ()),
        (
            "a" * 24,
            {"projectId": "b" * 24},
            (f"{MOVED}, which the settings name now (project_id keeps a job in a project)",),
        ),
    ],
)
def test_replacement_in_another_project_is_noted(
    old_project_id: str | None, declared: dict[str, Any], notes: tuple[str, ...]
) -> None:
    """A job keeps its project, but its replacement is a new job, to which the present settings apply."""
    found = plan_job(None, partial(**declared), JobFacts(old_project_id=old_project_id), NOW)
    assert found == Plan(notes=notes)
