"""A local copy of a finished job's archive: verified, private, and replaced only by another verified one.

The law of this module: a new file is in its place before an old one is removed. A file that has changed since it was
written here is overwritten only by its own archive downloaded again.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from pulumi_opsmanager.api.models import EXPIRED_STATUS, FAILED_STATUSES, FINISHED_STATUSES
from pulumi_opsmanager.clock import Clock
from pulumi_opsmanager.download.draft import exists, folder_problem, sha256_of
from pulumi_opsmanager.errors import CannotStore, Expired, InvalidInput, JobNotFound, Subject, attempting
from pulumi_opsmanager.schema.archive import ArchiveInputs, ArchiveState
from pulumi_opsmanager.schema.fields import Values
from pulumi_opsmanager.schema.models import Partial
from pulumi_opsmanager.schema.validate import Failure

from .archive_file import (
    StoredArchive,
    file_of,
    file_problem,
    has_same_content,
    later_place,
    move_file,
    remove_file,
    written,
)
from .archive_plan import ArchiveFacts, Download, MoveFile, RecordPlace, RecordTime, plan_archive
from .context import Context
from .holders import Holder, real_place
from .inputs import Checked, check_inputs
from .plan import Plan
from .promising import find_promising
from .reporter import Reporter
from .stored import Found, Stored
from .transfer import Advice, Claim, is_folder, transfer

_BETWEEN_LINES = timedelta(seconds=2)

_PATH = Subject(property="path", key="path")

_ADVICE = Advice(
    unfinished="wait for it with LogCollectionCompletion, and make the archive depend on that",
    incomplete="or accept it with require_complete=False",
)


def check_archive(given: Values, old: ArchiveInputs | None, default_project_id: str | None) -> Checked[ArchiveInputs]:
    """Check the inputs of an archive, as `check_inputs`, and whether a new path can be written.

    Better now than after the collection.
    """
    checked = check_inputs(ArchiveInputs, given, old, default_project_id)
    path = checked.declared.known.path
    if path is None or (old and path == old.path):
        return checked
    problem = None
    try:
        problem = folder_problem(Path(path) if is_folder(path) else Path(path).parent)
        Path(path).stat()
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:  # a name too long, a folder that this user may not enter
        problem = f"cannot be read: {error.strerror}"
    return replace(checked, failures=(*checked.failures, Failure("path", problem))) if problem else checked


def look_at_archive(context: Context, stored: StoredArchive | None, declared: Partial[ArchiveInputs]) -> ArchiveFacts:
    """The facts for a preview: the file's size and time, and what the run knows of the job. Nothing is sent."""
    is_taken = _is_taken_by_another(context, stored, declared)
    if stored is None:
        return ArchiveFacts(is_taken=is_taken)
    has_gaps = stored.state.job_status in FAILED_STATUSES
    return ArchiveFacts(
        problem=file_problem(stored.state),
        may_be_complete=has_gaps and (context.run.is_promising(stored.inputs.job_id) or None),
        is_taken=is_taken,
    )


def remember_archive(context: Context, stored: StoredArchive, _declared: Partial[ArchiveInputs], _plan: Plan) -> None:
    """Keep that this archive has its file: no engine tells a new archive of the same path about it."""
    context.run.holders.hold(file_of(stored.state), _holder(context, stored))


def read_archive(context: Context, stored: StoredArchive) -> Found[ArchiveInputs, ArchiveState]:
    """What is stored, and whether a failed job has all its parts by now. A plan looks at the file.

    Nothing is sent for an archive of a job that succeeded.
    """
    failed = (stored.inputs.job_id,) if stored.state.job_status in FAILED_STATUSES else ()
    return Found(stored, stored.inputs, promising=find_promising(context, stored.inputs.project_id, failed))


def create_archive(context: Context, inputs: ArchiveInputs) -> StoredArchive:
    """Download a finished job's archive.

    Args:
        context: Its owner may be that of the archive which this one replaces: that file may be overwritten.
        inputs: Checked inputs, project included.

    Raises:
        CannotStore: Another file is there.
        OpsManagerError: As `transfer`; nothing is stored.
    """
    archive_id, holders = uuid.uuid4().hex, context.run.holders
    holder = Holder(context.owner or archive_id, archive_id)

    def claim(file: Path, sha256: str | None) -> None:
        _hold(context, file, holder)
        # A run that was killed may have left this very archive, so only its content counts; the name of one in a
        # folder holds the job's id.
        is_there = file == Path(inputs.path) and exists(file)
        if not is_there:
            return
        # Some devices never end.
        if not file.is_file():
            raise _taken(file)
        if sha256 is not None and not _is_predecessors(context, file) and sha256_of(file) != sha256:
            raise _taken(file)

    try:
        with context.run.naming_files():
            state = _download(context, inputs, inputs.path, claim)
    except BaseException:
        # Another attempt in this process has another id.
        holders.let_go(archive_id)
        raise
    stored = Stored(archive_id, inputs, state)
    holders.hand_over(file_of(state), _holder(context, stored))
    return stored


def update_archive(context: Context, stored: StoredArchive, inputs: ArchiveInputs) -> StoredArchive:
    """Plan with what disk and server show now, and do it.

    Raises:
        OpsManagerError: As `transfer`; the old file is where it was.
    """
    with context.run.naming_files():
        facts = _look_closely(context, stored, inputs)
        plan = plan_archive(stored, Partial(inputs), facts, context.clock.now())
        return apply_archive(context, stored, inputs, plan)


def apply_archive(context: Context, stored: StoredArchive, inputs: ArchiveInputs, plan: Plan) -> StoredArchive:
    """Carry out the steps of a plan, then remove the old file where the new one has another place."""
    state, holders = stored.state, context.run.holders
    holder = _holder(context, stored)

    def claim(file: Path, _sha256: str | None = None) -> None:
        _hold(context, file, holder)
        if exists(file) and real_place(file) != real_place(file_of(stored.state)):
            raise _taken(file)

    for step in plan.steps:
        if isinstance(step, Download):
            state = _download_again(context, stored, inputs, claim, step)
            if real_place(file_of(state)) != real_place(file_of(stored.state)):
                remove_file(stored, holders, context.reporter)
        elif isinstance(step, RecordPlace):
            place = later_place(stored, inputs.path)
            _hold(context, place, holder)
            state = state.model_copy(update={"file": str(place)})
        elif isinstance(step, (MoveFile, RecordTime)):
            is_moved = isinstance(step, MoveFile)
            state = _with_file(state, move_file(state, inputs.path, claim) if is_moved else file_of(state))
    after = Stored(stored.id, inputs, state)
    if plan.steps and holders.hold(file_of(state), holder):
        holders.hand_over(file_of(state), _holder(context, after))
    return after


def delete_archive(context: Context, stored: StoredArchive) -> None:
    """Remove the file, unless it is to be kept, or has changed since it was written."""
    if stored.inputs.keep_on_delete:
        # Still held: a replacement that is made after the deletion may overwrite it.
        context.reporter.info(f"{stored.state.file} is kept")
        return
    remove_file(stored, context.run.holders, context.reporter)
    context.run.holders.let_go(stored.id)


def _look_closely(context: Context, stored: StoredArchive, inputs: ArchiveInputs) -> ArchiveFacts:
    problem = file_problem(stored.state)
    # A file that stays as it is need not be readable, and needs no server.
    is_ignored = problem is not None and inputs.if_missing == "ignore"
    is_read = problem is not None and (not is_ignored or inputs.path != stored.inputs.path)
    has_gaps = stored.state.job_status in FAILED_STATUSES and not is_ignored
    return ArchiveFacts(
        problem=problem,
        has_same_content=is_read and has_same_content(stored.state),
        may_be_complete=has_gaps and _may_be_complete(context, stored),
    )


def _may_be_complete(context: Context, stored: StoredArchive) -> bool:
    """The job has finished without failures by now. That it is gone is for the download to find."""
    try:
        job = context.jobs(stored.inputs.project_id).get(stored.inputs.job_id)
    except JobNotFound:
        return True
    if job.status not in FINISHED_STATUSES:
        context.reporter.warn(f"parts are missing, and job {job.id} is {job.status}; {_ADVICE.unfinished}")
    return job.status in FINISHED_STATUSES - FAILED_STATUSES


def _download_again(
    context: Context, stored: StoredArchive, inputs: ArchiveInputs, claim: Claim, step: Download
) -> ArchiveState:
    # On a new disk the folder is missing that a path without a slash meant.
    is_file = inputs.path != stored.inputs.path or file_of(stored.state) == Path(inputs.path)
    try:
        return _download(context, inputs, inputs.path if is_file else f"{inputs.path}/", claim)
    except (JobNotFound, Expired) as gone:
        if step.is_required:
            raise
        problem = file_problem(stored.state) or "parts of the archive are missing"
        context.reporter.warn(f"{problem}, and cannot be downloaded again: {gone}")
        return stored.state.model_copy(update={"job_status": EXPIRED_STATUS})


def _download(context: Context, inputs: ArchiveInputs, path: str, claim: Claim) -> ArchiveState:
    with attempting(f"download the archive of job {inputs.job_id}"):
        state = transfer(
            context.jobs(inputs.project_id),
            context.clock,
            inputs.job_id,
            path,
            require_complete=inputs.require_complete,
            advice=_ADVICE,
            progress=_progress_lines(context.clock, context.reporter),
            warn=context.reporter.warn,
            claim=claim,
        )
    context.run.note_file(state.file)
    return state


def _with_file(state: ArchiveState, file: Path) -> ArchiveState:
    return state.model_copy(update={"file": str(file), "mtime_ns": str(file.stat().st_mtime_ns)})


def _holder(context: Context, stored: StoredArchive) -> Holder:
    return Holder(context.owner or stored.id, stored.id, written(stored.state))


def _taken(file: Path) -> CannotStore:
    words = f"{file} exists and is not the file of this archive: remove it, or choose another path"
    return CannotStore(words, subject=_PATH)


def _is_taken_by_another(context: Context, stored: StoredArchive | None, declared: Partial[ArchiveInputs]) -> bool:
    path = declared.known.path
    if path is None or (stored and path == stored.inputs.path) or is_folder(path) or not exists(Path(path)):
        return False
    holder = context.run.holders.holder_of(Path(path))
    return holder is None or holder.owner != context.owner


def _is_predecessors(context: Context, file: Path) -> bool:
    """It is the unchanged file of the archive that is being replaced."""
    found, now = context.run.holders.holder_of(file), file.stat()
    return found is not None and found.written == (now.st_size, now.st_mtime_ns)


def _hold(context: Context, file: Path, holder: Holder) -> None:
    if not context.run.holders.hold(file, holder):
        raise InvalidInput(f"{file} is the file of another LogArchive: give each its own path", subject=_PATH)


def _progress_lines(clock: Clock, reporter: Reporter) -> Callable[[int], None]:
    """Make bytes and rate of byte counts, no more often than a person can read; a count of 0 starts again."""
    started = last = clock.now()

    def progress(size_bytes: int) -> None:
        nonlocal started, last
        now = clock.now()
        if size_bytes == 0:
            started = last = now
        elif now - last >= _BETWEEN_LINES:
            last = now
            megabytes = size_bytes / 1e6
            reporter.progress(f"{megabytes:.1f} MB, {megabytes / (now - started).total_seconds():.1f} MB/s")

    return progress
