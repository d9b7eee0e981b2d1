"""The file that the state of an archive names: is it unchanged, and how is it moved or removed?

The law of this module: a file that has changed since it was written here is never removed.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pulumi_opsmanager.download.draft import exists, move, remove, sha256_of
from pulumi_opsmanager.errors import CannotStore, counted
from pulumi_opsmanager.schema.archive import ArchiveInputs, ArchiveState

from .holders import Holders
from .reporter import Reporter
from .stored import Stored
from .transfer import is_folder

StoredArchive = Stored[ArchiveInputs, ArchiveState]


def file_of(state: ArchiveState) -> Path:
    """Where it is, or was."""
    return Path(state.file)


def written(state: ArchiveState) -> tuple[int, int]:
    """Its size and modification time (ns) as they were written."""
    return state.size_bytes, int(state.mtime_ns)


def file_problem(state: ArchiveState) -> str | None:
    """How it differs from the file that was written; None when it is unchanged.

    Raises:
        CannotStore: This user cannot read the folder.
    """
    file, (size, mtime_ns) = file_of(state), written(state)
    try:
        found = file.stat()
    except (FileNotFoundError, NotADirectoryError):
        return f"{file} is missing"
    except OSError as error:
        raise CannotStore(f"cannot read {file}: {error.strerror}; let this user read the folder") from error
    if found.st_size != size:
        return f"{file} was changed: it has {counted(found.st_size, 'byte')}, not {size}"
    return f"{file} was changed" if found.st_mtime_ns != mtime_ns else None


def has_same_content(state: ArchiveState) -> bool:
    """The file was only touched, written again, or restored from a copy.

    Raises:
        CannotStore: It cannot be read.
    """
    file = file_of(state)
    if not file.is_file() or file.stat().st_size != state.size_bytes:
        return False
    return sha256_of(file) == state.sha256


def later_place(stored: StoredArchive, path: str) -> Path:
    """Where a download to a new path puts the file: in a folder it keeps its name."""
    file, was = file_of(stored.state), Path(stored.inputs.path)
    # In another checkout the folder may not exist yet.
    is_same_folder = file != was and Path(path).name == was.name
    return Path(path) / file.name if is_folder(path) or is_same_folder else Path(path)


def move_file(state: ArchiveState, path: str, claim: Callable[[Path], None]) -> Path:
    """Move it to a new path; returns where it is then."""
    source = file_of(state)
    target = Path(path) / source.name if is_folder(path) else Path(path)
    claim(target)
    move(source, target)
    return target


def remove_file(stored: StoredArchive, holders: Holders, reporter: Reporter) -> None:
    """Delete it, unless it is another file by now: that of an archive which replaced this one, or of a person."""
    file = file_of(stored.state)
    holder = holders.holder_of(file)
    if holder is not None and holder.archive_id != stored.id:
        return
    problem = file_problem(stored.state)
    if problem is None:
        remove(file)
    elif exists(file):
        _leave(stored.state, problem, reporter)


def _leave(state: ArchiveState, problem: str, reporter: Reporter) -> None:
    try:
        is_same = has_same_content(state)
    except CannotStore:
        is_same = False
    if is_same:
        # Most likely a replacement that another process has made.
        reporter.info(f"{file_of(state)} was written again with the same content, so it is not removed")
    else:
        reporter.warn(f"{problem}, so it is not removed")
