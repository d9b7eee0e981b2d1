"""The jobs of one project: one method for each endpoint, in the vendor's order. This module decides nothing.

Source: Ops Manager API reference, "Log Collections" (4.2 to 8.0) and live transcripts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from pulumi_opsmanager.errors import UnexpectedResponse, counted
from pulumi_opsmanager.instants import format_instant

from .exchange import Answer, Request
from .models import CreatedJob, Job, Page
from .sender import Sender

# The oldest vendor pages allow no more; newer servers give larger pages.
PAGE_SIZE = 100
# A million jobs. A longer list has no end.
_MAX_PAGES = 10_000


class Jobs:
    """The log collection endpoints of one project. Threads may share it.

    The project id has 24 hex characters; the wire calls it groupId.
    """

    def __init__(self, client: Sender, project_id: str) -> None:
        self.project_id = project_id
        self._client = client

    @property
    def server_version(self) -> str | None:
        """Version as the server writes it; None before an answer names it."""
        return self._client.server_version

    def create(self, body: Mapping[str, object]) -> str:
        """Start a job and return its id.

        After `ReplyLost` the job may exist: the answer was lost, was a server error, or had no readable id. After any
        other error the server created no job.
        """
        return self._call("POST", body=body).read(CreatedJob).id

    def get(self, job_id: str, *, verbose: bool = False) -> Job:
        """Read one job; `verbose` adds its child jobs.

        Only `JobNotFound` proves that the job is gone: the server says so for this id.
        """
        answer = self._call("GET", job_id, query={"verbose": "true"} if verbose else None)
        job = answer.read(Job)
        if job.id != job_id:
            raise answer.broken("the answer is about another job")
        return job

    def walk(self, *, verbose: bool = False) -> Iterator[Job]:
        """Walk all jobs of the project, page by page as the caller asks for them, each id once.

        A job made during the walk pushes others to the next page, where they appear again. A job deleted during it may
        hide another. So the walk does not prove that a job is absent.

        It ends with `UnexpectedResponse` if an entry could not be read. So an unreadable job of somebody else does not
        hide readable jobs, and no caller treats the list as complete.
        """
        seen: set[str] = set()
        unreadable = 0
        page_number = 1
        while True:
            query = {"pageNum": page_number, "itemsPerPage": PAGE_SIZE} | ({"verbose": "true"} if verbose else {})
            page = self._call("GET", query=query).read(Page)
            readable = list(_readable(page))
            unreadable += len(page.results) - len(readable)
            fresh = {job.id: job for job in readable if job.id not in seen}
            seen |= fresh.keys()
            yield from fresh.values()
            # Links are not followed, because a link may name a host that only the server can reach. A page without
            # new jobs ends a list that would otherwise never end.
            if not page.has_next or not fresh:
                break
            page_number += 1
            if page_number > _MAX_PAGES:
                raise UnexpectedResponse(
                    f"the jobs of project {self.project_id} fill more than {_MAX_PAGES} pages",
                    remedy="check base_url",
                    status=200,
                )
        if unreadable:
            raise UnexpectedResponse(
                f"{counted(unreadable, 'entry', 'entries')} of the jobs of project {self.project_id} cannot be read"
            )

    def extend(self, job_id: str, expires_at: datetime) -> None:
        """Move the expiry to an absolute date, so that repeating the request is harmless.

        `InvalidInput` means that the date is past, or more than six months after creation.
        """
        _require_json_or_nothing(self._call("PATCH", job_id, body={"expirationDate": format_instant(expires_at)}))

    def retry(self, job_id: str) -> None:
        """Collect the failed parts of a failed job again.

        `InvalidInput` has the code `ONLY_FAILED_JOB_CAN_BE_RESTARTED` when the job is not in FAILURE.
        """
        _require_json_or_nothing(self._call("PUT", job_id, action="retry"))

    def delete(self, job_id: str) -> None:
        """Delete a job and its archive, finished or not; raise `JobNotFound` if it did not exist."""
        _require_json_or_nothing(self._call("DELETE", job_id))

    def download(self, job_id: str) -> AbstractContextManager[Iterator[bytes]]:
        """Open the archive (`.tar.gz`) as a stream of bytes as sent. The server cannot resume it.

        It raises `NotFinished` while the job is in progress, and `Expired` when the job has expired.
        """
        return self._client.stream(self._archive(job_id))

    def download_url(self, job_id: str) -> str:
        """URL of the archive, from the configured base URL. A URL from the server may be unreachable from here."""
        return self._archive(job_id).url

    def _archive(self, job_id: str) -> Request:
        return self._request("GET", job_id, action="download", accept="application/gzip")

    def _call(self, method: str, job_id: str | None = None, **parts: Any) -> Answer:
        return self._client.call(self._request(method, job_id, **parts))

    def _request(self, method: str, job_id: str | None, **parts: Any) -> Request:
        return Request(method, self._client.settings.api_url, self.project_id, job_id, **parts)


def _readable(page: Page) -> Iterator[Job]:
    for entry in page.results:
        with suppress(ValidationError):
            yield Job.model_validate(entry)


def _require_json_or_nothing(answer: Answer) -> None:
    """Accept an empty body or any JSON. A page of HTML with status 200 does not come from the API."""
    if answer.body.strip():
        answer.json()
