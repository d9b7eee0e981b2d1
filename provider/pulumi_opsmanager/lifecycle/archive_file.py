"""The file or object of an archive: is it unchanged, and how is it moved or removed?

The law of this module: a file that somebody changed is never removed.
"""

from __future__ import annotations

from collections.abc import Callable

from pulumi_opsmanager.download.place import (
    Place,
    Seen,
    digest_of,
    is_folder,
    is_there,
    name_of,
    place_of,
    within,
)
from pulumi_opsmanager.errors import CannotStore, counted
from pulumi_opsmanager.schema.archive import ArchiveInputs, ArchiveState

from .holders import Holders
from .manifest import move_with_manifest, remove_manifest
from .reporter import Reporter
from .stored import Stored

StoredArchive = Stored[ArchiveInputs, ArchiveState]


def file_of(state: ArchiveState) -> Place:
    """The place of the archive, also if the file is missing."""
    return place_of(state.file)


def written(state: ArchiveState) -> Seen:
    """What a look showed when the archive was written."""
    return Seen(state.size_bytes, state.mtime_ns, state.etag)


def placed(state: ArchiveState, file: Place, seen: Seen | None = None) -> ArchiveState:
    """The state of a verified archive in a place. Without `seen` it looks there."""
    seen = seen or file.look() or written(state)
    found = {"size_bytes": seen.size_bytes, "mtime_ns": seen.mtime_ns, "etag": seen.etag}
    return state.model_copy(update={"file": file.location, "problem": None, **found})


def file_problem(state: ArchiveState) -> str | None:
    """How size, time or ETag differ from those that were written; None if they are equal.

    Raises:
        CannotStore: This user cannot look at the place.
        InvalidSettings: The environment does not describe the store of the object.
    """
    file, expected = file_of(state), written(state)
    seen = file.look()
    if seen is None:
        return f"{state.file} is missing"
    if seen.size_bytes != expected.size_bytes:
        return f"{state.file} was changed: it has {counted(seen.size_bytes, 'byte')}, not {expected.size_bytes}"
    return None if seen == expected else f"{state.file} was changed"


def present_problem(state: ArchiveState) -> str | None:
    """As `file_problem`. If a look shows no difference: what the last read found in the bytes."""
    return file_problem(state) or state.problem


def content_problem(state: ArchiveState) -> str | None:
    """How the bytes differ from the verified ones; None if they are equal. Raises as `file_problem`."""
    problem, file = file_problem(state), file_of(state)
    seen = file.look()
    if seen is None or seen.size_bytes != state.size_bytes:
        return problem
    found = digest_of(file)
    return None if found == state.sha256 else f"{state.file} was changed: its SHA-256 is {found}, not {state.sha256}"


def has_same_content(state: ArchiveState) -> bool:
    """Whether the bytes are the verified ones, as after a touch or a restored copy. Raises as `file_problem`."""
    seen = file_of(state).look()
    return seen is not None and seen.size_bytes == state.size_bytes and digest_of(file_of(state)) == state.sha256


def later_place(stored: StoredArchive, path: str) -> str:
    """Where an archive with a new path belongs. In a folder it keeps its name."""
    file, was = stored.state.file, stored.inputs.path
    # In another checkout the folder may not exist yet.
    is_same_folder = place_of(file) != place_of(was) and name_of(path) == name_of(was)
    return within(path, name_of(file)) if is_folder(path) or is_same_folder else path


def move_file(state: ArchiveState, path: str, claim: Callable[[Place], None]) -> ArchiveState:
    """Move the archive to a new path, and return the state with its new place."""
    source = file_of(state)
    target = place_of(within(path, name_of(state.file)) if is_folder(path) else path)
    claim(target)
    return placed(state, target, move_with_manifest(source, target, state.sha256))


def remove_file(stored: StoredArchive, holders: Holders, reporter: Reporter) -> None:
    """Delete the file and its manifest, unless a replacement now has the file or somebody changed it."""
    file = file_of(stored.state)
    holder = holders.holder_of(file)
    if holder is not None and holder.archive_id != stored.id:
        return
    problem = file_problem(stored.state)
    if problem is None:
        file.remove()
    elif is_there(file):
        _leave(stored.state, problem, reporter)
        return
    remove_manifest(file, stored.state.sha256)


def _leave(state: ArchiveState, problem: str, reporter: Reporter) -> None:
    try:
        is_same = has_same_content(state)
    except CannotStore:
        is_same = False
    if is_same:
        # Most likely another process has made a replacement.
        reporter.info(f"{state.file} was written again with the same content, so it is not removed")
    else:
        reporter.warn(f"{problem}, so it is not removed")
