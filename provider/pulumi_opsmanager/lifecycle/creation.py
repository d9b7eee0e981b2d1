"""Exactly one job per create, also if the answer to the POST is lost, or the process dies before the answer.

Known limit: another process may create a job with the same body and key within the same seconds. The search cannot tell
the two jobs apart. After a process died, this time lasts from its POST to the search.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from pulumi_opsmanager.api.jobs import Jobs
from pulumi_opsmanager.api.models import Job
from pulumi_opsmanager.api.payload import safe
from pulumi_opsmanager.api.settings import OBJECT_ID
from pulumi_opsmanager.errors import Hint, OpsManagerError, ReplyLost, Unavailable
from pulumi_opsmanager.instants import format_instant
from pulumi_opsmanager.schema.fields import InBody, fields_of
from pulumi_opsmanager.schema.job import JobInputs, request_body
from pulumi_opsmanager.schema.models import values_of

from .context import Context

# A job may appear in the list late, and one walk may miss it. If all walks miss the job, and the last walk is this late
# and complete, then the server did not create the job.
_LISTED_AFTER_SECONDS = 30

# The times after 30 s are for a list that could not be read until then.
_LOOK_AFTER_SECONDS = (0, 2, 5, 15, _LISTED_AFTER_SECONDS, 45, 60)

# Servers date jobs in whole seconds, and clocks drift.
_CLOCK_SLACK = timedelta(seconds=2)

_MAX_POSTS = 3


def create_once(context: Context, jobs: Jobs, inputs: JobInputs) -> str:
    """POST a job and return its id. If the answer is lost, find the job and adopt it.

    Raises:
        ReplyLost: The job may exist, and this process cannot find out.
        OpsManagerError: The server created no job.
    """
    with _turn(context, jobs, inputs):
        return _post(context, jobs, inputs)


def resume_once(context: Context, jobs: Jobs, inputs: JobInputs, since: datetime) -> str:
    """As `create_once`, after a process died that may have sent the POST: find its job and adopt it.

    Args:
        context: What to work with.
        jobs: The jobs of the project.
        inputs: The inputs of the interrupted create.
        since: When that create began, by a clock that agrees with this machine's. Its process must be dead, because the
            search does not see later requests.

    Raises:
        Unavailable: The list cannot be read, so the POST may have succeeded. This process sent no POST.
        ReplyLost: As `create_once`, or several jobs may be the lost one.
        OpsManagerError: The server created no job.
    """
    with _turn(context, jobs, inputs):
        search = _find_lost(context, jobs, inputs, since)
        if search.job_id is not None:
            context.reporter.info(f"found the job of the interrupted create: {search.job_id}")
            context.server.creates.claim(search.job_id)
            return search.job_id
        if not search.is_conclusive:
            raise Unavailable(
                f"the list of the jobs of project {jobs.project_id} cannot be read, and a create that was interrupted "
                f"after {format_instant(since)} may have made the job; run again"
            )
        return _post(context, jobs, inputs)


@contextmanager
def _turn(context: Context, jobs: Jobs, inputs: JobInputs) -> Iterator[None]:
    """Run creates one after the other if their jobs look equal in the server's list."""
    body = request_body(inputs, epoch_dates=False)
    # A server may leave the dates of the window out of its answers. So they do not distinguish two jobs.
    alike = {field.key: body[field.key] for field in fields_of(JobInputs).values() if field.body is InBody.AS_IS}
    with context.server.creates.turn(jobs.project_id, alike):
        context.server.lists.forget()
        yield


def _post(context: Context, jobs: Jobs, inputs: JobInputs) -> str:
    server, reporter = context.server, context.reporter
    body = request_body(inputs, epoch_dates=not server.client.settings.is_cloud_manager)
    started = context.clock.now()
    for posts_left in reversed(range(_MAX_POSTS)):
        try:
            job_id = jobs.create(body)
        except ReplyLost as lost:
            reporter.info(f"the answer to the create was lost; looking for the job ({lost})")
            search = _find_lost(context, jobs, inputs, started)
            if search.job_id is None and search.is_conclusive and lost.cut and posts_left:
                continue
            if search.job_id is None:
                raise _may_exist(lost, jobs.project_id, started) from lost
            job_id = search.job_id
            reporter.info(f"found the job: {job_id}")
        server.creates.claim(job_id)
        return job_id
    raise AssertionError("the last POST returns or raises")


@dataclass(frozen=True)
class _Search:
    """Attributes: job_id, None if no job was found; is_conclusive, True if the last walk saw the complete list."""

    job_id: str | None
    is_conclusive: bool


def _find_lost(context: Context, jobs: Jobs, inputs: JobInputs, started: datetime) -> _Search:
    # The clock of the context could end the search at an interruption, and the id would be lost.
    client, clock, creates = context.server.client, context.server.clock, context.server.creates
    ended = clock.now()
    waited = 0
    for seconds in _LOOK_AFTER_SECONDS:
        clock.sleep(seconds - waited)
        waited = seconds
        listed: list[Job] = []
        try:
            # The entries before a failure may include the job. If they do not, the job may still exist.
            listed.extend(jobs.walk())
            is_conclusive = True
        except OpsManagerError:
            is_conclusive = False
        earliest = started + client.server_ahead - _CLOCK_SLACK
        latest = ended + client.server_ahead_at_most + _CLOCK_SLACK
        twins = [
            job.id
            for job in listed
            if OBJECT_ID.fullmatch(job.id)
            and earliest <= job.made_at <= latest
            and _asks_the_same(job, inputs)
            and creates.may_be_ours(job.id, job.user_id)
        ]
        if len(twins) > 1:
            raise ReplyLost(
                f"the answer to the create was lost, and {len(twins)} jobs of project {jobs.project_id} may be the "
                f"new one: {', '.join(twins)}; delete those that nothing manages, then run again"
            )
        if twins:
            return _Search(twins[0], is_conclusive)
        if is_conclusive and waited >= _LISTED_AFTER_SECONDS:
            break
    return _Search(None, is_conclusive)


def _asks_the_same(job: Job, inputs: JobInputs) -> bool:
    """Whether all inputs that the server returns are equal to ours in canonical form."""
    ours = safe(values_of(inputs, with_none=True))
    theirs = job.model_dump(by_alias=True, mode="json")
    return all(
        theirs.get(field.key) is None or field.canonical(theirs[field.key]) == ours[field.key]
        for field in fields_of(JobInputs).values()
        if field.body is not None
    )


def _may_exist(lost: ReplyLost, project_id: str, started: datetime) -> ReplyLost:
    return ReplyLost(
        f"{lost}; the job may exist all the same, made about {format_instant(started)} in project {project_id}: "
        "delete it if nothing manages it, then run again",
        status=lost.status,
        code=lost.code,
        hint=Hint.FIND_UNMANAGED,
    )
