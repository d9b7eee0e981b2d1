"""Completions that wait at the same time, and the Ctrl-C that ends them."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator

import pytest

from pulumi_opsmanager.emulator import Emulator, after_seconds, instant
from tests.plugin_engine.stack import Stack, job, resource, write_program
from tests.processes import family, left_of, wait_until

COUNT = 12
SECONDS = 3600
"""Time until a job finishes, if the test does not end it."""

UP = "pulumi up --yes --skip-preview --non-interactive --stack test --parallel 64 --event-log events.json"


@pytest.fixture
def server() -> Iterator[Emulator]:
    """An emulator whose jobs finish long after the test."""
    with Emulator(pace=after_seconds(SECONDS)) as running:
        yield running


def test_twelve_completions_wait_side_by_side_and_one_interrupt_ends_them(
    new_stack: Callable[..., Stack], server: Emulator
) -> None:
    """Each completion fails with one line. No process is left, and the next run waits for the same jobs."""
    # The next request for the status is far away, so only the interrupt can end the wait.
    wait = "pollIntervalSeconds: 600\n"
    stack = new_stack(PULUMI_DEBUG_COMMANDS="true")
    write_program(
        stack.folder,
        *(job(f"job{i}", f"resourceName: rs{i}\n") for i in range(COUNT)),
        *(resource(f"done{i}", "LogCollectionCompletion", f'jobIds: ["${{job{i}.id}}"]\n{wait}') for i in range(COUNT)),
    )
    events = stack.folder / "events.json"
    process = stack.start(UP)
    try:
        wait_until(
            lambda: events.exists() and events.read_text().count("0 of 1 finished, waits until") == COUNT,
            "the completions do not wait side by side",
        )
        started = family(process.pid)
        interrupted = time.monotonic()
        process.send_signal(signal.SIGINT)
        printed, _ = process.communicate(timeout=60)
        seconds = time.monotonic() - interrupted
    finally:
        process.kill()
    assert process.returncode != 0
    # Under load the engine itself needs a part of this time.
    assert seconds < 3, printed
    diagnostics = printed.partition("Diagnostics:")[2]
    assert diagnostics.count("stopped because the engine no longer waits for an answer; run `pulumi up` again") == COUNT
    wait_until(lambda: not left_of(started), "processes of the run are still there")
    assert len(stack.jobs()) == len(server.job_ids) == COUNT

    for i in range(COUNT):
        server.set_pace(f"rs{i}", instant())
    # The stack itself was not completed either.
    assert stack.up(parallel=64)["create"] == COUNT, stack.printed
    assert len(stack.resources("LogCollectionCompletion")) == len(server.job_ids) == COUNT
