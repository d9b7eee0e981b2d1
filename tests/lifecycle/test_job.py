from __future__ import annotations

from datetime import timedelta
from typing import Any

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
from pulumi_opsmanager.instants import format_instant, parse_instant
from pulumi_opsmanager.lifecycle.diff import diff_job
from pulumi_opsmanager.lifecycle.job import create_job, delete_job, read_job, update_job
from pulumi_opsmanager.lifecycle.outputs import inputs_in
from pulumi_opsmanager.lifecycle.session import Session
from tests.support import PROJECT, FakeClock, Heard, canned, client_for, job_inputs


def expiry(clock: FakeClock, days: int) -> str:
    return format_instant(clock.now() + timedelta(days=days))


def read(session: Session, job_id: str, state: dict[str, Any], heard: Heard | None = None, **old: Any) -> Any:
    stored = {key: value for key, value in state.items() if value is not None}
    return read_job(session, job_id, stored, old or None, heard or Heard(), default_project_id=None)


AFTER_THE_POST = [
    *[
        ("get", kind)
        for kind in (FaultKind.HTML, FaultKind.SERVER_ERROR, FaultKind.MALFORMED_JSON, FaultKind.LOST_REPLY)
    ],
    *[("extend", kind) for kind in (FaultKind.HTML, FaultKind.SERVER_ERROR, FaultKind.REDIRECT, FaultKind.LOST_REPLY)],
]


@pytest.mark.parametrize(("route", "kind"), AFTER_THE_POST)
def test_nothing_raises_once_there_is_an_id(
    server: Emulator, session: Session, clock: FakeClock, route: str, kind: FaultKind
) -> None:
    """After the POST the id is returned, what failed is a warning, and what is unknown is not stored."""
    server.fail(route, kind, times=20)
    heard = Heard()
    declared = job_inputs(expirationDate=expiry(clock, 90))
    job_id, outputs = create_job(session, declared, heard)
    assert [job_id] == server.job_ids
    assert outputs["declaredExpirationDate"] == declared["expirationDate"]
    assert outputs["downloadUrl"].endswith(f"{job_id}/download")
    assert len(heard.warnings) == 1
    assert job_id in heard.warnings[0]
    if route == "get":
        assert outputs["status"] is outputs["expirationDate"] is None


def test_first_job_tells_who_we_are(session: Session) -> None:
    """A lost job is known by it."""
    assert session.user_id is None
    _, outputs = create_job(session, job_inputs(), Heard())
    assert session.user_id == outputs["userId"] is not None


def test_keys_of_others_and_what_is_not_declared_are_no_inputs() -> None:
    """Neither may get into the state as one."""
    assert inputs_in({"resourceName": "rs0", "triggers": None, "status": "SUCCESS"}) == {"resourceName": "rs0"}


def test_update_reads_a_job_that_was_never_read(server: Emulator, session: Session, clock: FakeClock) -> None:
    """One update makes up for what the create could not do: the reading and the expiry."""
    server.fail("get", FaultKind.HTML)
    declared = job_inputs(expirationDate=expiry(clock, 90))
    job_id, outputs = create_job(session, declared, Heard())
    updated = update_job(session, job_id, outputs | {"retries": 2.0}, declared, Heard())
    assert (updated["status"], updated["expirationDate"]) == ("SUCCESS", declared["expirationDate"])
    assert updated["retries"] == 2


def test_read_moves_the_status_and_counts_children(session: Session, server: Emulator) -> None:
    """A moved status is told, and the job is read once with its children."""
    job_id, state = create_job(session, job_inputs(), Heard())
    server.set_status(job_id, "FAILURE")
    heard = Heard()
    found = read(session, job_id, state, heard)
    assert found.outputs["status"] == "FAILURE"
    assert found.outputs["childJobCounts"] == {"FAILURE": 1, "SUCCESS": 5}
    assert found.outputs["failedChildJobs"] == [
        {
            "hostName": "rs0-0.example.net:27017",
            "logCollectionType": "FTDC",
            "path": "rs0-0.example.net/27017/ftdc",
            "errorMessage": "agent did not answer",
        }
    ]
    assert heard.lines == ["status SUCCESS → FAILURE"]


def test_reads_of_a_refresh_share_one_walk(session: Session, server: Emulator, clock: FakeClock) -> None:
    """Many unchanged jobs cost one list; a write or a pause makes it anew."""
    made = [create_job(session, job_inputs(resourceName=f"rs{i}"), Heard()) for i in range(30)]
    server.forget_requests()
    for job_id, state in made:
        read(session, job_id, state)
    assert server.calls == ["GET 200"]
    session.forget_lists()
    read(session, *made[0])
    # The life of a list is fifteen seconds, the last one included.
    clock.sleep(15)
    read(session, *made[0])
    clock.sleep(16)
    read(session, *made[0])
    assert server.calls == ["GET 200"] * 3


def test_what_a_list_does_not_tell_stays_as_it_was(session: Session, server: Emulator, clock: FakeClock) -> None:
    """Parts, restarts and what the program declared last are in no entry of a list."""
    job_id, state = create_job(session, job_inputs(expirationDate=expiry(clock, 90), maxRetries=0), Heard())
    server.set_status(job_id, "FAILURE")
    failed = read(session, job_id, state).outputs | {"retries": 2}
    assert failed["failedChildJobs"]
    session.forget_lists()
    server.forget_requests()
    assert read(session, job_id, failed).outputs == failed
    assert [entry["path"].endswith(job_id) for entry in server.requests] == [False]


def test_job_of_others_is_read_in_the_servers_words(session: Session, clock: FakeClock) -> None:
    """Its inputs are in canonical form, the project is the default one, and nothing has moved."""
    job_id, state = create_job(session, job_inputs(), Heard())
    heard = Heard()
    found = read_job(session, job_id, {}, None, heard, default_project_id=PROJECT)
    assert found is not None
    assert found.inputs is None
    only_ours = {"maxRetries", "onExpired"}
    expected = {key: value for key, value in state.items() if key not in only_ours}
    assert found.outputs == expected | {"expirationDate": expiry(clock, 30)}
    assert heard == Heard()


def test_state_holds_what_the_server_said(session: Session, clock: FakeClock) -> None:
    """Dates as text, the rest as it came."""
    job_id, state = create_job(session, job_inputs(), Heard())
    job = session.client.jobs(PROJECT).get(job_id, verbose=True)
    assert (state["creationDate"], state["expirationDate"]) == (format_instant(clock.now()), expiry(clock, 30))
    assert (state["userId"], state["uncompressedSizeTotalBytes"]) == (job.user_id, job.uncompressed_size_total_bytes)
    assert (state["rootResourceType"], state["rootResourceName"]) == (job.root_resource_type, job.root_resource_name)
    assert None not in (job.user_id, job.uncompressed_size_total_bytes)


def test_only_the_server_that_had_a_job_proves_its_absence(clock: FakeClock, session: Session) -> None:
    """Another server's word is an error, until the job would have run out anyway."""
    declared = job_inputs(expirationDate=expiry(clock, 5))
    job_id, state = create_job(session, declared, Heard())
    with Emulator(now=clock.now) as copy:
        elsewhere = Session(client_for(copy, clock), clock)
        for ask in (
            lambda: read(elsewhere, job_id, state),
            lambda: delete_job(elsewhere, job_id, state, Heard()),
        ):
            with pytest.raises(UnexpectedResponse, match="was last seen as .*/download: check baseUrl"):
                ask()
        assert (
            read(elsewhere, job_id, state | {"downloadUrl": elsewhere.client.jobs(PROJECT).download_url(job_id)})
            is None
        )
        clock.sleep(5 * 86400)
        assert read(elsewhere, job_id, state).outputs["status"] == "EXPIRED"
        delete_job(elsewhere, job_id, state, Heard())


def test_new_base_url_reaches_the_state_and_proves_nothing(
    clock: FakeClock, session: Session, server: Emulator
) -> None:
    """No request is sent for it, so the server where the job was last seen is still the only one that can prove."""
    declared = job_inputs()
    job_id, state = create_job(session, declared, Heard())
    with Emulator(now=clock.now) as copy:
        elsewhere = Session(client_for(copy, clock), clock)
        (reason,) = diff_job(elsewhere, job_id, declared, state, declared).reasons
        assert reason == f"baseUrl is {copy.url} now; up changes download_url, and sends nothing for it"
        moved = update_job(elsewhere, job_id, state, declared, Heard())
        assert copy.requests == []
        assert moved == state | {
            "downloadUrl": elsewhere.client.jobs(PROJECT).download_url(job_id),
            "lastSeenUrl": state["downloadUrl"],
        }
        assert not diff_job(elsewhere, job_id, declared, moved, declared).acts
        for ask in (
            lambda: read(elsewhere, job_id, moved),
            lambda: delete_job(elsewhere, job_id, moved, Heard()),
        ):
            with pytest.raises(UnexpectedResponse, match=f"was last seen as {state['downloadUrl']}: check baseUrl"):
                ask()
        again = update_job(elsewhere, job_id, moved, declared | {"onExpired": "fail"}, Heard())
        assert again["lastSeenUrl"] == state["downloadUrl"]
    assert update_job(session, job_id, moved, declared, Heard()) == state
    # The same server under a new name answers for the job, and is from then on the one that proves.
    port = server.url.rpartition(":")[2]
    renamed = Session(client_for(server, clock, base_url=f"http://localhost:{port}"), clock)
    found = read(renamed, job_id, moved).outputs
    assert (found["downloadUrl"], found["lastSeenUrl"]) == (renamed.client.jobs(PROJECT).download_url(job_id), None)


def test_list_that_cannot_be_had_is_done_without(session: Session, server: Emulator) -> None:
    """Listing only saves requests: where it fails, jobs are read one by one."""
    made = [create_job(session, job_inputs(), Heard()) for _ in range(3)]
    server.forget_requests()
    server.fail("list", FaultKind.HTML)
    for job_id, state in made:
        assert read(session, job_id, state).outputs == state
    assert server.calls == ["GET 200"] * 4


def test_job_that_ran_out_is_kept(session: Session, server: Emulator, clock: FakeClock) -> None:
    """Gone after its expiry is no reason to collect again; gone before it is."""
    declared = job_inputs(expirationDate=expiry(clock, 5))
    job_id, state = create_job(session, declared, Heard())
    server.set_status(job_id, None)
    assert read(session, job_id, state, **declared) is None
    # The instant itself is after it.
    clock.sleep(5 * 86400)
    heard = Heard()
    kept = read(session, job_id, state, heard, **declared)
    assert (kept.outputs["status"], kept.inputs) == ("EXPIRED", declared)
    assert "its state is kept" in heard.lines[0]


@pytest.mark.parametrize(("policy", "is_kept"), [("keep", True), ("fail", True), ("recreate", False)])
def test_job_that_ran_out_and_is_gone_does_what_its_policy_says(
    session: Session, server: Emulator, clock: FakeClock, policy: str, is_kept: bool
) -> None:
    """Only `recreate` forgets it, so that the next `up` collects again."""
    declared = job_inputs(expirationDate=expiry(clock, 5), onExpired=policy)
    job_id, state = create_job(session, declared, Heard())
    server.set_status(job_id, None)
    clock.sleep(6 * 86400)
    assert (read(session, job_id, state, **declared) is not None) is is_kept


@pytest.mark.parametrize("policy", ["recreate", "fail"])
@pytest.mark.parametrize("is_gone", [True, False])
def test_job_whose_expiry_passed_is_looked_at(
    session: Session, server: Emulator, clock: FakeClock, policy: str, is_gone: bool
) -> None:
    """The clock alone proves nothing: `up` reads the job, and keeps what it learnt, or fails."""
    declared = job_inputs(expirationDate=expiry(clock, 5), onExpired=policy)
    job_id, state = create_job(session, declared, Heard())
    clock.sleep(6 * 86400)
    if is_gone:
        server.set_status(job_id, None)
    if policy == "fail":
        with pytest.raises(Expired, match=r"""it expired at .* \(on_expired="fail"\): change triggers to collect"""):
            update_job(session, job_id, state, declared, Heard())
    else:
        updated = update_job(session, job_id, state, declared, Heard())
        assert updated["status"] == "EXPIRED"
        assert updated["expirationDate"] == state["expirationDate"]


@pytest.mark.parametrize("retries", [0, 2])
def test_job_whose_expiry_others_moved_lives_on(session: Session, clock: FakeClock, retries: int) -> None:
    """A replacement by the clock would have deleted its archive; what was counted stays."""
    declared = job_inputs(onExpired="recreate")
    job_id, state = create_job(session, declared, Heard())
    session.client.jobs(PROJECT).extend(job_id, clock.now() + timedelta(days=100))
    clock.sleep(40 * 86400)
    updated = update_job(session, job_id, state | {"retries": float(retries)}, declared, Heard())
    assert (updated["status"], updated["expirationDate"]) == ("SUCCESS", expiry(clock, 60))
    assert updated["retries"] == retries


@pytest.mark.parametrize("renew", [None, 7])
def test_days_are_applied_at_creation_and_kept_as_a_difference_when_not(
    session: Session, server: Emulator, clock: FakeClock, renew: int | None
) -> None:
    """One PATCH; one that failed leaves a state that the next `up` mends, by the same rule."""
    declared = job_inputs(retentionDays=60, renewWhenDaysLeft=renew)
    server.fail("extend", FaultKind.HTML)
    job_id, state = create_job(session, declared, Heard())
    assert state["retentionDays"] is None
    mended = update_job(session, job_id, state, declared, Heard())
    assert mended["retentionDays"] == 60
    assert parse_instant(mended["expirationDate"]) - clock.now() >= timedelta(days=60)
    server.forget_requests()
    _, applied = create_job(session, declared, Heard())
    assert server.calls == ["POST 201", "GET 200", "PATCH 200", "GET 200"]
    assert applied["expirationDate"] == mended["expirationDate"]
    assert (applied["childJobCounts"], applied["retries"]) == ({"SUCCESS": 6}, 0)


def test_unread_job_has_its_days_still_to_come(session: Session, server: Emulator, clock: FakeClock) -> None:
    """Where the GET after the POST failed no PATCH was sent, so the next `up` sends it."""
    declared = job_inputs(retentionDays=60, renewWhenDaysLeft=7)
    server.fail("get", FaultKind.HTML)
    job_id, state = create_job(session, declared, Heard())
    assert (state["status"], state["retentionDays"]) == (None, None)
    mended = update_job(session, job_id, state, declared, Heard())
    assert parse_instant(mended["expirationDate"]) - clock.now() >= timedelta(days=60)


def test_input_that_is_taken_away_leaves_the_state(session: Session, server: Emulator) -> None:
    """What is no longer declared would look like a change at every `up`."""
    before = job_inputs(retentionDays=60, renewWhenDaysLeft=7)
    job_id, state = create_job(session, before, Heard())
    server.forget_requests()
    updated = update_job(session, job_id, state, job_inputs(), Heard())
    assert server.requests == []
    assert "retentionDays" not in updated
    assert "renewWhenDaysLeft" not in updated
    assert not diff_job(session, job_id, job_inputs(), updated, job_inputs()).acts


def test_update_leaves_an_expiry_that_cannot_be_had(session: Session, server: Emulator, clock: FakeClock) -> None:
    """What diff passes over, update does not try."""
    job_id, state = create_job(session, job_inputs(), Heard())
    server.forget_requests()
    for wish in (expiry(clock, 400), expiry(clock, -1)):
        updated = update_job(session, job_id, state, job_inputs(expirationDate=wish, maxRetries=3), Heard())
        assert (updated["maxRetries"], updated["declaredExpirationDate"]) == (3, wish)
    assert server.requests == []


def test_days_that_were_applied_are_not_applied_again(session: Session, server: Emulator, clock: FakeClock) -> None:
    """Another wish sends no PATCH as long as enough days are left, also without a project among the inputs."""
    days = {"retentionDays": 60, "renewWhenDaysLeft": 7}
    job_id, state = create_job(session, job_inputs(**days), Heard())
    clock.sleep(2 * 86400)
    server.forget_requests()
    updated = update_job(session, job_id, state, job_inputs(**days, maxRetries=3, projectId=None), Heard())
    assert updated["expirationDate"] == state["expirationDate"]
    assert server.requests == []
    mended = update_job(session, job_id, state | {"status": None}, job_inputs(**days, projectId=None), Heard())
    assert mended["status"] == "SUCCESS"


def test_drift_of_a_declared_expiry_is_handed_back_as_input(session: Session, clock: FakeClock) -> None:
    """The engine then shows from and to; an expiry that is not declared has no drift."""
    declared = job_inputs(expirationDate=expiry(clock, 90))
    job_id, state = create_job(session, declared, Heard())
    session.client.jobs(PROJECT).extend(job_id, clock.now() + timedelta(days=100))
    assert read(session, job_id, state, **declared).inputs == declared | {"expirationDate": expiry(clock, 100)}
    for undeclared in (job_inputs(), job_inputs(retentionDays=60)):
        assert read(session, job_id, state, **undeclared).inputs == undeclared
    assert read(session, job_id, state).inputs is None


def test_strangers_unreadable_job_stops_nobody(clock: FakeClock) -> None:
    """An entry of the list that cannot be read is passed over."""
    page = b'{"results":[{"id":3},{"id":"%s","status":"SUCCESS","childJobs":{}},{"id":"%s","status":"SUCCESS"}]}'
    with canned(page % (b"a" * 24, b"b" * 24)) as url:
        session = Session(Client(Settings(url, "public", "private"), clock), clock)
        assert session.listed(PROJECT, "b" * 24) is not None
        assert session.listed(PROJECT, "a" * 24) is None


def test_declared_expiry_that_has_passed_is_handed_back_as_declared(session: Session, clock: FakeClock) -> None:
    """Nothing can bring it back, and it must not look like a change of the program."""
    declared = job_inputs(expirationDate=expiry(clock, 1))
    job_id, state = create_job(session, declared, Heard())
    session.client.jobs(PROJECT).extend(job_id, clock.now() + timedelta(days=100))
    clock.sleep(2 * 86400)
    assert read(session, job_id, state, **declared).inputs == declared


def test_proven_absence_is_gone_and_any_doubt_is_an_error(session: Session, server: Emulator, clock: FakeClock) -> None:
    """Only the vendor's 404 for our id forgets a job."""
    job_id, state = create_job(session, job_inputs(), Heard())
    server.set_status(job_id, None)
    assert read(session, job_id, state) is None
    codes = [(404, "RESOURCE_NOT_FOUND"), (404, "GROUP_NOT_FOUND"), (401, "NOT_IN_GROUP"), (403, "USER_UNAUTHORIZED")]
    doubts = [(status, b'{"errorCode":"%s"}' % code.encode()) for status, code in codes]
    pages = [(404, b""), (404, b"{}"), (404, b"<html>"), (200, b"<html>"), (302, b""), (500, b"")]
    for status, body in doubts + pages:
        with canned(body, status=status, headers={"Location": session.client.settings.base_url}) as url:
            elsewhere = Session(Client(Settings(url, "public", "private"), clock), clock)
            with pytest.raises(OpsManagerError, match=f"^cannot read job {job_id} of REPLICASET rs0: "):
                read(elsewhere, job_id, state)
            with pytest.raises(OpsManagerError, match=f"^cannot delete job {job_id} of REPLICASET rs0: "):
                delete_job(elsewhere, job_id, state, Heard())


def test_delete_of_a_job_that_is_gone_is_done(session: Session, server: Emulator) -> None:
    """The proven 404 counts as deleted."""
    job_id, state = create_job(session, job_inputs(), Heard())
    server.set_status(job_id, None)
    heard = Heard()
    delete_job(session, job_id, state, heard)
    assert heard.lines == [f"job {job_id} was gone already"]


def test_missing_job_of_others_is_an_error(session: Session) -> None:
    """There is no state to forget."""
    with pytest.raises(JobNotFound) as absence:
        read(session, "f" * 24, {"projectId": PROJECT})
    assert absence.value.code
    with pytest.raises(InvalidInput, match="job id '../x' must be 24 lower-case hex digits"):
        read(session, "../x", {"projectId": PROJECT})
    with pytest.raises(InvalidInput, match="the project is not known"):
        read(session, "f" * 24, {})


@pytest.mark.parametrize(
    ("fault", "now_status", "status"),
    [
        (None, "FAILURE", "IN_PROGRESS"),
        (FaultKind.LOST_REPLY, "FAILURE", "IN_PROGRESS"),
        (FaultKind.REFUSED, "FAILURE", "FAILURE"),
        (None, "SUCCESS", "SUCCESS"),
    ],
)
def test_retry_counts_once_it_was_sent(clock: FakeClock, fault: FaultKind | None, now_status: str, status: str) -> None:
    """A lost reply, or a job that others restarted, is no error: the next reading decides, and the attempt counts."""
    with Emulator(now=clock.now, pace=after_reads(5)) as server:
        session = Session(client_for(server, clock), clock)
        job_id, state = create_job(session, job_inputs(), Heard())
        server.set_status(job_id, now_status)
        if fault:
            server.fail("retry", fault)
        updated = update_job(session, job_id, state | {"status": "FAILURE"}, job_inputs(), Heard())
    assert (updated["status"], updated["retries"]) == (status, 1)


def test_refused_retry_counts_nothing(session: Session, server: Emulator) -> None:
    """A plain refusal raises, and the old state stands."""
    job_id, state = create_job(session, job_inputs(), Heard())
    server.fail("retry", FaultKind.RATE_LIMITED, times=99)
    with pytest.raises(Unavailable, match="cannot update job"):
        update_job(session, job_id, state | {"status": "FAILURE"}, job_inputs(), Heard())


def test_unread_retry_is_counted_and_read_by_the_next_up(session: Session, server: Emulator) -> None:
    """Once the PUT is sent nothing raises, or the attempt would be forgotten."""
    job_id, state = create_job(session, job_inputs(), Heard())
    server.set_status(job_id, "FAILURE")
    server.fail("get", FaultKind.HTML)
    heard = Heard()
    updated = update_job(session, job_id, state | {"status": "FAILURE"}, job_inputs(), heard)
    assert (updated["status"], updated["retries"]) == (None, 1)
    assert updated["expirationDate"] == state["expirationDate"]
    assert "was restarted but could not be read" in heard.warnings[0]


def test_raised_retry_limit_alone_asks_nothing(session: Session, server: Emulator) -> None:
    """What only we know needs no request."""
    job_id, state = create_job(session, job_inputs(), Heard())
    server.forget_requests()
    updated = update_job(session, job_id, state, job_inputs(maxRetries=5), Heard())
    assert updated == state | {"maxRetries": 5}
    assert server.requests == []
