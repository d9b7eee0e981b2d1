"""May an archive take a place? It must not overwrite another archive of the program, nor another file."""

from __future__ import annotations

from pulumi_opsmanager.download.place import Place, digest_of, is_folder, is_there, place_of
from pulumi_opsmanager.errors import CannotStore, InvalidInput, Subject
from pulumi_opsmanager.schema.archive import ArchiveInputs
from pulumi_opsmanager.schema.models import Partial

from .archive_file import StoredArchive, file_of, written
from .context import Context
from .holders import Holder
from .transfer import Claim

_PATH = Subject(property="path", key="path")


def claim_of_new(context: Context, path: str, holder: Holder) -> Claim:
    """Make the claim of a new archive.

    It may take a free place, or the place of the archive that it replaces. It may also take a file with the same bytes,
    which a killed run has left.

    Args:
        context: Its run knows which archive has which file.
        path: The declared path. A file in a folder needs no comparison, because its name has the id of the job.
        holder: The new archive.
    """

    def claim(file: Place, sha256: str | None) -> None:
        hold(context, file, holder)
        if sha256 is None or file != place_of(path) or not is_there(file) or _is_predecessors(context, file):
            return
        if digest_of(file) != sha256:
            raise _taken(file)

    return claim


def claim_of(context: Context, stored: StoredArchive) -> Claim:
    """Make the claim of an existing archive: its own place, a free place, or a file of a killed run with its bytes."""

    def claim(file: Place, sha256: str | None) -> None:
        hold(context, file, holder_of_archive(context, stored))
        if sha256 is not None and _is_strange(file, stored) and digest_of(file) != sha256:
            raise _taken(file)

    return claim


def claim_free(context: Context, stored: StoredArchive, file: Place) -> None:
    """Take a place for a move.

    Raises:
        CannotStore: Another file is in the place.
        InvalidInput: Another archive of the program has the place.
    """
    hold(context, file, holder_of_archive(context, stored))
    if _is_strange(file, stored):
        raise _taken(file)


def hold(context: Context, file: Place, holder: Holder) -> None:
    """Take a place in this run; raise `InvalidInput` if another archive of the program has it."""
    if not context.run.holders.hold(file, holder):
        raise InvalidInput(f"{file.location} is the file of another LogArchive: give each its own path", subject=_PATH)


def holder_of_archive(context: Context, stored: StoredArchive) -> Holder:
    """An existing archive, as the run identifies it."""
    return Holder(context.owner or stored.id, stored.id, written(stored.state))


def is_taken_by_another(context: Context, stored: StoredArchive | None, declared: Partial[ArchiveInputs]) -> bool:
    """Whether another file is at the declared path. It sends nothing, so it is False for an object."""
    path = declared.known.path
    if path is None or (stored and path == stored.inputs.path) or is_folder(path):
        return False
    file = place_of(path)
    if file.is_remote or not is_there(file):
        return False
    holder = context.run.holders.holder_of(file)
    return holder is None or holder.owner != context.owner


def _is_predecessors(context: Context, file: Place) -> bool:
    """Whether it is the unchanged file of the archive to replace."""
    found = context.run.holders.holder_of(file)
    return found is not None and found.written == file.look()


def _is_strange(file: Place, stored: StoredArchive) -> bool:
    return file.identity != file_of(stored.state).identity and is_there(file)


def _taken(file: Place) -> CannotStore:
    words = f"{file.location} exists and is not the file of this archive: remove it, or choose another path"
    return CannotStore(words, subject=_PATH)
