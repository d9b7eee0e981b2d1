"""Wait until jobs are finished, with a time limit. Any number of jobs needs one walk of the list per interval.

The law of this module: it creates and deletes nothing. So a wait may raise or be stopped at any point, and a later call
continues. A failed job is restarted at most as often as one run allows.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Iterator
from datetime import timedelta

from pulumi_opsmanager.api.jobs import PAGE_SIZE, Jobs
from pulumi_opsmanager.api.models import FAILED_STATUSES, FINISHED_STATUSES, Job
from pulumi_opsmanager.errors import JobNotFound, Unavailable, UnexpectedResponse, attempting, counted
from pulumi_opsmanager.schema.completion import CompletionInputs

from .context import Context
from .job import restart
from .naming import deployment_name

_GROWTH = 1.5
_LONGEST_INTERVAL_SECONDS = 30.0
_JITTER = 0.1
_NAMED_JOBS = 10
# More do not fit on a line.
_SHOWN_JOBS = 3


def follow(
    context: Context, inputs: CompletionInputs, job_ids: Collection[str], may_be_gone: Collection[str]
) -> Followed:
    """Wait until jobs are finished, and restart failed ones.

    Args:
        context: Its clock may raise to end the wait. Its reporter shows the progress once per interval.
        inputs: Project, time limit, first interval and number of restarts. An interval grows to at most 30 s, unless
            the first one is longer.
        job_ids: Ids of the jobs, each once.
        may_be_gone: Ids of jobs whose proven absence is accepted.

    Raises:
        Unavailable: The time limit is reached, or the caller no longer waits. A later call continues.
        JobNotFound: A job does not exist.
        OpsManagerError: The server refuses a request.
    """
    jobs, clock = context.jobs(inputs.project_id), context.clock
    followed = Followed(context, jobs, job_ids, inputs.max_retries_per_run, may_be_gone)
    deadline = clock.now() + timedelta(seconds=inputs.timeout_seconds)
    with attempting(f"wait for {counted(len(job_ids), 'job')} of project {jobs.project_id}"):
        for seconds in _intervals(inputs.poll_interval_seconds):
            followed.look()
            if not followed.pending:
                if followed.finished:
                    context.reporter.progress(_progress(followed))
                break
            left = (deadline - clock.now()).total_seconds()
            if left <= 0:
                raise _too_late(followed, inputs.timeout_seconds)
            trouble = f" (no answer now: {followed.trouble})" if followed.trouble else ""
            context.reporter.progress(
                f"{_progress(followed)}, waits until {deadline:%H:%M} UTC{_open(followed)}{trouble}"
            )
            clock.sleep(min(seconds, left))
    return followed


class Followed:
    """The jobs of a wait, with their last known states.

    Attributes:
        pending: Ids of unfinished jobs.
        finished: Finished jobs by id, read with their child jobs after the end.
        gone: Ids of jobs that are proven gone, if that is accepted.
        statuses: Last known status by id.
        names: Name of the deployment by id, for each job that was found.
        restarts: Number of restarts in this wait by id; only of restarted jobs.
        trouble: Why the last look was not complete; None if it was.
    """

    def __init__(
        self, context: Context, jobs: Jobs, job_ids: Collection[str], max_retries: int, may_be_gone: Collection[str]
    ) -> None:
        self.pending = list(job_ids)
        self.finished: dict[str, Job] = {}
        self.gone: set[str] = set()
        self.statuses: dict[str, str] = {}
        self.names: dict[str, str] = {}
        self.restarts: Counter[str] = Counter()
        self.trouble: Unavailable | None = None
        self._context = context
        self._jobs = jobs
        self._max_retries = max_retries
        self._may_be_gone = may_be_gone
        self._pages = 1

    def look(self) -> None:
        """Read the status of each pending job. Restart failed jobs, and read the details of finished ones.

        If the server does not answer, the look ends. The caller tries again until its deadline.
        """
        self.trouble = None
        try:
            for job in self._seen():
                self.statuses[job.id], self.names[job.id] = job.status, deployment_name(job)
                if job.status in FAILED_STATUSES and self._context.run.restarts(job.id) < self._max_retries:
                    restart(self._context, self._jobs, job.id)
                    self.restarts[job.id] += 1
                elif job.status in FINISHED_STATUSES:
                    self._finish(job.id)
        except Unavailable as trouble:
            self.trouble = trouble
        self.pending = [job_id for job_id in self.pending if job_id not in self.finished.keys() | self.gone]

    def _seen(self) -> Iterator[Job]:
        """The pending jobs with the fewest requests: by a walk of the list, or by GETs if these are fewer."""
        listed = self._walk() if len(self.pending) > self._pages else {}
        yield from listed.values()
        # A walk may miss a job, and it does not prove that a job is absent.
        for job_id in self.pending:
            if job_id not in listed:
                try:
                    yield self._jobs.get(job_id)
                except JobNotFound:
                    if job_id not in self._may_be_gone:
                        raise
                    self.gone.add(job_id)

    def _walk(self) -> dict[str, Job]:
        """The pending jobs that a walk finds. It ends when it has found all of them."""
        missing, found, walked = set(self.pending), {}, 0
        try:
            for job in self._jobs.walk():
                walked += 1
                if job.id in missing:
                    missing.remove(job.id)
                    found[job.id] = job
                if not missing:
                    break
        except UnexpectedResponse:
            # The unreadable entry belongs to another client. GETs read our jobs.
            pass
        self._pages = max(1, -(-walked // PAGE_SIZE))
        return found

    def _finish(self, job_id: str) -> None:
        job = self._jobs.get(job_id, verbose=True)
        self.statuses[job_id] = job.status
        # Somebody else may have restarted it after the walk.
        if job.status in FINISHED_STATUSES:
            self.finished[job_id] = job


def _intervals(first: float) -> Iterator[float]:
    seconds, longest = first, max(first, _LONGEST_INTERVAL_SECONDS)
    while True:
        yield seconds * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311  no secret
        seconds = min(seconds * _GROWTH, longest)


def _progress(followed: Followed) -> str:
    failed = sum(job.status in FAILED_STATUSES for job in followed.finished.values())
    all_jobs = _number(followed)
    return f"{all_jobs - len(followed.pending)} of {all_jobs} finished{f', {failed} failed' if failed else ''}"


def _open(followed: Followed) -> str:
    """Name the unfinished jobs by their deployments."""
    named = [followed.names.get(job_id, f"job {job_id}") for job_id in followed.pending]
    more = len(named) - _SHOWN_JOBS
    return f" for {', '.join(named[:_SHOWN_JOBS])}{f' and {more} more' if more > 0 else ''}"


def _too_late(followed: Followed, timeout_seconds: float) -> Unavailable:
    pending, of_all = followed.pending, f"of {_number(followed)}"
    named = [f"{job_id} ({followed.statuses.get(job_id, 'never seen')})" for job_id in pending[:_NAMED_JOBS]]
    more = len(pending) - len(named)
    trouble = f"; the last look failed: {followed.trouble}" if followed.trouble else ""
    unfinished = counted(len(pending), f"{of_all} is not finished", f"{of_all} are not finished")
    return Unavailable(
        f"{unfinished} after {timeout_seconds:g} s: {', '.join(named)}{f' and {more} more' if more else ''}; "
        f"run again to go on waiting, or raise timeout_seconds{trouble}"
    )


def _number(followed: Followed) -> int:
    return len(followed.finished) + len(followed.gone) + len(followed.pending)
