"""The same program of many jobs twice: with our provider, and with one that does nothing but answer."""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pulumi.automation import PulumiCommand

from pulumi_opsmanager.emulator import Emulator
from tests.engine.stack import HEAD, Stack

# The engine writes the whole state before and after each step, in time that grows with the square of the resources: it
# would drown what is compared. With these it writes once, at the end.
ONE_CHECKPOINT: dict[str, str | None] = {"PULUMI_EXPERIMENTAL": "true", "PULUMI_SKIP_CHECKPOINTS": "true"}

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
    inputs, outputs = (_plain(sample[key]) for key in ("inputs", "outputs"))
    (theirs.folder / "nothing.py").write_text(NOTHING.format(inputs=inputs, outputs=outputs))
    return Pair(ours, theirs)


def _sample(engine: PulumiCommand, folder: Path, server: Emulator) -> Mapping[str, Any]:
    stack = _stack(engine, folder, OURS.format(jobs=1), server)
    stack.up()
    (stored,) = stack.jobs()
    stack.destroy()
    return stored


def _plain(bag: Mapping[str, Any]) -> dict[str, Any]:
    own = {key: value for key, value in bag.items() if not key.startswith("__")}
    plain: dict[str, Any] = json.loads(json.dumps(own))
    return plain


def _stack(engine: PulumiCommand, folder: Path, program: str, server: Emulator) -> Stack:
    folder.mkdir()
    return Stack(program, server, folder, engine=engine, environment=ONE_CHECKPOINT)
