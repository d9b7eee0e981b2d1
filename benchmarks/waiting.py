"""How long does it take until many jobs are finished? Through the real engine, with jobs that take some seconds."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_opsmanager.emulator import Emulator, after_seconds
from tests.engine.stack import HEAD, Stack

from .figure import Lab, Row, figure
from .stacks import seconds_of

_JOB_SECONDS = 3
_OVERHEAD_SECONDS = 3

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


@figure(axis="jobs", unit="s", target="the jobs' own time and what Pulumi takes for so many resources, for any number")
def wall_time_of_a_completion(lab: Lab) -> Iterator[Row]:
    """Create jobs of three seconds and wait for all of them by one completion; the alternative waits in each create."""
    for jobs in (1, 4, 16, 64, 256):
        ours = _seconds(lab, "completion", _COMPLETION, jobs)
        waiting = {"waiting in create": _seconds(lab, "waiting", _WAITING, jobs)} if jobs <= 64 else {}
        at_once = _seconds(lab, "at-once", _WAITING, jobs, job_seconds=0)
        yield Row(jobs, ours, waiting | {"Pulumi alone": at_once}, limit=_JOB_SECONDS + 1.5 * at_once + 1)


@figure(axis="components", unit="s", target="three components wait at a time: half of waiting in each create at most")
def wall_time_of_components(lab: Lab) -> Iterator[Row]:
    """The same by components of one job each, every one with a completion of its own."""
    for jobs in (1, 4, 16):
        ours = _seconds(lab, "components", _COMPONENTS, jobs)
        yield Row(jobs, ours, {"waiting in create": _seconds(lab, "waits", _WAITING, jobs)})


def _seconds(lab: Lab, name: str, program: str, jobs: int, job_seconds: float = _JOB_SECONDS) -> float:
    folder = lab.folder / f"{name}-{jobs}"
    folder.mkdir()
    with Emulator(pace=after_seconds(job_seconds)) as server:
        stack = Stack(program.format(jobs=jobs, seconds=job_seconds), server, folder, engine=lab.engine)
        return seconds_of(stack.up)
