"""A POST in doubt, branch by branch, against a server that shares the clock."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.jobs import Jobs
from pulumi_opsmanager.api.models import Job, JobPage
from pulumi_opsmanager.api.settings import Settings
from pulumi_opsmanager.emulator import Emulator, FaultKind
from pulumi_opsmanager.errors import InvalidInput, ReplyLost, Unavailable, UnexpectedResponse
from pulumi_opsmanager.lifecycle.creation import create_once
from pulumi_opsmanager.lifecycle.session import Session
from pulumi_opsmanager.schema.fields import declared_of
from pulumi_opsmanager.schema.job import JobInputs
from tests.support import PROJECT, FakeClock, Heard, canned, client_for, job_inputs, job_request

INPUTS = declared_of(JobInputs, job_inputs())


@pytest.fixture
def session(server: Emulator, clock: FakeClock) -> Session:
    return Session(client_for(server, clock, timeout_seconds=1), clock)


def create(session: Session, heard: Heard | None = None) -> str:
    return create_once(session, PROJECT, INPUTS, heard or Heard())


def posts(server: Emulator) -> int:
    return sum(entry["method"] == "POST" and entry["status"] != 401 for entry in server.requests)


def test_plain_create_is_one_post(server: Emulator, session: Session) -> None:
    """Without doubt nothing is listed."""
    assert create(session) == server.job_ids[0]
    assert server.calls == ["POST 201"]


@pytest.mark.parametrize(
    "kind", [FaultKind.LOST_REPLY, FaultKind.BAD_GATEWAY, FaultKind.MALFORMED_JSON, FaultKind.STALL]
)
def test_job_of_a_lost_reply_is_adopted(server: Emulator, session: Session, kind: FaultKind) -> None:
    """Cut, 502, unreadable 201 and timeout: the job is found in the list, and no second one is made."""
    server.fail("create", kind, seconds=60)
    heard = Heard()
    assert [create(session, heard)] == server.job_ids
    assert posts(server) == 1
    assert heard.lines[-1] == f"found the job: {server.job_ids[0]}"


def test_name_with_a_control_character_is_found_again(server: Emulator, session: Session) -> None:
    """Answers are read without it, so what was sent is compared in the same form."""
    server.fail("create", FaultKind.LOST_REPLY)
    inputs = declared_of(JobInputs, job_inputs(resourceName="rs\a0"))
    assert [create_once(session, PROJECT, inputs, Heard())] == server.job_ids


def test_post_that_never_arrived_is_sent_again_after_looking(
    server: Emulator, session: Session, clock: FakeClock
) -> None:
    """A cut connection and half a minute without a job: it was not made, so it is made now."""
    server.fail("create", FaultKind.REFUSED)
    assert [create(session)] == server.job_ids
    assert posts(server) == 2
    assert sum(clock.slept) == 30


def test_posts_are_bounded(server: Emulator, session: Session) -> None:
    """A connection that is always cut is an error in the end."""
    server.fail("create", FaultKind.REFUSED, times=9)
    with pytest.raises(ReplyLost, match="the job may exist all the same: `pulumi-opsmanager orphans` finds"):
        create(session)
    assert posts(server) == 3


def test_failed_server_is_not_asked_twice(server: Emulator, session: Session) -> None:
    """After a 500 the server may still be at work, so nothing is sent again."""
    server.fail("create", FaultKind.SERVER_ERROR)
    with pytest.raises(ReplyLost, match="answered 500 UNEXPECTED_ERROR.*the job may exist all the same") as lost:
        create(session)
    assert (lost.value.status, lost.value.code) == (500, "UNEXPECTED_ERROR")
    assert posts(server) == 1


def test_no_second_post_while_the_list_cannot_be_read(server: Emulator, session: Session) -> None:
    """An unreadable list proves no absence."""
    server.fail("create", FaultKind.REFUSED)
    server.fail("list", FaultKind.HTML, times=7)
    with pytest.raises(ReplyLost, match="may exist"):
        create(session)
    assert posts(server) == 1


def test_list_that_cannot_be_read_is_asked_for_longer(server: Emulator, session: Session, clock: FakeClock) -> None:
    """A minute instead of half a one: the server that cut the create may be about to start again."""
    server.fail("create", FaultKind.LOST_REPLY)
    server.fail("list", FaultKind.HTML, times=6)
    assert [create(session)] == server.job_ids
    assert sum(clock.slept) == 60


def test_no_second_post_while_an_entry_of_the_list_cannot_be_read(server: Emulator, session: Session) -> None:
    """It may be the job that was lost."""
    server.fail("create", FaultKind.REFUSED)
    page = JobPage(results=({"id": 3},))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pulumi_opsmanager.api.jobs._parse", lambda *_: page)
        with pytest.raises(ReplyLost, match="may exist"):
            create(session)
    assert posts(server) == 1


def test_job_that_was_listed_before_the_list_broke_off_is_adopted(server: Emulator, session: Session) -> None:
    """What was read counts, whatever comes after it."""
    walk = Jobs.walk

    def broken_off(jobs: Jobs) -> Iterator[Job]:
        yield from walk(jobs)
        raise UnexpectedResponse("the second page is no page")

    server.fail("create", FaultKind.LOST_REPLY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Jobs, "walk", broken_off)
        assert [create(session)] == server.job_ids
    assert posts(server) == 1


@pytest.mark.parametrize("kind", [FaultKind.HTML, FaultKind.SERVER_ERROR])
def test_list_that_fails_at_first_is_read_again(server: Emulator, session: Session, kind: FaultKind) -> None:
    """One bad look does not end the search."""
    server.fail("create", FaultKind.LOST_REPLY)
    server.fail("list", kind)
    assert [create(session)] == server.job_ids


def test_twins_are_named_and_left_alone(server: Emulator, session: Session, clock: FakeClock) -> None:
    """When two jobs may be the lost one, a person has to choose."""
    stranger = client_for(server, clock)
    other = stranger.jobs(PROJECT).create(job_request())
    server.fail("create", FaultKind.LOST_REPLY)
    with pytest.raises(ReplyLost, match=r"2 jobs of project .* may be it") as lost:
        create(session)
    assert other in str(lost.value)
    assert len(server.job_ids) == 2


@pytest.mark.parametrize(
    "other",
    [
        {"resourceName": "rs1"},
        {"logTypes": ["FTDC"]},
        {"sizeRequestedPerFileBytes": 1},
        {"redacted": True},
        {"logCollectionFromDate": 1000, "logCollectionToDate": 2000},
    ],
)
def test_job_of_another_body_is_not_adopted(
    server: Emulator, session: Session, clock: FakeClock, other: dict[str, object]
) -> None:
    """The whole body has to match."""
    client_for(server, clock).jobs(PROJECT).create(job_request(**other))
    server.fail("create", FaultKind.LOST_REPLY)
    assert create(session) == server.job_ids[0]


def test_job_made_before_the_attempt_is_not_adopted(server: Emulator, session: Session, clock: FakeClock) -> None:
    """The creation time has to lie within the attempt."""
    before = client_for(server, clock).jobs(PROJECT).create(job_request())
    clock.sleep(10)
    server.fail("create", FaultKind.LOST_REPLY)
    assert create(session) != before


def test_job_of_another_user_is_not_adopted(server: Emulator, session: Session) -> None:
    """Once our user id is known, it has to match."""
    session.note_user("f" * 24)
    server.fail("create", FaultKind.LOST_REPLY)
    with pytest.raises(ReplyLost, match="may exist"):
        create_with_one_post(session, server)


def create_with_one_post(session: Session, server: Emulator) -> None:
    server.fail("create", FaultKind.SERVER_ERROR, times=9)
    create(session)


def test_job_of_an_unnamed_user_is_adopted(clock: FakeClock) -> None:
    """What the server leaves out does not rule a job out; the id dates it."""
    made = f"{int(clock.now().timestamp()):08x}{'a' * 16}"
    with Emulator(now=clock.now) as server:
        session = Session(client_for(server, clock), clock)
        session.note_user("f" * 24)
        bare = Job(id=made, status="IN_PROGRESS")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Jobs, "walk", lambda *_: iter([bare]))
            server.fail("create", FaultKind.SERVER_ERROR)
            assert create(session) == made


@pytest.mark.parametrize("minutes", [10, -10])
def test_servers_own_clock_is_allowed_for(clock: FakeClock, minutes: int) -> None:
    """A server ten minutes ahead dates its jobs ten minutes ahead; what it had made before the attempt is not ours."""

    def off() -> datetime:
        return clock.now() + timedelta(minutes=minutes)

    with Emulator(now=off) as server:
        session = Session(client_for(server, clock), clock)
        before = session.client.jobs(PROJECT).create(job_request())
        clock.sleep(10)
        server.fail("create", FaultKind.LOST_REPLY)
        assert {before, create(session)} == set(server.job_ids)


@pytest.mark.parametrize(("seconds", "is_ours"), [(-3, False), (-2, True), (3, True), (4, False)])
def test_job_is_ours_when_it_was_made_within_the_attempt(clock: FakeClock, seconds: int, *, is_ours: bool) -> None:
    """Two seconds are allowed for clocks, and one because a server's date has no fraction."""
    made = f"{int(clock.now().timestamp()) + seconds:08x}{'a' * 16}"
    with Emulator(now=clock.now) as server, pytest.MonkeyPatch.context() as patch:
        session = Session(client_for(server, clock), clock)
        patch.setattr(Jobs, "walk", lambda *_: iter([Job(id=made, status="IN_PROGRESS")]))
        server.fail("create", FaultKind.SERVER_ERROR)
        if is_ours:
            assert create(session) == made
        else:
            with pytest.raises(ReplyLost):
                create(session)


def test_dates_are_sent_as_ops_manager_wants_them(clock: FakeClock) -> None:
    """Cloud Manager takes text instead."""
    window = {"logCollectionFromDate": "2026-03-02T09:00:00Z", "logCollectionToDate": "2026-03-02T10:00:00Z"}
    sent: list[bytes] = []
    with canned(b'{"id":"%s"}' % (b"a" * 24), status=201, bodies=sent) as url:
        session = Session(Client(Settings(url, "public", "private"), clock), clock)
        create_once(session, PROJECT, declared_of(JobInputs, job_inputs(**window)), Heard())
    assert json.loads(sent[0])["logCollectionFromDate"] == 1772442000000


def test_identical_creates_at_once_end_with_a_job_each(server: Emulator, session: Session) -> None:
    """Concurrent twins pass one at a time, and a job once returned is nobody else's."""
    server.fail("create", FaultKind.LOST_REPLY, times=2)
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: create(session), range(4)))
    assert sorted(made) == sorted(server.job_ids)
    assert len(set(made)) == 4


@pytest.mark.parametrize(
    ("refuse", "kind"),
    [
        (lambda server: server.fail("create", FaultKind.RATE_LIMITED, times=99), Unavailable),
        (lambda server: server.fail("create", FaultKind.MAINTENANCE, times=99), Unavailable),
    ],
)
def test_plain_refusal_is_no_doubt(
    server: Emulator, session: Session, refuse: Callable[[Emulator], None], kind: type[Exception]
) -> None:
    """A server that says no has made nothing."""
    refuse(server)
    with pytest.raises(kind, match="try again later"):
        create(session)
    assert not any(entry["method"] == "GET" for entry in server.requests)


def test_refused_input_is_no_doubt(clock: FakeClock) -> None:
    """A 400 is told as it is."""
    with canned(b'{"error":400,"errorCode":"INVALID_LOG_REQUEST_SIZE"}', status=400) as url:
        session = Session(Client(Settings(url, "public", "private"), clock), clock)
        with pytest.raises(InvalidInput, match="INVALID_LOG_REQUEST_SIZE"):
            create(session)
    assert clock.slept == []
