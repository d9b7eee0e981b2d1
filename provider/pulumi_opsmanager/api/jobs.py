"""The jobs of one project: one method for each endpoint, in the vendor's order. Nothing is decided here.

Source: Ops Manager API reference, "Log Collections" (4.2 to 8.0) and live transcripts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from pulumi_opsmanager.errors import ReplyLost, UnexpectedResponse, counted
from pulumi_opsmanager.instants import format_instant

from .models import CreatedJob, Job, JobPage
from .payload import read_payload
from .refusals import SERVER_FAILED, Answer, not_json
from .settings import OBJECT_ID

if TYPE_CHECKING:
    from .transport import Transport

# The oldest pages allow no more; larger pages are a newer server's favour.
PAGE_SIZE = 100

# A million jobs; a list that still brings new ones has no end.
_MAX_PAGES = 10_000

_Model = TypeVar("_Model", bound=BaseModel)


class Jobs:
    """The log collection endpoints of one project. Safe to share between threads.

    Attributes:
        project_id: 24 hex characters; the wire calls it groupId.
    """

    def __init__(self, transport: Transport, api_url: str, project_id: str) -> None:
        self.project_id = project_id
        self._transport = transport
        self._api_url = api_url
        self._path = f"/groups/{project_id}/logCollectionJobs"

    def create(self, body: Mapping[str, object]) -> str:
        """Start a job and return its id.

        Raises:
            ReplyLost: The job may have been made: the answer was lost, a 500/502/504, or held no readable id.
            Unavailable: It was not made.
        """
        try:
            answer = self._transport.call("POST", self._path, body=body)
            created = _parse(answer, CreatedJob)
        except UnexpectedResponse as error:
            if error.status is not None and (200 <= error.status < 300 or error.status in SERVER_FAILED):
                raise ReplyLost(str(error), status=error.status) from error
            raise
        if not OBJECT_ID.fullmatch(created.id):
            raise ReplyLost(f"{answer.request} answered {answer.status} with an id that is none", status=answer.status)
        return created.id

    def get(self, job_id: str, *, verbose: bool = False) -> Job:
        """Read one job; `verbose` adds its child jobs.

        Raises:
            JobNotFound: The server says so for this id; any other failure is no such proof.
        """
        query = {"verbose": "true"} if verbose else None
        answer = self._transport.call("GET", self._path_of(job_id), query=query, job_id=job_id)
        job = _parse(answer, Job)
        if job.id != job_id:
            raise UnexpectedResponse(f"{answer.request} answered another job; check baseUrl")
        return job

    def walk(self, *, verbose: bool = False) -> Iterator[Job]:
        """Walk all jobs of a project, page by page as they are asked for, each id once.

        A job made during the walk pushes others to the next page, where they appear again; a job deleted during it
        may hide another. Absence from a walk therefore proves nothing.

        Raises:
            UnexpectedResponse: Also at the end of the walk when an entry cannot be read: a stranger's odd job hides
                none of ours, and nobody takes the walk for a whole one. A page of nothing else is the end of it.
        """
        seen: set[str] = set()
        unreadable = 0
        page_number = 1
        while True:
            query = {"pageNum": page_number, "itemsPerPage": PAGE_SIZE} | ({"verbose": "true"} if verbose else {})
            page = _parse(self._transport.call("GET", self._path, query=query), JobPage)
            readable = list(_readable(page))
            unreadable += len(page.results) - len(readable)
            fresh = {job.id: job for job in readable if job.id not in seen}
            seen |= fresh.keys()
            yield from fresh.values()
            # Pages are counted, links not followed: they name the server's own idea of its host. A page that
            # brings nothing new ends a list that would otherwise lead round in circles.
            if not page.has_next or not fresh:
                break
            page_number += 1
            if page_number > _MAX_PAGES:
                raise UnexpectedResponse(
                    f"the jobs of project {self.project_id} fill more than {_MAX_PAGES} pages; check baseUrl",
                    status=200,
                )
        if unreadable:
            raise UnexpectedResponse(
                f"{counted(unreadable, 'entry', 'entries')} of the jobs of project {self.project_id} cannot be read"
            )

    def extend(self, job_id: str, expires_at: datetime) -> None:
        """Move the expiry; the date is absolute, so repeating it is harmless.

        Raises:
            InvalidInput: Past, or more than six months after creation.
            Expired: The job has expired.
        """
        body = {"expirationDate": format_instant(expires_at)}
        _require_json_or_nothing(self._transport.call("PATCH", self._path_of(job_id), body=body, job_id=job_id))

    def retry(self, job_id: str) -> None:
        """Collect the failed parts of a failed job again.

        Raises:
            InvalidInput: With code `ONLY_FAILED_JOB_CAN_BE_RESTARTED` when it is not in FAILURE (any more).
            ReplyLost: It may have been restarted.
        """
        _require_json_or_nothing(self._transport.call("PUT", f"{self._path_of(job_id)}/retry", job_id=job_id))

    def delete(self, job_id: str) -> None:
        """Delete a job and its archive, finished or not.

        Raises:
            JobNotFound: It was gone already.
        """
        _require_json_or_nothing(self._transport.call("DELETE", self._path_of(job_id), job_id=job_id))

    def download(self, job_id: str) -> AbstractContextManager[Iterator[bytes]]:
        """Open the archive (`.tar.gz`) as a stream of bytes as sent; it cannot be resumed.

        Raises:
            NotFinished: The job is in progress.
            Expired: The job has expired.
        """
        path = f"{self._path_of(job_id)}/download"
        return self._transport.stream(path, "application/gzip", job_id=job_id)

    def download_url(self, job_id: str) -> str:
        """Where the archive is, as seen from here: the server's own URL may name a host only it can reach."""
        return f"{self._api_url}{self._path_of(job_id)}/download"

    def _path_of(self, job_id: str) -> str:
        return f"{self._path}/{job_id}"


def _parse(answer: Answer, model: type[_Model]) -> _Model:
    try:
        parsed = read_payload(answer.body)
    except ValueError as error:
        raise not_json(answer) from error
    try:
        return model.model_validate(parsed)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the body"
        raise UnexpectedResponse(
            f"{answer.request} answered {answer.status}, but {where}: {first['msg']}; is this the Ops Manager API?",
            status=answer.status,
        ) from None


def _readable(page: JobPage) -> Iterator[Job]:
    for entry in page.results:
        with suppress(ValidationError):
            yield Job.model_validate(entry)


def _require_json_or_nothing(answer: Answer) -> None:
    """Accept an empty body or any JSON; a page of HTML with status 200 comes from something else than the API."""
    if answer.body.strip():
        try:
            read_payload(answer.body)
        except ValueError as error:
            raise not_json(answer) from error
