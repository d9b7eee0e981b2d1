"""A POST in doubt, branch by branch, against a server with the same clock."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.jobs import Jobs
from pulumi_opsmanager.api.models import Job, Page
from pulumi_opsmanager.api.settings import Settings
from pulumi_opsmanager.clock import attended
from pulumi_opsmanager.emulator import Emulator, FaultKind
from pulumi_opsmanager.errors import Hint, InvalidInput, ReplyLost, Unavailable, UnexpectedResponse
from pulumi_opsmanager.lifecycle.context import Context
from pulumi_opsmanager.lifecycle.creation import create_once
from pulumi_opsmanager.schema.job import JobInputs
from tests.support import PROJECT, FakeClock, Heard, canned, client_for, context_of, job_inputs, job_request


@pytest.fixture
def context(server: Emulator, clock: FakeClock, heard: Heard) -> Context:
    return context_of(client_for(server, clock, timeout_seconds=1), clock, heard)


def create(context: Context, inputs: JobInputs | None = None) -> str:
    return create_once(context, context.jobs(PROJECT), inputs or job_inputs())


def posts(server: Emulator) -> int:
    return sum(entry["method"] == "POST" and entry["status"] != 401 for entry in server.requests)


def test_plain_create_is_one_post(server: Emulator, context: Context) -> None:
    """Without a doubt the list is not read."""
    assert create(context) == server.job_ids[0]
    assert server.calls == ["POST 201"]


@pytest.mark.parametrize(
    "kind", [FaultKind.LOST_REPLY, FaultKind.BAD_GATEWAY, FaultKind.MALFORMED_JSON, FaultKind.STALL]
)
def test_job_of_a_lost_reply_is_adopted(server: Emulator, context: Context, heard: Heard, kind: FaultKind) -> None:
    """After a cut, a 502, an unreadable 201 and a timeout the job is found in the list. No second job is created."""
    server.fail("create", kind, seconds=60)
    assert [create(context)] == server.job_ids
    assert posts(server) == 1
    assert heard.lines[-1] == f"found the job: {server.job_ids[0]}"


def test_interruption_does_not_end_the_search(server: Emulator, context: Context, clock: FakeClock) -> None:
    """An interruption must not lose the ID of a job that may exist."""

    def interrupted() -> None:
        raise Unavailable("nobody waits any more")

    server.fail("create", FaultKind.LOST_REPLY)
    assert [create(replace(context, clock=attended(clock, interrupted)))] == server.job_ids


def test_name_with_a_control_character_is_found_again(server: Emulator, context: Context) -> None:
    """The server's answers are read without such characters, so the sent name is compared without them."""
    server.fail("create", FaultKind.LOST_REPLY)
    assert [create(context, job_inputs(resourceName="rs\a0"))] == server.job_ids


def test_post_that_never_arrived_is_sent_again_after_looking(
    server: Emulator, context: Context, clock: FakeClock
) -> None:
    """If the connection was cut and no job appears for thirty seconds, the job was not created."""
    server.fail("create", FaultKind.REFUSED)
    assert [create(context)] == server.job_ids
    assert posts(server) == 2
    assert sum(clock.slept) == 30


def test_posts_are_bounded(server: Emulator, context: Context) -> None:
    """If the connection is always cut, the create ends with an error."""
    server.fail("create", FaultKind.REFUSED, times=9)
    with pytest.raises(
        ReplyLost, match="the job may exist all the same, made about .*: delete it if nothing manages it"
    ) as lost:
        create(context)
    assert lost.value.hint is Hint.FIND_UNMANAGED
    assert posts(server) == 3


def test_post_is_not_repeated_after_a_server_error(server: Emulator, context: Context) -> None:
    """After a 500 the server may still be at work, so nothing is sent again."""
    server.fail("create", FaultKind.SERVER_ERROR)
    with pytest.raises(ReplyLost, match="answered 500 UNEXPECTED_ERROR.*the job may exist all the same") as lost:
        create(context)
    assert (lost.value.status, lost.value.code) == (500, "UNEXPECTED_ERROR")
    assert posts(server) == 1


def test_no_second_post_while_the_list_cannot_be_read(server: Emulator, context: Context) -> None:
    """An unreadable list proves no absence."""
    server.fail("create", FaultKind.REFUSED)
    server.fail("list", FaultKind.HTML, times=7)
    with pytest.raises(ReplyLost, match="may exist"):
        create(context)
    assert posts(server) == 1


def test_list_that_cannot_be_read_is_read_again_for_a_minute(
    server: Emulator, context: Context, clock: FakeClock
) -> None:
    """The server that cut the connection may be restarting."""
    server.fail("create", FaultKind.LOST_REPLY)
    server.fail("list", FaultKind.HTML, times=6)
    assert [create(context)] == server.job_ids
    assert sum(clock.slept) == 60


def test_no_second_post_while_an_entry_of_the_list_cannot_be_read(server: Emulator, context: Context) -> None:
    """The unreadable entry may be the lost job."""
    server.fail("create", FaultKind.REFUSED)
    page = Page(results=({"id": 3},))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pulumi_opsmanager.api.exchange.Answer.read", lambda *_: page)
        with pytest.raises(ReplyLost, match="may exist"):
            create(context)
    assert posts(server) == 1


def test_job_that_was_listed_before_the_list_broke_off_is_adopted(server: Emulator, context: Context) -> None:
    """Entries that were read count, even if the rest of the list fails."""
    walk = Jobs.walk

    def broken_off(jobs: Jobs) -> Iterator[Job]:
        yield from walk(jobs)
        raise UnexpectedResponse("the second page is no page")

    server.fail("create", FaultKind.LOST_REPLY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Jobs, "walk", broken_off)
        assert [create(context)] == server.job_ids
    assert posts(server) == 1


@pytest.mark.parametrize("kind", [FaultKind.HTML, FaultKind.SERVER_ERROR])
def test_list_that_fails_at_first_is_read_again(server: Emulator, context: Context, kind: FaultKind) -> None:
    """One failed request does not end the search."""
    server.fail("create", FaultKind.LOST_REPLY)
    server.fail("list", kind)
    assert [create(context)] == server.job_ids


def test_two_matching_jobs_are_named_and_not_adopted(server: Emulator, context: Context, clock: FakeClock) -> None:
    """If two jobs match the lost one, a person must choose."""
    stranger = client_for(server, clock)
    other = stranger.jobs(PROJECT).create(job_request())
    server.fail("create", FaultKind.LOST_REPLY)
    with pytest.raises(ReplyLost, match=r"2 jobs of project .* may be the new one") as lost:
        create(context)
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
    server: Emulator, context: Context, clock: FakeClock, other: dict[str, object]
) -> None:
    """Every part of the body must match."""
    client_for(server, clock).jobs(PROJECT).create(job_request(**other))
    server.fail("create", FaultKind.LOST_REPLY)
    assert create(context) == server.job_ids[0]


def test_job_made_before_the_attempt_is_not_adopted(server: Emulator, context: Context, clock: FakeClock) -> None:
    """The creation time must be within the attempt."""
    before = client_for(server, clock).jobs(PROJECT).create(job_request())
    clock.sleep(10)
    server.fail("create", FaultKind.LOST_REPLY)
    assert create(context) != before


def test_job_of_another_user_is_not_adopted(server: Emulator, context: Context) -> None:
    """If our user ID is known, it must match."""
    context.server.creates.note_user("f" * 24)
    server.fail("create", FaultKind.LOST_REPLY)
    server.fail("create", FaultKind.SERVER_ERROR, times=9)
    with pytest.raises(ReplyLost, match="may exist"):
        create(context)


def test_job_of_an_unnamed_user_is_adopted(clock: FakeClock) -> None:
    """A job that the server describes only by its ID may be ours. The ID has the creation time."""
    made = f"{int(clock.now().timestamp()):08x}{'a' * 16}"
    with Emulator(now=clock.now) as server:
        context = context_of(client_for(server, clock), clock)
        context.server.creates.note_user("f" * 24)
        bare = Job(id=made, status="IN_PROGRESS")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Jobs, "walk", lambda *_: iter([bare]))
            server.fail("create", FaultKind.SERVER_ERROR)
            assert create(context) == made


@pytest.mark.parametrize("minutes", [10, -10])
def test_difference_between_the_clocks_is_allowed_for(clock: FakeClock, minutes: int) -> None:
    """The jobs of a server that is ten minutes ahead are dated ten minutes ahead. Older jobs are not adopted."""

    def off() -> datetime:
        return clock.now() + timedelta(minutes=minutes)

    with Emulator(now=off) as server:
        context = context_of(client_for(server, clock), clock)
        before = context.jobs(PROJECT).create(job_request())
        clock.sleep(10)
        server.fail("create", FaultKind.LOST_REPLY)
        assert {before, create(context)} == set(server.job_ids)


@pytest.mark.parametrize(("seconds", "is_ours"), [(-3, False), (-2, True), (3, True), (4, False)])
def test_job_is_adopted_if_it_was_made_within_the_attempt(clock: FakeClock, seconds: int, *, is_ours: bool) -> None:
    """Two seconds are allowed for clocks, and one because a server's date has no fraction."""
    made = f"{int(clock.now().timestamp()) + seconds:08x}{'a' * 16}"
    with Emulator(now=clock.now) as server, pytest.MonkeyPatch.context() as patch:
        context = context_of(client_for(server, clock), clock)
        patch.setattr(Jobs, "walk", lambda *_: iter([Job(id=made, status="IN_PROGRESS")]))
        server.fail("create", FaultKind.SERVER_ERROR)
        if is_ours:
            assert create(context) == made
        else:
            with pytest.raises(ReplyLost):
                create(context)


def test_dates_are_sent_in_the_form_of_the_product(clock: FakeClock) -> None:
    """Cloud Manager requires text instead of milliseconds."""
    window = {"logCollectionFromDate": "2026-03-02T09:00:00Z", "logCollectionToDate": "2026-03-02T10:00:00Z"}
    sent: list[bytes] = []
    with canned(b'{"id":"%s"}' % (b"a" * 24), status=201, bodies=sent) as url:
        context = context_of(Client(Settings(url, "public", "private"), clock), clock)
        create(context, job_inputs(**window))
    assert json.loads(sent[0])["logCollectionFromDate"] == 1772442000000


def test_identical_creates_at_once_end_with_a_job_each(server: Emulator, context: Context) -> None:
    """Identical creates run one after another, and no two of them return the same job."""
    server.fail("create", FaultKind.LOST_REPLY, times=2)
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: create(context), range(4)))
    assert sorted(made) == sorted(server.job_ids)
    assert len(set(made)) == 4


@pytest.mark.parametrize("kind", [FaultKind.RATE_LIMITED, FaultKind.MAINTENANCE])
def test_refused_create_raises_at_once(server: Emulator, context: Context, kind: FaultKind) -> None:
    """A server that refuses has created nothing."""
    server.fail("create", kind, times=99)
    with pytest.raises(Unavailable, match="try again later"):
        create(context)
    assert not any(entry["method"] == "GET" for entry in server.requests)


def test_refused_input_raises_at_once(clock: FakeClock) -> None:
    """A 400 raises at once."""
    with canned(b'{"error":400,"errorCode":"INVALID_LOG_REQUEST_SIZE"}', status=400) as url:
        context = context_of(Client(Settings(url, "public", "private"), clock), clock)
        with pytest.raises(InvalidInput, match="INVALID_LOG_REQUEST_SIZE"):
            create(context)
    assert clock.slept == []
