"""Random events for the resources of a program, before its plan and between plan and apply."""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from hypothesis import strategies as st

from pulumi_opsmanager.emulator import Emulator, FaultKind, after_seconds
from pulumi_opsmanager.errors import OpsManagerError
from pulumi_opsmanager.instants import parse_instant
from pulumi_opsmanager.terraform.attributes import RESOURCES
from pulumi_opsmanager.terraform.provider import Provider
from tests.support import PROJECT, FakeClock, client_for, job_request
from tests.terraform.core import Core, Plan
from tests.terraform.program import Declared, Later
from tests.terraform.programs import JOB, Programs, settled

START = datetime(2026, 3, 2, 9, 15, 40, tzinfo=timezone.utc)

_FAULTS = [kind for kind in FaultKind if kind not in (FaultKind.STALL, FaultKind.SLOW, FaultKind.CORRUPT_GZIP)]
_Value = TypeVar("_Value")


class World:
    """One configuration, one state, one server, and the events that change them.

    Attributes:
        server: An emulator with the clock.
        clock: A clock that events and waits move.
        core: The fake core, with a new provider for each walk.
        programs: Draws programs.
        program: The present program.
        made: IDs of all jobs that the server has ever created.
        log: Text that providers have written to stderr or logged.
    """

    def __init__(self, server: Emulator, clock: FakeClock, folder: Path, data: st.DataObject) -> None:
        self.server, self.clock, self.folder = server, clock, folder
        self.programs = Programs(data, clock, folder)
        self.log = io.StringIO()
        backwards, refined = self.one_of(False, True), self.one_of(False, True)
        self.core = Core(lambda: Provider(clock), backwards=backwards, refined=refined)
        self.settings_move()
        self.made: list[str] = []
        jobs = server._backend.jobs
        create = jobs.create

        def counted(*arguments: Any, **options: Any) -> Any:
            job = create(*arguments, **options)
            self.made.append(job.id)
            return job

        jobs.create = counted  # type: ignore[method-assign]
        self.program = self.programs.declared()

    @property
    def is_moving(self) -> bool:
        """Whether a job may change after the apply: by itself, by a completion, or by a renewal that no plan shows."""
        can_change = any(kept.value.get("status") in ("IN_PROGRESS", "FAILURE") for kept in self.core.state.values())
        # If changes of the expiry are ignored, the configuration has the present expiry, and a plan must keep it.
        ignored = [declared.ignore_changes for declared in self.program.values()]
        return can_change or any(names is None or "expiration_date" in names for names in ignored)

    @property
    def open_names(self) -> set[str]:
        """The attributes of a job that a configuration may set."""
        attributes = RESOURCES[JOB].attributes.items()
        return {name for name, attribute in attributes if attribute.input is not None}

    def draw(self, strategy: st.SearchStrategy[_Value]) -> _Value:
        """Let the generator choose."""
        return self.programs.draw(strategy)

    def one_of(self, *choices: _Value) -> _Value:
        """Let it choose one of these."""
        return self.programs.one_of(*choices)

    def live(self, runs: int) -> None:
        """Several runs with different programs, and events between them."""
        for _ in range(runs):
            self.happen()
            if self.draw(st.booleans()):
                self.program = self.programs.declared()
            self.run()

    def run(self) -> Plan:
        """Plan, wait, and apply the saved plan."""
        replaced = self.one_of(*[[]] * 7, ["job.0"])
        plan = self.core.plan(self.program, refresh=self.one_of(True, True, False), replaced=replaced)
        self.happen()
        if not plan.failed and not self.is_late(plan):
            self.core.apply(plan)
        return plan

    def is_late(self, plan: Plan) -> bool:
        """Whether a planned expiry has passed since. Then Terraform refuses the plan: see docs/errors.md."""
        planned = [change.planned.get("expiration_date") for change in plan.changes.values() if change.planned]
        return any(isinstance(date, str) and parse_instant(date) <= self.clock.now() for date in planned)

    def happen(self) -> None:
        """Let some events happen."""
        events: list[Callable[[], None]] = [
            self.time_passes,
            self.time_passes,
            self.status_moves,
            self.somebody_moves_an_expiry,
            self.declared_date_passes,
            self.request_fails,
            self.request_fails,
            self.part_fails,
            self.file_vanishes,
            self.settings_move,
        ]
        for event in self.draw(st.lists(st.sampled_from(events), max_size=3)):
            event()

    def be_quiet(self) -> None:
        """From now on no events happen, and all values are known."""
        self.server.forget_faults()
        self.core.settings = settled(self.core.settings)
        self.program = {
            address: Declared(declared.type_name, settled(declared.config), declared.ignore_changes)
            for address, declared in self.program.items()
        }

    def time_passes(self) -> None:
        self.clock.sleep(3600.0 * self.one_of(1, 24, 24 * 6, 24 * 9, 24 * 31, 24 * 150))

    def status_moves(self) -> None:
        status = self.one_of("IN_PROGRESS", "SUCCESS", "FAILURE", "MARKED_FOR_EXPIRY", "EXPIRED", None)
        if self.server.job_ids:
            self.server.set_status(self.one_of(*self.server.job_ids), status)

    def somebody_makes_a_job(self) -> str:
        """Another program creates a job."""
        job_id = client_for(self.server, self.clock).jobs(PROJECT).create(job_request())
        self.made.remove(job_id)
        return job_id

    def somebody_moves_an_expiry(self) -> None:
        self._extend(self.one_of(1, 20, 90))

    def declared_date_passes(self) -> None:
        """The declared date passes while the archive still exists."""
        self._extend(100)
        self.clock.sleep(86400.0 * 60)

    def _extend(self, days: int) -> None:
        jobs = client_for(self.server, self.clock).jobs(PROJECT)
        for job_id in self.server.job_ids[:1]:
            with suppress(OpsManagerError):
                jobs.extend(job_id, self.clock.now() + timedelta(days=days))

    def request_fails(self) -> None:
        route = self.one_of("create", "get", "list", "extend", "retry", "delete", "download")
        with suppress(ValueError):
            # Some faults cannot happen on some routes.
            self.server.fail(route, self.one_of(*_FAULTS), times=self.one_of(1, 1, 2, 6))

    def part_fails(self) -> None:
        self.server.fail(self.one_of("create", "retry"), FaultKind.FAILED_CHILDREN)

    def file_vanishes(self) -> None:
        for file in self.folder.rglob("*.gz"):
            if file.is_file():
                file.unlink()

    def settings_move(self) -> None:
        """The server gets another name, or the settings come from a resource."""
        url = self.server.url.replace("127.0.0.1", self.one_of("127.0.0.1", "localhost"))
        self.core.settings = {
            "base_url": self.one_of(url, url, Later(url)),
            "public_key": self.server.public_key,
            "private_key": self.server.private_key,
            "project_id": self.one_of(PROJECT, PROJECT, Later(PROJECT)),
        }


@contextmanager
def world(data: st.DataObject) -> Iterator[World]:
    """A world without events so far."""
    clock = FakeClock(START)
    with TemporaryDirectory() as folder, Emulator(now=clock.now) as server:
        server.set_pace("rs1", after_seconds(600))
        here = World(server, clock, Path(folder), data)
        handler, logger = logging.StreamHandler(here.log), logging.getLogger("pulumi_opsmanager")
        logger.addHandler(handler)
        try:
            with contextlib.redirect_stderr(here.log):
                yield here
        finally:
            logger.removeHandler(handler)
