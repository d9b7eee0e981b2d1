"""Waiting for jobs through the real engine, over real HTTP; the emulator's log counts the requests."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pulumi_opsmanager.emulator import Emulator, FaultKind, after_reads, after_seconds
from tests.engine.stack import HEAD, Refused, Stack

NewStack = Callable[..., Stack]

WAIT = (
    HEAD
    + """\
jobs = [om.LogCollectionJob(f"job-{i}", **(GOOD | dict(resource_name=f"rs{i}"))) for i in range(COUNT)]
ids = [job.id for job in jobs]
done = om.LogCollectionCompletion("done", job_ids=ids, **(dict(poll_interval_seconds=0.3) | CHANGES))
pulumi.export("ids", ids)
pulumi.export("statuses", done.statuses)
pulumi.export("failed", done.failed_jobs.apply(
    lambda jobs: [[job.resource_name, job.failed_child_jobs[0].host_name] for job in jobs]))
pulumi.export("retries", done.retries)
"""
)


def waiting(count: int, **changes: Any) -> str:
    """A program of some jobs and one completion."""
    return WAIT.replace("COUNT", str(count)).replace("CHANGES", repr(changes))


@pytest.fixture
def server() -> Iterator[Emulator]:
    """An emulator whose jobs take two looks."""
    with Emulator(pace=after_reads(2)) as running:
        yield running


@pytest.fixture
def patient() -> Iterator[Emulator]:
    """An emulator whose jobs take longer than any test."""
    with Emulator(pace=after_seconds(600)) as running:
        yield running


def polls(server: Emulator) -> list[str]:
    """What the completion asked for, in order: walks of the list, looks at one job, last looks."""
    words = []
    for entry in server.requests:
        if entry["method"] == "GET" and entry["status"] == 200:
            is_list = entry["path"].endswith("/logCollectionJobs")
            words.append("list" if is_list else "last" if "verbose=true" in entry["query"] else "get")
    return words


@pytest.mark.parametrize(("count", "looks"), [(1, ["get", "get"]), (3, ["list", "list"]), (50, ["list", "list"])])
def test_wait_costs_one_look_per_interval(new_stack: NewStack, server: Emulator, count: int, looks: list[str]) -> None:
    """One list request serves any number of jobs, a GET serves one; each job is read once more when it is finished."""
    stack = new_stack(waiting(count))
    stack.up()
    assert set(stack.outputs()["statuses"]) == set(stack.outputs()["ids"]) == set(server.job_ids)
    assert set(stack.outputs()["statuses"].values()) == {"SUCCESS"}
    # Each create reads its job once, which is the first of the two looks.
    assert polls(server)[count:] == looks + ["last"] * count
    assert f"0 of {count} finished, gives up" in stack.progress[0]
    server.forget_requests()
    assert stack.preview() == stack.up() == {}
    assert server.requests == []


def test_job_that_is_added_is_the_only_one_waited_for(new_stack: NewStack, server: Emulator) -> None:
    """Finished jobs are not looked at again; one that is taken away costs nothing."""
    stack = new_stack(waiting(2))
    stack.up()
    old = set(server.job_ids)
    stack.program(waiting(3))
    assert stack.preview() == {"create": 1, "update": 1}
    server.forget_requests()
    assert stack.up() == {"create": 1, "update": 1}
    assert not any(job_id in entry["path"] for entry in server.requests for job_id in old)
    assert len(stack.outputs()["statuses"]) == 3
    stack.program(waiting(2))
    server.forget_requests()
    assert stack.up() == {"delete": 1, "update": 1}
    assert server.calls == ["DELETE 200"]


def test_failed_job_is_restarted_and_waited_for(new_stack: NewStack, server: Emulator) -> None:
    """A failure costs one PUT within the same `up`."""
    server.fail("create", FaultKind.FAILED_CHILDREN)
    stack = new_stack(waiting(2))
    stack.up()
    assert set(stack.outputs()["statuses"].values()) == {"SUCCESS"}
    assert list(stack.outputs()["retries"].values()) == [1]
    assert server.calls.count("PUT 200") == 1


def test_failed_jobs_fail_the_up_and_the_next_one_tries_again(new_stack: NewStack, server: Emulator) -> None:
    """The error names job, host and reason; the jobs are in the state, and nothing is made twice."""
    server.fail("create", FaultKind.FAILED_CHILDREN)
    server.fail("retry", FaultKind.FAILED_CHILDREN)
    stack = new_stack(waiting(2))
    with pytest.raises(
        Refused, match=r"CollectionFailed: 1 of 2 jobs failed: job .* of REPLICASET rs\d: rs\d-0.* FTDC"
    ):
        stack.up()
    made = set(server.job_ids)
    assert {stored["id"] for stored in stack.jobs()} == made
    assert stack.up() == {"create": 1}
    assert set(server.job_ids) == made
    assert server.calls.count("PUT 200") == 2


def test_accepted_failures_are_outputs_and_are_tried_again(new_stack: NewStack, server: Emulator) -> None:
    """Under `accept` the `up` goes on with a warning; the next one restarts what failed, while retries are allowed."""
    server.fail("create", FaultKind.FAILED_CHILDREN)
    stack = new_stack(waiting(2, on_failure="accept", max_retries=0))
    stack.up()
    ((name, host),) = stack.outputs()["failed"]
    assert host == f"{name}-0.example.net:27017"
    assert any(f"failed: {host} FTDC: agent did not answer" in line for line in stack.lines)
    assert stack.preview() == {}
    stack.program(waiting(2, on_failure="accept"))
    assert stack.preview() == {"update": 1}
    assert any("1 failed; up restarts the failed parts" in line for line in stack.lines)
    stack.up()
    assert stack.outputs()["failed"] == []
    assert stack.preview() == {}


def test_wait_that_is_too_short_is_gone_on_with(new_stack: NewStack) -> None:
    """After a timeout the next `up` waits on; no job is made twice."""
    with Emulator(pace=after_seconds(4)) as slow:
        stack = new_stack(waiting(2, timeout_seconds=1), OPSMANAGER_BASE_URL=slow.url)
        with pytest.raises(
            Refused, match=r"Unavailable: cannot wait for 2 jobs .*: 2 of 2 are not finished after 1 s: .*run up again"
        ):
            stack.up()
        made = set(slow.job_ids)
        stack.program(waiting(2))
        assert stack.up() == {"create": 1}
        assert set(slow.job_ids) == made
        assert set(stack.outputs()["statuses"].values()) == {"SUCCESS"}


def test_job_that_vanishes_is_an_error(new_stack: NewStack, patient: Emulator) -> None:
    """Gone is not finished."""
    stack = new_stack(waiting(2), OPSMANAGER_BASE_URL=patient.url)
    with ThreadPoolExecutor(1) as pool:
        going_up = pool.submit(stack.up)
        wait_until(lambda: "list" in polls(patient))
        patient.set_status(patient.job_ids[0], None)
        with pytest.raises(
            Refused,
            match="JobNotFound: cannot wait for 2 jobs of project .*: a job vanished meanwhile: GET .* answered 404",
        ):
            going_up.result()


@pytest.mark.parametrize("interrupts", [1, 2])
def test_first_interrupt_lets_the_wait_go_on_and_the_second_ends_it(
    new_stack: NewStack, patient: Emulator, interrupts: int
) -> None:
    """After one Ctrl-C the wait ends when the jobs do; after two at once. Nothing is made twice, nothing runs on."""
    stack = new_stack(waiting(2), OPSMANAGER_BASE_URL=patient.url)
    process = stack.start("pulumi up --yes --skip-preview --non-interactive --stack test")
    wait_until(lambda: "list" in polls(patient))
    process.send_signal(signal.SIGINT)
    asked = len(patient.requests)
    wait_until(lambda: len(patient.requests) > asked + 1)
    assert process.poll() is None
    if interrupts == 2:
        process.send_signal(signal.SIGINT)
        # The jobs take ten minutes; the process does not.
        printed, _ = process.communicate(timeout=60)
        asked = len(patient.requests)
    made = set(patient.job_ids)
    for job_id in made:
        patient.set_status(job_id, "SUCCESS")
    if interrupts == 1:
        printed, _ = process.communicate(timeout=60)
        asked = len(patient.requests)
    assert "press ^C again" in printed
    assert len(stack.resources("LogCollectionCompletion")) == 2 - interrupts
    time.sleep(2)
    assert len(patient.requests) == asked
    stack.up()
    assert set(patient.job_ids) == made
    assert set(stack.outputs()["statuses"].values()) == {"SUCCESS"}


def wait_until(holds: Callable[[], bool]) -> None:
    for _ in range(600):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come to pass within 30 s")
