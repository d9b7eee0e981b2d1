"""What does an update of an archive do? It depends on the stored and the declared values, and on facts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from pulumi_opsmanager.api.models import EXPIRED_STATUS
from pulumi_opsmanager.download.place import place_of
from pulumi_opsmanager.schema.archive import ArchiveInputs, ArchiveState
from pulumi_opsmanager.schema.models import Partial

from .archive_file import StoredArchive, file_of
from .plan import Plan, Step, changes


@dataclass(frozen=True)
class ArchiveFacts:
    """What a plan needs to know about the archive and its job.

    Attributes:
        problem: How the archive differs from the one that was written, as text; None if it is unchanged.
        has_same_content: Whether its bytes are unchanged. False in a preview, which does not read them.
        may_be_complete: Whether parts are missing that the job may now have. None if only the server knows it: a
            preview does not ask.
        is_taken: Whether another file is at the declared path.
    """

    problem: str | None = None
    has_same_content: bool = False
    may_be_complete: bool | None = False
    is_taken: bool = False


@dataclass(frozen=True)
class RecordTime(Step):
    """Store the new time or ETag of an archive whose bytes are unchanged."""

    moves: ClassVar[frozenset[str]] = frozenset({"mtime_ns", "etag", "problem"})


@dataclass(frozen=True)
class MoveFile(Step):
    """Move the file to the declared path."""

    moves: ClassVar[frozenset[str]] = frozenset({"file", "mtime_ns", "etag", "problem"})


@dataclass(frozen=True)
class RecordPlace(Step):
    """Store the new place of a missing file."""

    # A preview does not read the file. If the file was only touched, the update moves it, so more outputs may change.
    moves: ClassVar[frozenset[str]] = MoveFile.moves


@dataclass(frozen=True)
class Ask(Step):
    """Ask the server with a GET, and plan again. If the job now has the missing parts, download the archive."""

    moves: ClassVar[frozenset[str]] = frozenset(ArchiveState.model_fields)


@dataclass(frozen=True)
class Download(Step):
    """Download the archive.

    Attributes:
        is_required: If true, the update fails if the archive is gone. If false, it stores that the job has expired.
    """

    moves: ClassVar[frozenset[str]] = frozenset(ArchiveState.model_fields)

    is_required: bool


def plan_archive(
    stored: StoredArchive | None, declared: Partial[ArchiveInputs], facts: ArchiveFacts, _now: datetime
) -> Plan:
    """Decide what an update does."""
    taken = f"{declared.known.path} exists; the next run replaces it if it is this archive, and fails otherwise"
    plan = Plan(notes=(taken,) if facts.is_taken else ())
    if stored is None:
        return plan
    plan += changes(stored.inputs, declared)
    problem, step = facts.problem, _step(stored, declared, facts, plan.updates)
    is_ignored = problem is not None and declared.known.if_missing == "ignore"
    if facts.may_be_complete and not is_ignored:
        plan += Plan(reasons=("parts are missing that the job may have by now; the next run downloads the archive",))
    if step is not None:
        plan += Plan(steps=(step,))
    if facts.may_be_complete is None and plan.acts and not (is_ignored or isinstance(step, Download)):
        asks = "parts are missing; the next run downloads the archive if the job has them by now"
        plan += Plan(steps=(Ask(),), reasons=(asks,))
    if problem is None:
        return plan + Plan(reasons=_losses(stored, declared, step))
    if isinstance(step, Download):
        return plan if is_ignored else plan + Plan(reasons=(f"{problem}; the next run downloads it again",))
    if is_ignored:
        return plan + Plan(notes=(f'{problem}, and if_missing="ignore" accepts that',))
    return plan if step else plan + Plan(notes=(f"{problem}, and its job has expired",))


def _step(
    stored: StoredArchive, declared: Partial[ArchiveInputs], facts: ArchiveFacts, changed: Collection[str]
) -> Step | None:
    problem, is_moved = facts.problem, "path" in changed
    is_ignored = problem is not None and declared.known.if_missing == "ignore"
    is_asked = _asks_for_bytes(stored, declared, changed)
    if is_asked or (facts.may_be_complete and not is_ignored):
        return Download(is_required=is_asked or is_moved)
    is_same = problem is None or facts.has_same_content
    if is_moved:
        return MoveFile() if is_same else RecordPlace() if is_ignored else Download(is_required=True)
    if problem is None or is_ignored or stored.state.job_status == EXPIRED_STATUS:
        return None
    return RecordTime() if is_same else Download(is_required=False)


def is_of_another_job(old: ArchiveInputs, new: ArchiveInputs) -> bool:
    """Whether these inputs ask for the archive of another job."""
    return (old.project_id, old.job_id) != (new.project_id, new.job_id)


def _losses(stored: StoredArchive, declared: Partial[ArchiveInputs], step: Step | None) -> tuple[str, ...]:
    """A message about an unchanged file that the update replaces or removes."""
    file, is_same_job = stored.state.file, not is_of_another_job(stored.inputs, declared.known)
    is_moved = declared.known.path != stored.inputs.path
    if not isinstance(step, Download) or (is_same_job and not is_moved):
        return ()
    if not is_moved and file_of(stored.state) == place_of(stored.inputs.path):
        return (f"the next run replaces {file} by the archive of another job",)
    return (f"the next run stores the new archive, then removes {file}",) * (
        is_same_job or not declared.known.keep_on_delete
    )


def _asks_for_bytes(stored: StoredArchive, declared: Partial[ArchiveInputs], changed: Collection[str]) -> bool:
    """Whether changed inputs need a download: of another archive, or of the same one again."""
    is_stricter = "require_complete" in changed and declared.known.require_complete and not stored.state.complete
    return is_stricter or bool({"job_id", "project_id", "triggers"}.intersection(changed))
