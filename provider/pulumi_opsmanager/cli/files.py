"""Output files. A command replaces an existing file only on request, and writes several files together or none."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pulumi_opsmanager.download.draft import exists
from pulumi_opsmanager.download.file_place import FilePlace
from pulumi_opsmanager.download.place import Place
from pulumi_opsmanager.errors import CannotStore


def require_free(paths: Sequence[Path], *, overwrite: bool) -> None:
    """Refuse to replace existing files. `overwrite` allows regular files, but no folder, device or pipe.

    Raises:
        CannotStore: At least one path exists.
    """
    existing = [str(path) for path in paths if exists(path) and not (overwrite and path.is_file())]
    if existing:
        verb = "already exists" if len(existing) == 1 else "already exist"
        advice = "choose another name" if overwrite else "choose another name or use --overwrite"
        raise CannotStore(f"{' and '.join(existing)} {verb}; {advice}")


def require_free_place(place: Place, *, overwrite: bool) -> None:
    """Refuse to replace a file or an object. Raises the errors of `require_free`, and if the place is unreadable."""
    if isinstance(place, FilePlace):
        require_free([place.path], overwrite=overwrite)
    elif not overwrite and place.look() is not None:
        raise CannotStore(f"{place.location} already exists; choose another name or use --overwrite")


@contextmanager
def draft_of(path: Path) -> Iterator[Path]:
    """Give a free name beside a path for a temporary file, and remove that file at the end."""
    draft = path.with_name(f".{path.name[:32]}.{secrets.token_hex(4)}.part")
    try:
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def write_together(texts: Mapping[Path, str], *, mode: int | None = None) -> None:
    """Write each text to a temporary file beside its path, then rename all. `mode` is the mode of the files.

    Raises:
        CannotStore: A file cannot be written. All paths are unchanged.
    """
    with ExitStack() as cleanup, ExitStack() as undo:
        drafts = {path: cleanup.enter_context(draft_of(path)) for path in texts}
        for path, draft in drafts.items():
            with storing(path):
                draft.write_text(texts[path], encoding="utf-8")
                if mode is not None:
                    draft.chmod(mode)
        for path, draft in drafts.items():
            with storing(path):
                before = path.read_bytes() if path.is_file() else None
                draft.replace(path)
            if before is None:
                undo.callback(path.unlink)
            else:
                undo.callback(path.write_bytes, before)
        undo.pop_all()


@contextmanager
def storing(path: Path) -> Iterator[None]:
    """Report a failed write with this path.

    Raises:
        CannotStore: Replaces an OSError.
    """
    try:
        yield
    except OSError as error:
        raise CannotStore(f"cannot write {path}: {error.strerror}") from error
