"""Measure the time until many jobs are complete, with the real engine and jobs of three seconds."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_opsmanager.emulator import Emulator, after_seconds

from .figure import Lab, Row, figure
from .job import PROGRAM_HEAD
from .stacks import seconds_of, stack_of

_JOB_SECONDS = 3

# Pauses start at 0.5 s and grow by half. The fourth may start just before the jobs end.
_LAST_PAUSE_SECONDS = 1.7

_COMPLETION = (
    PROGRAM_HEAD
    + """\
jobs = [om.LogCollectionJob(f"job-{number}", **GOOD) for number in range(JOBS)]
om.LogCollectionCompletion("all", job_ids=[job.id for job in jobs], poll_interval_seconds=0.5)
"""
)

# A simple provider whose create returns when the job is complete.
_WAITING = """\
import uuid
import time
import pulumi

class Waiting(pulumi.dynamic.ResourceProvider):
    def create(self, props):
        time.sleep(SECONDS)
        return pulumi.dynamic.CreateResult(uuid.uuid4().hex, {})

class Job(pulumi.dynamic.Resource):
    pass

for number in range(JOBS):
    Job(Waiting(), f"job-{number}", {})
"""


@figure(axis="jobs", unit="seconds", limit="3 s, the last pause of 1.7 s, and 1.5 of Pulumi alone")
def time_until_complete(lab: Lab) -> Iterator[Row]:
    """Create jobs of three seconds and wait for all with one completion. The alternative waits in each create."""
    programs = {
        "ours": _COMPLETION,
        "waiting in create": _WAITING.replace("SECONDS", str(_JOB_SECONDS)),
        "Pulumi alone": _WAITING.replace("SECONDS", "0"),
    }
    for jobs in (1, 8, 32):
        with Emulator(pace=after_seconds(_JOB_SECONDS)) as server:
            works = {
                who: stack_of(lab, program.replace("JOBS", str(jobs)), server).up for who, program in programs.items()
            }
            taken = seconds_of(works)
        yield Row(jobs, taken, _JOB_SECONDS + _LAST_PAUSE_SECONDS + 1.5 * taken["Pulumi alone"])
