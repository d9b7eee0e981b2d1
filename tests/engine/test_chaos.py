"""Many creates with faults at random points: server and state end with exactly the declared jobs."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator

import pytest

from pulumi_opsmanager.emulator import Emulator
from tests.chaos import SCALE, faults_met, late_server, plan_faults
from tests.engine.scaled.clock import scaled_clock, scaled_environment
from tests.engine.stack import HEAD, Refused, Stack

# Four jobs at a time have the same body; only their claims differ. Every second job needs a PATCH after the POST.
_PROGRAM = f"""\
{HEAD}
for number in range(JOBS):
    days = {{"retention_days": 60}} if number % 2 else {{}}
    om.LogCollectionJob(f"job-{{number}}", **(GOOD | days | {{"resource_name": f"rs{{number // 4}}"}}))
"""


@pytest.fixture
def count(pytestconfig: pytest.Config) -> int:
    """How many jobs the program declares."""
    return 200 if pytestconfig.getoption("large") else 100


@pytest.fixture
def draw(chaos_seed: int) -> random.Random:
    """The random numbers of one round."""
    return random.Random(chaos_seed)


@pytest.fixture
def started() -> float:
    """The time at which the scaled clocks of server and provider equal the wall clock."""
    return time.time()


@pytest.fixture
def server(draw: random.Random, started: float) -> Iterator[Emulator]:
    """A server that is ten minutes ahead and shows new jobs in its list up to 20 s late."""
    with late_server(draw, scaled_clock(started, SCALE)) as running:
        yield running


def test_faults_at_random_points_end_with_exactly_the_declared_jobs(
    new_stack: Callable[..., Stack],
    server: Emulator,
    draw: random.Random,
    started: float,
    count: int,
    chaos_seed: int,
    record_property: Callable[[str, object], None],
) -> None:
    """After at most three `up`s the server and the state have each declared job once, as declared."""
    stack = new_stack(_PROGRAM.replace("JOBS", str(count)), **scaled_environment(started, SCALE))
    stack.configure("opsmanager:timeoutSeconds", "1")
    ups = 0
    for strength in (1.0, 0.5, 0.0):
        server.forget_faults()
        plan_faults(server, draw, count, strength)
        ups += 1
        try:
            stack.up(continue_on_error=True)
        except Refused:
            continue
        if stack.preview() == {}:
            break
    managed = [stored["id"] for stored in stack.jobs()]
    faults = faults_met(server)
    record_property(
        "summary",
        f"chaos, seed {chaos_seed}: {count} jobs declared, {len(server.job_ids)} on the server, "
        f"{len(managed)} in state after {ups} ups; {faults.total()} faults: "
        + ", ".join(f"{count} {kind}" for kind, count in faults.most_common()),
    )
    assert stack.preview() == {}
    assert sorted(managed) == sorted(server.job_ids)
    assert len(managed) == count
    assert not any(entry["method"] == "DELETE" for entry in server.requests)
