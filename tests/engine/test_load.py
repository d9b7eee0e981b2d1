"""Many jobs in one program, and many programs on one project, through the real engine."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from pulumi_opsmanager.emulator import Behaviour, Emulator
from tests.engine.scaled.clock import scaled_clock, scaled_environment
from tests.engine.stack import ONE_CHECKPOINT, Stack, jobs

NewStack = Callable[..., Stack]

# Four calls run at once in the SDK's host, and the thread of each is challenged once in the 5 minutes of a nonce.
CHALLENGES = 4 * 2

SCALE = 5.0


def named(names: Sequence[str]) -> str:
    """A program of one job for each deployment."""
    return jobs([f"resource_name={name!r}" for name in names])


def challenges(server: Emulator) -> int:
    return sum(entry["status"] == 401 for entry in server.requests)


def test_thousand_jobs_cost_what_each_costs_alone(new_stack: NewStack, server: Emulator) -> None:
    """A POST, a GET and a DELETE for each, a list request for a hundred, and nothing to find no change."""
    stack = new_stack(named([f"rs{number}" for number in range(1000)]), **ONE_CHECKPOINT)
    assert stack.up() == {"create": 1001}
    assert Counter(server.calls) == {"POST 201": 1000, "GET 200": 1000}
    assert challenges(server) <= CHALLENGES
    assert sorted(stored["id"] for stored in stack.jobs()) == sorted(server.job_ids)

    server.forget_requests()
    assert stack.refresh() == {}
    # A refresh that takes longer than a walk is good for walks again.
    assert Counter(server.calls).keys() == {"GET 200"}
    assert len(server.calls) in (10, 20, 30)
    assert all(entry["path"].endswith("/logCollectionJobs") for entry in server.requests)
    assert challenges(server) <= CHALLENGES

    server.forget_requests()
    assert stack.preview() == {}
    assert server.requests == []

    assert stack.destroy() == {"delete": 1001}
    assert Counter(server.calls) == {"DELETE 200": 1000}
    assert challenges(server) <= CHALLENGES
    assert server.job_ids == []
    assert stack.jobs() == []


@pytest.mark.parametrize("has_retry_after", [True, False])
def test_four_stacks_share_a_rate_limit(new_stack: NewStack, has_retry_after: bool) -> None:
    """Refusals slow four parallel programs down, and neither fail a job nor double one."""
    started, each = time.time(), 20
    # A clock minute, as the vendor counts, is twelve seconds long here, for server and providers.
    behaviour = Behaviour(rate_limit=40, has_retry_after=has_retry_after)
    with Emulator(behaviour=behaviour, now=scaled_clock(started, SCALE).now) as server:
        stacks = [
            new_stack(
                named([f"rs{number}-{i}" for i in range(each)]),
                OPSMANAGER_BASE_URL=server.url,
                **ONE_CHECKPOINT,
                **scaled_environment(started, SCALE),
            )
            for number in range(4)
        ]
        assert_all_are_served(server, stacks, each)


def assert_all_are_served(server: Emulator, stacks: list[Stack], each: int) -> None:
    """Let the stacks run side by side from the first up to the end, and count what that costs."""

    def all_do(operation: Callable[[Stack], dict[str, int]]) -> list[dict[str, int]]:
        server.forget_requests()
        with ThreadPoolExecutor(len(stacks)) as pool:
            return list(pool.map(operation, stacks))

    assert all_do(Stack.up) == [{"create": each + 1}] * 4
    calls = Counter(server.calls)
    assert (calls["POST 201"], calls["GET 200"]) == (4 * each, 4 * each)
    assert refused_only(calls, of=8 * each) > 0
    stored = [job for stack in stacks for job in stack.jobs()]
    assert sorted(job["id"] for job in stored) == sorted(server.job_ids)
    assert len({job["inputs"]["resourceName"] for job in stored}) == len(server.job_ids) == 4 * each

    assert all_do(Stack.refresh) == [{}] * 4
    # The whole list is two pages; by this clock it is soon old, and walked again.
    assert 4 <= Counter(server.calls)["GET 200"] <= 4 * 2 * 3
    assert all_do(Stack.preview) == [{}] * 4
    assert server.requests == []

    assert all_do(Stack.destroy) == [{"delete": each + 1}] * 4
    calls = Counter(server.calls)
    assert calls["DELETE 200"] == 4 * each
    refused_only(calls, of=4 * each)
    assert server.job_ids == []
    assert not any(stack.jobs() for stack in stacks)


def refused_only(calls: Counter[str], of: int) -> int:
    """What was not carried out met the limit: of 40 requests a minute the 16 calls under way, six times at most."""
    refused = sum(count for call, count in calls.items() if call.endswith(" 429"))
    assert sum(calls.values()) == of + refused
    assert refused < 3 * of
    return refused
