"""Measure the figures of docs/scale.md, with the real engine and a file backend."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_opsmanager.emulator import Emulator

from .engine import CASES, costs_of
from .figure import Lab, Row, figure
from .stacks import seconds_of, stack_of_jobs

_CASES = (*CASES, 5000)
_BYTES_OF_A_MB = 1_000_000


def _rows(lab: Lab, cost: str) -> Iterator[Row]:
    """Yield rows without a limit."""
    for jobs in _CASES:
        yield Row(jobs, costs_of(lab, jobs)[cost])


@figure(axis="jobs", unit="seconds", limit="none")
def first_up(lab: Lab) -> Iterator[Row]:
    """Create all jobs of a stack. By default the engine writes the complete state before and after each step."""
    for jobs in CASES:
        with Emulator() as server:
            stack = stack_of_jobs(lab, server, jobs, environment={})
            by_default = seconds_of({"ours": stack.up})
        yield Row(jobs, by_default | {"the state written once": costs_of(lab, jobs)["up"]["ours"]})


@figure(axis="jobs", unit="seconds", limit="none")
def first_up_with_one_write(lab: Lab) -> Iterator[Row]:
    """Create all jobs of a stack. The engine writes the state once, at the end."""
    yield from _rows(lab, "up")


@figure(axis="jobs", unit="seconds", limit="none")
def unchanged_preview(lab: Lab) -> Iterator[Row]:
    """Preview a stack of unchanged jobs."""
    yield from _rows(lab, "preview")


@figure(axis="jobs", unit="seconds", limit="none")
def refresh(lab: Lab) -> Iterator[Row]:
    """Refresh a stack of unchanged jobs."""
    yield from _rows(lab, "refresh")


@figure(axis="jobs", unit="MB", limit="none")
def state_file(lab: Lab) -> Iterator[Row]:
    """Export the state of a stack of complete jobs."""
    for jobs in _CASES:
        sizes = costs_of(lab, jobs)["size"]
        yield Row(jobs, {who: jobs * size / _BYTES_OF_A_MB for who, size in sizes.items()})
