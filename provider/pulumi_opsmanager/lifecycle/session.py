"""What all calls of one process on one server share: the client, the clock, which jobs are ours, the last list walk.

An engine runs up to four calls at once, so everything here is behind a lock.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Lock

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.clock import Clock
from pulumi_opsmanager.api.models import Job
from pulumi_opsmanager.errors import OpsManagerError

# Long enough for the reads of one refresh, far shorter than the pause between two.
_SNAPSHOT_LIFE = timedelta(seconds=15)


class Session:
    """One server, one key pair, one process."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self.client = client
        self.clock = clock
        self.user_id: str | None = None
        self._lock = Lock()
        self._claimed: set[str] = set()
        self._creating: defaultdict[str, Lock] = defaultdict(Lock)
        self._snapshots: dict[str, _Snapshot] = {}

    @contextmanager
    def creating(self, project_id: str, body: Mapping[str, object]) -> Iterator[None]:
        """Let identical creates pass one at a time, so that a lost one can be told from its twin."""
        with self._lock:
            lock = self._creating[json.dumps([project_id, body], sort_keys=True)]
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

    def listed(self, project_id: str, job_id: str) -> Job | None:
        """The job in a list walk that all reads of a refresh share; None proves nothing.

        The walk goes no further than to the jobs that were asked for.
        """
        with self._lock:
            snapshot = self._snapshots.get(project_id)
            now = self.clock.now()
            if snapshot is None or not now - _SNAPSHOT_LIFE <= snapshot.taken_at <= now:
                snapshot = _Snapshot(now, self.client.list_jobs(project_id))
                self._snapshots[project_id] = snapshot
        try:
            return snapshot.find(job_id)
        except OpsManagerError:
            # A walk that broke off cannot be carried on; the next reader starts a new one.
            self.forget_lists()
            raise

    def forget_lists(self) -> None:
        """Drop what was listed: something is about to be written, or the walk failed."""
        with self._lock:
            self._snapshots.clear()


class _Snapshot:
    """A list walk, carried on as far as somebody asks."""

    def __init__(self, taken_at: datetime, jobs: Iterator[Job]) -> None:
        self.taken_at = taken_at
        self._jobs = jobs
        self._seen: dict[str, Job] = {}
        self._lock = Lock()

    def find(self, job_id: str) -> Job | None:
        with self._lock:
            while job_id not in self._seen:
                job = next(self._jobs, None)
                if job is None:
                    return None
                self._seen[job.id] = job
            return self._seen[job_id]
