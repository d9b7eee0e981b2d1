from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from pulumi_opsmanager.api.pause import Pause
from pulumi_opsmanager.emulator import Behaviour, Emulator, FaultKind
from pulumi_opsmanager.errors import Unavailable
from tests.support import PROJECT, FakeClock, client_for, job_request

NINE = datetime(2026, 3, 2, 9, tzinfo=timezone.utc)
SPREAD = 0.5


def seconds_of(pause: Pause, clock: FakeClock, refusals: int, retry_after: float = 0, ahead: float = 0) -> list[float]:
    """The lengths of the pauses if each one is followed by a refusal."""
    found = []
    for _ in range(refusals):
        pause.note_refusal(clock.now(), retry_after, timedelta(seconds=ahead))
        found.append(pause.left_seconds())
        pause.outlast(180)
    return found


def test_waits_grow_until_the_next_clock_minute() -> None:
    """A server without Retry-After counts by the minutes of its own clock."""
    clock = FakeClock(NINE + timedelta(seconds=10))
    pauses = seconds_of(Pause(clock), clock, 7, ahead=5)
    assert pauses[:5] == [1, 2, 4, 8, pytest.approx(16)]
    # By the server's clock the waits begin at 9:00:15 and end at 9:01. The last wait continues from there.
    assert sum(pauses[:6]) <= 45 <= sum(pauses[:6]) + 6 * SPREAD
    assert pauses[6] == 30


@pytest.mark.parametrize(("retry_after", "pauses"), [(7, [7, 7, 7, 8, 16]), (60, [60] * 5)])
def test_wait_is_at_least_as_long_as_the_server_says(retry_after: float, pauses: list[float]) -> None:
    """If a server's Retry-After is too short, the waits still grow."""
    clock = FakeClock(NINE)
    assert seconds_of(Pause(clock), clock, 5, retry_after) == pytest.approx(pauses)


def test_refusals_at_the_same_time_count_once() -> None:
    """Requests that were already sent when the pause began do not extend it. A success resets the growth."""
    clock = FakeClock(NINE)
    pause = Pause(clock)
    sent_at = clock.now()
    clock.sleep(0.2)
    for _ in range(4):
        pause.note_refusal(sent_at, 0, timedelta())
    assert pause.left_seconds() == 1
    pause.outlast(180)
    assert seconds_of(pause, clock, 2) == [2, 4]
    pause.note_passed(sent_at)
    assert seconds_of(pause, clock, 1) == [8]
    pause.note_passed(clock.now())
    assert pause.left_seconds() == 0
    assert seconds_of(pause, clock, 1) == [1]


def test_rate_limit_of_one_call_delays_the_next_call(server: Emulator, clock: FakeClock) -> None:
    """The limit applies to the project, so other calls of the process wait too."""
    client = client_for(server, clock)
    server.fail("create", FaultKind.RATE_LIMITED, times=4, seconds=50)
    with pytest.raises(Unavailable):
        client.jobs(PROJECT).create(job_request())
    before = sum(clock.slept)
    list(client.jobs(PROJECT).walk())
    assert server.calls == ["POST 429"] * 4 + ["GET 200"]
    assert sum(clock.slept) - before == pytest.approx(50, abs=SPREAD)


def test_used_up_rate_limit_costs_a_minute_and_few_requests() -> None:
    """Without Retry-After the next clock minute is met at its start, after six refusals at most."""
    clock = FakeClock(NINE)
    behaviour = Behaviour(rate_limit=1, has_retry_after=False)
    with Emulator(behaviour=behaviour, now=clock.now) as server:
        client = client_for(server, clock)
        for minute in range(4):
            list(client.jobs(PROJECT).walk())
            assert NINE <= clock.now() - timedelta(minutes=minute) <= NINE + timedelta(seconds=SPREAD + 1)
    assert server.calls.count("GET 429") <= 3 * 6
