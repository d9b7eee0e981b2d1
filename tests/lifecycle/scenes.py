"""Resources after random events on a server, on a disk and in time. A generator draws the events.

A scene has one resource that a run created, and the inputs that the program declares now. In between there were runs,
changes by other clients, faults, and months of time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Generic, TypeVar

from hypothesis import assume
from hypothesis import strategies as st

from pulumi_opsmanager.emulator import Emulator, FaultKind, after_seconds
from pulumi_opsmanager.errors import OpsManagerError
from pulumi_opsmanager.instants import format_instant
from pulumi_opsmanager.lifecycle.context import Context
from pulumi_opsmanager.lifecycle.kinds import ARCHIVE, COMPLETION, JOB, WINDOW, Kind
from pulumi_opsmanager.lifecycle.plan import Plan
from pulumi_opsmanager.lifecycle.stored import Inputs, State, Stored
from pulumi_opsmanager.schema.archive import ArchiveInputs, ArchiveState
from pulumi_opsmanager.schema.completion import CompletionInputs, CompletionState
from pulumi_opsmanager.schema.fields import UNKNOWN, Values, fields_of
from pulumi_opsmanager.schema.job import JobInputs, JobState
from pulumi_opsmanager.schema.models import Partial, read_partial
from pulumi_opsmanager.schema.window import WindowInputs, WindowState
from tests.support import PROJECT, FakeClock, client_for, context_of, job_request, job_values

START = datetime(2026, 3, 2, 9, 15, 40, tzinfo=timezone.utc)

_EXPIRIES: list[dict[str, Any]] = [
    {},
    *({"expirationDate": format_instant(START + timedelta(days=days))} for days in (10, 40, 170)),
    *({"retentionDays": days} for days in (10, 60, 184)),
    *({"retentionDays": days, "renewWhenDaysLeft": left} for days, left in ((10, 5), (60, 59))),
]
"""The inputs for the expiry of a job."""

_Value = TypeVar("_Value")


class Scene(Generic[Inputs, State]):
    """One resource with its server, clock and folder.

    Attributes:
        kind: The kind of the resource.
        server: An emulator with the clock of the scene.
        clock: A clock that only events move.
        folder: Folder for archives.
        context: The context of the present process.
        stored: The resource as the engine stores it.
        events: The possible events; each one calls `draw` for its details.
    """

    def __init__(
        self, kind: Kind[Inputs, State, Any], server: Emulator, clock: FakeClock, folder: Path, data: st.DataObject
    ) -> None:
        self.kind, self.server, self.clock, self.folder = kind, server, clock, folder
        self.events: list[Callable[[], None]] = [self.time_passes, self.process_ends, self.program_runs]
        self.context = self.process()
        self._data = data
        given = self.given()
        self.prepare_create()
        try:
            declared = self.declare(given, None)
            assume(not kind.preview(self.context, None, declared).failures)
            self.stored = kind.create(self.context, declared.known)
        except OpsManagerError:
            # There is no resource because nothing is stored.
            assume(condition=False)

    def draw(self, strategy: st.SearchStrategy[_Value]) -> _Value:
        """Let the generator choose a value."""
        return self._data.draw(strategy)

    def given(self) -> Values:
        """The inputs that a program declares."""
        raise NotImplementedError

    def prepare_create(self) -> None:
        """Prepare how the server answers the create."""

    def happen(self) -> None:
        """Let some events happen."""
        for event in self.draw(st.lists(st.sampled_from(self.events), max_size=4)):
            event()
        self.server.forget_faults()

    def process(self) -> Context:
        """The context of an operation in a new process."""
        return context_of(client_for(self.server, self.clock), self.clock, owner="the resource")

    def declare(self, given: Values, old: Inputs | None) -> Partial[Inputs]:
        """Inputs that break no rule."""
        checked = self.kind.check(given, old, PROJECT)
        assume(not checked.failures)
        return checked.declared

    def preview_of(self, given: Values) -> Partial[Inputs]:
        """The inputs as a preview knows them: some of them are unknown."""
        fields = fields_of(self.kind.inputs).values()
        open_keys = [field.key for field in fields if field.key in given and field.name not in self.kind.replaces]
        unknown = self.draw(st.sets(st.sampled_from(open_keys)))
        return read_partial(self.kind.inputs, {**given, **dict.fromkeys(unknown, UNKNOWN)})

    def plan(self, context: Context, stored: Stored[Inputs, State], declared: Partial[Inputs]) -> Plan:
        """Plan as a preview does."""
        return self.kind.preview(context, stored, declared)

    def time_passes(self) -> None:
        self.clock.sleep(3600.0 * self.draw(st.sampled_from([1, 24, 24 * 9, 24 * 31, 24 * 150])))

    def process_ends(self) -> None:
        self.context = self.process()

    def program_runs(self) -> None:
        """Update with new inputs. After a failure the engine keeps what it has."""
        declared = self.declare(self.given(), self.stored.inputs)
        if not self.plan(self.context, self.stored, declared).replaces:
            with suppress(OpsManagerError):
                self.stored = self.kind.update(self.context, self.stored, declared.known)


class JobScene(Scene[JobInputs, JobState]):
    """A job that is never read, fails, expires, disappears, is changed by other clients, or has a new base URL."""

    def __init__(self, server: Emulator, clock: FakeClock, folder: Path, data: st.DataObject) -> None:
        self._host = "127.0.0.1"
        super().__init__(JOB, server, clock, folder, data)
        self.events += [
            self.status_moves,
            self.somebody_moves_the_expiry,
            self.engine_reads,
            self.request_fails,
            self.base_url_moves,
        ]

    def given(self) -> Values:
        policy = {
            "maxRetries": self.draw(st.integers(0, 2)),
            "onExpired": self.draw(st.sampled_from(["keep", "recreate", "fail"])),
        }
        return job_values(**self.draw(st.sampled_from(_EXPIRIES)), **policy)

    def prepare_create(self) -> None:
        self.server.set_pace("rs0", after_seconds(self.draw(st.sampled_from([0, 600]))))
        if self.draw(st.booleans()):
            self.server.fail("create", FaultKind.FAILED_CHILDREN)
        if self.draw(st.booleans()):
            self.request_fails()

    def process(self) -> Context:
        base_url = self.server.url.replace("127.0.0.1", self._host)
        return context_of(client_for(self.server, self.clock, base_url=base_url), self.clock)

    def status_moves(self) -> None:
        status = self.draw(st.sampled_from(["IN_PROGRESS", "SUCCESS", "FAILURE", "MARKED_FOR_EXPIRY", "EXPIRED", None]))
        with suppress(KeyError):
            self.server.set_status(self.stored.id, status)

    def somebody_moves_the_expiry(self) -> None:
        to = START + timedelta(days=self.draw(st.integers(1, 180)))
        with suppress(OpsManagerError):
            self.process().jobs(PROJECT).extend(self.stored.id, to)

    def engine_reads(self) -> None:
        with suppress(OpsManagerError):
            found = self.kind.read(self.context, self.stored)
            assume(found is not None)
            assert found is not None
            self.stored = found.stored

    def request_fails(self) -> None:
        route = self.draw(st.sampled_from(["get", "extend", "retry"]))
        self.server.fail(route, FaultKind.HTML)

    def base_url_moves(self) -> None:
        self._host = "localhost" if self._host == "127.0.0.1" else "127.0.0.1"
        self.context = self.process()


class CompletionScene(Scene[CompletionInputs, CompletionState]):
    """A completion whose jobs fail, fail again, are slow, expire, disappear, or leave its list."""

    def __init__(self, server: Emulator, clock: FakeClock, folder: Path, data: st.DataObject) -> None:
        server.fail("create", FaultKind.FAILED_CHILDREN, times=data.draw(st.integers(0, 2)))
        jobs = client_for(server, clock).jobs(PROJECT)
        self._job_ids = [jobs.create(job_request(resourceName=f"rs{number}")) for number in range(3)]
        super().__init__(COMPLETION, server, clock, folder, data)
        self.events += [self.status_moves]

    def given(self) -> Values:
        return {
            "jobIds": self.draw(st.lists(st.sampled_from(self._job_ids))),
            "maxRetriesPerRun": self.draw(st.integers(0, 2)),
            "onFailure": self.draw(st.sampled_from(["accept", "fail"])),
            "pollIntervalSeconds": self.draw(st.sampled_from([5, 300])),
        }

    def prepare_create(self) -> None:
        self.server.set_pace("rs0", after_seconds(self.draw(st.sampled_from([0, 600]))))
        if times := self.draw(st.integers(0, 3)):
            self.server.fail("retry", FaultKind.FAILED_CHILDREN, times=times)

    def status_moves(self) -> None:
        status = self.draw(st.sampled_from(["IN_PROGRESS", "SUCCESS", "FAILURE", "EXPIRED", None]))
        with suppress(KeyError):
            self.server.set_status(self.draw(st.sampled_from(self._job_ids)), status)


class ArchiveScene(Scene[ArchiveInputs, ArchiveState]):
    """An archive whose file is missing, touched, changed or moved, and whose job is failed, complete or deleted."""

    def __init__(self, server: Emulator, clock: FakeClock, folder: Path, data: st.DataObject) -> None:
        if data.draw(st.booleans()):
            server.fail("create", FaultKind.FAILED_CHILDREN)
        jobs = client_for(server, clock).jobs(PROJECT)
        self._job_ids = [jobs.create(job_request(resourceName=f"rs{number}")) for number in range(2)]
        super().__init__(ARCHIVE, server, clock, folder, data)
        self.events += [self.status_moves, self.file_moves, self.job_gets_another_attempt, self.engine_reads]

    def given(self) -> Values:
        draw = self.draw
        return {
            "jobId": draw(st.sampled_from(self._job_ids)),
            "path": str(self.folder / draw(st.sampled_from(["a.tar.gz", "b.tar.gz", "folder"])))
            + draw(st.sampled_from(["", "/"])),
            "requireComplete": draw(st.sampled_from([False, False, True])),
            "keepOnDelete": draw(st.booleans()),
            "ifMissing": draw(st.sampled_from(["download", "ignore"])),
            "verify": draw(st.sampled_from(["stat", "hash"])),
            "triggers": draw(st.sampled_from([None, ["again"]])),
        }

    def status_moves(self) -> None:
        status = self.draw(st.sampled_from(["SUCCESS", "FAILURE", "EXPIRED", None]))
        with suppress(KeyError):
            self.server.set_status(self.draw(st.sampled_from(self._job_ids)), status)

    def file_moves(self) -> None:
        file, state = Path(self.stored.state.file), self.stored.state
        if not self.draw(st.booleans()):
            file.unlink(missing_ok=True)
        elif file.exists():
            if size := self.draw(st.sampled_from([0, 1, state.size_bytes])):
                file.write_bytes(b"x" * size)
            os.utime(file, ns=(0, int(state.mtime_ns) + self.draw(st.sampled_from([0, 1]))))

    def engine_reads(self) -> None:
        """Read. A file may have the same size and time, but other bytes."""
        found = self.kind.read(self.context, self.stored)
        assert found is not None
        self.stored = found.stored

    def job_gets_another_attempt(self) -> None:
        """Let the plan of a job or a completion in this run restart the job."""
        self.context.run.note_promising(self.stored.inputs.job_id, is_promising=True)


class WindowScene(Scene[WindowInputs, WindowState]):
    """A window."""

    def __init__(self, server: Emulator, clock: FakeClock, folder: Path, data: st.DataObject) -> None:
        super().__init__(WINDOW, server, clock, folder, data)

    def given(self) -> Values:
        return {
            "last": self.draw(st.sampled_from(["90s", "2h", "7d"])),
            "triggers": self.draw(st.sampled_from([None, ["again"]])),
        }


_SCENES: dict[str, Callable[[Emulator, FakeClock, Path, st.DataObject], Scene[Any, Any]]] = {
    JOB.name: JobScene,
    COMPLETION.name: CompletionScene,
    ARCHIVE.name: ArchiveScene,
    WINDOW.name: WindowScene,
}


@contextmanager
def scene(kind: Kind[Any, Any, Any], data: st.DataObject) -> Iterator[Scene[Any, Any]]:
    """A scene of one kind, after some events."""
    clock = FakeClock(START)
    with TemporaryDirectory() as folder, Emulator(now=clock.now) as server:
        drawn = _SCENES[kind.name](server, clock, Path(folder), data)
        drawn.happen()
        yield drawn
