"""Check, create, read, update and delete of an archive: a verified copy on this machine or in a bucket.

The law of this module: a new file is in its place before an old file is removed. If somebody changed the file, only a
new download of the same archive overwrites it. "File" also means an object of a bucket.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from functools import partial

from pulumi_opsmanager.api.models import FAILED_STATUSES, FINISHED_STATUSES
from pulumi_opsmanager.download.place import is_folder, is_there, place_of, within
from pulumi_opsmanager.errors import JobNotFound
from pulumi_opsmanager.schema.archive import ArchiveInputs, ArchiveState
from pulumi_opsmanager.schema.fields import Values
from pulumi_opsmanager.schema.models import Partial
from pulumi_opsmanager.schema.validate import Failure

from .archive_claim import claim_free, claim_of, claim_of_new, hold, holder_of_archive, is_taken_by_another
from .archive_download import ADVICE, download, download_again, ensure_manifest
from .archive_file import (
    StoredArchive,
    content_problem,
    file_of,
    file_problem,
    has_same_content,
    later_place,
    move_file,
    placed,
    present_problem,
    remove_file,
)
from .archive_plan import (
    ArchiveFacts,
    Download,
    MoveFile,
    RecordPlace,
    RecordTime,
    is_of_another_job,
    plan_archive,
)
from .context import Context
from .holders import Holder
from .inputs import Checked, check_inputs
from .manifest import manifest_place
from .plan import Plan
from .promising import find_promising
from .stored import Found, Stored


def check_archive(given: Values, old: ArchiveInputs | None, default_project_id: str | None) -> Checked[ArchiveInputs]:
    """Check the inputs of an archive, as `check_inputs`, and whether a new path can be written.

    A path that fails here would otherwise fail only after the collection.
    """
    checked = check_inputs(ArchiveInputs, given, old, default_project_id)
    path = checked.declared.known.path
    if path is None or (old and path == old.path):
        return checked
    place = place_of(within(path, "archive.tar.gz") if is_folder(path) else path)
    problem = place.problem() or manifest_place(place).problem()
    return replace(checked, failures=(*checked.failures, Failure("path", problem))) if problem else checked


def look_at_archive(context: Context, stored: StoredArchive | None, declared: Partial[ArchiveInputs]) -> ArchiveFacts:
    """The facts for a preview: size and time of a file, and what the run knows of the job. It sends nothing.

    For an object, the facts are those of the last read.
    """
    is_taken = is_taken_by_another(context, stored, declared)
    if stored is None:
        return ArchiveFacts(is_taken=is_taken)
    has_gaps = stored.state.job_status in FAILED_STATUSES
    return ArchiveFacts(
        problem=stored.state.problem if file_of(stored.state).is_remote else present_problem(stored.state),
        may_be_complete=has_gaps and (context.run.is_promising(stored.inputs.job_id) or None),
        is_taken=is_taken,
    )


def remember_archive(context: Context, stored: StoredArchive, _declared: Partial[ArchiveInputs], _plan: Plan) -> None:
    """Remember that this archive has its file. An engine does not show it to a new archive with the same path."""
    context.run.holders.hold(file_of(stored.state), holder_of_archive(context, stored))


def read_archive(context: Context, stored: StoredArchive) -> Found[ArchiveInputs, ArchiveState]:
    """Compare the archive with the stored state, and find out whether a failed job now has all its parts.

    It sends a request to Ops Manager only for a failed job. With `verify="stat"` it does not look at a file, because
    each plan does.
    """
    if stored.inputs.verify == "hash":
        stored = _with_problem(stored, content_problem(stored.state))
    elif file_of(stored.state).is_remote:
        stored = _with_problem(stored, file_problem(stored.state))
    failed = (stored.inputs.job_id,) if stored.state.job_status in FAILED_STATUSES else ()
    return Found(stored, stored.inputs, promising=find_promising(context, stored.inputs.project_id, failed))


def create_archive(context: Context, inputs: ArchiveInputs) -> StoredArchive:
    """Download a finished job's archive.

    Args:
        context: If its owner is also the owner of the archive to replace, that archive's file may be overwritten.
        inputs: Checked inputs, with the project.

    Raises:
        CannotStore: Another file is at the path.
        OpsManagerError: As `transfer`. Nothing is stored.
    """
    archive_id, holders = uuid.uuid4().hex, context.run.holders
    claim = claim_of_new(context, inputs.path, Holder(context.owner or archive_id, archive_id))
    try:
        with context.run.naming_files():
            state = download(context, inputs, inputs.path, claim)
    except BaseException:
        # A second attempt in this process has another id, so it could not take the file.
        holders.let_go(archive_id)
        raise
    stored = Stored(archive_id, inputs, state)
    holders.hand_over(file_of(state), holder_of_archive(context, stored))
    return stored


def update_archive(context: Context, stored: StoredArchive, inputs: ArchiveInputs) -> StoredArchive:
    """Make a plan with what disk and server show now, and carry it out.

    Raises:
        OpsManagerError: As `transfer`. The old file is in its old place.
    """
    with context.run.naming_files():
        facts = _look_closely(context, stored, inputs)
        plan = plan_archive(stored, Partial(inputs), facts, context.clock.now())
        return apply_archive(context, stored, inputs, plan)


def apply_archive(context: Context, stored: StoredArchive, inputs: ArchiveInputs, plan: Plan) -> StoredArchive:
    """Carry out the steps of a plan. If the new file has another place, keep or remove the old file afterwards."""
    state, holders = stored.state, context.run.holders
    for step in plan.steps:
        if isinstance(step, Download):
            state = download_again(context, stored, inputs, claim_of(context, stored), step)
            if file_of(state).identity != file_of(stored.state).identity:
                _leave_or_remove(context, stored, inputs)
        elif isinstance(step, RecordPlace):
            state = _elsewhere(state, later_place(stored, inputs.path))
            hold(context, file_of(state), holder_of_archive(context, stored))
        elif isinstance(step, (MoveFile, RecordTime)):
            ensure_manifest(context, inputs, state)
            is_moved = isinstance(step, MoveFile)
            claim = partial(claim_free, context, stored)
            state = move_file(state, inputs.path, claim) if is_moved else placed(state, file_of(state))
    after = Stored(stored.id, inputs, state)
    holder = holder_of_archive(context, after)
    if plan.steps and holders.hold(file_of(state), holder):
        holders.hand_over(file_of(state), holder)
    return after


def delete_archive(context: Context, stored: StoredArchive) -> None:
    """Remove the file, unless `keep_on_delete` is true or somebody changed the file."""
    if stored.inputs.keep_on_delete:
        # The archive still has the file, so that a replacement after this deletion may overwrite it.
        _report_kept(context, stored)
        return
    remove_file(stored, context.run.holders, context.reporter)
    context.run.holders.let_go(stored.id)


def _leave_or_remove(context: Context, stored: StoredArchive, inputs: ArchiveInputs) -> None:
    """Keep or remove the old file after a download to another place."""
    if is_of_another_job(stored.inputs, inputs) and inputs.keep_on_delete:
        _report_kept(context, stored)
    else:
        remove_file(stored, context.run.holders, context.reporter)


def _report_kept(context: Context, stored: StoredArchive) -> None:
    file = file_of(stored.state)
    if file.is_remote or is_there(file):
        context.reporter.info(f"{stored.state.file} is kept")


def _look_closely(context: Context, stored: StoredArchive, inputs: ArchiveInputs) -> ArchiveFacts:
    problem = present_problem(stored.state)
    # If the file is ignored and stays in its place, it need not be readable.
    is_ignored = problem is not None and inputs.if_missing == "ignore"
    is_read = problem is not None and (not is_ignored or inputs.path != stored.inputs.path)
    has_gaps = stored.state.job_status in FAILED_STATUSES and not is_ignored
    return ArchiveFacts(
        problem=problem,
        has_same_content=is_read and has_same_content(stored.state),
        may_be_complete=has_gaps and _may_be_complete(context, stored),
    )


def _may_be_complete(context: Context, stored: StoredArchive) -> bool:
    """Whether the job has now finished without failures. Also if the job is gone: then the download reports that."""
    try:
        job = context.jobs(stored.inputs.project_id).get(stored.inputs.job_id)
    except JobNotFound:
        return True
    if job.status not in FINISHED_STATUSES:
        context.reporter.warn(f"parts are missing, and job {job.id} is {job.status}; {ADVICE.unfinished}")
    return job.status in FINISHED_STATUSES - FAILED_STATUSES


def _elsewhere(state: ArchiveState, location: str) -> ArchiveState:
    """The state of a missing archive after a change of its path. A plan looks at a file, but not at an object."""
    moved = state.model_copy(update={"file": location, "problem": None})
    return moved.model_copy(update={"problem": file_problem(moved)}) if file_of(moved).is_remote else moved


def _with_problem(stored: StoredArchive, problem: str | None) -> StoredArchive:
    return replace(stored, state=stored.state.model_copy(update={"problem": problem}))
