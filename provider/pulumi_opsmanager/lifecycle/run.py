"""The memory of a run: restarts, stored archives, and facts that may add a reason to a later preview.

A run is one provider process. An update asks the server or the disk, not this memory. There are two exceptions, because
no other place has these facts: how often this run has restarted a job, and which archive of the program has a file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from pulumi_opsmanager.errors import OpsManagerError

from .holders import Holders

# A person reads no more in an error.
_NAMED_FILES = 20


class Run:
    """The memory of one process. Threads may share it.

    Attributes:
        holders: Which archive of the program has which file.
    """

    def __init__(self) -> None:
        self.holders = Holders()
        self._lock = Lock()
        self._restarts: Counter[str] = Counter()
        self._promising: set[str] = set()
        self._files: set[str] = set()
        self._projects: dict[str, str | None] = {}

    def note_restart(self, job_id: str) -> None:
        """Count a restart of a job."""
        with self._lock:
            self._restarts[job_id] += 1

    def restarts(self, job_id: str) -> int:
        """How often this run has restarted the job, for all resources together."""
        with self._lock:
            return self._restarts[job_id]

    def note_promising(self, job_id: str, *, is_promising: bool) -> None:
        """Remember whether a job has all its parts, or will be restarted by this run."""
        with self._lock:
            (self._promising.add if is_promising else self._promising.discard)(job_id)

    def is_promising(self, job_id: str) -> bool:
        """Whether the archive of the job may now be complete."""
        with self._lock:
            return job_id in self._promising

    def note_project(self, owner: str, project_id: str | None) -> None:
        """Remember the project of a resource's job; None if the resource declares another one."""
        with self._lock:
            self._projects[owner] = project_id

    def project_of(self, owner: str) -> str | None:
        """The noted project of a resource's job. A new job of the resource replaces that job."""
        with self._lock:
            return self._projects.get(owner)

    def note_file(self, file: str) -> None:
        """Remember an archive that this run has stored."""
        with self._lock:
            self._files.add(file)

    @contextmanager
    def naming_files(self) -> Iterator[None]:
        """Add to an error the archives that this run has stored, because outputs may not show them after a failure."""
        try:
            yield
        except OpsManagerError as error:
            with self._lock:
                files = sorted(self._files)
            if files:
                more = len(files) - _NAMED_FILES
                named = ", ".join(files[:_NAMED_FILES]) + (f" and {more} more" if more > 0 else "")
                error.args = (f"{error}; this run has stored {named}",)
            raise
