"""The file that the state of an archive names: is it still the one that was written, and how does it move or go?

The law of this module: a file that is no longer the one that was written here is never removed.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pulumi_opsmanager.download.draft import exists, move, remove, sha256_of
from pulumi_opsmanager.errors import CannotStore, counted
from pulumi_opsmanager.schema.fields import Bag

from .holders import Holders
from .reporter import Reporter
from .transfer import is_folder


def file_of(state: Bag) -> Path:
    """Where it is, or was."""
    return Path(str(state.get("file")))


def written(state: Bag) -> tuple[int, int]:
    """Its size and modification time (ns) as they were written."""
    return int(state.get("sizeBytes") or 0), int(state.get("mtimeNs") or 0)


def file_problem(state: Bag) -> str | None:
    """What is wrong with it; None when it is still the one that was written.

    Raises:
        CannotStore: This user may not look.
    """
    file, (size, mtime_ns) = file_of(state), written(state)
    try:
        found = file.stat()
    except (FileNotFoundError, NotADirectoryError):
        return f"{file} is missing"
    except OSError as error:
        raise CannotStore(f"{file} cannot be looked at: {error.strerror}; let this user read the folder") from error
    if found.st_size != size:
        return f"{file} was changed: it has {counted(found.st_size, 'byte')}, not {size}"
    return f"{file} was changed" if found.st_mtime_ns != mtime_ns else None


def has_same_content(state: Bag) -> bool:
    """The file was only touched, written again, or restored from a copy.

    Raises:
        CannotStore: It cannot be read.
    """
    file = file_of(state)
    if not file.is_file() or file.stat().st_size != written(state)[0]:
        return False
    return sha256_of(file) == state.get("sha256")


def moved_place(state: Bag, path: str) -> Path:
    """Where a new path puts it: in a folder it keeps its name."""
    file, was = file_of(state), Path(str(state.get("path")))
    # In another checkout the folder may not be there yet.
    is_same_folder = file != was and Path(path).name == was.name
    return Path(path) / file.name if is_folder(path) or is_same_folder else Path(path)


def move_file(state: Bag, path: str, claim: Callable[[Path], None]) -> dict[str, Any]:
    """Move it where a new path puts it.

    Args:
        state: The stored outputs.
        path: The new one.
        claim: Refuses a place by raising.

    Returns: The outputs that change.
    """
    source = file_of(state)
    target = Path(path) / source.name if is_folder(path) else Path(path)
    claim(target)
    move(source, target)
    return {"file": str(target), "mtimeNs": str(target.stat().st_mtime_ns)}


def remove_file(state: Bag, archive_id: str, holders: Holders, reporter: Reporter) -> None:
    """Delete it, unless it is another one by now: that of an archive which replaced this one, or of a person."""
    file = file_of(state)
    holder = holders.holder_of(file)
    if holder is not None and holder.archive_id != archive_id:
        return
    problem = file_problem(state)
    if problem is None:
        remove(file)
    elif exists(file):
        _leave(state, problem, reporter)


def _leave(state: Bag, problem: str, reporter: Reporter) -> None:
    try:
        is_same = has_same_content(state)
    except CannotStore:
        is_same = False
    if is_same:
        # Most likely a replacement that another process has made.
        reporter.info(f"{file_of(state)} was written again with the same content; so it is not removed")
    else:
        reporter.warn(f"{problem}; so it is not removed")
