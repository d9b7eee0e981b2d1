"""What one run remembers: restarts, archives that it stored, and what may add a reason to a later preview.

A run is one provider process. An update asks the server or the disk, not this memory. Two things are the exception,
because they exist nowhere else: how often this run has restarted a job, and which archive of the program has a file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from pulumi_opsmanager.errors import OpsManagerError

from .holders import Holders

# As many as a person reads in an error.
_NAMED_FILES = 20


class Run:
    """The memory of one process. Safe to share between threads.

    Attributes:
        holders: Which archive of the program has which file.
    """

    def __init__(self) -> None:
        self.holders = Holders()
        self._lock = Lock()
        self._restarts: Counter[str] = Counter()
        self._promising: set[str] = set()
        self._files: set[str] = set()

    def note_restart(self, job_id: str) -> None:
        """Count a restart of a job."""
        with self._lock:
            self._restarts[job_id] += 1

    def restarts(self, job_id: str) -> int:
        """How often this run has restarted the job, for whichever resource."""
        with self._lock:
            return self._restarts[job_id]

    def note_promising(self, job_id: str, *, is_promising: bool) -> None:
        """Keep whether a job has all its parts, or will be restarted by this run."""
        with self._lock:
            (self._promising.add if is_promising else self._promising.discard)(job_id)

    def is_promising(self, job_id: str) -> bool:
        """Whether the archive of the job may be complete by now."""
        with self._lock:
            return job_id in self._promising

    def note_file(self, file: str) -> None:
        """Keep an archive that this run has stored."""
        with self._lock:
            self._files.add(file)

    @contextmanager
    def naming_files(self) -> Iterator[None]:
        """Add to an error the archives that this run stored before: the program's outputs may not show them."""
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
