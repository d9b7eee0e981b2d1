from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.settings import Settings
from pulumi_opsmanager.emulator import Emulator, FaultKind, after_reads
from pulumi_opsmanager.errors import (
    Expired,
    InvalidInput,
    JobNotFound,
    OpsManagerError,
    Unavailable,
    UnexpectedResponse,
)
from pulumi_opsmanager.instants import format_instant, instant_of_id, parse_instant
from pulumi_opsmanager.lifecycle.context import Context
from pulumi_opsmanager.lifecycle.expiry import MoveExpiry, StoredJob
from pulumi_opsmanager.lifecycle.job import (
    create_job,
    delete_job,
    import_job,
    imported,
    look_at_job,
    read_job,
    remember_job,
    update_job,
)
from pulumi_opsmanager.lifecycle.job_plan import Restart, plan_job
from pulumi_opsmanager.lifecycle.plan import Plan
from pulumi_opsmanager.lifecycle.stored import Found, Stored
from pulumi_opsmanager.schema.failed import FailedChildJob
from pulumi_opsmanager.schema.job import JobInputs, JobState
from pulumi_opsmanager.schema.models import Partial
from tests.support import JOB, PROJECT, FakeClock, Heard, canned, client_for, context_of, job_inputs, offline


def expiry(clock: FakeClock, days: int) -> str:
    return format_instant(clock.now() + timedelta(days=days))


def having(stored: StoredJob, **state: object) -> StoredJob:
    """The job with other values in its state."""
    return replace(stored, state=stored.state.model_copy(update=state))


def read(context: Context, stored: StoredJob) -> Found[JobInputs, JobState]:
    """Read a job that exists."""
    found = read_job(context, stored)
    assert found is not None
    return found


def planned(context: Context, stored: StoredJob, inputs: JobInputs) -> Plan:
    declared = Partial(inputs)
    return plan_job(stored, declared, look_at_job(context, stored, declared), context.clock.now())


def moved(before: StoredJob, after: StoredJob) -> set[str]:
    """The outputs whose value differs."""
    return {name for name in JobState.model_fields if getattr(before.state, name) != getattr(after.state, name)}


def elsewhere(url: str, clock: FakeClock) -> Context:
    """A process that uses another server, without a configured project."""
    return context_of(Client(Settings(url, "public", "private"), clock), clock)


AFTER_THE_POST = [
    *[
        ("get", kind)
        for kind in (FaultKind.HTML, FaultKind.SERVER_ERROR, FaultKind.MALFORMED_JSON, FaultKind.LOST_REPLY)
    ],
    *[("extend", kind) for kind in (FaultKind.HTML, FaultKind.SERVER_ERROR, FaultKind.REDIRECT, FaultKind.LOST_REPLY)],
]


@pytest.mark.parametrize(("route", "kind"), AFTER_THE_POST)
def test_create_raises_nothing_after_it_has_an_id(
    server: Emulator, context: Context, clock: FakeClock, heard: Heard, route: str, kind: FaultKind
) -> None:
    """After the POST the ID is returned, a failure is a warning, and unknown values are not stored."""
    server.fail(route, kind, times=20)
    declared = job_inputs(expirationDate=expiry(clock, 90))
    made = create_job(context, declared)
    assert [made.id] == server.job_ids
    assert made.inputs == declared
    assert made.state.download_url.endswith(f"{made.id}/download")
    assert len(heard.warnings) == 1
    assert made.id in heard.warnings[0]
    if route == "get":
        assert made.state == JobState(download_url=made.state.download_url)


def test_user_id_is_learned_from_the_first_job(context: Context) -> None:
    """The user ID identifies our jobs when the answer to a later create is lost."""
    creates = context.server.creates
    assert creates.may_be_ours(JOB, "f" * 24)
    user_id = create_job(context, job_inputs()).state.user_id
    assert (creates.may_be_ours(JOB, "f" * 24), creates.may_be_ours(JOB, user_id)) == (False, True)


def test_update_reads_a_job_that_was_never_read(server: Emulator, context: Context, clock: FakeClock) -> None:
    """One update completes the create: it reads the job and sets the expiry."""
    server.fail("get", FaultKind.HTML)
    declared = job_inputs(expirationDate=expiry(clock, 90))
    updated = update_job(context, having(create_job(context, declared), retries=2), declared)
    assert (updated.state.status, updated.state.expires_at) == ("SUCCESS", declared.expiration_date)
    assert updated.state.retries == 2


def test_read_of_a_job_that_was_never_read_is_one_get(server: Emulator, context: Context, heard: Heard) -> None:
    """A list shows no child jobs."""
    made = create_job(context, job_inputs())
    server.forget_requests()
    assert read(context, having(made, status=None)).stored == made
    assert server.calls == ["GET 200"]
    assert heard.lines == ["status unknown → SUCCESS"]


def test_update_restarts_a_job_that_it_finds_failed(server: Emulator, context: Context) -> None:
    """The plan before the read has named all outputs that can change."""
    made = having(create_job(context, job_inputs()), status=None)
    server.set_status(made.id, "FAILURE")
    moves = planned(context, made, made.inputs).moves
    updated = update_job(context, made, made.inputs)
    assert updated.state.retries == 1
    assert moved(made, updated) <= moves


def test_update_of_a_job_that_was_never_read_and_is_gone_fails(server: Emulator, context: Context) -> None:
    """Nothing proves that the job has expired."""
    server.fail("get", FaultKind.HTML)
    made = create_job(context, job_inputs())
    server.set_status(made.id, None)
    with pytest.raises(JobNotFound, match=f"^cannot update job {made.id} of REPLICASET rs0: "):
        update_job(context, made, made.inputs)


def test_read_moves_the_status_and_counts_children(context: Context, server: Emulator, heard: Heard) -> None:
    """A changed status is shown, and the job is read once with its children."""
    made = create_job(context, job_inputs())
    server.set_status(made.id, "FAILURE")
    state = read(context, made).stored.state
    assert state.status == "FAILURE"
    assert state.child_job_counts == {"FAILURE": 1, "SUCCESS": 5}
    assert state.failed_child_jobs == [
        FailedChildJob(
            host_name="rs0-0.example.net:27017",
            log_collection_type="FTDC",
            path="rs0-0.example.net/27017/ftdc",
            error_message="agent did not answer",
        )
    ]
    assert heard.lines == ["status SUCCESS → FAILURE"]


def test_reads_of_a_run_share_one_walk(context: Context, server: Emulator, clock: FakeClock) -> None:
    """Many unchanged jobs need one list. After a write or a pause the list is read again."""
    made = [create_job(context, job_inputs(resourceName=f"rs{i}")) for i in range(30)]
    server.forget_requests()
    for job in made:
        read(context, job)
    assert server.calls == ["GET 200"]
    context.server.lists.forget()
    read(context, made[0])
    # A list is valid for fifteen seconds, including the last one.
    clock.sleep(15)
    read(context, made[0])
    clock.sleep(16)
    read(context, made[0])
    assert server.calls == ["GET 200"] * 3


@pytest.mark.parametrize(
    "write",
    [
        lambda context, _: create_job(context, job_inputs()),
        lambda context, made: update_job(context, made, job_inputs(retentionDays=60)),
        lambda context, made: update_job(context, having(made, status="FAILURE"), job_inputs()),
        delete_job,
    ],
    ids=["create", "extend", "restart", "delete"],
)
def test_list_is_read_again_after_a_write(
    context: Context, server: Emulator, write: Callable[[Context, StoredJob], object]
) -> None:
    """The write may have changed listed jobs."""
    made, other = create_job(context, job_inputs()), create_job(context, job_inputs())
    read(context, other)
    write(context, made)
    server.forget_requests()
    read(context, other)
    assert server.calls == ["GET 200"]


def test_read_keeps_what_a_list_lacks(context: Context, server: Emulator, clock: FakeClock) -> None:
    """No entry of a list has parts, the number of restarts or the declared expiry."""
    made = create_job(context, job_inputs(expirationDate=expiry(clock, 90), maxRetries=0))
    server.set_status(made.id, "FAILURE")
    failed = having(read(context, made).stored, retries=2)
    assert failed.state.failed_child_jobs
    context.server.lists.forget()
    server.forget_requests()
    assert read(context, failed).stored == failed
    assert [entry["path"].endswith(made.id) for entry in server.requests] == [False]


def test_state_has_the_values_of_the_server(context: Context, clock: FakeClock) -> None:
    """Dates become text; all other values are unchanged."""
    made = create_job(context, job_inputs())
    job, state = context.jobs(PROJECT).get(made.id, verbose=True), made.state
    assert (state.creation_date, state.expires_at) == (format_instant(clock.now()), expiry(clock, 30))
    assert (state.user_id, state.uncompressed_size_total_bytes) == (job.user_id, job.uncompressed_size_total_bytes)
    assert (state.root_resource_type, state.root_resource_name) == (job.root_resource_type, job.root_resource_name)
    assert None not in (job.user_id, job.uncompressed_size_total_bytes)


def test_only_the_server_that_had_a_job_proves_its_absence(clock: FakeClock, context: Context) -> None:
    """The answer of another server is an error, until the expiry of the job has passed."""
    made = create_job(context, job_inputs(expirationDate=expiry(clock, 5)))
    with Emulator(now=clock.now) as copy:
        other = context_of(client_for(copy, clock), clock)
        for ask in (read_job, delete_job):
            with pytest.raises(UnexpectedResponse, match=r"was last seen as .*/download: check base_url"):
                ask(other, made)
        assert read_job(other, having(made, download_url=other.jobs(PROJECT).download_url(made.id))) is None
        clock.sleep(5 * 86400)
        assert read(other, made).stored.state.status == "EXPIRED"
        delete_job(other, made)


def test_new_base_url_reaches_the_state_and_proves_nothing(
    clock: FakeClock, context: Context, server: Emulator
) -> None:
    """No request is sent for it, so only the server where the job was last seen can prove its absence."""
    declared = job_inputs()
    made = create_job(context, declared)
    with Emulator(now=clock.now) as copy:
        other = context_of(client_for(copy, clock), clock)
        assert planned(other, made, declared).moves == {"download_url", "last_seen_url"}
        after = update_job(other, made, declared)
        assert copy.requests == []
        seen = made.state.download_url
        assert after == having(made, download_url=other.jobs(PROJECT).download_url(made.id), last_seen_url=seen)
        assert planned(other, after, declared) == Plan()
        for ask in (read_job, delete_job):
            with pytest.raises(UnexpectedResponse, match=f"was last seen as {seen}: check base_url"):
                ask(other, after)
        assert update_job(other, after, job_inputs(onExpired="fail")).state.last_seen_url == seen
    assert update_job(context, after, declared) == made
    # The same server under a new name answers for the job, and can then prove its absence.
    port = server.url.rpartition(":")[2]
    renamed = context_of(client_for(server, clock, base_url=f"http://localhost:{port}"), clock)
    state = read(renamed, after).stored.state
    assert (state.download_url, state.last_seen_url) == (renamed.jobs(PROJECT).download_url(made.id), None)


def test_restart_and_days_are_planned_before_the_settings_are_known(server: Emulator, context: Context) -> None:
    """Only the URL of the archive is unknown until then."""
    made = having(create_job(context, job_inputs()), status="FAILURE", download_url="https://old.example.net/download")
    server.forget_requests()
    found = planned(replace(context, reach=None), made, job_inputs(maxRetries=2, retentionDays=60))
    assert found.updates == ("retention_days", "max_retries")
    assert [type(step) for step in found.steps] == [MoveExpiry, Restart]
    assert server.requests == []


def test_jobs_are_read_one_by_one_where_the_list_fails(context: Context, server: Emulator) -> None:
    """The list only saves requests."""
    made = [create_job(context, job_inputs()) for _ in range(3)]
    server.forget_requests()
    server.fail("list", FaultKind.HTML)
    for job in made:
        assert read(context, job).stored == job
    assert server.calls == ["GET 200"] * 4


@pytest.mark.parametrize(
    ("policy", "words"),
    [("keep", "its state is kept"), ("fail", "its state is kept"), ("recreate", "the next run collects again")],
)
def test_job_that_is_gone_is_kept_only_after_its_expiry(
    context: Context, server: Emulator, clock: FakeClock, heard: Heard, policy: str, words: str
) -> None:
    """Only `recreate` removes an expired job from the state, so that the next run collects again."""
    made = create_job(context, job_inputs(expirationDate=expiry(clock, 5), onExpired=policy))
    server.set_status(made.id, None)
    assert read_job(context, made) is None
    # At exactly this second the expiry has passed.
    clock.sleep(5 * 86400)
    kept = having(made, status="EXPIRED")
    assert read_job(context, made) == (None if policy == "recreate" else Found(kept, made.inputs))
    at = f"job {made.id} expired on {made.state.expires_at}"
    assert heard.lines == [f"job {made.id} is gone from the server", f"{at} and is gone from the server; {words}"]


@pytest.mark.parametrize("policy", ["recreate", "fail"])
@pytest.mark.parametrize("is_gone", [True, False])
def test_update_reads_a_job_whose_expiry_has_passed(
    context: Context, server: Emulator, clock: FakeClock, policy: str, *, is_gone: bool
) -> None:
    """The clock alone proves nothing: the update reads the job, then keeps it or fails."""
    made = create_job(context, job_inputs(expirationDate=expiry(clock, 5), onExpired=policy))
    clock.sleep(6 * 86400)
    if is_gone:
        server.set_status(made.id, None)
    if policy == "fail":
        with pytest.raises(
            Expired, match=r"""the job expired on .* \(on_expired="fail"\): change triggers to collect"""
        ):
            update_job(context, made, made.inputs)
    else:
        updated = update_job(context, made, made.inputs)
        assert (updated.state.status, updated.state.expires_at) == ("EXPIRED", made.state.expires_at)


def test_job_that_exists_after_its_expiry_is_read_once_and_kept(server: Emulator, context: Context) -> None:
    """The server deletes late, or its clock is behind ours."""
    made = create_job(context, job_inputs(onExpired="recreate"))
    server.forget_requests()
    ahead = FakeClock(context.clock.now() + timedelta(days=40))
    assert update_job(context_of(client_for(server, ahead), ahead), made, made.inputs) == made
    assert server.calls == ["GET 200"]


@pytest.mark.parametrize("retries", [0, 2])
def test_job_whose_expiry_somebody_moved_stays(context: Context, clock: FakeClock, retries: int) -> None:
    """A replacement because of the clock would delete its archive. The number of restarts stays."""
    declared = job_inputs(onExpired="recreate")
    made = create_job(context, declared)
    context.jobs(PROJECT).extend(made.id, clock.now() + timedelta(days=100))
    clock.sleep(40 * 86400)
    updated = update_job(context, having(made, retries=retries), declared)
    assert (updated.state.status, updated.state.expires_at) == ("SUCCESS", expiry(clock, 60))
    assert updated.state.retries == retries


@pytest.mark.parametrize("renew", [None, 7])
def test_days_that_the_create_could_not_apply_are_a_difference(
    context: Context, server: Emulator, clock: FakeClock, renew: int | None
) -> None:
    """The next update applies them by the same rule, with one PATCH."""
    declared = job_inputs(retentionDays=60, renewWhenDaysLeft=renew)
    server.fail("extend", FaultKind.HTML)
    made = create_job(context, declared)
    assert made.inputs.retention_days is None
    moves = planned(context, made, declared).moves
    repaired = update_job(context, made, declared)
    assert moved(made, repaired) == {"expires_at"} <= moves
    assert "retries" not in moves
    assert repaired.inputs == declared
    at = repaired.state.expires_at
    assert at is not None
    assert parse_instant(at) - clock.now() >= timedelta(days=60)
    server.forget_requests()
    applied = create_job(context, declared)
    assert server.calls == ["POST 201", "GET 200", "PATCH 200", "GET 200"]
    assert applied.state.expires_at == at
    assert (applied.state.child_job_counts, applied.state.retries) == ({"SUCCESS": 6}, 0)


def test_days_of_an_unread_job_are_a_difference(context: Context, server: Emulator, clock: FakeClock) -> None:
    """If the GET after the POST failed, no PATCH was sent, so the next update sends it."""
    declared = job_inputs(retentionDays=60)
    server.fail("get", FaultKind.HTML)
    made = create_job(context, declared)
    assert (made.state.status, made.inputs.retention_days) == (None, None)
    assert update_job(context, made, declared).state.expires_at == expiry(clock, 60)


def test_input_that_is_no_longer_declared_leaves_the_state(context: Context, server: Emulator) -> None:
    """Otherwise it would look like a change in every later run."""
    made = create_job(context, job_inputs(retentionDays=60, renewWhenDaysLeft=7))
    server.forget_requests()
    updated = update_job(context, made, job_inputs())
    assert server.requests == []
    assert updated == replace(made, inputs=job_inputs())
    assert planned(context, updated, job_inputs()) == Plan()


@pytest.mark.parametrize("days", [400, -1])
def test_update_refuses_or_skips_an_impossible_expiry_as_its_plan_does(
    context: Context, server: Emulator, clock: FakeClock, days: int
) -> None:
    """A changed expiry is refused. An unchanged one is skipped, and nothing is sent for it."""
    made, declared = create_job(context, job_inputs()), job_inputs(expirationDate=expiry(clock, days), maxRetries=3)
    server.forget_requests()
    with pytest.raises(InvalidInput, match=f"^cannot update job {made.id} of REPLICASET rs0: expiration_date must be"):
        update_job(context, made, declared)
    before = replace(made, inputs=job_inputs(expirationDate=expiry(clock, days)))
    assert update_job(context, before, declared) == replace(made, inputs=declared)
    assert server.requests == []


def test_days_that_were_applied_are_not_applied_again(context: Context, server: Emulator, clock: FakeClock) -> None:
    """Another change sends no PATCH while enough days are left."""
    made = create_job(context, job_inputs(retentionDays=60, renewWhenDaysLeft=7))
    clock.sleep(2 * 86400)
    server.forget_requests()
    declared = job_inputs(retentionDays=60, renewWhenDaysLeft=7, maxRetries=3)
    assert update_job(context, made, declared) == replace(made, inputs=declared)
    assert server.requests == []
    assert update_job(context, having(made, status=None), declared).state == made.state
    assert server.calls == ["GET 200"]


def test_drift_of_a_declared_expiry_is_handed_back_as_input(context: Context, clock: FakeClock) -> None:
    """An engine then shows both values. An expiry that is not declared has no drift."""
    declared = job_inputs(expirationDate=expiry(clock, 90))
    made = create_job(context, declared)
    context.jobs(PROJECT).extend(made.id, clock.now() + timedelta(days=100))
    found = read(context, made)
    assert (found.stored.inputs, found.inputs) == (declared, job_inputs(expirationDate=expiry(clock, 100)))
    for undeclared in (job_inputs(), job_inputs(retentionDays=60)):
        assert read(context, replace(made, inputs=undeclared)).inputs == undeclared


def test_expiry_that_the_server_does_not_report_causes_no_drift() -> None:
    """The declared expiry stays an input."""
    clock = FakeClock(instant_of_id(JOB))
    made = Stored(JOB, job_inputs(expirationDate=expiry(clock, 90)), JobState(status="SUCCESS"))
    with canned(b'{"id":"%s","status":"SUCCESS"}' % JOB.encode()) as url:
        found = read(elsewhere(url, clock), made)
    assert (found.stored.state.expires_at, found.inputs) == (None, made.inputs)


def test_declared_expiry_that_has_passed_is_handed_back_as_declared(context: Context, clock: FakeClock) -> None:
    """No run can apply it again, and it must not look like a change of the program."""
    declared = job_inputs(expirationDate=expiry(clock, 1))
    made = create_job(context, declared)
    context.jobs(PROJECT).extend(made.id, clock.now() + timedelta(days=100))
    clock.sleep(2 * 86400)
    assert read(context, made).inputs == declared


def test_unreadable_entry_of_a_list_is_skipped(clock: FakeClock) -> None:
    """An existing job of another program does not stop our reads."""
    page = b'{"results":[{"id":3},{"id":"%s","status":"SUCCESS","childJobs":{}},{"id":"%s","status":"SUCCESS"}]}'
    with canned(page % (b"a" * 24, b"b" * 24)) as url:
        context = elsewhere(url, clock)
        jobs, lists = context.jobs(PROJECT), context.server.lists
        assert lists.find(jobs, "b" * 24) is not None
        assert lists.find(jobs, "a" * 24) is None


def test_only_proven_absence_removes_a_job(context: Context, server: Emulator, clock: FakeClock) -> None:
    """Only the vendor's 404 for our ID removes a job from the state."""
    made = create_job(context, job_inputs())
    server.set_status(made.id, None)
    assert read_job(context, made) is None
    codes = [(404, "RESOURCE_NOT_FOUND"), (404, "GROUP_NOT_FOUND"), (401, "NOT_IN_GROUP"), (403, "USER_UNAUTHORIZED")]
    doubts = [(status, b'{"errorCode":"%s"}' % code.encode()) for status, code in codes]
    pages = [(404, b""), (404, b"{}"), (404, b"<html>"), (200, b"<html>"), (302, b""), (500, b"")]
    for status, body in doubts + pages:
        with canned(body, status=status, headers={"Location": server.url}) as url:
            other = elsewhere(url, clock)
            with pytest.raises(OpsManagerError, match=f"^cannot read job {made.id} of REPLICASET rs0: "):
                read_job(other, made)
            with pytest.raises(OpsManagerError, match=f"^cannot delete job {made.id} of REPLICASET rs0: "):
                delete_job(other, made)


def test_missing_job_counts_as_deleted(context: Context, server: Emulator, heard: Heard) -> None:
    made = create_job(context, job_inputs())
    server.set_status(made.id, None)
    delete_job(context, made)
    assert heard.lines == [f"job {made.id} was gone already"]


def test_imported_job_equals_a_created_job(context: Context, heard: Heard) -> None:
    """Its inputs are in canonical form, and the project is the given or the configured one."""
    made = create_job(context, job_inputs())
    for name, project_id in ((made.id, None), (made.id, PROJECT), (f"{PROJECT}/{made.id}", "f" * 24)):
        found = import_job(context, name, project_id)
        assert (found.stored, found.failures) == (made, ())
    assert planned(context, made, made.inputs) == Plan()
    assert heard == Heard()


def test_import_of_a_failed_job_restarts_nothing(context: Context, server: Emulator) -> None:
    """An import changes nothing on the server."""
    made = create_job(context, job_inputs())
    server.set_status(made.id, "FAILURE")
    stored = import_job(context, made.id).stored
    assert stored.inputs == job_inputs(maxRetries=0)
    assert planned(context, stored, stored.inputs) == Plan()


def test_import_lists_what_a_program_cannot_declare(context: Context) -> None:
    """A newer server may report unknown words or IDs."""
    jobs = context.jobs(PROJECT)
    job = jobs.get(create_job(context, job_inputs()).id, verbose=True)
    found = imported(job.model_copy(update={"id": "job-7", "resource_type": "SHARD"}), jobs)
    assert [failure.path for failure in found.failures] == ["resourceType", "id"]
    assert (found.stored.inputs.resource_type, found.stored.state) == ("SHARD", JobState())


def test_import_of_a_job_that_is_missing_or_misnamed_is_an_error(context: Context) -> None:
    """The error says what to check."""
    with pytest.raises(
        JobNotFound, match=f"^no job {'f' * 24} in project {PROJECT}; `pulumi-opsmanager list` shows the existing jobs"
    ) as absence:
        import_job(context, "f" * 24)
    assert absence.value.code
    for name in ("../x", "x", f"{PROJECT}/{PROJECT}/{JOB}", f"P/{JOB}"):
        with pytest.raises(InvalidInput, match="must be JOB or PROJECT/JOB, each 24 lower-case hex digits"):
            import_job(context, name)
    with pytest.raises(InvalidInput, match="project_id is missing: give it here, in the settings, or as") as unknown:
        import_job(offline(), "f" * 24)
    assert unknown.value.subject.key == "projectId"


@pytest.mark.parametrize(
    ("fault", "now_status", "status"),
    [
        (None, "FAILURE", "IN_PROGRESS"),
        (FaultKind.LOST_REPLY, "FAILURE", "IN_PROGRESS"),
        (FaultKind.REFUSED, "FAILURE", "FAILURE"),
        (None, "SUCCESS", "SUCCESS"),
    ],
)
def test_restart_counts_once_it_was_sent(
    clock: FakeClock, fault: FaultKind | None, now_status: str, status: str
) -> None:
    """A lost reply, or a job that somebody restarted, is not an error: the next GET decides, and the attempt counts."""
    with Emulator(now=clock.now, pace=after_reads(5)) as server:
        context = context_of(client_for(server, clock), clock)
        made = create_job(context, job_inputs())
        server.set_status(made.id, now_status)
        if fault:
            server.fail("retry", fault)
        failed = having(made, status="FAILURE")
        moves = planned(context, failed, job_inputs()).moves
        updated = update_job(context, failed, job_inputs())
    assert moved(failed, updated) <= moves
    assert (updated.state.status, updated.state.retries, context.run.restarts(made.id)) == (status, 1, 1)


def test_refused_restart_counts_nothing(context: Context, server: Emulator) -> None:
    """A plain refusal raises, and the old state stays."""
    made = create_job(context, job_inputs())
    server.fail("retry", FaultKind.RATE_LIMITED, times=99)
    with pytest.raises(Unavailable, match="cannot update job"):
        update_job(context, having(made, status="FAILURE"), job_inputs())
    assert context.run.restarts(made.id) == 0


def test_restart_with_another_refusal_raises(context: Context, clock: FakeClock) -> None:
    """Only the refusal that the job has not failed counts as sent."""
    made = having(create_job(context, job_inputs()), status="FAILURE")
    with canned(b'{"errorCode":"INVALID_ATTRIBUTE"}', status=400) as url:
        other = elsewhere(url, clock)
        with pytest.raises(InvalidInput, match="INVALID_ATTRIBUTE"):
            update_job(other, made, made.inputs)
    assert other.run.restarts(made.id) == 0


def test_unread_restart_is_counted_and_read_by_the_next_run(context: Context, server: Emulator, heard: Heard) -> None:
    """After the PUT nothing raises, because an error would lose the count."""
    made = create_job(context, job_inputs())
    server.set_status(made.id, "FAILURE")
    server.fail("get", FaultKind.HTML)
    updated = update_job(context, having(made, status="FAILURE"), job_inputs())
    assert updated == having(made, status=None, retries=1)
    assert "was restarted but could not be read" in heard.warnings[0]


def test_raised_retry_limit_alone_sends_nothing(context: Context, server: Emulator) -> None:
    """The limit exists only in the state, so the update sends nothing."""
    made = create_job(context, job_inputs())
    server.forget_requests()
    assert update_job(context, made, job_inputs(maxRetries=5)) == replace(made, inputs=job_inputs(maxRetries=5))
    assert server.requests == []


@pytest.mark.parametrize(
    ("status", "retries", "is_promising"),
    [("SUCCESS", 0, True), ("FAILURE", 0, True), ("FAILURE", 1, False), ("IN_PROGRESS", 0, False)],
)
def test_plan_of_a_job_gives_previews_of_archives_a_reason(
    context: Context, status: str, retries: int, *, is_promising: bool
) -> None:
    """A job that is complete, or that this run restarts, may have a complete archive."""
    made = having(create_job(context, job_inputs()), status=status, retries=retries)
    remember_job(context, made, Partial(made.inputs), planned(context, made, made.inputs))
    assert context.run.is_promising(made.id) is is_promising
