"""What the calls of one process share about one server: its creates, and one walk of each project's list.

An engine runs several calls at once, so everything that changes here is behind a lock.
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

# Long enough for the reads of one run, far shorter than the pause between two.
_WALK_LIFE = timedelta(seconds=15)


class Creates:
    """Keeps apart the creates of one process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._user_id: str | None = None
        self._claimed: set[str] = set()
        self._turns: defaultdict[str, Lock] = defaultdict(Lock)

    @contextmanager
    def turn(self, project_id: str, alike: Mapping[str, object]) -> Iterator[None]:
        """Let creates that the server's list cannot tell apart pass one at a time."""
        with self._lock:
            lock = self._turns[json.dumps([project_id, alike], sort_keys=True)]
        with lock:
            yield

    def claim(self, job_id: str) -> None:
        """Take a job as the one of a create that is done."""
        with self._lock:
            self._claimed.add(job_id)

    def note_user(self, user_id: str | None) -> None:
        """Keep who made a job of ours; None changes nothing."""
        with self._lock:
            self._user_id = user_id or self._user_id

    def may_be_ours(self, job_id: str, user_id: str | None) -> bool:
        """Whether a create may adopt a job: no other create has it, and no other user made it."""
        with self._lock:
            return job_id not in self._claimed and (None in (self._user_id, user_id) or self._user_id == user_id)


class Lists:
    """The walks of one server. Safe to share between threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._walks: dict[str, _Walk] = {}

    def find(self, jobs: Jobs, job_id: str) -> Job | None:
        """The job in the shared walk; None proves nothing.

        The walk goes no further than to the jobs that were asked for, and ends where a page cannot be read: a GET can
        always answer.
        """
        with self._lock:
            walk = self._walks.get(jobs.project_id)
            if walk is None or not walk.is_fresh():
                walk = self._walks[jobs.project_id] = _Walk(jobs.walk(), self._clock)
        return walk.find(job_id)

    def forget(self) -> None:
        """Drop what was listed: something is about to be written."""
        with self._lock:
            self._walks.clear()


class _Walk:
    """A walk that goes on as far as somebody asks."""

    def __init__(self, jobs: Iterator[Job], clock: Clock) -> None:
        self._jobs = jobs
        self._clock = clock
        # A long walk must not be old when it ends, so its age counts from the last entry read.
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
                    # The iterator has ended with it.
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
        """A server that nobody has asked yet. No interruption ends a sleep of the clock: a create has to end."""
        return cls(client, Creates(), Lists(clock), clock)
