"""Files that are written together or not at all, and over nothing that exists unless that is wanted."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click

from pulumi_opsmanager.download.draft import exists
from pulumi_opsmanager.errors import CannotStore


def checked_path(_context: click.Context, _option: click.Parameter, text: str) -> str:
    """A path of this machine, by the rule of `LogArchive`'s.

    Raises:
        click.BadParameter: A URL, for one.
    """
    from pulumi_opsmanager.schema.paths import path_problem

    if problem := path_problem(text):
        raise click.BadParameter(f"{text!r} {problem}")
    return text


def require_free(paths: Sequence[Path], *, overwrite: bool) -> None:
    """Say which files would be lost before any work is done.

    Args:
        paths: Where files are to be.
        overwrite: Regular files may be lost; folders, devices and pipes never.

    Raises:
        CannotStore: Some are in the way.
    """
    in_the_way = [path for path in paths if exists(path) and not (overwrite and path.is_file())]
    if in_the_way:
        advice = "choose another name" if overwrite else "choose another name, or give --overwrite"
        raise CannotStore(f"{' and '.join(map(str, in_the_way))}: there already; {advice}")


def write_together(texts: Mapping[Path, str]) -> None:
    """Write every text to a neighbour of its file; only when all are complete they get their names.

    Raises:
        CannotStore: One cannot be written; all are as before.
    """
    with ExitStack() as leftovers, ExitStack() as undo:
        neighbours = {path: path.with_name(f".{path.name[:32]}.{secrets.token_hex(4)}.part") for path in texts}
        for path, neighbour in neighbours.items():
            leftovers.callback(neighbour.unlink, missing_ok=True)
            with _storing(path):
                neighbour.write_text(texts[path], encoding="utf-8")
        for path, neighbour in neighbours.items():
            with _storing(path):
                before = path.read_bytes() if path.is_file() else None
                neighbour.replace(path)
            undo.callback(_put_back, path, before)
        undo.pop_all()


def _put_back(path: Path, before: bytes | None) -> None:
    if before is None:
        path.unlink()
    else:
        path.write_bytes(before)


@contextmanager
def _storing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CannotStore(f"cannot write {path}: {error.strerror}") from error
