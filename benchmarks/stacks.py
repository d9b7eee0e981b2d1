"""The same program of many jobs twice: with our provider, and with one that does nothing but answer."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pulumi.automation import PulumiCommand

from pulumi_opsmanager.emulator import Emulator
from pulumi_opsmanager.testing import StoredResource
from tests.engine.stack import HEAD, ONE_CHECKPOINT, Stack

OURS = (
    HEAD
    + """\
for number in range({jobs}):
    om.LogCollectionJob(f"job-{{number}}", **GOOD)
"""
)

# The inputs are ours as the state has them, and so are the outputs.
NOTHING = """\
import uuid
import pulumi
from pulumi.dynamic import CreateResult, Resource, ResourceProvider

class Nothing(ResourceProvider):
    serialize_as_secret_always = False

    def create(self, props):
        return CreateResult(uuid.uuid4().hex, OUTPUTS | props)

class Job(Resource):
    def __init__(self, name):
        super().__init__(Nothing(), name, INPUTS | dict.fromkeys(OUTPUTS.keys() - INPUTS.keys()))

INPUTS, OUTPUTS = {inputs}, {outputs}
"""

THEIRS = """\
import nothing
for number in range({jobs}):
    nothing.Job(f"job-{{number}}")
"""


@dataclass(frozen=True)
class Pair:
    """A stack of our jobs, and one of as many resources that do nothing, with the same inputs and outputs."""

    ours: Stack
    theirs: Stack

    def seconds(self, operation: Callable[[Stack], object], times: int = 1) -> tuple[float, float]:
        """How long each takes, run by turns; of several times the shortest."""
        taken = [
            tuple(seconds_of(functools.partial(operation, stack)) for stack in (self.ours, self.theirs))
            for _ in range(times)
        ]
        return min(ours for ours, _ in taken), min(theirs for _, theirs in taken)


def seconds_of(work: Callable[[], object]) -> float:
    """How long it takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def pair_of(engine: PulumiCommand, folder: Path, server: Emulator, jobs: int) -> Pair:
    """Two stacks with nothing in them yet."""
    ours = _stack(engine, folder / f"ours-{jobs}", OURS.format(jobs=jobs), server)
    theirs = _stack(engine, folder / f"theirs-{jobs}", THEIRS.format(jobs=jobs), server)
    sample = _sample(engine, folder / f"sample-{jobs}", server)
    text = NOTHING.format(inputs=sample["inputs"], outputs=sample["outputs"])
    (theirs.folder / "nothing.py").write_text(text)
    return Pair(ours, theirs)


def _sample(engine: PulumiCommand, folder: Path, server: Emulator) -> StoredResource:
    stack = _stack(engine, folder, OURS.format(jobs=1), server)
    stack.up()
    (stored,) = stack.jobs()
    stack.destroy()
    return stored


def _stack(engine: PulumiCommand, folder: Path, program: str, server: Emulator) -> Stack:
    folder.mkdir()
    return Stack(program, server, folder, engine=engine, environment=ONE_CHECKPOINT)
