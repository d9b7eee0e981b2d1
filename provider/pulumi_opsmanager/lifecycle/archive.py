"""A local copy of a finished job's archive: whole, private, and replaced only by another whole one.

The law of this module: a new file is in its place before an old one is removed; a file that is no longer the one that
was written here is never removed, and never overwritten but by its own archive downloaded again.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from pulumi_opsmanager.api.clock import Clock
from pulumi_opsmanager.api.models import EXPIRED_STATUS, FAILED_STATUSES
from pulumi_opsmanager.api.refusals import ARCHIVE_EXPIRED
from pulumi_opsmanager.download.draft import folder_problem, move, remove, sha256_of
from pulumi_opsmanager.errors import CannotStore, InvalidInput, JobNotFound, attempting
from pulumi_opsmanager.schema.archive import ArchiveInputs
from pulumi_opsmanager.schema.fields import Bag, declared_of
from pulumi_opsmanager.schema.validate import Failure

from .check import Checked, check_inputs
from .outputs import exchanged
from .plan import Plan, compare
from .reporter import Reporter
from .session import Session
from .transfer import Advice, Claim, is_folder, transfer

_BETWEEN_LINES = timedelta(seconds=2)

_ADVICE = Advice(
    unfinished="let a LogCollectionCompletion wait for it, and make the archive depend on that",
    incomplete="or take what there is with require_complete=False",
)


def check_archive(new: Bag, old: Bag, *, default_project_id: str | None) -> Checked:
    """Judge the inputs of an archive, and whether a new path can be written: better now than after the collection.

    Args:
        new: What the program says, `UNKNOWN` included.
        old: The checked inputs of the existing archive; empty for a new one.
        default_project_id: From the settings, for a new archive.
    """
    checked = check_inputs(ArchiveInputs, new, old, default_project_id=default_project_id)
    path = checked.inputs.get("path")
    is_broken = any(failure.path == "path" for failure in checked.failures)
    if not isinstance(path, str) or is_broken or path == old.get("path"):
        return checked
    warnings: tuple[str, ...] = ()
    try:
        problem = folder_problem(Path(path) if is_folder(path) else Path(path).parent)
        if not is_folder(path) and Path(path).exists():
            warnings = (f"{path} is there already; up fails unless it is this very archive",)
    except OSError as error:  # a name too long, a folder that this user may not enter
        problem = f"cannot be looked at: {error.strerror}"
    return replace(
        checked, failures=checked.failures + ([Failure("path", problem)] if problem else []), warnings=warnings
    )


def diff_archive(session: Session, archive_id: str, state: Bag, new: Bag) -> Plan:
    """What an update would do, from the stored state and a look at the file's size and time.

    Args:
        session: Knows which jobs have all their parts by now, and hears whose the file is. Nothing is sent.
        archive_id: Of the resource.
        state: The stored outputs.
        new: The checked inputs, `UNKNOWN` included.
    """
    session.hold(_file(state), archive_id)
    plan = compare(ArchiveInputs, state, new)
    if _may_be_whole_by_now(session, state):
        plan += Plan(reasons=("the archive lacks parts that its job may have by now; up downloads it again",))
    problem = _file_problem(state)
    if problem is None:
        return plan
    if new.get("ifMissing") == "ignore":
        return plan + Plan(notes=(f"{problem}; it is left so (if_missing is ignore)",))
    if state.get("jobStatus") == EXPIRED_STATUS:
        return plan + Plan(notes=(f"{problem}, and its job has expired",))
    return plan + Plan(reasons=(f"{problem}; up downloads it again",))


def create_archive(session: Session, bag: Bag, reporter: Reporter) -> tuple[str, dict[str, Any]]:
    """Download a finished job's archive; returns a random id and all outputs.

    Args:
        session: The server.
        bag: Checked inputs, project included.
        reporter: Hears the progress.

    Raises:
        CannotStore: Another file is there.
        OpsManagerError: As `transfer`; nothing is stored.
    """
    inputs, archive_id = declared_of(ArchiveInputs, bag), uuid.uuid4().hex

    def claim(file: Path, sha256: str | None) -> None:
        _hold(session, file, archive_id)
        # An `up` that was killed may have left this very archive, so only its content tells; the name of one in a
        # folder holds the job's id.
        is_theirs = file == Path(inputs.path) and file.exists()
        if is_theirs and sha256 is not None and sha256_of(file) != sha256:
            raise _is_there(file)

    try:
        return archive_id, _download(session, inputs, inputs.path, claim, reporter)
    except BaseException:
        # Whoever tries again in this process does it under another id.
        session.let_go(archive_id)
        raise


def update_archive(session: Session, archive_id: str, bag: Bag, state: Bag, reporter: Reporter) -> dict[str, Any]:
    """Do what `diff_archive` planned, then remove the old file where the new one is another.

    Args:
        session: The server.
        archive_id: Of the resource.
        bag: Checked inputs.
        state: The stored outputs.
        reporter: Hears the progress, and a warning where what is lost cannot be had again.

    Returns: All outputs.

    Raises:
        OpsManagerError: As `transfer`; the old file is where it was.
    """
    inputs = declared_of(ArchiveInputs, bag)
    changed, problem = set(compare(ArchiveInputs, state, bag).updates), _file_problem(state)
    kept = exchanged(ArchiveInputs, state, bag)
    is_moved = "path" in changed
    is_lost = problem is not None and inputs.if_missing == "download" and state.get("jobStatus") != EXPIRED_STATUS
    is_asked = bool(changed & {"jobId", "projectId", "triggers"})
    is_asked = is_asked or ("requireComplete" in changed and inputs.require_complete and not state.get("complete"))
    may_grow = _may_be_whole_by_now(session, state)
    if not (is_asked or is_moved or is_lost or may_grow):
        return kept

    def claim(file: Path, _sha256: str | None = None) -> None:
        _hold(session, file, archive_id)
        if file.exists() and file.absolute() != _file(state).absolute():
            raise _is_there(file)

    if is_moved and problem is None and not (is_asked or may_grow):
        moved = _move(state, inputs.path, claim)
        _hold_only(session, moved["file"], archive_id)
        return kept | moved
    if is_lost and not (is_asked or is_moved or may_grow) and _has_the_same_content(state):
        return kept | {"mtimeNs": str(_file(state).stat().st_mtime_ns)}
    # On a new disk the folder is missing that a path without a slash meant.
    path = inputs.path if is_moved or _file(state) == Path(inputs.path) else f"{inputs.path}/"
    try:
        outputs = _download(session, inputs, path, claim, reporter)
    except (JobNotFound, InvalidInput) as gone:
        if is_asked or is_moved or (isinstance(gone, InvalidInput) and gone.code != ARCHIVE_EXPIRED):
            raise
        reporter.warn(f"{problem or 'the archive lacks parts'}, and cannot be had again: {gone}")
        return kept | {"jobStatus": EXPIRED_STATUS}
    if Path(outputs["file"]).absolute() != _file(state).absolute():
        _remove(state, reporter)
        _hold_only(session, outputs["file"], archive_id)
    return outputs


def delete_archive(state: Bag, reporter: Reporter) -> None:
    """Remove the file, unless it is to be kept or is no longer the one that was written."""
    if state.get("keepOnDelete"):
        reporter.info(f"{state.get('file')} is kept")
    else:
        _remove(state, reporter)


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
    return inputs.model_dump(by_alias=True, exclude_none=True) | stored.model_dump(by_alias=True)


def _is_there(file: Path) -> CannotStore:
    return CannotStore(f"{file} is there already, and is not this archive's: remove it, or choose another path")


def _hold(session: Session, file: Path, archive_id: str) -> None:
    if not session.hold(file, archive_id):
        raise InvalidInput(f"{file} is the file of another LogArchive: give each a path of its own")


def _hold_only(session: Session, file: str, archive_id: str) -> None:
    """The old file may be another's from now on."""
    session.let_go(archive_id)
    session.hold(Path(file), archive_id)


def _progress_lines(clock: Clock, reporter: Reporter) -> Callable[[int], None]:
    """Make bytes and rate of byte counts, no more often than a person can read; a count of 0 begins anew."""
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


def _may_be_whole_by_now(session: Session, state: Bag) -> bool:
    """It was downloaded in part, and the last word on its job was a good one."""
    return state.get("jobStatus") in FAILED_STATUSES and session.is_hopeful(str(state.get("jobId")))


def _file(state: Bag) -> Path:
    return Path(str(state.get("file")))


def _file_problem(state: Bag) -> str | None:
    """What is wrong with the stored file; None when it is still the one that was written."""
    file, size = _file(state), int(state.get("sizeBytes") or 0)
    try:
        found = file.stat()
    except (FileNotFoundError, NotADirectoryError):
        return f"{file} is missing"
    except OSError as error:
        raise CannotStore(f"{file} cannot be looked at: {error.strerror}; let this user read the folder") from error
    if found.st_size != size:
        return f"{file} was changed: it has {found.st_size} bytes, not {size}"
    return f"{file} was changed" if str(found.st_mtime_ns) != state.get("mtimeNs") else None


def _has_the_same_content(state: Bag) -> bool:
    """The file was only touched, or restored from a copy."""
    file = _file(state)
    if not file.is_file() or file.stat().st_size != int(state.get("sizeBytes") or 0):
        return False
    return sha256_of(file) == state.get("sha256")


def _move(state: Bag, path: str, claim: Callable[[Path], None]) -> dict[str, Any]:
    """Move a file that is as it was written; in a folder it keeps its name."""
    source = _file(state)
    target = Path(path) / source.name if is_folder(path) else Path(path)
    claim(target)
    move(source, target)
    return {"file": str(target), "mtimeNs": str(target.stat().st_mtime_ns)}


def _remove(state: Bag, reporter: Reporter) -> None:
    problem = _file_problem(state)
    if problem is None:
        remove(_file(state))
    elif _file(state).exists():
        reporter.warn(f"{problem}; so it is not removed")
