"""Make the compared stacks: the same resources with our provider, and with one that sends nothing."""

from __future__ import annotations

import functools
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from pulumi_opsmanager.emulator import Emulator
from pulumi_opsmanager.testing import Stack

from .figure import Lab
from .job import PROGRAM_HEAD

# The engine writes the complete state before and after each step. Its time grows with the square of the resources and
# hides the difference. With these variables it writes once, at the end.
ONE_CHECKPOINT: Mapping[str, str] = {"PULUMI_EXPERIMENTAL": "true", "PULUMI_SKIP_CHECKPOINTS": "true"}

Key = TypeVar("Key")

IDLE = "a provider that sends nothing"

_OURS = PROGRAM_HEAD + "for number in range(JOBS):\n    om.LogCollectionJob(f'job-{number}', **GOOD)\n"
_THEIRS = "import idle\nfor number in range(JOBS):\n    idle.Job(f'job-{number}')\n"

# A separate module, because the state would have the code of a provider in the program with every resource.
_IDLE = """\
import uuid
from pulumi.dynamic import CreateResult, Resource, ResourceProvider

class Idle(ResourceProvider):
    serialize_as_secret_always = False

    def create(self, props):
        return CreateResult(uuid.uuid4().hex[:24], OUTPUTS | props)

class Job(Resource):
    def __init__(self, name):
        super().__init__(Idle(), name, INPUTS | dict.fromkeys(OUTPUTS.keys() - INPUTS.keys()))

INPUTS, OUTPUTS = {inputs}, {outputs}
"""


def lowest(measures: Mapping[Key, Callable[[], float]], times: int = 1) -> dict[Key, float]:
    """Return the lowest value of each. They are measured in turns, because other load only adds."""
    values: dict[Key, list[float]] = {name: [] for name in measures}
    for _ in range(times):
        for name, measure in measures.items():
            values[name].append(measure())
    return {name: min(measured) for name, measured in values.items()}


def seconds_of(works: Mapping[Key, Callable[[], object]], times: int = 1) -> dict[Key, float]:
    """Return the shortest time of each work in seconds."""
    return lowest({name: functools.partial(_seconds, work) for name, work in works.items()}, times)


def stack_of(lab: Lab, program: str, server: Emulator, *, environment: Mapping[str, str] = ONE_CHECKPOINT) -> Stack:
    """Return a stack without resources in a new folder."""
    folder = tempfile.mkdtemp(dir=lab.folder)
    return Stack(program, server, Path(folder), engine=lab.engine, environment=environment)


def stack_of_jobs(lab: Lab, server: Emulator, jobs: int, **options: Mapping[str, str]) -> Stack:
    """Return a stack of our jobs. The options are those of `stack_of`."""
    return stack_of(lab, _OURS.replace("JOBS", str(jobs)), server, **options)


def contestants(lab: Lab, server: Emulator, jobs: int) -> dict[str, Stack]:
    """Return a stack of our jobs, and one with equal inputs and outputs and a provider that sends nothing."""
    ours, idle = stack_of_jobs(lab, server, jobs), stack_of(lab, _THEIRS.replace("JOBS", str(jobs)), server)
    (idle.folder / "idle.py").write_text(_idle_module(lab))
    return {"ours": ours, IDLE: idle}


@functools.cache
def _idle_module(lab: Lab) -> str:
    with Emulator() as server:
        sample = stack_of_jobs(lab, server, 1)
        sample.up()
    (stored,) = sample.resources("LogCollectionJob")
    return _IDLE.format(inputs=stored["inputs"], outputs=stored["outputs"])


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
