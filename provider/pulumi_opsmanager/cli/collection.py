"""The file of a collection: its request and the progress of each target. An interrupted collection continues from it.

The rule of this module: the file on the disk is complete and current. Every change replaces it, and is on the disk
before the next request is sent.
"""

from __future__ import annotations

import fcntl
import os
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, BinaryIO

import click
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from pulumi_opsmanager.download.place import Place, Seen, is_url, place_of, within
from pulumi_opsmanager.errors import CannotStore
from pulumi_opsmanager.schema.archive import ArchiveState

NAME = "collection.json"
SCHEMA = "opsmanager-collection/1"

_LOCK = ".collection.lock"

_OPTIONS = {
    "base_url": "the base URL",
    "project_id": "the project",
    "targets": "targets",
    "log_types": "--log-types",
    "size_bytes": "--size",
    "redacted": "--redacted",
    "last": "--last",
    "from_date": "--from",
    "to_date": "--to",
    "expires_days": "--expires",
}
"""Option or name of each part of a request, for messages."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, alias_generator=to_camel, populate_by_name=True)


class Request(_Part):
    """The request of a person, in canonical form. Two equal requests are one collection.

    Attributes:
        base_url: Base URL of the server.
        project_id: Id of the project.
        targets: Type and name of each deployment, sorted.
        log_types: Log types of each job, sorted.
        size_bytes: Requested bytes per log type and per process or host.
        redacted: Whether the server redacts the logs.
        last: Length of a period that ended when the collection began; None if it was not given.
        from_date: Start of the period; None if it was not given.
        to_date: End of the period; None if it was not given.
        expires_days: Days from a job's creation until the server deletes the archive; None if the server decides.
    """

    base_url: str
    project_id: str
    targets: tuple[tuple[str, str], ...]
    log_types: tuple[str, ...]
    size_bytes: int
    redacted: bool
    last: str | None = None
    from_date: str | None = None
    to_date: str | None = None
    expires_days: int | None = None

    def differences(self, other: Request) -> list[str]:
        """Return in words how another request differs from this one."""
        return [
            f"{words} {_shown(ours)} there and {_shown(theirs)} here"
            for name, words in _OPTIONS.items()
            if (ours := getattr(self, name)) != (theirs := getattr(other, name))
        ]


class Window(_Part):
    """The period of all jobs in RFC 3339, UTC. It is computed once, and its ends are None without a period."""

    from_date: str | None = None
    to_date: str | None = None


class Target(_Part):
    """The progress of one target.

    Attributes:
        resource_type: Resource type of its job.
        resource_name: Resource name of its job.
        started_at: Start of its create; None if no create has begun, or the server refused it.
        job_id: Id of its job; None until the server has given an id.
        status: Last status of the job.
        archive_id: Id of the stored archive in the rules; None without an archive.
        require_complete: Whether the stored archive had to be complete.
        archive: The stored archive. Its `file` is a name in the folder of the collection.
        deleted: Whether the job was deleted after its archive was stored.
    """

    resource_type: str
    resource_name: str
    started_at: str | None = None
    job_id: str | None = None
    status: str | None = None
    archive_id: str | None = None
    require_complete: bool = True
    archive: ArchiveState | None = None
    deleted: bool = False

    @property
    def name(self) -> str:
        """Type and name of the target."""
        return f"{self.resource_type} {self.resource_name}"

    @property
    def has_begun(self) -> bool:
        """Whether the server has made a job for the target, or may have made one."""
        return self.started_at is not None or self.job_id is not None


class Collection(_Part):
    """The content of the file of a collection.

    Attributes:
        schema_version: Version of the form of the file.
        run: Id of the run that wrote it last, for places without locks.
        request: The request.
        window: The period of all jobs.
        targets: All targets, in the order of the request.
    """

    schema_version: str = Field(SCHEMA, alias="schema")
    run: str | None = None
    request: Request
    window: Window
    targets: tuple[Target, ...]

    @classmethod
    def of(cls, request: Request, window: Window) -> Collection:
        """Return a collection of which nothing has begun."""
        targets = tuple(Target(resource_type=kind, resource_name=name) for kind, name in request.targets)
        return cls(request=request, window=window, targets=targets)

    def corrected(self, request: Request, window: Window) -> Collection | None:
        """Return the collection for a corrected request. None if the correction concerns targets that have begun.

        If no target has begun, every part of the request may change. Otherwise, targets that have not begun may get
        another name or be dropped.
        """
        if request == self.request:
            return self
        fresh = Collection.of(request, window)
        begun = {target.name: target for target in self.targets if target.has_begun}
        if not begun:
            return fresh
        is_same = self.request.model_copy(update={"targets": request.targets}) == request
        are_kept = begun.keys() <= {target.name for target in fresh.targets}
        if not (is_same and are_kept and len(fresh.targets) <= len(self.targets)):
            return None
        targets = tuple(begun.get(target.name, target) for target in fresh.targets)
        return self.model_copy(update={"request": request, "targets": targets})


class Ledger:
    """The file of one collection, and its content.

    Attributes:
        is_written: Whether the file on the disk has the present request.
    """

    def __init__(self, place: Place, seen: Seen | None, content: Collection, *, is_written: bool) -> None:
        self._place = place
        self._seen = seen
        self._content = content
        self.is_written = is_written

    @property
    def window(self) -> Window:
        """The period of all jobs."""
        return self._content.window

    @property
    def targets(self) -> tuple[Target, ...]:
        """All targets with their present progress."""
        return self._content.targets

    @property
    def has_begun(self) -> bool:
        """Whether a target has or may have a job."""
        return any(target.has_begun for target in self.targets)

    def take_over(self) -> None:
        """Make this run the only one. Another run in the same bucket stops at its next change.

        Raises:
            CannotStore: The file cannot be written, or another process has changed it.
        """
        if not self.is_written or self._place.is_remote:
            self._write(self._content.model_copy(update={"run": uuid.uuid4().hex if self._place.is_remote else None}))

    def note(self, target: Target, **changes: Any) -> Target:
        """Change a target, and write the file. Raises the errors of `take_over`."""
        changed = target.model_copy(update=changes)
        targets = tuple(changed if one.name == target.name else one for one in self.targets)
        self._write(self._content.model_copy(update={"targets": targets}))
        return changed

    def _write(self, content: Collection) -> None:
        with self._place.draft() as draft:
            # The draft replaces only the file that existed when it was opened. That file has to be ours.
            if self._place.look() != self._seen:
                raise CannotStore(f"another process has changed {self._place.location}; run one command at a time")
            draft.write(content.model_dump_json(by_alias=True, indent=2).encode() + b"\n")
            self._seen = draft.keep()
        self._content, self.is_written = content, True


@contextmanager
def opened(folder: str, request: Request, window: Window) -> Iterator[Ledger]:
    """Open the file of a collection, or begin a new one. This writes nothing yet.

    Args:
        folder: Folder of the collection on this machine or in a bucket, created if it is missing.
        request: The present request.
        window: Period of a new collection. An existing collection keeps its period.

    Raises:
        UsageError: The folder holds another request, or a file of another kind.
        CannotStore: Another process works there, or the folder cannot be read or written.
        InvalidSettings: The environment has no settings of the bucket.
    """
    with nullcontext() if is_url(folder) else _exclusive(Path(folder)):
        place = place_of(within(folder, NAME))
        seen = place.look()
        found = None if seen is None else _read(place)
        content: Collection | None
        if found is None:
            content = Collection.of(request, window)
        elif (content := found.corrected(request, window)) is None:
            differences = "; ".join(found.request.differences(request))
            raise click.UsageError(f"{place.location} holds another request: {differences}; choose another folder")
        yield Ledger(place, seen, content, is_written=content is found)


def _read(place: Place) -> Collection:
    text = b"".join(place.pieces())
    try:
        content = Collection.model_validate_json(text)
    except ValidationError:
        content = None
    if content is None or content.schema_version != SCHEMA:
        words = f"{place.location} is not the file of a collection by this version"
        raise click.UsageError(f"{words}; choose another folder")
    return content


@contextmanager
def _exclusive(folder: Path) -> Iterator[None]:
    """Lock a folder against other processes until the block or this process ends."""
    lock = folder / _LOCK
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = lock.open("ab")
    except OSError as error:
        raise CannotStore(f"{folder} cannot be written: {error.strerror}; choose another folder") from error
    with file:
        if not _is_ours(file, lock):
            raise CannotStore(f"another process collects into {folder}; wait for it, or choose another folder")
        try:
            yield
        finally:
            with suppress(OSError):
                lock.unlink()


def _is_ours(file: BinaryIO, lock: Path) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # The process that had the lock may have removed the file after it was opened here.
        return os.path.samestat(os.fstat(file.fileno()), lock.stat())
    except (BlockingIOError, FileNotFoundError):
        return False
    except OSError:
        # A file system without locks still stores the archives.
        return True


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return "are " + ", ".join(" ".join(part) if isinstance(part, tuple) else str(part) for part in value)
    words: Mapping[object, str] = {None: "is not given", True: "is yes", False: "is no"}
    return words[value] if value is None or isinstance(value, bool) else f"is {value}"
