"""Exactly one job per create, also when nobody knows what became of the POST.

Known limit: another process that creates the same body with the same key in the same seconds cannot be told apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from pulumi_opsmanager.api.models import Job
from pulumi_opsmanager.api.payload import safe
from pulumi_opsmanager.api.settings import OBJECT_ID
from pulumi_opsmanager.errors import OpsManagerError, ReplyLost
from pulumi_opsmanager.instants import format_instant
from pulumi_opsmanager.schema.fields import InBody, fields_of
from pulumi_opsmanager.schema.job import JobInputs, request_body

from .reporter import Reporter
from .session import Session

# A job may appear in the list late, and one walk may miss it. One that every look has missed, the last of them so late
# and over the whole list, was not made.
_LISTED_AFTER_SECONDS = 30

# Those beyond it are for a list that could not be read.
_LOOK_AFTER_SECONDS = (0, 2, 5, 15, _LISTED_AFTER_SECONDS, 45, 60)

# Servers date jobs in whole seconds, and clocks drift.
_CLOCK_SLACK = timedelta(seconds=2)

_MAX_POSTS = 3


def create_once(session: Session, project_id: str, inputs: JobInputs, reporter: Reporter) -> str:
    """POST a job and return its id; a job that a lost reply left behind is found and adopted instead of doubled.

    Raises:
        ReplyLost: The job may exist, and this process cannot tell.
        OpsManagerError: The job was not made.
    """
    body = request_body(inputs, epoch_dates=not session.client.settings.is_cloud_manager)
    # Servers may leave the window's dates out of their answers, so these do not tell two jobs apart.
    alike = {field.key: body[field.key] for field in fields_of(JobInputs).values() if field.body is InBody.AS_IS}
    with session.creating(project_id, alike):
        session.forget_lists()
        started = session.clock.now()
        for posts_left in reversed(range(_MAX_POSTS)):
            try:
                job_id = session.client.jobs(project_id).create(body)
            except ReplyLost as lost:
                reporter.info(f"the answer to the create was lost; looking for the job ({lost})")
                search = _find_lost(session, project_id, inputs, started)
                if search.job_id is None and search.is_conclusive and lost.cut and posts_left:
                    continue
                if search.job_id is None:
                    raise _may_exist(lost, project_id, started) from lost
                job_id = search.job_id
                reporter.info(f"found the job: {job_id}")
            session.claim(job_id)
            return job_id
    raise AssertionError("the last POST returns or raises")


@dataclass(frozen=True)
class _Search:
    """Attributes: job_id, None when none was seen; is_conclusive, the last look saw the whole list."""

    job_id: str | None
    is_conclusive: bool


def _find_lost(session: Session, project_id: str, inputs: JobInputs, started: datetime) -> _Search:
    ended = session.clock.now()
    waited = 0
    for seconds in _LOOK_AFTER_SECONDS:
        session.clock.sleep(seconds - waited)
        waited = seconds
        jobs: list[Job] = []
        try:
            # What was listed before a failure may hold the job; what was not proves no absence.
            jobs.extend(session.client.jobs(project_id).walk())
            is_conclusive = True
        except OpsManagerError:
            is_conclusive = False
        earliest = started + session.client.server_ahead - _CLOCK_SLACK
        latest = ended + session.client.server_ahead_at_most + _CLOCK_SLACK
        twins = [
            job.id
            for job in jobs
            if OBJECT_ID.fullmatch(job.id)
            and earliest <= job.made_at <= latest
            and _asks_the_same(job, inputs)
            and (None in (session.user_id, job.user_id) or session.user_id == job.user_id)
            and not session.is_claimed(job.id)
        ]
        if len(twins) > 1:
            raise ReplyLost(
                f"the answer to the create was lost, and {len(twins)} jobs of project {project_id} may be it: "
                f"{', '.join(twins)}; delete those that no stack owns, then run again"
            )
        if twins:
            return _Search(twins[0], is_conclusive)
        if is_conclusive and waited >= _LISTED_AFTER_SECONDS:
            break
    return _Search(None, is_conclusive)


def _asks_the_same(job: Job, inputs: JobInputs) -> bool:
    """Every part of the request that the server repeats is the same, by our idea of equal."""
    ours = safe(inputs.model_dump(by_alias=True))
    theirs = job.model_dump(by_alias=True, mode="json")
    return all(
        theirs.get(field.key) is None or field.canonical(theirs[field.key]) == ours[field.key]
        for field in fields_of(JobInputs).values()
        if field.body is not None
    )


def _may_exist(lost: ReplyLost, project_id: str, started: datetime) -> ReplyLost:
    return ReplyLost(
        f"{lost}; the job may exist all the same: `pulumi-opsmanager orphans` finds one made about "
        f"{format_instant(started)} in project {project_id} that no stack owns; delete it, then run again",
        status=lost.status,
        code=lost.code,
    )
