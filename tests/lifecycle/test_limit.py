"""Several provider processes on one project share only the server's rate limit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pulumi_opsmanager.emulator import Behaviour, Emulator
from pulumi_opsmanager.lifecycle.context import Context
from pulumi_opsmanager.lifecycle.expiry import StoredJob
from pulumi_opsmanager.lifecycle.job import create_job, delete_job
from tests.support import FakeClock, client_for, context_of, job_inputs

# The limit is far below what the calls need. Only their waits move the clock, so the machine's speed is irrelevant.
LIMIT = 24
PROVIDERS = 4
JOBS = 8

# The SDK's host runs four calls of a provider at once.
CALLS_AT_ONCE = 4


@pytest.mark.parametrize("has_retry_after", [True, False])
def test_four_providers_share_a_rate_limit(has_retry_after: bool) -> None:
    """Refusals slow parallel programs down. No job fails, and none is created twice."""
    clock = FakeClock()
    with Emulator(behaviour=Behaviour(rate_limit=LIMIT, has_retry_after=has_retry_after), now=clock.now) as server:
        # The waits of all calls move one clock, so an answer may seem to take long.
        contexts = [context_of(client_for(server, clock, timeout_seconds=3600), clock) for _ in range(PROVIDERS)]
        rows = [(context, f"rs{number}") for number in range(JOBS) for context in contexts]

        def create(context: Context, name: str) -> tuple[Context, StoredJob]:
            return context, create_job(context, job_inputs(resourceName=name))

        created = in_parallel(create, rows)
        assert sorted(made.id for _, made in created) == sorted(server.job_ids)
        assert len(server.job_ids) == len(rows)
        assert any(call.endswith(" 429") for call in server.calls)
        assert carried_out(server) == {"POST 201": len(rows), "GET 200": len(rows)}
        in_parallel(delete_job, created)
        assert carried_out(server) == {"DELETE 200": len(rows)}
        assert server.job_ids == []


def in_parallel(call: Callable[..., Any], rows: list[Any]) -> list[Any]:
    """The results of as many calls at once as the providers make."""
    with ThreadPoolExecutor(PROVIDERS * CALLS_AT_ONCE) as pool:
        return list(pool.map(lambda row: call(*row), rows))


def carried_out(server: Emulator) -> dict[str, int]:
    """Requests since the last call, without refused ones. `tests/api/test_pause.py` checks how few are refused."""
    calls = Counter(call for call in server.calls if not call.endswith(" 429"))
    server.forget_requests()
    return dict(calls)
