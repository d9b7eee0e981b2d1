"""Many jobs in one program, through the real engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from pulumi_opsmanager.emulator import Emulator
from tests.engine.stack import ONE_CHECKPOINT, Stack, jobs

NewStack = Callable[..., Stack]

# The SDK's host runs four calls at once. The thread of each gets one challenge in the 5 minutes of a nonce.
CHALLENGES = 4 * 2


@pytest.fixture
def count(pytestconfig: pytest.Config) -> int:
    """How many jobs the program declares: a few pages of the list, or ten with `--large`."""
    return 1000 if pytestconfig.getoption("large") else 300


def challenges(server: Emulator) -> int:
    return sum(entry["status"] == 401 for entry in server.requests)


def test_requests_per_job_do_not_grow_with_the_number_of_jobs(
    new_stack: NewStack, server: Emulator, count: int
) -> None:
    """Each job needs a POST, a GET and a DELETE. A refresh needs one request per 100 jobs, and a preview none."""
    stack = new_stack(jobs([f"resource_name='rs{number}'" for number in range(count)]), **ONE_CHECKPOINT)
    assert stack.up() == {"create": count + 1}
    assert Counter(server.calls) == {"POST 201": count, "GET 200": count}
    assert challenges(server) <= CHALLENGES
    assert sorted(stored["id"] for stored in stack.jobs()) == sorted(server.job_ids)

    server.forget_requests()
    assert stack.refresh() == {}
    # The list is read again when the refresh takes longer than a list is valid.
    pages = count // 100
    assert Counter(server.calls).keys() == {"GET 200"}
    assert len(server.calls) in (pages, 2 * pages, 3 * pages)
    assert all(entry["path"].endswith("/logCollectionJobs") for entry in server.requests)
    assert challenges(server) <= CHALLENGES

    server.forget_requests()
    assert stack.preview() == {}
    assert server.requests == []

    assert stack.destroy() == {"delete": count + 1}
    assert Counter(server.calls) == {"DELETE 200": count}
    assert challenges(server) <= CHALLENGES
    assert server.job_ids == []
    assert stack.jobs() == []
