"""What all calls of one process on one server share: the client, the clock, what they learnt, the last list walk.

An engine runs up to four calls at once, so everything here that changes is behind a lock.
"""

from __future__ import annotations

import json
import logging
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from threading import Lock

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.models import Job
from pulumi_opsmanager.clock import Clock
from pulumi_opsmanager.errors import OpsManagerError

from .holders import Holders

_log = logging.getLogger(__name__)

# Long enough for the reads of one refresh, far shorter than the pause between two.
_SNAPSHOT_LIFE = timedelta(seconds=15)


class Session:
    """One server, one key pair, one process.

    Attributes:
        holders: Which archive has which file; of the process, whatever the server.
    """

    def __init__(self, client: Client, clock: Clock, holders: Holders | None = None) -> None:
        self.client = client
        self.clock = clock
        self.holders = Holders() if holders is None else holders
        self._lock = Lock()
        self._user_id: str | None = None
        self._claimed: set[str] = set()
        self._restarts: Counter[str] = Counter()
        self._hopeful: set[str] = set()
        self._stored: list[str] = []
        self._creating: defaultdict[str, Lock] = defaultdict(Lock)
        self._snapshots: dict[str, _Snapshot] = {}

    @property
    def user_id(self) -> str | None:
        """Who we are to the server; known once a job of ours was read."""
        with self._lock:
            return self._user_id

    def note_user(self, user_id: str | None) -> None:
        """Keep who made a job of ours."""
        with self._lock:
            self._user_id = user_id or self._user_id

    @contextmanager
    def creating(self, project_id: str, alike: Mapping[str, object]) -> Iterator[None]:
        """Let creates that could be taken for one another pass one at a time.

        Args:
            project_id: Where.
            alike: The parts of the request that every server repeats in its list.
        """
        with self._lock:
            lock = self._creating[json.dumps([project_id, alike], sort_keys=True)]
        with lock:
            yield

    def claim(self, job_id: str) -> None:
        """Take a job as the one of a create that is done."""
        with self._lock:
            self._claimed.add(job_id)

    def is_claimed(self, job_id: str) -> bool:
        """Another create of this process has it."""
        with self._lock:
            return job_id in self._claimed

    def note_restart(self, job_id: str) -> None:
        """Count a restart that was asked for in this process, which is one `up`."""
        with self._lock:
            self._restarts[job_id] += 1

    def restarts(self, job_id: str) -> int:
        """How often this `up` restarted the job, whichever resource asked for it."""
        with self._lock:
            return self._restarts[job_id]

    def note_hope(self, job_id: str, *, is_hopeful: bool) -> None:
        """Keep whether a job has all its parts, or will be restarted by this `up`: its archive may be a whole one."""
        with self._lock:
            (self._hopeful.add if is_hopeful else self._hopeful.discard)(job_id)

    def is_hopeful(self, job_id: str) -> bool:
        """The last word on the job was a good one."""
        with self._lock:
            return job_id in self._hopeful

    def note_stored(self, file: str) -> None:
        """Record an archive that this process stored."""
        with self._lock:
            self._stored.append(file)

    def stored(self) -> tuple[str, ...]:
        """The archives that this process stored, which is one `up`."""
        with self._lock:
            return tuple(sorted(set(self._stored)))

    def listed(self, project_id: str, job_id: str) -> Job | None:
        """The job in a list walk that all reads of a refresh share; None proves nothing.

        The walk goes no further than to the jobs that were asked for, and ends where a page cannot be had: it saves
        requests, and a GET can always answer.
        """
        with self._lock:
            snapshot = self._snapshots.get(project_id)
            if snapshot is None or not snapshot.is_fresh():
                snapshot = _Snapshot(self.client.jobs(project_id).walk(), self.clock)
                self._snapshots[project_id] = snapshot
        return snapshot.find(job_id)

    def forget_lists(self) -> None:
        """Drop what was listed: something is about to be written."""
        with self._lock:
            self._snapshots.clear()


class _Snapshot:
    """A list walk, carried on as far as somebody asks."""

    def __init__(self, jobs: Iterator[Job], clock: Clock) -> None:
        self._jobs = jobs
        self._clock = clock
        # A long walk must not be old when it ends, so its age counts from the last entry read.
        self._read_at = clock.now()
        self._seen: dict[str, Job] = {}
        self._lock = Lock()

    def is_fresh(self) -> bool:
        return timedelta() <= self._clock.now() - self._read_at <= _SNAPSHOT_LIFE

    def find(self, job_id: str) -> Job | None:
        with self._lock:
            while job_id not in self._seen:
                try:
                    job = next(self._jobs, None)
                except OpsManagerError as error:
                    # The iterator has ended with it.
                    _log.info("listing broke off, jobs are read one by one: %s", error)
                    return None
                if job is None:
                    return None
                self._seen[job.id], self._read_at = job, self._clock.now()
            return self._seen[job_id]
