"""Seeded faults: each request of a route may meet a fault. Server and state must still have each job once."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from pulumi_opsmanager.clock import Clock
from pulumi_opsmanager.emulator import Behaviour, Emulator, FaultKind

SCALE = 20.0
"""How much faster than the wall's the clocks of provider and server run."""

_LATE_SECONDS = 20.0
_SERVER_AHEAD = timedelta(minutes=10)
_PARALLELISM = 10
_MOST_RUNS = 5

# After a lost answer, a create may adopt an equal job that another process created in the same seconds.
_BETWEEN_RUNS_SECONDS = 10.0

_STALL_SECONDS = 2.0

_KINDS = (
    # Refused.
    FaultKind.RATE_LIMITED,
    FaultKind.MAINTENANCE,
    FaultKind.STALE_NONCE,
    FaultKind.REDIRECT,
    # Before the request is carried out.
    FaultKind.REFUSED,
    FaultKind.SERVER_ERROR,
    FaultKind.HTML,
    # After it.
    FaultKind.LOST_REPLY,
    FaultKind.BAD_GATEWAY,
    FaultKind.MALFORMED_JSON,
    FaultKind.CUT_BODY,
    FaultKind.WRONG_LENGTH,
    FaultKind.STALL,
    FaultKind.SLOW,
)


@dataclass(frozen=True)
class _Aim:
    """The share of a route's requests that faults hit, and the number of requests per job to draw for."""

    share: float
    requests: int


_AIMS = {"create": _Aim(0.4, 2), "get": _Aim(0.3, 3), "extend": _Aim(0.3, 2), "list": _Aim(0.2, 2)}


def plan_faults(server: Emulator, draw: random.Random, jobs: int, strength: float) -> None:
    """Plan faults for the requests of this number of jobs. A strength of 1 hits about a third of them, 0 none."""
    for route, aim in _AIMS.items():
        for place in range(aim.requests * jobs):
            if draw.random() < aim.share * strength:
                kind = draw.choice(_KINDS)
                server.fail(route, kind, seconds=_STALL_SECONDS if kind is FaultKind.STALL else 0, skip=place)


def faults_met(server: Emulator) -> Counter[str]:
    """The number of requests that each kind of fault has hit."""
    return Counter(entry["fault"] for entry in server.requests if entry["fault"])


class Runs(Protocol):
    """Runs of an engine on one state, each with a provider of its own.

    Attributes:
        broken: Answers that the engine would report as a defect.
    """

    broken: list[str]

    def run(self, *, refresh: bool) -> bool:
        """Plan, and apply the plan. True if nothing failed."""

    def is_settled(self, *, refresh: bool) -> bool:
        """Whether a plan has no change."""

    def managed(self) -> list[str]:
        """The ids of the jobs in the state."""


@contextmanager
def late_server(draw: random.Random, clock: Clock) -> Iterator[Emulator]:
    """A server that is ten minutes ahead and shows new jobs in its list up to 20 s late."""
    delays = random.Random(draw.random())
    behaviour = Behaviour(list_delay=lambda: timedelta(seconds=delays.uniform(0, _LATE_SECONDS)))
    with Emulator(now=lambda: clock.now() + _SERVER_AHEAD, behaviour=behaviour) as running:
        yield running


def at_once(call: Callable[[int], Any], numbers: Iterable[int]) -> list[Any]:
    """Call for each number, several at a time."""
    with ThreadPoolExecutor(_PARALLELISM) as pool:
        return list(pool.map(call, numbers))


def inputs_of(number: int) -> dict[str, Any]:
    """The inputs of a job by Python name. Four jobs at a time have the same body. Every second job needs a PATCH."""
    given = {
        "resource_type": "REPLICASET",
        "resource_name": f"rs{number // 4}",
        "log_types": ["FTDC", "MONGODB"],
        "size_requested_per_file_bytes": 10_000,
        "redacted": False,
    }
    return given | ({"retention_days": 60} if number % 2 else {})


def survive(runs: Runs, server: Emulator, clock: Clock, draw: random.Random, count: int) -> str:
    """Run with fewer and fewer faults until nothing is left to do. Returns a summary.

    At the end the server and the state must have each declared job once.
    """
    number = 0
    for strength in (1.0, 0.5, *[0.0] * (_MOST_RUNS - 2)):
        server.forget_faults()
        plan_faults(server, draw, count, strength)
        number += 1
        runs.run(refresh=draw.random() < 0.5)
        clock.sleep(_BETWEEN_RUNS_SECONDS)
        if strength == 0 and runs.is_settled(refresh=True):
            break
    managed, faults = runs.managed(), faults_met(server)
    assert runs.broken == []
    assert runs.is_settled(refresh=False)
    assert sorted(managed) == sorted(server.job_ids)
    assert len(managed) == count
    assert not any(entry["method"] == "DELETE" for entry in server.requests)
    return (
        f"{count} jobs declared, {len(server.job_ids)} on the server, {len(managed)} in state after {number} runs; "
        f"{faults.total()} faults: " + ", ".join(f"{count} {kind}" for kind, count in faults.most_common())
    )
