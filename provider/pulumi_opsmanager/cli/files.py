"""Output files: an existing file is replaced only on request, and several files are written all or none."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pulumi_opsmanager.download.draft import exists
from pulumi_opsmanager.errors import CannotStore


def require_free(paths: Sequence[Path], *, overwrite: bool) -> None:
    """Refuse to replace existing files; `overwrite` allows regular files, but no folder, device or pipe.

    Raises:
        CannotStore: At least one path exists.
    """
    existing = [str(path) for path in paths if exists(path) and not (overwrite and path.is_file())]
    if existing:
        verb = "already exists" if len(existing) == 1 else "already exist"
        advice = "choose another name" if overwrite else "choose another name or use --overwrite"
        raise CannotStore(f"{' and '.join(existing)} {verb}; {advice}")


def write_together(texts: Mapping[Path, str]) -> None:
    """Write each text to a temporary file beside its path, then rename all.

    Raises:
        CannotStore: A file cannot be written. All paths are as before.
    """
    with ExitStack() as cleanup, ExitStack() as undo:
        drafts = {path: path.with_name(f".{path.name[:32]}.{secrets.token_hex(4)}.part") for path in texts}
        for path, draft in drafts.items():
            cleanup.callback(draft.unlink, missing_ok=True)
            with _storing(path):
                draft.write_text(texts[path], encoding="utf-8")
        for path, draft in drafts.items():
            with _storing(path):
                before = path.read_bytes() if path.is_file() else None
                draft.replace(path)
            if before is None:
                undo.callback(path.unlink)
            else:
                undo.callback(path.write_bytes, before)
        undo.pop_all()


@contextmanager
def _storing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CannotStore(f"cannot write {path}: {error.strerror}") from error
