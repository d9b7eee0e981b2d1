"""Many creates with faults at random points: server and state end with exactly the declared jobs."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2 as pb
from pydantic.alias_generators import to_camel

from pulumi_opsmanager.clock import Clock
from tests.chaos import SCALE, at_once, inputs_of, late_server, survive
from tests.engine.scaled.clock import scaled_clock
from tests.plugin.host import JOB, Plugin, init_failure, plugin, settings_of


@dataclass
class _Kept:
    """A job in the state. Attributes: has_failed, as the engine notes it after a create that could not read it."""

    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    has_failed: bool = False


@dataclass
class _Runs:
    """Runs of the engine on one state. Each has a plugin of its own, and calls several methods at a time.

    Attributes:
        clock: Of each plugin.
        settings: By configuration key.
        programs: The inputs of each job, by number.
        state: By number.
        broken: Answers that the engine would take for a defect, or that replace a job.
    """

    clock: Clock
    settings: Mapping[str, Any]
    programs: Mapping[int, Mapping[str, Any]]
    state: dict[int, _Kept] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def run(self, *, refresh: bool) -> bool:
        """`up`, with or without a refresh before; True if nothing failed."""
        with ExitStack() as stack:
            host = self._started(stack)
            is_read = not refresh or all(at_once(lambda number: self._read(host, number), list(self.state)))
            return is_read and all(at_once(lambda number: self._up(host, number), self.programs))

    def is_settled(self, *, refresh: bool) -> bool:
        """Whether a preview, with or without a refresh before, has no change."""
        with ExitStack() as stack:
            host = self._started(stack)
            if refresh and not all(at_once(lambda number: self._read(host, number), list(self.state))):
                return False
            return not any(at_once(lambda number: self._planned(host, number)[1], self.programs))

    def managed(self) -> list[str]:
        """The ids of the jobs in the state."""
        return [kept.id for kept in self.state.values()]

    def _started(self, stack: ExitStack) -> Plugin:
        host = stack.enter_context(plugin(self.clock))
        host.configure(self.settings)
        return host

    def _read(self, host: Plugin, number: int) -> bool:
        kept, name = self.state[number], str(number)
        try:
            found, outputs, inputs = host.read(JOB, kept.id, kept.outputs, kept.inputs, name)
        except grpc.RpcError as error:
            return self._failed(error)
        if found == "":
            self.broken.append("a job is said to be gone")
        self.state[number] = _Kept(kept.id, inputs, outputs)
        return True

    def _planned(self, host: Plugin, number: int) -> tuple[dict[str, Any], bool]:
        """The checked inputs, and whether a run changes something."""
        kept, name = self.state.get(number), str(number)
        inputs = host.checked(JOB, self.programs[number], olds=kept.inputs if kept else None, name=name)
        if kept is None:
            return inputs, True
        diff = host.diff(JOB, kept.id, kept.outputs, kept.inputs, inputs, name=name)
        if diff.replaces:
            self.broken.append(f"replaces {diff.replaces}")
        return inputs, kept.has_failed or diff.changes != pb.DiffResponse.DIFF_NONE

    def _up(self, host: Plugin, number: int) -> bool:
        inputs, is_changed = self._planned(host, number)
        kept, name = self.state.get(number), str(number)
        try:
            if kept is None:
                job_id, outputs = host.create(JOB, inputs, name=name)
                self.state[number] = _Kept(job_id, inputs, outputs)
            elif is_changed:
                self.state[number] = _Kept(kept.id, inputs, host.update(JOB, kept.id, kept.outputs, inputs, name=name))
        except grpc.RpcError as error:
            if failure := init_failure(error):
                self.state[number] = _Kept(failure.id, inputs, failure.outputs, has_failed=True)
            return self._failed(error)
        return True

    def _failed(self, error: Any) -> bool:
        """Whether a call went well, which it did not."""
        if error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.INTERNAL) or "\n" in error.details():
            self.broken.append(str(error))
        return False


def test_faults_at_random_points_end_with_exactly_the_declared_jobs(
    chaos_seed: int, pytestconfig: pytest.Config, record_property: Callable[[str, object], None]
) -> None:
    """After a few runs the server and the state have each declared job once, and none was ever replaced."""
    count = 100 if pytestconfig.getoption("large") else 30
    draw, clock = random.Random(chaos_seed), scaled_clock(time.time(), SCALE)
    with late_server(draw, clock) as server:
        programs = {
            number: {to_camel(name): value for name, value in inputs_of(number).items()} for number in range(count)
        }
        runs = _Runs(clock, settings_of(server) | {"timeoutSeconds": "1"}, programs)
        summary = survive(runs, server, clock, draw, count)
    record_property("summary", f"chaos through the plugin, seed {chaos_seed}: {summary}")
