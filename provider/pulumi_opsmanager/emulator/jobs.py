"""The jobs of an emulated server and their statuses. This module knows no HTTP.

When the pace of a job is over, IN_PROGRESS becomes SUCCESS, or FAILURE if a part fails. After its expiry, a finished
job becomes EXPIRED. The status is computed when somebody reads the job.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import RLock
from typing import Any

from .children import Child, children_of

USER_ID = "66f29f0e1c88d4000b7711aa"


@dataclass(frozen=True)
class Pace:
    """How long a job is IN_PROGRESS. It ends when both bounds are passed.

    Attributes:
        reads: Number of answers that show it in progress.
        seconds: Time since its start, by the emulator's clock.
    """

    reads: int = 0
    seconds: float = 0.0


def instant() -> Pace:
    """Jobs are finished at the first read."""
    return Pace()


def after_reads(reads: int) -> Pace:
    """Jobs are finished after a number of reads.

    Args:
        reads: Number of answers that show the job in progress: lists, or the job itself.
    """
    return Pace(reads=reads)


def after_seconds(seconds: float) -> Pace:
    """Jobs are finished some time after their start.

    Args:
        seconds: Duration by the emulator's clock.
    """
    return Pace(seconds=seconds)


@dataclass
class EmulatedJob:
    """A job with all fields of the wire, and the number of its reads since its start."""

    id: str
    project_id: str
    request: dict[str, Any]
    created: datetime
    expires: datetime
    children: list[Child]
    listed_from: datetime
    status: str = "IN_PROGRESS"
    started: datetime = field(init=False)
    reads: int = 0

    def __post_init__(self) -> None:
        self.started = self.created


class JobStore:
    """All jobs of one project. Any thread may call its methods; `lock` spans several calls."""

    def __init__(
        self,
        *,
        pace: Pace,
        now: Callable[[], datetime],
        default_life: timedelta,
        file_bytes: int,
        list_delay: Callable[[], timedelta] = timedelta,
    ) -> None:
        self.pace = pace
        self.now = now
        self.lock = RLock()
        self._default_life = default_life
        self._file_bytes = file_bytes
        self._list_delay = list_delay
        self._paces: dict[str, Pace] = {}
        self._jobs: dict[str, EmulatedJob] = {}
        self._counter = itertools.count(0x7E41B2000F5D8A01)

    def set_pace(self, resource_name: str, pace: Pace) -> None:
        """Set the pace of the jobs of one resource, also of those in progress."""
        with self.lock:
            self._paces[resource_name] = pace

    def create(
        self, project_id: str, request: dict[str, Any], *, first_fails: bool = False, job_id: str | None = None
    ) -> EmulatedJob:
        """Start a job. As in ObjectIds, a new id begins with the second of its creation."""
        with self.lock:
            present = self.now()
            created = present.replace(microsecond=0)
            job = EmulatedJob(
                id=job_id or f"{int(created.timestamp()):08x}{next(self._counter):016x}",
                project_id=project_id,
                request=request,
                created=created,
                expires=created + self._default_life,
                children=list(children_of(request, created, self._file_bytes)),
                listed_from=present + self._list_delay(),
            )
            job.children[0].is_doomed = first_fails
            self._jobs[job.id] = job
            return job

    def find(self, job_id: str) -> EmulatedJob | None:
        """Return the job as it is now, and count no read; None if there is no such job."""
        with self.lock:
            job = self._jobs.get(job_id)
            if job is not None:
                self._advance(job)
            return job

    def look(self, job: EmulatedJob) -> None:
        """Count one answer that shows the job."""
        with self.lock:
            job.reads += 1

    def newest_first(self) -> list[EmulatedJob]:
        """Return all jobs as they are now, newest first."""
        with self.lock:
            for job in self._jobs.values():
                self._advance(job)
            return sorted(self._jobs.values(), key=lambda job: job.id, reverse=True)

    def listed(self) -> list[EmulatedJob]:
        """Return the jobs that the list shows, newest first."""
        return [job for job in self.newest_first() if job.listed_from <= self.now()]

    def restart(self, job: EmulatedJob, *, first_fails: bool = False) -> None:
        """Collect the failed parts again; the first one can fail again. Id, creation and expiry stay the same."""
        with self.lock:
            failed = [child for child in job.children if child.status == "FAILURE"]
            for number, child in enumerate(failed):
                child.start(self.now(), is_doomed=first_fails and number == 0)
            job.status, job.reads, job.started = "IN_PROGRESS", 0, self.now()

    def delete(self, job_id: str) -> None:
        """Delete a job and its archive."""
        with self.lock:
            self._jobs.pop(job_id, None)

    def force(self, job_id: str, status: str | None) -> bool:
        """Force a status; None makes the job vanish. Return False if there is no such job."""
        with self.lock:
            job = self._jobs.get(job_id)
            if job is None:
                return False
            if status is None:
                del self._jobs[job_id]
                return True
            job.status = status
            for number, child in enumerate(job.children):
                if status == "IN_PROGRESS":
                    child.start(self.now(), is_doomed=False)
                else:
                    child.end("SUCCESS" if status == "FAILURE" and number else status, child.finished or self.now())
            return True

    def clear(self) -> None:
        """Delete all jobs and paces."""
        with self.lock:
            self._jobs.clear()
            self._paces.clear()

    def _advance(self, job: EmulatedJob) -> None:
        now = self.now()
        if job.status == "IN_PROGRESS":
            pace = self._paces.get(job.request["resourceName"], self.pace)
            share = _share(pace, job.reads, now - job.started)
            for child in job.children:
                child.grow(share)
            if share < 1:
                return
            ended = now if pace.reads else min(now, job.started + timedelta(seconds=pace.seconds))
            for child in job.children:
                if child.status == "IN_PROGRESS":
                    child.end("FAILURE" if child.is_doomed else "SUCCESS", ended)
            job.status = "FAILURE" if any(child.status == "FAILURE" for child in job.children) else "SUCCESS"
        if now >= job.expires:
            job.status = "EXPIRED"


def _share(pace: Pace, reads: int, elapsed: timedelta) -> float:
    """Return how much of a pace is over, from 0 to 1."""
    seconds = elapsed.total_seconds()
    by_reads = reads / pace.reads if reads < pace.reads else 1.0
    by_seconds = max(seconds, 0.0) / pace.seconds if seconds < pace.seconds else 1.0
    return min(by_reads, by_seconds)
