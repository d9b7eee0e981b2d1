"""How long does it take until many jobs are finished? Through the real engine, with jobs that take some seconds."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_opsmanager.emulator import Emulator, after_seconds
from tests.engine.stack import HEAD, Stack

from .figure import Lab, Row, figure
from .stacks import seconds_of

_JOB_SECONDS = 3

# Pauses grow by a half from 0.5 s on: the fourth may begin just before the jobs end.
_LAST_PAUSE_SECONDS = 1.7

_COMPLETION = (
    HEAD
    + """\
jobs = [om.LogCollectionJob(f"job-{{number}}", **GOOD) for number in range({jobs})]
om.LogCollectionCompletion("all", job_ids=[job.id for job in jobs], poll_interval_seconds=0.5)
"""
)

_COMPONENTS = (
    HEAD
    + """\
del GOOD["resource_type"], GOOD["resource_name"]
for number in range({jobs}):
    om.LogCollection(f"logs-{{number}}", targets=[om.ReplicaSet("rs0")], poll_interval_seconds=0.5, **GOOD)
"""
)

# What people write first: create a job, and come back when it is finished.
_WAITING = """\
import uuid
import time
import pulumi

class Waiting(pulumi.dynamic.ResourceProvider):
    def create(self, props):
        time.sleep({seconds})
        return pulumi.dynamic.CreateResult(uuid.uuid4().hex, {{}})

class Job(pulumi.dynamic.Resource):
    pass

for number in range({jobs}):
    Job(Waiting(), f"job-{{number}}", {{}})
"""


_TARGET = "the jobs' own time, the pause before the last look and 1.5 of what Pulumi takes alone, for any number"


@figure(axis="jobs", unit="s", target=_TARGET)
def wall_time_of_a_completion(lab: Lab) -> Iterator[Row]:
    """Create jobs of three seconds and wait for all of them by one completion; the alternative waits in each create."""
    yield from _rows(lab, "completion", _COMPLETION, (1, 4, 16, 64, 256))


@figure(axis="components", unit="s", target=_TARGET)
def wall_time_of_components(lab: Lab) -> Iterator[Row]:
    """The same by components of one job each, every one with a completion of its own."""
    yield from _rows(lab, "components", _COMPONENTS, (1, 4, 16))


def _rows(lab: Lab, name: str, program: str, numbers: tuple[int, ...]) -> Iterator[Row]:
    for jobs in numbers:
        ours = _seconds(lab, name, program, jobs)
        waiting = {"waiting in create": _seconds(lab, f"{name}-waiting", _WAITING, jobs)} if jobs <= 64 else {}
        at_once = _seconds(lab, f"{name}-at-once", _WAITING, jobs, job_seconds=0)
        yield Row(
            jobs, ours, waiting | {"Pulumi alone": at_once}, limit=_JOB_SECONDS + _LAST_PAUSE_SECONDS + 1.5 * at_once
        )


def _seconds(lab: Lab, name: str, program: str, jobs: int, job_seconds: float = _JOB_SECONDS) -> float:
    folder = lab.folder / f"{name}-{jobs}"
    folder.mkdir()
    with Emulator(pace=after_seconds(job_seconds)) as server:
        stack = Stack(program.format(jobs=jobs, seconds=job_seconds), server, folder, engine=lab.engine)
        return seconds_of(stack.up)
