"""Many creates with faults at random points: server and state end with exactly the declared jobs."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from pulumi_opsmanager.clock import Clock
from pulumi_opsmanager.emulator import Emulator
from pulumi_opsmanager.schema.fields import UNKNOWN
from pulumi_opsmanager.terraform.attributes import RESOURCES
from pulumi_opsmanager.terraform.messages import pb
from pulumi_opsmanager.terraform.provider import Provider
from pulumi_opsmanager.terraform.session import PROVIDER
from pulumi_opsmanager.terraform.values import dump, load
from tests.chaos import SCALE, at_once, inputs_of, late_server, survive
from tests.engine.scaled.clock import scaled_clock

_JOB = "opsmanager_log_collection_job"


@dataclass(frozen=True)
class _Kept:
    """A job in the state, as bytes."""

    value: Any
    private: bytes


@dataclass
class _Runs:
    """Runs of Terraform on one state. Each walk has its own process, and calls several methods at a time.

    Attributes:
        new_provider: Starts a process.
        settings: The provider block.
        configs: The configurations by address.
        state: The stored jobs by address.
        broken: Answers that Terraform would report as a defect, or that taint a job.
    """

    new_provider: Callable[[], Provider]
    settings: Mapping[str, Any]
    configs: Mapping[int, Any]
    state: dict[int, _Kept] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def run(self, *, refresh: bool) -> bool:
        """Plan, and apply the plan. True if nothing failed."""
        changed = self.plan(refresh=refresh)
        provider = self._configured()
        done = at_once(lambda address: self._apply(provider, address, self.configs[address]), changed or ())
        return changed is not None and all(done)

    def is_settled(self, *, refresh: bool) -> bool:
        """Whether a plan has no change."""
        return self.plan(refresh=refresh) == []

    def managed(self) -> list[str]:
        """The ids of the jobs in the state."""
        return [load(kept.value)["id"] for kept in self.state.values()]

    def plan(self, *, refresh: bool) -> list[int] | None:
        """Addresses with a change. None if the plan failed and cannot be applied."""
        provider, read, configs = self._configured(), dict(self.state), self.configs
        if refresh:
            found = dict(zip(read, at_once(lambda address: self._read(provider, read[address]), read), strict=True))
            if None in found.values():
                return None
            self.state = {address: one for address, one in found.items() if one is not None}
        plans = at_once(lambda address: self._plan(provider, address, configs[address]), configs)
        if any(plan is None for plan in plans):
            return None
        return [
            address
            for address, plan in zip(configs, plans, strict=True)
            if address not in self.state or plan.planned_state != self.state[address].value
        ]

    def _configured(self) -> Provider:
        provider = self.new_provider()
        given = dict.fromkeys(PROVIDER.attributes) | dict(self.settings)
        answer = provider.ConfigureProvider(pb.ConfigureProvider.Request(config=dump(given)))
        assert not _errors(answer)
        return provider

    def _read(self, provider: Provider, kept: _Kept) -> _Kept | None:
        request = pb.ReadResource.Request(type_name=_JOB, current_state=kept.value, private=kept.private)
        answer = provider.ReadResource(request)
        if load(answer.new_state) is None:
            self.broken.append("a job is said to be gone")
        return None if _errors(answer) else _Kept(answer.new_state, answer.private)

    def _plan(self, provider: Provider, address: int, config: Any) -> Any:
        kept = self.state.get(address)
        request = pb.PlanResourceChange.Request(
            type_name=_JOB,
            prior_state=kept.value if kept else dump(None),
            proposed_new_state=config,
            config=config,
            prior_private=kept.private if kept else b"",
        )
        answer = provider.PlanResourceChange(request)
        if answer.requires_replace:
            self.broken.append(f"replaces {answer.requires_replace}")
        return None if _errors(answer) else answer

    def _apply(self, provider: Provider, address: int, config: Any) -> bool:
        plan, kept = self._plan(provider, address, config), self.state.get(address)
        if plan is None:
            return False
        request = pb.ApplyResourceChange.Request(
            type_name=_JOB,
            prior_state=kept.value if kept else dump(None),
            planned_state=plan.planned_state,
            config=config,
            planned_private=plan.planned_private,
        )
        answer = provider.ApplyResourceChange(request)
        value, errors = load(answer.new_state), _errors(answer)
        if value is not None:
            self.state[address] = _Kept(answer.new_state, answer.private)
            self.broken += [f"{name} is unknown" for name, cell in value.items() if cell is UNKNOWN]
        if kept is None and (value is None) != bool(errors):
            self.broken.append(f"an error and a job, or none of them: {errors}")
        return not errors


def _errors(answer: Any) -> list[str]:
    return [one.summary for one in answer.diagnostics if one.severity == pb.Diagnostic.ERROR]


@pytest.fixture
def draw(chaos_seed: int) -> random.Random:
    """The random numbers of one round."""
    return random.Random(chaos_seed)


@pytest.fixture
def clock() -> Clock:
    """A clock that runs faster than the wall's."""
    return scaled_clock(time.time(), SCALE)


@pytest.fixture
def server(draw: random.Random, clock: Clock) -> Iterator[Emulator]:
    """A server that is ten minutes ahead and shows new jobs in its list up to 20 s late."""
    with late_server(draw, clock) as running:
        yield running


def test_faults_at_random_points_end_with_exactly_the_declared_jobs(
    server: Emulator,
    clock: Clock,
    draw: random.Random,
    chaos_seed: int,
    pytestconfig: pytest.Config,
    record_property: Callable[[str, object], None],
) -> None:
    """After a few runs the server and the state have each declared job once, and none was ever tainted."""
    count = 100 if pytestconfig.getoption("large") else 30
    settings = {
        "base_url": server.url,
        "public_key": server.public_key,
        "private_key": server.private_key,
        "project_id": server.project_id,
        "timeout_seconds": 1,
    }
    configs = {number: dump(dict.fromkeys(RESOURCES[_JOB].attributes) | inputs_of(number)) for number in range(count)}
    terraform = _Runs(lambda: Provider(clock), settings, configs)
    summary = survive(terraform, server, clock, draw, count)
    record_property("summary", f"chaos through the Terraform provider, seed {chaos_seed}: {summary}")
