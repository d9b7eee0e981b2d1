"""A local copy of a finished job's archive: verified, private, and replaced only by another verified one.

The law of this module: a new file is in its place before an old one is removed; a file that is no longer the one that
was written here is overwritten only by its own archive downloaded again.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from pulumi_opsmanager.api.models import EXPIRED_STATUS, FAILED_STATUSES
from pulumi_opsmanager.clock import Clock
from pulumi_opsmanager.download.draft import exists, folder_problem, sha256_of
from pulumi_opsmanager.errors import CannotStore, Expired, InvalidInput, JobNotFound, attempting
from pulumi_opsmanager.schema.archive import ArchiveInputs
from pulumi_opsmanager.schema.fields import Bag, declared_of
from pulumi_opsmanager.schema.validate import Failure

from .check import Checked, check_inputs
from .holders import Holder, Holders, real_place
from .local_file import file_of, file_problem, has_same_content, move_file, moved_place, remove_file, written
from .outputs import exchanged
from .plan import Plan, compare
from .reporter import Reporter
from .session import Session
from .stored import naming_stored
from .transfer import Advice, Claim, is_folder, transfer

_BETWEEN_LINES = timedelta(seconds=2)

_ADVICE = Advice(
    unfinished="let a LogCollectionCompletion wait for it, and make the archive depend on that",
    incomplete="or take what there is with require_complete=False",
)


def check_archive(
    new: Bag,
    old: Bag,
    *,
    default_project_id: str | None,
    is_own: Callable[[Path], bool] = lambda _: False,
) -> Checked:
    """Check the inputs of an archive, and whether a new path can be written: better now than after the collection.

    Args:
        new: What the program says, `UNKNOWN` included.
        old: The checked inputs of the existing archive; empty for a new one, and before a replacement.
        default_project_id: From the settings, for a new archive.
        is_own: Whether a file is that of the archive which is to be replaced.
    """
    checked = check_inputs(ArchiveInputs, new, old, default_project_id=default_project_id)
    path = checked.inputs.get("path")
    is_broken = any(failure.path == "path" for failure in checked.failures)
    if not isinstance(path, str) or is_broken or path == old.get("path"):
        return checked
    notes: tuple[str, ...] = ()
    try:
        problem = folder_problem(Path(path) if is_folder(path) else Path(path).parent)
        if not is_folder(path) and Path(path).exists() and not is_own(Path(path)):
            # A note, because the first `up` looks like one with --replace, which is fine.
            notes = (f"{path} exists; up replaces it if it is this very archive, and fails otherwise",)
    except OSError as error:  # a name too long, a folder that this user may not enter
        problem = f"cannot be looked at: {error.strerror}"
    return replace(checked, failures=checked.failures + ([Failure("path", problem)] if problem else []), notes=notes)


def diff_archive(session: Session, archive_id: str, state: Bag, new: Bag, owner: str = "") -> Plan:
    """What an update would do, from the stored state and a look at the file's size and time.

    Args:
        session: Knows which jobs are complete by now, and who has which file. Nothing is sent.
        archive_id: Of the resource.
        state: The stored outputs.
        new: The checked inputs, `UNKNOWN` included.
        owner: The resource's URN, which a replacement has too; empty where it is not known.
    """
    session.holders.hold(file_of(state), Holder(owner or archive_id, archive_id, written(state)))
    plan = compare(ArchiveInputs, state, new)
    problem = file_problem(state)
    is_ignored = problem is not None and new.get("ifMissing") == "ignore"
    is_asked = _is_asked(plan.updates, state, new)
    if _may_be_complete_by_now(session, state) and not is_ignored:
        plan += Plan(reasons=("parts of the archive are missing that its job may have by now; up downloads it again",))
    if problem is None or (is_ignored and is_asked):
        return plan
    if is_ignored:
        return plan + Plan(notes=(f'{problem}; it is left so (if_missing="ignore")',))
    if state.get("jobStatus") == EXPIRED_STATUS:
        return plan + Plan(notes=(f"{problem}, and its job has expired",))
    return plan + Plan(reasons=(f"{problem}; up downloads it again",))


@naming_stored
def create_archive(session: Session, bag: Bag, reporter: Reporter, owner: str = "") -> tuple[str, dict[str, Any]]:
    """Download a finished job's archive; returns a random id and all outputs.

    Args:
        session: The server.
        bag: Checked inputs, project included.
        reporter: Receives the progress.
        owner: As for `diff_archive`: the file of the archive that this one replaces may be overwritten.

    Raises:
        CannotStore: Another file is there.
        OpsManagerError: As `transfer`; nothing is stored.
    """
    inputs, archive_id = declared_of(ArchiveInputs, bag), uuid.uuid4().hex
    holder = Holder(owner or archive_id, archive_id)

    def claim(file: Path, sha256: str | None) -> None:
        _hold(session, file, holder)
        # An `up` that was killed may have left this very archive, so only its content counts; the name of one in a
        # folder holds the job's id.
        is_there = file == Path(inputs.path) and exists(file)
        if is_there and sha256 is not None and not _is_predecessors(session, file) and sha256_of(file) != sha256:
            raise _is_taken(file)

    try:
        outputs = _download(session, inputs, inputs.path, claim, reporter)
    except BaseException:
        # A retry in this process has another id.
        session.holders.let_go(archive_id)
        raise
    session.holders.hand_over(file_of(outputs), holder)
    return archive_id, outputs


@naming_stored
def update_archive(
    session: Session, archive_id: str, bag: Bag, state: Bag, reporter: Reporter, owner: str = ""
) -> dict[str, Any]:
    """Do what `diff_archive` planned, then remove the old file where the new one is another.

    Args:
        session: The server.
        archive_id: Of the resource.
        bag: Checked inputs.
        state: The stored outputs.
        reporter: Receives the progress, and a warning where what is lost cannot be downloaded again.
        owner: As for `diff_archive`.

    Returns: All outputs.

    Raises:
        OpsManagerError: As `transfer`; the old file is where it was.
    """
    inputs, holder = declared_of(ArchiveInputs, bag), Holder(owner or archive_id, archive_id)
    changed, problem = compare(ArchiveInputs, state, bag).updates, file_problem(state)
    kept = exchanged(ArchiveInputs, state, bag)
    is_moved, is_asked = "path" in changed, _is_asked(changed, state, bag)
    is_ignored = problem is not None and inputs.if_missing == "ignore"
    may_grow = _may_be_complete_by_now(session, state) and not is_ignored

    def claim(file: Path, _sha256: str | None = None) -> None:
        _hold(session, file, holder)
        if exists(file) and real_place(file) != real_place(file_of(state)):
            raise _is_taken(file)

    if not (is_asked or may_grow):
        if not is_moved and (problem is None or is_ignored or state.get("jobStatus") == EXPIRED_STATUS):
            return kept
        is_same = problem is None or has_same_content(state)
        if is_same and not is_moved:
            return kept | {"mtimeNs": str(file_of(state).stat().st_mtime_ns)}
        if is_same or is_ignored:
            moved = move_file(state, inputs.path, claim) if is_same else {"file": str(moved_place(state, inputs.path))}
            _hold(session, Path(moved["file"]), holder)
            session.holders.hand_over(Path(moved["file"]), holder)
            return kept | moved
    # On a new disk the folder is missing that a path without a slash meant.
    path = inputs.path if is_moved or file_of(state) == Path(inputs.path) else f"{inputs.path}/"
    try:
        outputs = _download(session, inputs, path, claim, reporter)
    except (JobNotFound, Expired) as gone:
        if is_asked or is_moved:
            raise
        reporter.warn(f"{problem or 'parts of the archive are missing'}, and cannot be downloaded again: {gone}")
        return kept | {"jobStatus": EXPIRED_STATUS}
    if real_place(file_of(outputs)) != real_place(file_of(state)):
        remove_file(state, archive_id, session.holders, reporter)
        session.holders.hand_over(file_of(outputs), holder)
    return outputs


def delete_archive(holders: Holders, archive_id: str, state: Bag, reporter: Reporter) -> None:
    """Remove the file, unless it is to be kept or is no longer the one that was written.

    Args:
        holders: Knows whether the file is by now that of the archive which replaced this one.
        archive_id: Of the resource.
        state: The stored outputs.
        reporter: Receives why a file is left.
    """
    if state.get("keepOnDelete"):
        # Still held: a replacement that is made after the deletion may overwrite it.
        reporter.info(f"{state.get('file')} is kept")
        return
    remove_file(state, archive_id, holders, reporter)
    holders.let_go(archive_id)


def _download(session: Session, inputs: ArchiveInputs, path: str, claim: Claim, reporter: Reporter) -> dict[str, Any]:
    with attempting(f"download the archive of job {inputs.job_id}"):
        stored = transfer(
            session.client,
            session.clock,
            str(inputs.project_id),
            inputs.job_id,
            path,
            require_complete=inputs.require_complete,
            advice=_ADVICE,
            progress=_progress_lines(session.clock, reporter),
            warn=reporter.warn,
            claim=claim,
        )
    session.note_stored(stored.file)
    return inputs.model_dump(by_alias=True, exclude_none=True) | stored.model_dump(by_alias=True)


def _is_asked(changed: Collection[str], state: Bag, new: Bag) -> bool:
    """Whether the inputs ask for other bytes, or for the same ones once more."""
    becomes_strict = "requireComplete" in changed and new.get("requireComplete") and not state.get("complete")
    return bool({"jobId", "projectId", "triggers"}.intersection(changed)) or bool(becomes_strict)


def _is_taken(file: Path) -> CannotStore:
    return CannotStore(f"{file} is there already, and is not this archive's: remove it, or choose another path")


def _is_predecessors(session: Session, file: Path) -> bool:
    """It is the untouched file of the archive that is being replaced."""
    found, now = session.holders.holder_of(file), file.stat()
    return found is not None and found.written == (now.st_size, now.st_mtime_ns)


def _hold(session: Session, file: Path, holder: Holder) -> None:
    if not session.holders.hold(file, holder):
        raise InvalidInput(f"{file} is the file of another LogArchive: give each a path of its own")


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


def _may_be_complete_by_now(session: Session, state: Bag) -> bool:
    """Parts of it are missing, and its job was complete or restarted when it was last seen."""
    return state.get("jobStatus") in FAILED_STATUSES and session.is_hopeful(str(state.get("jobId")))
