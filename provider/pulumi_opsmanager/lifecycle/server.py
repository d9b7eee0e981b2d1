"""What the calls of one process share about one server: creates, and one walk of each project's list.

An engine runs several calls at the same time, so locks protect everything that changes here.
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.jobs import Jobs
from pulumi_opsmanager.api.models import Job
from pulumi_opsmanager.clock import Clock
from pulumi_opsmanager.errors import OpsManagerError

_log = logging.getLogger(__name__)

# Long enough for the reads of one run, and far shorter than the time between two runs.
_WALK_LIFE = timedelta(seconds=15)


class Creates:
    """Makes sure that no two creates of a process adopt the same job. Threads may share it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._user_id: str | None = None
        self._claimed: set[str] = set()
        self._turns: defaultdict[str, Lock] = defaultdict(Lock)

    @contextmanager
    def turn(self, project_id: str, alike: Mapping[str, object]) -> Iterator[None]:
        """Run creates one after the other if their jobs look equal in the server's list."""
        with self._lock:
            lock = self._turns[json.dumps([project_id, alike], sort_keys=True)]
        with lock:
            yield

    def claim(self, job_id: str) -> None:
        """Note that a finished create has this job."""
        with self._lock:
            self._claimed.add(job_id)

    def note_user(self, user_id: str | None) -> None:
        """Remember the user who created one of our jobs; None changes nothing."""
        with self._lock:
            self._user_id = user_id or self._user_id

    def may_be_ours(self, job_id: str, user_id: str | None) -> bool:
        """Whether a create may adopt a job: no other create has it, and no other user created it."""
        with self._lock:
            return job_id not in self._claimed and (None in (self._user_id, user_id) or self._user_id == user_id)


class Lists:
    """The shared walks of one server. Threads may share it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._walks: dict[str, _Walk] = {}

    def find(self, jobs: Jobs, job_id: str) -> Job | None:
        """The job from the shared walk. None does not prove that the job is absent.

        The walk reads only the pages that it needs for the wanted jobs. It ends if a page cannot be read. Then the
        caller can send a GET.
        """
        with self._lock:
            walk = self._walks.get(jobs.project_id)
            if walk is None or not walk.is_fresh():
                walk = self._walks[jobs.project_id] = _Walk(jobs.walk(), self._clock)
        return walk.find(job_id)

    def forget(self) -> None:
        """Drop all walks. Call it before a write, which makes them old."""
        with self._lock:
            self._walks.clear()


class _Walk:
    """A walk of a list. It continues only until the wanted job."""

    def __init__(self, jobs: Iterator[Job], clock: Clock) -> None:
        self._jobs = jobs
        self._clock = clock
        # The age counts from the last entry read, so that a long walk is not already old at its end.
        self._read_at = clock.now()
        self._seen: dict[str, Job] = {}
        self._lock = Lock()

    def is_fresh(self) -> bool:
        return timedelta() <= self._clock.now() - self._read_at <= _WALK_LIFE

    def find(self, job_id: str) -> Job | None:
        with self._lock:
            while job_id not in self._seen:
                try:
                    job = next(self._jobs, None)
                except OpsManagerError as error:
                    # The error has ended the iterator.
                    _log.info("the list broke off, jobs are read one by one: %s", error)
                    return None
                if job is None:
                    return None
                self._seen[job.id], self._read_at = job, self._clock.now()
            return self._seen[job_id]


@dataclass(frozen=True)
class Server:
    """One server with one key pair, and what the calls of a process share about it."""

    client: Client
    creates: Creates
    lists: Lists
    clock: Clock

    @classmethod
    def of(cls, client: Client, clock: Clock) -> Server:
        """A server without requests so far. No interruption may end a sleep of the clock, because a create must end."""
        return cls(client, Creates(), Lists(clock), clock)
