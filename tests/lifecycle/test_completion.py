"""Waiting for jobs, over real HTTP with a clock that moves only by sleeping."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.settings import Settings
from pulumi_opsmanager.clock import Clock
from pulumi_opsmanager.emulator import Emulator, FaultKind, after_seconds
from pulumi_opsmanager.errors import BadCredentials, CollectionFailed, JobNotFound, Unavailable
from pulumi_opsmanager.lifecycle.completion import (
    StoredCompletion,
    Wait,
    create_completion,
    look_at_completion,
    plan_completion,
    read_completion,
    remember_completion,
    update_completion,
)
from pulumi_opsmanager.lifecycle.context import Context
from pulumi_opsmanager.lifecycle.inputs import check_inputs
from pulumi_opsmanager.lifecycle.job import remember_job, restart
from pulumi_opsmanager.lifecycle.job_plan import plan_job
from pulumi_opsmanager.lifecycle.plan import Plan
from pulumi_opsmanager.lifecycle.run import Run
from pulumi_opsmanager.lifecycle.stored import Found, Stored
from pulumi_opsmanager.schema.completion import CompletionInputs, CompletionState
from pulumi_opsmanager.schema.failed import FailedJob
from pulumi_opsmanager.schema.fields import UNKNOWN, fields_of
from pulumi_opsmanager.schema.job import JobState
from pulumi_opsmanager.schema.models import Partial, read_partial, values_of
from tests.support import JOB, PROJECT, FakeClock, Heard, canned, context_of, job_inputs, job_request, offline


@pytest.fixture
def server(clock: FakeClock) -> Iterator[Emulator]:
    """A server whose jobs take a minute."""
    with Emulator(now=clock.now, pace=after_seconds(60)) as running:
        yield running


def make(context: Context, count: int) -> list[str]:
    return [context.jobs(PROJECT).create(job_request(resourceName=f"rs{i}")) for i in range(count)]


def inputs(job_ids: list[str], **changes: Any) -> CompletionInputs:
    return CompletionInputs(job_ids=job_ids, project_id=PROJECT, **changes)


def plan(context: Context, stored: StoredCompletion, declared: Partial[CompletionInputs]) -> Plan:
    """Plan and remember, as a preview does."""
    found = plan_completion(stored, declared, look_at_completion(context, stored, declared), context.clock.now())
    remember_completion(context, stored, declared, found)
    return found


def paths(server: Emulator, method: str = "GET") -> list[str]:
    """The requested paths below that of the project's jobs, without challenges."""
    entries = [entry for entry in server.requests if entry["method"] == method and entry["status"] != 401]
    return [entry["path"].partition("/logCollectionJobs")[2] for entry in entries]


@pytest.mark.parametrize(("jitter", "first"), [(min, 4.5), (max, 5.5)])
def test_intervals_differ_by_a_tenth_and_the_last_ends_at_the_deadline(
    context: Context, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, jitter: Callable[..., float], first: float
) -> None:
    """So several completions do not all send requests in the same second."""
    monkeypatch.setattr(random, "uniform", jitter)
    with pytest.raises(Unavailable, match="1 of 1 is not finished after 6 s"):
        create_completion(context, inputs(make(context, 1), timeout_seconds=6))
    assert clock.slept == [pytest.approx(first), pytest.approx(6 - first)]


def test_interval_grows_to_thirty_seconds(context: Context, server: Emulator, clock: FakeClock) -> None:
    """Waits begin at the declared interval, grow by half, and stay around 30 s."""
    (job_id,) = make(context, 1)
    server.set_status(job_id, "QUEUED")
    with pytest.raises(Unavailable, match=rf"after 600 s: {job_id} \(QUEUED\); run again .* timeout_seconds$"):
        create_completion(context, inputs([job_id], timeout_seconds=600))
    assert sum(clock.slept) == pytest.approx(600)
    for wait, expected in zip(clock.slept, (5, 7.5, 11.25, 16.9, 25.3, 30, 30, 30), strict=False):
        assert wait == pytest.approx(expected, rel=0.11)
    assert max(clock.slept) <= 33


@pytest.mark.parametrize(
    ("count", "others", "pages", "is_walked"),
    [
        (2, 0, 1, True),
        (20, 0, 1, True),
        (200, 0, 2, True),
        (2, 98, 1, True),
        (1, 0, 0, False),
        (2, 99, 2, False),
        (2, 250, 3, False),
    ],
)
def test_status_poll_sends_the_fewest_requests(
    context: Context, server: Emulator, heard: Heard, count: int, others: int, pages: int, is_walked: bool
) -> None:
    """One list walk serves any number of jobs, unless GETs of the single jobs need fewer requests."""
    job_ids = make(context, count)
    make(context, others)
    server.forget_requests()
    assert set(create_completion(context, inputs(job_ids)).state.statuses) == set(job_ids)
    looks = len(heard.far)
    assert paths(server).count("") == pages * (looks if is_walked else 1)
    # Each job is read once more when it is finished.
    assert len([path for path in paths(server) if path]) == count * (1 if is_walked else looks + (pages == 0))


def test_progress_shows_finished_and_failed_jobs_and_the_deadline(
    context: Context, server: Emulator, clock: FakeClock, heard: Heard
) -> None:
    """There is one line per interval. It names the unfinished jobs."""
    first = make(context, 2)
    clock.sleep(50)
    second = make(context, 1)
    server.fail("retry", FaultKind.FAILED_CHILDREN)
    server.set_status(first[0], "FAILURE")
    deadline = f"{clock.now() + timedelta(hours=1):%H:%M} UTC"
    create_completion(context, inputs([*first, *second], max_retries_per_run=0, on_failure="accept"))
    assert heard.far[0] == f"1 of 3 finished, 1 failed, waits until {deadline} for REPLICASET rs1, REPLICASET rs0"
    assert heard.far[-2:] == [
        f"2 of 3 finished, 1 failed, waits until {deadline} for REPLICASET rs0",
        "3 of 3 finished, 1 failed",
    ]


@pytest.mark.parametrize("max_retries", [0, 1, 3])
@pytest.mark.parametrize("on_failure", ["fail", "accept"])
def test_failed_job_is_restarted_as_often_as_one_run_allows(
    context: Context, server: Emulator, heard: Heard, max_retries: int, on_failure: str
) -> None:
    """A job that is FAILURE at first is restarted and waited for. A job that stays failed is an error or an output."""
    good, bad = make(context, 2)
    server.set_status(bad, "FAILURE")
    server.fail("retry", FaultKind.FAILED_CHILDREN, times=10)
    declared = inputs([good, bad], max_retries_per_run=max_retries, on_failure=on_failure)
    if on_failure == "fail":
        words = f"1 of 2 jobs failed: job {bad} of REPLICASET rs1: rs1-0.example.net:27017 FTDC: agent did not answer"
        with pytest.raises(CollectionFailed, match=words):
            create_completion(context, declared)
    else:
        state = create_completion(context, declared).state
        assert state.statuses == {good: "SUCCESS", bad: "FAILURE"}
        (failed,) = state.failed_jobs
        assert [part.error_message for part in failed.failed_child_jobs] == ["agent did not answer"]
        named = (failed.job_id, failed.status, failed.resource_type, failed.resource_name)
        assert named == (bad, "FAILURE", "REPLICASET", "rs1")
        assert state.retries == ({bad: max_retries} if max_retries else {})
        assert "rs1-0.example.net:27017 FTDC: agent did not answer" in heard.warnings[0]
    assert paths(server, "PUT") == [f"/{bad}/retry"] * max_retries


def test_next_run_requests_only_new_and_failed_jobs(context: Context, server: Emulator, clock: FakeClock) -> None:
    """A later run restarts failed jobs and waits for new jobs. It does not read finished jobs."""
    good, bad = make(context, 2)
    server.set_status(bad, "FAILURE")
    first = create_completion(context, inputs([good, bad], max_retries_per_run=0, on_failure="accept"))
    (new,) = make(context, 1)
    server.forget_requests()
    second = update_completion(context, first, inputs([good, bad, new], on_failure="accept"))
    assert second.state.statuses == {good: "SUCCESS", bad: "SUCCESS", new: "SUCCESS"}
    assert (second.state.failed_jobs, second.state.retries) == ([], {bad: 1})
    assert not [path for path in paths(server) if good in path]
    server.forget_requests()
    clock.sleep(60)
    third = update_completion(context, second, inputs([good, bad], on_failure="accept"))
    assert third.state.statuses == {good: "SUCCESS", bad: "SUCCESS"}
    assert (third.state.finished_at, third.state.retries) == (second.state.finished_at, {bad: 1})
    assert update_completion(context, third, inputs([good])).state.retries == {}
    assert server.requests == []


def test_restarts_are_counted_over_all_runs(context: Context, server: Emulator) -> None:
    """Each run has its own limit."""
    (bad,) = make(context, 1)
    server.set_status(bad, "FAILURE")
    server.fail("retry", FaultKind.FAILED_CHILDREN, times=9)
    declared = inputs([bad], max_retries_per_run=2, on_failure="accept")
    first = create_completion(context, declared)
    assert first.state.retries == {bad: 2}
    assert update_completion(replace(context, run=Run()), first, declared).state.retries == {bad: 4}


def test_end_of_the_wait_decides_whether_an_archive_may_be_complete(context: Context, server: Emulator) -> None:
    """If a job stays failed after a restart, there is no reason to download again."""
    good, bad = make(context, 2)
    server.set_status(bad, "FAILURE")
    context.run.note_promising(bad, is_promising=True)
    create_completion(context, inputs([good, bad], max_retries_per_run=0, on_failure="accept"))
    assert (context.run.is_promising(good), context.run.is_promising(bad)) == (True, False)


@pytest.mark.parametrize(("count", "words"), [(1, "1 job"), (2, "2 jobs"), (3, "3 jobs")])
def test_job_that_disappears_is_an_error(context: Context, server: Emulator, count: int, words: str) -> None:
    """A list without a job proves nothing; the GET after it does."""
    job_ids = make(context, count)
    server.set_status(job_ids[0], None)
    message = f"cannot wait for {words} of .*: .*{job_ids[0]}"
    with pytest.raises(JobNotFound, match=message) as absence:
        create_completion(context, inputs(job_ids))
    assert absence.value.code == "LOG_COLLECTION_JOB_NOT_FOUND_IN_GROUP"


def test_failed_job_that_expired_and_is_gone_is_a_warning_once(
    context: Context, server: Emulator, heard: Heard
) -> None:
    """The program has accepted its failure before."""
    good, bad = make(context, 2)
    server.set_status(bad, "FAILURE")
    stored = create_completion(context, inputs([good, bad], max_retries_per_run=0, on_failure="accept"))
    server.set_status(bad, None)
    heard.far.clear()
    heard.warnings.clear()
    (new,) = make(context, 1)
    again = update_completion(context, stored, inputs([good, bad, new], on_failure="accept"))
    assert again.state.statuses == {good: "SUCCESS", bad: "EXPIRED", new: "SUCCESS"}
    assert again.state.failed_jobs == []
    assert heard.far[0].startswith("1 of 2 finished, waits until ")
    assert heard.warnings == [f"job {bad}, which had failed, is gone from the server"]


def test_restart_by_the_job_itself_counts(context: Context, server: Emulator) -> None:
    """One run restarts a job at most `max_retries_per_run` times, for all resources together."""
    (job_id,) = make(context, 1)
    server.set_status(job_id, "FAILURE")
    server.fail("retry", FaultKind.FAILED_CHILDREN, times=9)
    restart(context, context.jobs(PROJECT), job_id)
    state = create_completion(context, inputs([job_id], on_failure="accept")).state
    assert (state.statuses, state.retries) == ({job_id: "FAILURE"}, {})
    assert len(paths(server, "PUT")) == 1


OTHER = "f" * 24


def completed(**values: Any) -> StoredCompletion:
    """A completion of one job, stored by an earlier run, with changed inputs and state."""
    state = {"statuses": {JOB: "SUCCESS"}, "finished_at": "2026-03-02T09:16:00Z"}
    state |= {name: values.pop(name) for name in list(values) if name in CompletionState.model_fields}
    return Stored("1" * 32, inputs([JOB], **values), CompletionState(**state))


FAILED: dict[str, Any] = {"statuses": {JOB: "FAILURE"}, "failed_jobs": [FailedJob(job_id=JOB, status="FAILURE")]}


@pytest.mark.parametrize("status", ["SUCCESS", "FAILURE"])
def test_job_that_its_own_resource_restarts_is_waited_for(status: str) -> None:
    """The job's resource restarts it, or found it complete. A completion without restarts of its own reads it again."""
    context, stored_job = offline(), Stored(JOB, job_inputs(maxRetries=1), JobState(status=status))
    declared = Partial(stored_job.inputs)
    remember_job(context, stored_job, declared, plan_job(stored_job, declared, None, context.clock.now()))
    stored = completed(max_retries_per_run=0, on_failure="accept", **FAILED)
    found = plan(context, stored, Partial(stored.inputs))
    assert found == Plan(
        steps=(Wait((JOB,)),), reasons=("1 job failed; the next run restarts the failed parts and waits",)
    )
    assert plan(context, stored, Partial(inputs([OTHER], max_retries_per_run=0, on_failure="accept"))).reasons == ()


@pytest.mark.parametrize(
    ("max_retries", "words"),
    [
        (1, "run again to restart the failed parts, or accept them"),
        (0, "raise max_retries_per_run, or accept them"),
    ],
)
def test_failure_names_the_remedy(context: Context, server: Emulator, max_retries: int, words: str) -> None:
    """If no restarts are allowed, another run would restart nothing."""
    job_ids = make(context, 2)
    for job_id in job_ids:
        server.set_status(job_id, "FAILURE")
    server.fail("retry", FaultKind.FAILED_CHILDREN, times=9)
    with pytest.raises(CollectionFailed, match=f"answer; job .* answer; repair the hosts, then {words}"):
        create_completion(context, inputs(job_ids, max_retries_per_run=max_retries))


@pytest.mark.parametrize(
    ("route", "kind", "times"),
    [
        ("list", FaultKind.SERVER_ERROR, 9),
        ("list", FaultKind.HTML, 1),
        ("list", FaultKind.MALFORMED_JSON, 1),
        ("get", FaultKind.SERVER_ERROR, 9),
        ("get", FaultKind.LOST_REPLY, 9),
        ("retry", FaultKind.LOST_REPLY, 1),
        ("retry", FaultKind.MAINTENANCE, 20),
    ],
)
def test_temporary_failure_only_delays_the_wait(
    context: Context, server: Emulator, route: str, kind: FaultKind, times: int
) -> None:
    """While a server cannot answer, requests are repeated until the deadline."""
    job_ids = make(context, 2)
    server.set_status(job_ids[0], "FAILURE")
    server.fail(route, kind, times=times)
    assert set(create_completion(context, inputs(job_ids)).state.statuses.values()) == {"SUCCESS"}
    assert len(set(paths(server, "PUT"))) == 1


STATUSES = [
    ("SUCCESS", True),
    ("MARKED_FOR_EXPIRY", True),
    ("FAILURE", False),
    ("IN_PROGRESS", False),
    ("EXPIRED", False),
    ("NEW", False),
    (None, False),
]


@pytest.mark.parametrize(("status", "is_promising"), STATUSES)
def test_read_finds_failed_jobs_that_somebody_restarted(
    context: Context, server: Emulator, status: str | None, is_promising: bool
) -> None:
    """The next run stores them once, although this completion restarts nothing. The read itself changes nothing."""
    good, bad = make(context, 2)
    server.set_status(bad, "FAILURE")
    declared = inputs([good, bad], max_retries_per_run=0, on_failure="accept")
    stored, process = create_completion(context, declared), replace(context, run=Run())
    server.set_pace("rs1", after_seconds(600))
    server.set_status(bad, status)
    found = read_completion(process, stored)
    promising = frozenset({bad} if is_promising else ())
    assert found == Found(stored, declared, promising=promising)
    assert plan(process, stored, Partial(declared)).steps == ((Wait((bad,)),) if promising else ())
    if promising:
        after = update_completion(process, stored, declared)
        assert after.state.statuses == {good: "SUCCESS", bad: status}
        assert plan(process, after, Partial(declared)) == Plan()


def test_read_walks_the_list_once_and_only_for_failed_jobs(context: Context, server: Emulator) -> None:
    """All reads of a run share one walk."""
    job_ids = make(context, 3)
    for job_id in job_ids[1:]:
        server.set_status(job_id, "FAILURE")
    failed = create_completion(context, inputs(job_ids, max_retries_per_run=0, on_failure="accept"))
    server.forget_requests()
    read_completion(context, replace(failed, state=CompletionState(statuses={job_ids[0]: "SUCCESS"})))
    assert server.requests == []
    for _ in range(3):
        read_completion(context, failed)
    assert paths(server) == [""]


@pytest.mark.parametrize("kind", [FaultKind.SERVER_ERROR, FaultKind.HTML, FaultKind.MALFORMED_JSON])
def test_unreadable_list_does_not_fail_a_read(context: Context, server: Emulator, kind: FaultKind) -> None:
    """Unknown settings do not fail it either."""
    stored = completed(max_retries_per_run=0, on_failure="accept", **FAILED)
    server.fail("list", kind, times=99)
    for process in (context, replace(context, reach=None)):
        assert read_completion(process, stored) == Found(stored, stored.inputs)


def test_error_at_the_deadline_names_the_last_failure(context: Context, server: Emulator, heard: Heard) -> None:
    """The error says why no job was read."""
    job_ids = make(context, 12)
    server.fail("list", FaultKind.SERVER_ERROR, times=1000)
    with pytest.raises(Unavailable, match=r"12 of 12 are .*\(never seen\) and 2 more; .*the last look failed: GET "):
        create_completion(context, inputs(job_ids, timeout_seconds=300))
    assert " and 9 more (no answer now: GET " in heard.far[0]


def test_refused_key_ends_the_wait_at_once(clock: FakeClock) -> None:
    """Waiting does not repair a wrong key."""
    challenge = {"WWW-Authenticate": 'Digest realm="MMS Public API", nonce="x", qop="auth"'}
    with canned(b'{"error":401,"detail":"no"}', status=401, headers=challenge) as url:
        context = context_of(Client(Settings(url, "public", "private"), clock), clock)
        with pytest.raises(BadCredentials):
            create_completion(context, inputs([JOB]))
    assert clock.slept == []


def test_wait_ends_when_its_caller_has_gone(context: Context) -> None:
    """A clock whose sleep raises ends the wait with its error."""

    def stop(_seconds: float) -> None:
        raise Unavailable("stopped")

    (job_id,) = make(context, 1)
    with pytest.raises(Unavailable, match="stopped"):
        create_completion(replace(context, clock=Clock(context.clock.now, stop)), inputs([job_id]))


def test_empty_list_of_jobs_is_finished_at_once(context: Context, server: Emulator) -> None:
    """A program with an empty list works."""
    assert create_completion(context, inputs([])).state.statuses == {}
    assert server.requests == []


@pytest.mark.parametrize("status", ["EXPIRED", "MARKED_FOR_EXPIRY"])
def test_job_that_expired_is_finished(context: Context, server: Emulator, status: str) -> None:
    """Its status is final, and it has not failed."""
    (job_id,) = make(context, 1)
    server.set_status(job_id, status)
    assert create_completion(context, inputs([job_id])).state.statuses == {job_id: status}


CHANGED = {
    "job_ids": [JOB, OTHER],
    "project_id": OTHER,
    "timeout_seconds": 10,
    "poll_interval_seconds": 1,
    "max_retries_per_run": 0,
    "on_failure": "accept",
}


def test_every_input_has_a_changed_value_here() -> None:
    """Without this test a forgotten field would not be noticed."""
    assert set(CHANGED) == {field.name for field in fields_of(CompletionInputs).values()}


@pytest.mark.parametrize("name", CHANGED)
def test_changed_input_updates_in_place(name: str) -> None:
    """A completion manages nothing on the server, so nothing is replaced. Only a new job is waited for."""
    stored, changed = completed(), CompletionInputs(**{"job_ids": [JOB], "project_id": PROJECT, name: CHANGED[name]})
    is_new = name == "job_ids"
    assert plan(offline(), stored, Partial(changed)) == Plan(updates=(name,), steps=(Wait((OTHER,)),) * is_new)
    unknown = Partial(stored.inputs, frozenset({name}))
    assert plan(offline(), stored, unknown) == Plan(updates=(name,), steps=(Wait(()),) * is_new)


def test_removed_job_leaves_the_state_without_a_request() -> None:
    """No request is sent for it."""
    assert plan(offline(), completed(), Partial(inputs([]))) == Plan(updates=("job_ids",), steps=(Wait(()),))


@pytest.mark.parametrize(
    ("stored", "declared"),
    [({"jobIds": [OTHER, JOB]}, {"jobIds": [JOB, OTHER, JOB]}), ({"timeoutSeconds": 3600.0}, {"timeoutSeconds": 3600})],
)
def test_equal_inputs_in_another_form_change_nothing(stored: dict[str, Any], declared: dict[str, Any]) -> None:
    """The IDs are a set. Numbers may have several forms."""
    old, new = (
        check_inputs(CompletionInputs, {"jobIds": [JOB]} | values, None, PROJECT).declared
        for values in (stored, declared)
    )
    assert plan(offline(), replace(completed(), inputs=old.known), new) == Plan()


def test_unknown_ids_come_last() -> None:
    """So a preview shows one added ID, and not that all have other places."""
    given: dict[str, Any] = {"jobIds": [OTHER, UNKNOWN, JOB, UNKNOWN, UNKNOWN]}
    checked = check_inputs(CompletionInputs, given, None, PROJECT)
    assert checked.values["jobIds"] == [JOB, OTHER, UNKNOWN, UNKNOWN, UNKNOWN]
    assert checked.declared == Partial(inputs([JOB, OTHER]), frozenset({"job_ids"}))


@pytest.mark.parametrize(
    ("status", "is_promising"), [("SUCCESS", True), ("FAILURE", False), ("EXPIRED", False), ("IN_PROGRESS", False)]
)
def test_archive_of_a_job_that_succeeded_may_be_complete(status: str, is_promising: bool) -> None:
    """The preview of an incomplete archive then gives a reason to download it again."""
    context, stored = offline(), completed(statuses={JOB: status})
    plan(context, stored, Partial(stored.inputs))
    assert context.run.is_promising(JOB) is is_promising


@pytest.mark.parametrize(("max_retries", "acts"), [(1, True), (0, False), (UNKNOWN, True)])
def test_failed_jobs_are_restarted_while_retries_are_allowed(max_retries: Any, acts: bool) -> None:
    """With `accept` a failed job is a difference that the next run removes. An unknown limit may allow restarts."""
    context, stored = offline(), completed(max_retries_per_run=0, on_failure="accept", **FAILED)
    declared = read_partial(CompletionInputs, values_of(stored.inputs) | {"maxRetriesPerRun": max_retries})
    assert plan(context, stored, declared).acts is acts
    assert context.run.is_promising(JOB) is acts


@pytest.mark.parametrize(
    ("key", "value", "rule"),
    [
        ("jobIds", ["x"], "must be 24 lower-case hex digits"),
        ("timeoutSeconds", 0, "must be more than 0"),
        ("timeoutSeconds", float("inf"), "must be a number of seconds"),
        ("timeoutSeconds", True, "must be a number of seconds"),
        ("pollIntervalSeconds", 0.01, "must be at least 0.1"),
        ("maxRetriesPerRun", -1, "must be at least 0"),
        ("onFailure", "ignore", "must be one of fail, accept"),
    ],
)
def test_broken_rule_is_named(key: str, value: Any, rule: str) -> None:
    """It is named before any request."""
    found = check_inputs(CompletionInputs, {"jobIds": [JOB], key: value}, None, PROJECT)
    assert [failure.path.partition("[")[0] for failure in found.failures] == [key]
    assert found.failures[0].rule.startswith(rule)
