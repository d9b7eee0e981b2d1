"""The server of the mocks. It calls the emulator's jobs directly instead of over HTTP.

A job is finished at its first read. A job that the program did not create appears when the program first names it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from typing import Any

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.jobs import Jobs
from pulumi_opsmanager.api.models import Job
from pulumi_opsmanager.api.settings import Settings
from pulumi_opsmanager.emulator.archives import archive
from pulumi_opsmanager.emulator.jobs import EmulatedJob, JobStore, instant
from pulumi_opsmanager.emulator.wire import job as shown
from pulumi_opsmanager.errors import JobNotFound

_UNKNOWN_JOB: Mapping[str, Any] = {
    "resourceType": "REPLICASET",
    "resourceName": "rs0",
    "logTypes": ["MONGODB"],
    "sizeRequestedPerFileBytes": 10_000_000,
    "redacted": True,
}
"""The request of a job that the program did not create."""


class MockClient(Client):
    """A client without a transport, so it cannot send a request.

    Args:
        settings: The settings of the server that it replaces.
        now: Present time, aware UTC.
        failing: Names of the deployments or processes whose jobs fail in their first part, also after each restart.
    """

    def __init__(self, settings: Settings, now: Callable[[], datetime], failing: Collection[str]) -> None:
        self.settings = settings
        self._store = JobStore(pace=instant(), now=now, default_life=timedelta(days=30), file_bytes=20_000)
        self._failing = frozenset(failing)

    def jobs(self, project_id: str) -> Jobs:
        """The jobs of a project."""
        return _MockJobs(self._store, self.settings.api_url, project_id, self._failing)


class _MockJobs(Jobs):
    """Replaces every endpoint. Check has accepted the body, so the server does not check it."""

    def __init__(self, store: JobStore, api_url: str, project_id: str, failing: frozenset[str]) -> None:
        self.project_id = project_id
        self._store = store
        self._own_url = api_url
        self._failing = failing

    @property
    def server_version(self) -> None:
        """None, because no server has a version."""

    def create(self, body: Mapping[str, object]) -> str:
        return self._make(body).id

    def get(self, job_id: str, *, verbose: bool = False) -> Job:
        return Job.model_validate(self._shown(job_id, verbose=verbose))

    def walk(self, *, verbose: bool = False) -> Iterator[Job]:
        return (self.get(job.id, verbose=verbose) for job in self._store.listed() if job.project_id == self.project_id)

    def extend(self, job_id: str, expires_at: datetime) -> None:
        self._find(job_id).expires = expires_at

    def retry(self, job_id: str) -> None:
        job = self._find(job_id)
        self._store.restart(job, first_fails=job.request["resourceName"] in self._failing)

    def delete(self, job_id: str) -> None:
        self._store.delete(job_id)

    def download(self, job_id: str) -> AbstractContextManager[Iterator[bytes]]:
        return nullcontext(archive(self._find(job_id)))

    def download_url(self, job_id: str) -> str:
        return str(self._shown(job_id)["downloadUrl"])

    def _shown(self, job_id: str, *, verbose: bool = False) -> dict[str, Any]:
        return shown(self._find(job_id), own_url=self._own_url, verbose=verbose)

    def _find(self, job_id: str) -> EmulatedJob:
        job = self._store.find(job_id) or self._make(_UNKNOWN_JOB, job_id)
        if job.project_id != self.project_id:
            raise JobNotFound(f"no job {job_id} in project {self.project_id}; it is in project {job.project_id}")
        return job

    def _make(self, request: Mapping[str, Any], job_id: str | None = None) -> EmulatedJob:
        first_fails = request["resourceName"] in self._failing
        made = self._store.create(self.project_id, dict(request), first_fails=first_fails, job_id=job_id)
        return self._store.find(made.id) or made
