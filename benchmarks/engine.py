"""Measure Pulumi's operations with the real engine and a file backend, and the part that our provider adds."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Mapping

from pulumi_opsmanager.emulator import Emulator
from pulumi_opsmanager.testing import Stack

from .figure import Lab, Row, figure
from .stacks import IDLE, contestants, seconds_of
from .traffic import counted, get_each

CASES = (100, 1000)
"""Jobs of the stacks. Larger stacks are measured once, without the script."""

_OPERATIONS = {"up": Stack.up, "preview": Stack.preview, "refresh": Stack.refresh}


@functools.cache
def costs_of(lab: Lab, jobs: int) -> Mapping[str, Mapping[str, float]]:
    """Return costs by kind and contestant: seconds of each operation, bytes of state per job, requests of a refresh."""
    with Emulator() as server:
        stacks = contestants(lab, server, jobs)
        costs: dict[str, Mapping[str, float]] = {}
        for name, operation in _OPERATIONS.items():
            works = {who: functools.partial(operation, stack) for who, stack in stacks.items()}
            costs[name] = seconds_of(works, times=1 if operation is Stack.up or jobs > max(CASES) else 2)
        costs["size"] = {who: len(stack.exported()) / jobs for who, stack in stacks.items()}
        if jobs <= max(CASES):
            by_script = counted(server, get_each, server, server.job_ids)
            costs["requests"] = {"ours": counted(server, stacks["ours"].refresh), "a GET per job": by_script}
        return costs


def _rows(lab: Lab, cost: str, share: float) -> Iterator[Row]:
    """Yield rows whose limit is a share of the alternative."""
    for jobs in CASES:
        costs = costs_of(lab, jobs)[cost]
        yield Row(jobs, costs, share * costs[IDLE])


@figure(axis="jobs", unit="seconds", limit="1.15 of the alternative")
def preview(lab: Lab) -> Iterator[Row]:
    """Preview unchanged jobs. Ours imports more modules and converts typed outputs."""
    yield from _rows(lab, "preview", 1.15)


@figure(axis="jobs", unit="seconds", limit="1.25 of the alternative")
def up(lab: Lab) -> Iterator[Row]:
    """Create jobs. Ours sends a signed POST and GET per job to a server on the same cores."""
    yield from _rows(lab, "up", 1.25)


@figure(axis="jobs", unit="seconds", limit="1.15 of the alternative")
def time_of_a_refresh(lab: Lab) -> Iterator[Row]:
    """Refresh unchanged jobs. Ours asks the server; the alternative does not."""
    yield from _rows(lab, "refresh", 1.15)


@figure(axis="jobs", unit="bytes per job", limit="1.1 of the alternative")
def size_in_state(lab: Lab) -> Iterator[Row]:
    """Export the state of complete jobs. The alternative has the same inputs and outputs."""
    yield from _rows(lab, "size", 1.1)


@figure(axis="jobs", unit="requests", limit="a page of the list per 100 jobs, and one challenge")
def requests_of_a_refresh(lab: Lab) -> Iterator[Row]:
    """Refresh a stack of unchanged jobs. The alternative reads each job with its own login."""
    for jobs in (1, *CASES):
        yield Row(jobs, costs_of(lab, jobs)["requests"], math.ceil(jobs / 100) + 1)
