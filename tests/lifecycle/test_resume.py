"""After the process of a create died, its job is found, and no second job is created."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta

import pytest

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.exchange import Answer, Request
from pulumi_opsmanager.emulator import Behaviour, Emulator, FaultKind
from pulumi_opsmanager.errors import OpsManagerError, ReplyLost, Unavailable
from pulumi_opsmanager.lifecycle.context import Context
from pulumi_opsmanager.lifecycle.kinds import COMPLETION, JOB, WINDOW
from tests.support import PROJECT, FakeClock, Heard, client_for, context_of, days_ahead, job_inputs, job_request


class Killed(BaseException):
    """Ends a process. No rule catches it."""


def killed_at(client: Client, request_number: int, *, after: bool) -> Client:
    """A client whose process ends at one of its requests: before it is sent, or after the server has carried it out."""
    call, sent = client.call, 0

    def counted(request: Request) -> Answer:
        nonlocal sent
        sent += 1
        if sent == request_number and not after:
            raise Killed
        answer = call(request)
        if sent >= request_number:
            raise Killed
        return answer

    client.call = counted  # type: ignore[method-assign]
    return client


@pytest.fixture
def process(server: Emulator, clock: FakeClock, heard: Heard) -> Callable[[], Context]:
    """Start a process."""
    return lambda: context_of(client_for(server, clock, timeout_seconds=1), clock, heard)


def posts(server: Emulator) -> int:
    return sum(entry["method"] == "POST" and entry["status"] != 401 for entry in server.requests)


@pytest.mark.parametrize("minutes", [0, 1, 600])
def test_job_of_a_dead_process_is_adopted_with_its_expiry(
    server: Emulator, process: Callable[[], Context], clock: FakeClock, heard: Heard, minutes: int
) -> None:
    """It does not matter how late the next process starts. It sets the expiry that the dead process did not set."""
    since = clock.now()
    clock.sleep(5)
    made = process().jobs(PROJECT).create(job_request())
    clock.sleep(60 * minutes)
    assert JOB.resume is not None
    stored = JOB.resume(process(), job_inputs(expirationDate=days_ahead(90)), since)
    assert ([stored.id], posts(server)) == (server.job_ids, 1)
    assert stored.id == made
    assert stored.state.expires_at == days_ahead(90)
    assert heard.lines == [f"found the job of the interrupted create: {made}"]


def test_job_that_was_never_made_is_made_after_thirty_seconds(
    server: Emulator, process: Callable[[], Context], clock: FakeClock
) -> None:
    """A job may appear late in the list."""
    assert JOB.resume is not None
    stored = JOB.resume(process(), job_inputs(), clock.now())
    assert ([stored.id], posts(server), sum(clock.slept)) == (server.job_ids, 1, 30)


def test_job_that_is_listed_late_is_adopted(clock: FakeClock) -> None:
    """The search continues for half a minute."""
    with Emulator(now=clock.now, behaviour=Behaviour(list_delay=lambda: timedelta(seconds=25))) as server:
        since = clock.now()
        made = client_for(server, clock).jobs(PROJECT).create(job_request())
        assert JOB.resume is not None
        assert JOB.resume(context_of(client_for(server, clock), clock), job_inputs(), since).id == made
        assert server.job_ids == [made]


@pytest.mark.parametrize("minutes", [10, -10])
def test_clock_of_the_server_is_allowed_for(clock: FakeClock, minutes: int) -> None:
    """A job that was created before the attempt is not adopted."""
    with Emulator(now=lambda: clock.now() + timedelta(minutes=minutes)) as server:
        before = client_for(server, clock).jobs(PROJECT).create(job_request())
        clock.sleep(10)
        since = clock.now()
        made = client_for(server, clock).jobs(PROJECT).create(job_request())
        assert JOB.resume is not None
        assert JOB.resume(context_of(client_for(server, clock), clock), job_inputs(), since).id == made
        assert set(server.job_ids) == {before, made}


def test_nothing_is_sent_while_the_list_cannot_be_read(
    server: Emulator, process: Callable[[], Context], clock: FakeClock
) -> None:
    """An unreadable list proves no absence. A later process continues."""
    since = clock.now()
    server.fail("list", FaultKind.HTML, times=7)
    assert JOB.resume is not None
    with pytest.raises(Unavailable, match=r"cannot create the job for REPLICASET rs0: the list .* cannot be read, .*"):
        JOB.resume(process(), job_inputs(), since)
    assert posts(server) == 0
    assert [JOB.resume(process(), job_inputs(), since).id] == server.job_ids


def test_several_matching_jobs_are_not_adopted(
    server: Emulator, process: Callable[[], Context], clock: FakeClock
) -> None:
    """A person must choose."""
    since = clock.now()
    ids = [process().jobs(PROJECT).create(job_request()) for _ in range(2)]
    assert JOB.resume is not None
    with pytest.raises(ReplyLost, match="2 jobs of project .* may be the new one") as lost:
        JOB.resume(process(), job_inputs(), since)
    assert all(job_id in str(lost.value) for job_id in ids)
    assert posts(server) == 2


def test_job_of_a_second_lost_reply_is_adopted(
    server: Emulator, process: Callable[[], Context], clock: FakeClock
) -> None:
    """The second POST follows the rules of every create."""
    server.fail("create", FaultKind.LOST_REPLY)
    assert JOB.resume is not None
    assert [JOB.resume(process(), job_inputs(), clock.now()).id] == server.job_ids


def test_only_resources_on_the_server_are_resumed() -> None:
    """A window and a completion are created again."""
    assert (WINDOW.resume, COMPLETION.resume) == (None, None)


KINDS = (FaultKind.LOST_REPLY, FaultKind.REFUSED, FaultKind.BAD_GATEWAY, FaultKind.HTML, FaultKind.SERVER_ERROR)


@pytest.mark.parametrize("seed", range(20))
def test_processes_that_die_at_random_points_end_with_one_job(clock: FakeClock, seed: int) -> None:
    """Each process has faults and dies at one of its requests, until one of them ends."""
    draw = random.Random(seed)

    def late() -> timedelta:
        return timedelta(seconds=draw.uniform(0, 20))

    with Emulator(now=clock.now, behaviour=Behaviour(list_delay=late)) as server:
        since = clock.now()
        stored = None
        for _ in _processes(server, draw):
            client = client_for(server, clock)
            if draw.random() < 0.8:
                client = killed_at(client, draw.randint(1, 6), after=draw.random() < 0.5)
            with suppress(Killed, OpsManagerError):
                assert JOB.resume is not None
                stored = JOB.resume(context_of(client, clock), job_inputs(retentionDays=90), since)
                break
        assert stored is not None
        assert [stored.id] == server.job_ids


def _processes(server: Emulator, draw: random.Random) -> Iterator[None]:
    for _ in range(30):
        server.forget_faults()
        for route in ("create", "list", "get", "extend"):
            if draw.random() < 0.3:
                server.fail(route, draw.choice(KINDS), skip=draw.randint(0, 1))
        yield
