"""Waiting for jobs through the real engine, over real HTTP; the emulator's log counts the requests."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

from pulumi_opsmanager.emulator import Emulator, FaultKind, after_seconds
from tests.engine.stack import HEAD, Refused, Stack

NewStack = Callable[..., Stack]

WAIT = (
    HEAD
    + """\
jobs = [om.LogCollectionJob(f"job-{i}", **(GOOD | dict(resource_name=f"rs{i}"))) for i in range(2)]
done = om.LogCollectionCompletion("done", job_ids=[job.id for job in jobs],
    **(dict(poll_interval_seconds=0.3) | CHANGES))
pulumi.export("statuses", done.statuses)
pulumi.export("failed", done.failed_jobs.apply(
    lambda jobs: [[job.resource_name, job.failed_child_jobs[0].host_name] for job in jobs]))
"""
)


def waiting(**changes: Any) -> str:
    """A program of two jobs and their completion."""
    return WAIT.replace("CHANGES", repr(changes))


def test_each_up_continues_where_the_last_one_ended(new_stack: NewStack) -> None:
    """After a timeout, a failure and an accepted failure the next `up` waits and restarts. No job is created twice."""
    with Emulator(pace=after_seconds(4)) as server:
        server.fail("create", FaultKind.FAILED_CHILDREN)
        stack = new_stack(waiting(timeout_seconds=1), OPSMANAGER_BASE_URL=server.url)
        with pytest.raises(
            Refused, match=r"Unavailable: cannot wait for 2 jobs .*: 2 of 2 are not finished after 1 s: .*run again"
        ):
            stack.up()
        made = set(server.job_ids)
        assert {stored["id"] for stored in stack.jobs()} == made
        stack.program(waiting(max_retries_per_run=0))
        with pytest.raises(
            Refused, match=r"CollectionFailed: 1 of 2 jobs failed: job .* of REPLICASET rs\d: rs\d-0.* FTDC"
        ):
            stack.up()
        stack.program(waiting(max_retries_per_run=0, on_failure="accept"))
        assert stack.up() == {"create": 1}
        ((name, host),) = stack.outputs()["failed"]
        assert host == f"{name}-0.example.net:27017"
        assert any(f"failed: {host} FTDC: agent did not answer" in line for line in stack.lines)
        assert stack.preview() == {}
        stack.program(waiting(on_failure="accept"))
        assert stack.preview() == {"update": 1}
        assert any("1 job failed; up restarts the failed parts" in line for line in stack.lines)
        assert stack.up() == {"update": 1}
        assert stack.outputs() == {"statuses": dict.fromkeys(made, "SUCCESS"), "failed": []}
        assert set(server.job_ids) == made
        assert server.calls.count("PUT 200") == 1


def test_second_interrupt_ends_the_wait(new_stack: NewStack) -> None:
    """The first one does not end it. After the second one no process sends requests. No job is created twice."""
    with Emulator(pace=after_seconds(600)) as server:
        stack = new_stack(waiting(), OPSMANAGER_BASE_URL=server.url)
        process = stack.start("pulumi up --yes --skip-preview --non-interactive --stack test")
        wait_until(lambda: any(entry["path"].endswith("Jobs") for entry in server.requests if entry["method"] == "GET"))
        process.send_signal(signal.SIGINT)
        asked = len(server.requests)
        wait_until(lambda: len(server.requests) > asked + 1)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        # The jobs take ten minutes; the process does not.
        printed, _ = process.communicate(timeout=60)
        asked = len(server.requests)
        assert "press ^C again" in printed
        assert stack.resources("LogCollectionCompletion") == []
        time.sleep(2)
        assert len(server.requests) == asked
        made = set(server.job_ids)
        for job_id in made:
            server.set_status(job_id, "SUCCESS")
        assert stack.up() == {"create": 1}
        assert stack.outputs()["statuses"] == dict.fromkeys(made, "SUCCESS")
        assert set(server.job_ids) == made


def wait_until(holds: Callable[[], bool]) -> None:
    for _ in range(600):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come to pass within 30 s")
