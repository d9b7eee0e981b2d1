"""The wait, over real HTTP with a clock that only sleeping moves."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.settings import Settings
from pulumi_opsmanager.clock import Clock
from pulumi_opsmanager.emulator import Emulator, FaultKind, after_seconds
from pulumi_opsmanager.errors import BadCredentials, CollectionFailed, JobNotFound, Unavailable
from pulumi_opsmanager.lifecycle.check import check_inputs
from pulumi_opsmanager.lifecycle.completion import check_completion, complete_jobs, diff_completion
from pulumi_opsmanager.lifecycle.diff import diff_job
from pulumi_opsmanager.lifecycle.job import restart
from pulumi_opsmanager.lifecycle.plan import Plan
from pulumi_opsmanager.lifecycle.session import Session
from pulumi_opsmanager.schema.completion import CompletionInputs
from pulumi_opsmanager.schema.fields import UNKNOWN, fields_of
from tests.support import JOB, PROJECT, FakeClock, Heard, canned, job_inputs, job_request, offline


@pytest.fixture
def server(clock: FakeClock) -> Iterator[Emulator]:
    """Jobs that take a minute."""
    with Emulator(now=clock.now, pace=after_seconds(60)) as running:
        yield running


def make(session: Session, count: int) -> list[str]:
    return [session.client.jobs(PROJECT).create(job_request(resourceName=f"rs{i}")) for i in range(count)]


def inputs(job_ids: list[str], **changes: Any) -> dict[str, Any]:
    """Checked inputs, with the defaults of the schema."""
    checked = check_inputs(CompletionInputs, {"jobIds": job_ids} | changes, {}, default_project_id=PROJECT)
    assert checked.failures == []
    return checked.inputs


def complete(
    session: Session, bag: dict[str, Any], state: dict[str, Any] | None = None, heard: Heard | None = None
) -> dict[str, Any]:
    return complete_jobs(session, session.clock, bag, state or {}, heard or Heard())


def paths(server: Emulator, method: str = "GET") -> list[str]:
    """What was asked for after the path of the project's jobs, challenges left out."""
    entries = [entry for entry in server.requests if entry["method"] == method and entry["status"] != 401]
    return [entry["path"].partition("/logCollectionJobs")[2] for entry in entries]


@pytest.mark.parametrize(("jitter", "first"), [(min, 4.5), (max, 5.5)])
def test_intervals_differ_by_a_tenth_and_the_last_ends_with_the_time(
    session: Session, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, jitter: Callable[..., float], first: float
) -> None:
    """Many completions at once do not all ask in the same second."""
    monkeypatch.setattr(random, "uniform", jitter)
    with pytest.raises(Unavailable, match="1 of 1 is not finished after 6 s"):
        complete(session, inputs(make(session, 1), timeoutSeconds=6))
    assert clock.slept == [pytest.approx(first), pytest.approx(6 - first)]


def test_interval_grows_to_thirty_seconds(session: Session, server: Emulator, clock: FakeClock) -> None:
    """Waits begin at the interval that is asked for, grow by half, and stay around 30 s."""
    (job_id,) = make(session, 1)
    server.set_status(job_id, "QUEUED")
    with pytest.raises(Unavailable, match=rf"after 600 s: {job_id} \(QUEUED\); run up .* timeout_seconds$"):
        complete(session, inputs([job_id], timeoutSeconds=600))
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
def test_look_costs_the_fewest_requests(
    session: Session, server: Emulator, count: int, others: int, pages: int, is_walked: bool
) -> None:
    """A walk serves any number of jobs, unless the first one shows that it takes no fewer pages than there are jobs."""
    job_ids = make(session, count)
    make(session, others)
    server.forget_requests()
    heard = Heard()
    assert set(complete(session, inputs(job_ids), heard=heard)["statuses"]) == set(job_ids)
    looks = len(heard.far)
    assert paths(server).count("") == pages * (looks if is_walked else 1)
    # Each job is read once more when it is finished.
    assert len([path for path in paths(server) if path]) == count * (1 if is_walked else looks + (pages == 0))


def test_progress_tells_how_far_and_until_when(session: Session, server: Emulator, clock: FakeClock) -> None:
    """One line per interval: finished, failed, and when it gives up."""
    first = make(session, 2)
    clock.sleep(50)
    second = make(session, 1)
    server.fail("retry", FaultKind.FAILED_CHILDREN)
    server.set_status(first[0], "FAILURE")
    deadline = f"{clock.now() + timedelta(hours=1):%H:%M} UTC"
    heard = Heard()
    complete(session, inputs([*first, *second], maxRetriesPerRun=0, onFailure="accept"), heard=heard)
    assert heard.far[0] == f"1 of 3 finished, 1 failed, gives up {deadline}"
    assert heard.far[-2:] == [f"2 of 3 finished, 1 failed, gives up {deadline}", "3 of 3 finished, 1 failed"]


@pytest.mark.parametrize("max_retries", [0, 1, 3])
@pytest.mark.parametrize("on_failure", ["fail", "accept"])
def test_failed_job_is_restarted_as_often_as_one_up_allows(
    session: Session, server: Emulator, max_retries: int, on_failure: str
) -> None:
    """A job in FAILURE at the first look is PUT and waited for; what stays failed is an error or an output."""
    good, bad = make(session, 2)
    server.set_status(bad, "FAILURE")
    server.fail("retry", FaultKind.FAILED_CHILDREN, times=10)
    bag = inputs([good, bad], maxRetriesPerRun=max_retries, onFailure=on_failure)
    heard = Heard()
    if on_failure == "fail":
        words = f"1 of 2 jobs failed: job {bad} of REPLICASET rs1: rs1-0.example.net:27017 FTDC: agent did not answer"
        with pytest.raises(CollectionFailed, match=words):
            complete(session, bag, heard=heard)
    else:
        finished = complete(session, bag, heard=heard)
        assert finished["statuses"] == {good: "SUCCESS", bad: "FAILURE"}
        (failed,) = finished["failedJobs"]
        assert [part["errorMessage"] for part in failed.pop("failedChildJobs")] == ["agent did not answer"]
        assert failed == {"jobId": bad, "status": "FAILURE", "resourceType": "REPLICASET", "resourceName": "rs1"}
        assert finished["retries"] == ({bad: max_retries} if max_retries else {})
        assert "rs1-0.example.net:27017 FTDC: agent did not answer" in heard.warnings[0]
    assert paths(server, "PUT") == [f"/{bad}/retry"] * max_retries


def test_next_call_asks_only_for_what_is_not_settled(session: Session, server: Emulator) -> None:
    """A later `up` restarts what failed and waits for what is new; finished jobs are not looked at again."""
    good, bad = make(session, 2)
    server.set_status(bad, "FAILURE")
    first = complete(session, inputs([good, bad], maxRetriesPerRun=0, onFailure="accept"))
    (new,) = make(session, 1)
    server.forget_requests()
    second = complete(session, inputs([good, bad, new], onFailure="accept"), first)
    assert second["statuses"] == {good: "SUCCESS", bad: "SUCCESS", new: "SUCCESS"}
    assert (second["failedJobs"], second["retries"]) == ([], {bad: 1})
    assert not [path for path in paths(server) if good in path]
    server.forget_requests()
    session.clock.sleep(60)
    third = complete(session, inputs([good, bad], onFailure="accept"), second)
    assert third["statuses"] == {good: "SUCCESS", bad: "SUCCESS"}
    assert (third["finishedAt"], third["retries"]) == (second["finishedAt"], {bad: 1})
    assert complete(session, inputs([good]), third)["retries"] == {}
    assert server.requests == []


def test_restarts_are_counted_over_all_ups(session: Session, server: Emulator) -> None:
    """Each process has its own limit; the engine hands counts back as floats."""
    (bad,) = make(session, 1)
    server.set_status(bad, "FAILURE")
    server.fail("retry", FaultKind.FAILED_CHILDREN, times=9)
    bag = inputs([bad], maxRetriesPerRun=2, onFailure="accept")
    first = complete(session, bag)
    assert first["retries"] == {bad: 2}
    next_up = Session(session.client, session.clock)
    assert complete(next_up, bag, first | {"retries": {bad: 2.0}})["retries"] == {bad: 4}


def test_last_word_of_the_wait_is_what_an_archive_hears(session: Session, server: Emulator) -> None:
    """A job that was to be restarted, and stayed failed, is no reason to download again."""
    good, bad = make(session, 2)
    server.set_status(bad, "FAILURE")
    session.note_hope(bad, is_hopeful=True)
    complete(session, inputs([good, bad], maxRetriesPerRun=0, onFailure="accept"))
    assert (session.is_hopeful(good), session.is_hopeful(bad)) == (True, False)


@pytest.mark.parametrize(("count", "words"), [(1, "1 job"), (2, "2 jobs"), (3, "3 jobs")])
def test_vanished_job_is_an_error(session: Session, server: Emulator, count: int, words: str) -> None:
    """A walk that does not show a job proves nothing; the GET after it does."""
    job_ids = make(session, count)
    server.set_status(job_ids[0], None)
    with pytest.raises(
        JobNotFound, match=f"cannot wait for {words} of .*: a job vanished meanwhile: .*{job_ids[0]}"
    ) as absence:
        complete(session, inputs(job_ids))
    assert absence.value.code == "LOG_COLLECTION_JOB_NOT_FOUND_IN_GROUP"


def test_failed_job_that_ran_out_and_is_gone_stops_nobody(session: Session, server: Emulator) -> None:
    """It was accepted as failed before; its absence is a warning, once."""
    good, bad = make(session, 2)
    server.set_status(bad, "FAILURE")
    bag = inputs([good, bad], maxRetriesPerRun=0, onFailure="accept")
    state = complete(session, bag)
    server.set_status(bad, None)
    heard = Heard()
    (new,) = make(session, 1)
    again = complete(session, bag | {"jobIds": [good, bad, new], "maxRetriesPerRun": 1}, state, heard)
    assert again["statuses"] == {good: "SUCCESS", bad: "EXPIRED", new: "SUCCESS"}
    assert again["failedJobs"] == []
    assert heard.far[0].startswith("1 of 2 finished, gives up ")
    assert heard.warnings == [f"job {bad}, which had failed, is gone from the server"]


def test_restart_by_the_job_itself_counts(session: Session, server: Emulator) -> None:
    """One `up` restarts a job `max_retries` times, whichever resource asks for it."""
    (job_id,) = make(session, 1)
    server.set_status(job_id, "FAILURE")
    server.fail("retry", FaultKind.FAILED_CHILDREN, times=9)
    restart(session, PROJECT, job_id)
    finished = complete(session, inputs([job_id], onFailure="accept"))
    assert (finished["statuses"], finished["retries"]) == ({job_id: "FAILURE"}, {})
    assert len(paths(server, "PUT")) == 1


@pytest.mark.parametrize("status", ["SUCCESS", "FAILURE"])
def test_job_that_was_restarted_elsewhere_is_waited_for(status: str) -> None:
    """The job's own resource restarts it, or found it whole: without retries of its own the completion looks again."""
    session = offline()
    job = job_inputs(maxRetries=1) | {"status": status, "creationDate": "2026-03-02T09:15:40Z", "retries": 0.0}
    diff_job(session, JOB, job_inputs(maxRetries=1), job, job_inputs(maxRetries=1))
    bag = inputs([JOB], maxRetriesPerRun=0, onFailure="accept")
    failed = {"statuses": {JOB: "FAILURE"}, "failedJobs": [{"jobId": JOB}]}
    assert diff_completion(session, bag | STATE | failed, bag).reasons == (
        "1 failed; up restarts the failed parts and waits",
    )
    assert diff_completion(session, bag | STATE | failed, bag | {"jobIds": [OTHER]}).reasons == ()


@pytest.mark.parametrize(
    ("max_retries", "words"),
    [(1, "run up again: it restarts the failed parts"), (0, "allow restarts by max_retries_per_run")],
)
def test_failure_says_what_helps(session: Session, server: Emulator, max_retries: int, words: str) -> None:
    """Without restarts, running again restarts nothing."""
    job_ids = make(session, 2)
    for job_id in job_ids:
        server.set_status(job_id, "FAILURE")
    server.fail("retry", FaultKind.FAILED_CHILDREN, times=9)
    with pytest.raises(CollectionFailed, match=f"answer; job .* answer; repair the hosts, then {words}"):
        complete(session, inputs(job_ids, maxRetriesPerRun=max_retries))


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
def test_passing_trouble_costs_time_only(
    session: Session, server: Emulator, route: str, kind: FaultKind, times: int
) -> None:
    """A server that cannot answer for a while is asked again until the deadline."""
    job_ids = make(session, 2)
    server.set_status(job_ids[0], "FAILURE")
    server.fail(route, kind, times=times)
    assert set(complete(session, inputs(job_ids))["statuses"].values()) == {"SUCCESS"}
    assert len(set(paths(server, "PUT"))) == 1


def test_trouble_that_does_not_pass_is_told_at_the_deadline(session: Session, server: Emulator) -> None:
    """The last line says why nothing was seen."""
    job_ids = make(session, 12)
    server.fail("list", FaultKind.SERVER_ERROR, times=1000)
    heard = Heard()
    with pytest.raises(Unavailable, match=r"12 of 12 are .*\(never seen\) and 2 more; .*the last look failed: GET "):
        complete(session, inputs(job_ids, timeoutSeconds=300), heard=heard)
    assert " UTC (no answer now: GET " in heard.far[0]


def test_refused_key_ends_the_wait_at_once(clock: FakeClock) -> None:
    """Waiting does not repair a wrong key."""
    challenge = {"WWW-Authenticate": 'Digest realm="MMS Public API", nonce="x", qop="auth"'}
    with canned(b'{"error":401,"detail":"no"}', status=401, headers=challenge) as url:
        session = Session(Client(Settings(url, "public", "private"), clock), clock)
        with pytest.raises(BadCredentials):
            complete(session, inputs([JOB]))
    assert clock.slept == []


def test_wait_that_nobody_attends_ends(session: Session) -> None:
    """A clock whose sleep raises ends the wait with its error."""

    def stop(_seconds: float) -> None:
        raise Unavailable("stopped")

    (job_id,) = make(session, 1)
    with pytest.raises(Unavailable, match="stopped"):
        complete_jobs(session, Clock(session.clock.now, stop), inputs([job_id]), {}, Heard())


def test_no_jobs_are_finished_at_once(session: Session, server: Emulator) -> None:
    """A program whose list is empty works."""
    assert complete(session, inputs([]))["statuses"] == {}
    assert server.requests == []


@pytest.mark.parametrize("status", ["EXPIRED", "MARKED_FOR_EXPIRY"])
def test_job_that_ran_out_is_finished(session: Session, server: Emulator, status: str) -> None:
    """Nothing more will happen to it, and it is no failure."""
    (job_id,) = make(session, 1)
    server.set_status(job_id, status)
    assert complete(session, inputs([job_id]))["statuses"] == {job_id: status}


STATE = {"statuses": {JOB: "SUCCESS"}, "failedJobs": [], "finishedAt": "2026-03-02T09:16:00Z", "retries": {}}
OTHER = "f" * 24
CHANGED = {
    "jobIds": [JOB, OTHER],
    "projectId": OTHER,
    "timeoutSeconds": 10,
    "pollIntervalSeconds": 1,
    "maxRetriesPerRun": 0,
    "onFailure": "accept",
}


def test_every_input_has_a_changed_value_here() -> None:
    """A forgotten field would be silent."""
    assert set(CHANGED) == set(fields_of(CompletionInputs))


@pytest.mark.parametrize(("key", "value"), [*CHANGED.items(), *((key, UNKNOWN) for key in CHANGED)])
def test_changed_input_updates_in_place(key: str, value: Any) -> None:
    """Nothing of it is on the server, so nothing is replaced."""
    assert diff_completion(offline(), inputs([JOB]) | STATE, inputs([JOB]) | {key: value}) == Plan(updates=(key,))


@pytest.mark.parametrize(
    ("stored", "declared"),
    [({"jobIds": [OTHER, JOB]}, {"jobIds": [JOB, OTHER, JOB]}), ({"timeoutSeconds": 3600.0}, {"timeoutSeconds": 3600})],
)
def test_equal_inputs_in_another_form_are_no_change(stored: dict[str, Any], declared: dict[str, Any]) -> None:
    """The ids are a set, numbers are numbers."""
    assert diff_completion(offline(), inputs([JOB]) | STATE | stored, inputs([JOB]) | declared) == Plan()


def test_unknown_ids_stand_last() -> None:
    """So a preview shows that one is added, not that all have changed their places."""
    bag: dict[str, Any] = {"jobIds": [OTHER, UNKNOWN, JOB, UNKNOWN, UNKNOWN]}
    checked = check_completion(bag, {}, default_project_id=PROJECT)
    assert checked.inputs["jobIds"] == [JOB, OTHER, UNKNOWN, UNKNOWN, UNKNOWN]


@pytest.mark.parametrize(
    ("status", "is_hopeful"), [("SUCCESS", True), ("FAILURE", False), ("EXPIRED", False), ("IN_PROGRESS", False)]
)
def test_jobs_that_were_found_whole_are_hopeful(status: str, is_hopeful: bool) -> None:
    """An archive that was downloaded in part looks again then."""
    session = offline()
    diff_completion(session, inputs([JOB]) | STATE | {"statuses": {JOB: status}}, inputs([JOB]))
    assert session.is_hopeful(JOB) is is_hopeful


@pytest.mark.parametrize(("max_retries", "acts"), [(1, True), (1.0, True), (0, False), (0.0, False), (UNKNOWN, True)])
def test_failed_jobs_are_tried_again_while_retries_are_allowed(max_retries: Any, acts: bool) -> None:
    """Under `accept` a failed job is a difference that the next `up` removes."""
    bag = inputs([JOB], onFailure="accept") | {"maxRetriesPerRun": max_retries}
    session = offline()
    failed = {"statuses": {JOB: "FAILURE"}, "failedJobs": [{"jobId": JOB}]}
    plan = diff_completion(session, bag | STATE | failed, bag)
    assert plan.acts is session.is_hopeful(JOB) is acts


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
    """Before anything is sent."""
    found = check_inputs(CompletionInputs, {"jobIds": [JOB], key: value}, {}, default_project_id=PROJECT)
    assert [failure.path.partition("[")[0] for failure in found.failures] == [key]
    assert found.failures[0].rule.startswith(rule)
