"""One collection from its jobs to its archives, by the rows of `lifecycle.kinds`. It can stop and continue anywhere.

The ledger has the result of each step before the next step begins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from pulumi_opsmanager.download.place import is_url, name_of, within
from pulumi_opsmanager.errors import InvalidInput, JobNotFound, NotFinished, OpsManagerError, ReplyLost, Unavailable
from pulumi_opsmanager.instants import format_instant, parse_instant
from pulumi_opsmanager.lifecycle.archive_file import StoredArchive
from pulumi_opsmanager.lifecycle.context import Context
from pulumi_opsmanager.lifecycle.kinds import ARCHIVE, COMPLETION, JOB
from pulumi_opsmanager.lifecycle.naming import missing_parts
from pulumi_opsmanager.lifecycle.stored import Stored
from pulumi_opsmanager.schema.archive import ArchiveInputs
from pulumi_opsmanager.schema.completion import CompletionInputs
from pulumi_opsmanager.schema.job import JobInputs, JobState
from pulumi_opsmanager.schema.models import Partial

from .collection import Ledger, Target
from .operation import LineReporter, as_typed, read_job

Outcome = Literal["complete", "partial", "failed"]


@dataclass(frozen=True)
class Collector:
    """One run of a collection.

    Attributes:
        context: Context of the rules.
        ledger: The file of the collection.
        folder: Folder of the archives: a path or URL that ends in a slash.
        project_id: Id of the project.
        inputs: Function that makes the inputs of a target's job.
        waiting: Function that makes the inputs of the completion of some jobs.
        accepts_partial: Whether to store archives that lack parts.
        deletes_jobs: Whether to delete a job after its archive is stored.
        problems: Reasons why a target has no complete archive, or its job was not deleted, by name of the target.
        absent: Names of the targets whose stored archive is missing.
    """

    context: Context
    ledger: Ledger
    folder: str
    project_id: str
    inputs: Callable[[Target], JobInputs]
    waiting: Callable[[list[str]], CompletionInputs]
    accepts_partial: bool
    deletes_jobs: bool
    problems: dict[str, str] = field(default_factory=dict)
    absent: set[str] = field(default_factory=set)

    def run(self) -> None:
        """Do the remaining steps. A complete collection sends nothing.

        Raises:
            OpsManagerError: Jobs could not be started. Another run continues.
        """
        is_complete = all(target.archive is not None and target.archive.complete for target in self.ledger.targets)
        if not (is_complete and self.ledger.is_written):
            self.ledger.take_over()
        for target in self.ledger.targets:
            if target.job_id is None:
                self._start(target)
        self._wait()
        for target in self.ledger.targets:
            if target.job_id is not None and target.name not in self.problems:
                self._store(target)
        for target in self.ledger.targets:
            if self.deletes_jobs and self.has_archive(target) and not target.deleted:
                self._delete(target)

    def outcome(self) -> Outcome:
        """Exit code: all archives are complete, some are, or none exists or a deletion failed."""
        targets = self.ledger.targets
        if all(map(self.is_complete, targets)):
            return "failed" if self.problems else "complete"
        return "partial" if any(map(self.has_archive, targets)) else "failed"

    def has_archive(self, target: Target) -> bool:
        """Whether the archive of a target exists."""
        return target.archive is not None and target.name not in self.absent

    def is_complete(self, target: Target) -> bool:
        """Whether the archive of a target exists and lacks no part."""
        return self.has_archive(target) and target.archive is not None and target.archive.complete

    def _start(self, target: Target) -> None:
        """Make the job of a target exactly once, also after an interrupted run."""
        self.context.reporter.progress(f"starting the job of {target.name}")
        inputs, since = self.inputs(target), target.started_at
        try:
            if since is None:
                target = self.ledger.note(target, started_at=format_instant(self.context.clock.now()))
                stored = JOB.create(self.context, inputs)
            elif JOB.resume is None:
                raise AssertionError("an interrupted create of a job can be resumed")
            else:
                stored = JOB.resume(self.context, inputs, parse_instant(since))
        except ReplyLost:
            raise
        except OpsManagerError as error:
            is_refused = isinstance(error, InvalidInput)
            if since is None or is_refused:
                # The server made no job, so the next run need not look for one.
                self.ledger.note(target, started_at=None)
            if not is_refused:
                raise
            self._fail(target, error)
            return
        self.ledger.note(target, job_id=stored.id, status=stored.state.status)

    def _wait(self) -> None:
        """Wait for the jobs whose archive is not stored or lacks parts."""
        open_targets = {target.job_id: target for target in self.ledger.targets if _waits(target)}
        statuses = self._statuses(open_targets)
        for job_id, status in statuses.items():
            self.ledger.note(open_targets[job_id], status=status)

    def _statuses(self, open_targets: Mapping[str | None, Target]) -> Mapping[str, str]:
        """Return the statuses of the finished jobs; empty if the wait ended before."""
        job_ids = sorted(filter(None, open_targets))
        if not job_ids:
            return {}
        try:
            return COMPLETION.create(self.context, self.waiting(job_ids)).state.statuses
        except JobNotFound:
            there = {job_id: target for job_id, target in open_targets.items() if not self._is_gone(target)}
            if len(there) == len(open_targets):
                raise
            return self._statuses(there)
        except Unavailable as error:
            # The finished jobs still have archives to store.
            self.context.reporter.warn(str(error))
            return {}

    def _is_gone(self, target: Target) -> bool:
        try:
            read_job(self.context, target.job_id or "", self.project_id)
        except JobNotFound as error:
            if target.archive is None:
                self._fail(target, error)
            return True
        return False

    def _store(self, target: Target) -> None:
        """Store the archive of a target, or the parts that an earlier run could not store."""
        reporter = self.context.reporter
        if isinstance(reporter, LineReporter):
            reporter = replace(reporter, about=f"downloading {target.name}: ")
        context, stored, inputs = replace(self.context, reporter=reporter), self._stored(target), self._wanted(target)
        try:
            if stored is None:
                stored = ARCHIVE.create(context, inputs)
            elif self.is_complete(target) or not target.deleted:
                stored = ARCHIVE.update(context, stored, inputs)
        except NotFinished:
            self.problems[target.name] = f"job {target.job_id} is not finished"
        except OpsManagerError as error:
            self._fail(target, error)
        if stored is None:
            return
        problem = self._problem(stored, inputs)
        if problem is not None:
            self.absent.add(target.name)
            self.problems.setdefault(target.name, problem)
        self._note(target, stored)
        if not stored.state.complete:
            self.problems.setdefault(target.name, missing_parts(stored.state.missing))

    def _problem(self, stored: StoredArchive, inputs: ArchiveInputs) -> str | None:
        """Return how the stored file or object differs from the verified archive."""
        try:
            if is_url(self.folder):
                stored = found.stored if (found := ARCHIVE.read(self.context, stored)) else stored
            return ARCHIVE.look(self.context, stored, Partial(inputs)).problem
        except OpsManagerError as error:
            return as_typed(str(error))

    def _note(self, target: Target, stored: StoredArchive) -> None:
        name = name_of(stored.state.file)
        changes = {
            "archive_id": stored.id,
            "require_complete": stored.inputs.require_complete,
            "archive": stored.state.model_copy(update={"file": name}),
        }
        if any(getattr(target, key) != value for key, value in changes.items()):
            self.ledger.note(target, **changes)

    def _delete(self, target: Target) -> None:
        self.context.reporter.progress(f"deleting the job of {target.name}")
        job_id = target.job_id or ""
        url = self.context.jobs(self.project_id).download_url(job_id)
        try:
            JOB.delete(self.context, Stored(job_id, self.inputs(target), JobState(download_url=url)))
        except OpsManagerError as error:
            self._fail(target, error)
        else:
            self.ledger.note(target, deleted=True)

    def _stored(self, target: Target) -> StoredArchive | None:
        if target.archive is None or target.archive_id is None:
            return None
        state = target.archive.model_copy(update={"file": within(self.folder, target.archive.file)})
        return Stored(target.archive_id, self._wanted(target), state)

    def _wanted(self, target: Target) -> ArchiveInputs:
        return ArchiveInputs(
            job_id=target.job_id or "",
            path=self.folder,
            project_id=self.project_id,
            # A stored archive that lacks parts was accepted before.
            require_complete=not self.accepts_partial if target.archive is None else target.require_complete,
        )

    def _fail(self, target: Target, error: OpsManagerError) -> None:
        self.problems[target.name] = as_typed(str(error))


def _waits(target: Target) -> bool:
    is_complete = target.archive is not None and target.archive.complete
    return target.job_id is not None and not target.deleted and not is_complete
