"""Measure commands of Terraform with our provider, with the real binary and the processes that it starts."""

from __future__ import annotations

import functools
import math
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from pulumi_opsmanager.emulator import Emulator
from pulumi_opsmanager.terraform.serve import COOKIE

from .configurations import TERRAFORM_DATA, Configuration, contestants, launcher_of, machine_variables
from .figure import Lab, Row, figure
from .stacks import lowest, seconds_of
from .traffic import counted, get_each

_CASES = (1, 100)

_Operation = Callable[[Configuration], None]

# Terraform asks for TLS by a certificate of its own.
_GREETING = dict([COOKIE], PLUGIN_PROTOCOL_VERSIONS="5,6", PLUGIN_CLIENT_CERT="any")

_LIBRARIES = """\
import grpc, msgpack, requests
from cryptography import x509
from google.protobuf import descriptor_pool
from pydantic import BaseModel
print(flush=True)
input()
"""


@figure(axis="processes", unit="seconds", limit="0.25 s")
def start_of_the_terraform_provider(lab: Lab) -> Iterator[Row]:
    """Start the provider until it says where it listens. The alternative imports the same libraries, and no more."""
    commands = {
        "ours": [str(launcher_of(lab))],
        "importing its libraries": [sys.executable, "-I", "-c", _LIBRARIES],
    }
    measures = {who: functools.partial(_seconds_until_a_line, command, lab.folder) for who, command in commands.items()}
    yield Row(1, lowest(measures, times=9), 0.25)


@figure(axis="jobs", unit="seconds", limit="1 s for one job, and 1.6 of ours for one job for 100 jobs")
def terraform_plan_of_new_jobs(lab: Lab) -> Iterator[Row]:
    """Plan jobs that do not exist yet. Ours starts Python processes; `terraform_data` is a part of Terraform."""
    yield from _rows_of_a_plan(_seconds_of(lab, Configuration.plan))


@figure(axis="jobs", unit="seconds", limit="1 s for one job, and 1.6 of ours for one job for 100 jobs")
def terraform_plan_of_unchanged_jobs(lab: Lab) -> Iterator[Row]:
    """Refresh and plan unchanged jobs. Ours asks the server, and starts Python processes; the alternative does not."""
    yield from _rows_of_a_plan(_seconds_of(lab, Configuration.plan_unchanged, before=Configuration.apply))


@figure(axis="jobs", unit="seconds", limit="none")
def terraform_apply(lab: Lab) -> Iterator[Row]:
    """Create jobs. Ours sends a signed POST and GET per job, and starts Python processes; the alternative does not."""
    for jobs, costs in _seconds_of(lab, Configuration.apply).items():
        yield Row(jobs, costs)


@figure(axis="jobs", unit="requests", limit="a page of the list per 100 jobs, and one challenge")
def requests_of_a_terraform_plan(lab: Lab) -> Iterator[Row]:
    """Refresh and plan unchanged jobs. The alternative reads each job with its own login."""
    for jobs in (*_CASES, 300):
        with Emulator() as server:
            ours = contestants(lab, server, jobs)["ours"]
            ours.apply()
            by_script = counted(server, get_each, server, server.job_ids)
            costs = {"ours": counted(server, ours.plan_unchanged), "a GET per job": by_script}
        yield Row(jobs, costs, math.ceil(jobs / 100) + 1)


def _seconds_of(lab: Lab, operation: _Operation, before: _Operation | None = None) -> Mapping[int, Mapping[str, float]]:
    """Return seconds by number of jobs and contestant. They run in turns, because their ratios have limits."""
    works = {}
    with ExitStack() as servers:
        for jobs in _CASES:
            server = servers.enter_context(Emulator())
            for who, configuration in contestants(lab, server, jobs).items():
                works[jobs, who] = functools.partial(operation, configuration)
                if before:
                    before(configuration)
        taken = seconds_of(works, times=5)
    return {jobs: {who: taken[jobs, who] for who in ("ours", TERRAFORM_DATA)} for jobs in _CASES}


def _rows_of_a_plan(seconds: Mapping[int, Mapping[str, float]]) -> Iterator[Row]:
    for jobs, costs in seconds.items():
        yield Row(jobs, costs, 1.0 if jobs == 1 else 1.6 * seconds[1]["ours"])


def _seconds_until_a_line(command: Sequence[str], folder: Path) -> float:
    """Start a process and wait for its first line. It ends then, because its output has no reader."""
    started = time.perf_counter()
    with subprocess.Popen(
        command,
        cwd=folder,
        env=machine_variables() | _GREETING,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        seconds = time.perf_counter() - started
    if not line or line.startswith(b"error"):
        raise RuntimeError(f"{command[0]} did not start: {line!r}")
    return seconds
