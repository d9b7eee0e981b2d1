"""Wait until jobs are finished, with a time limit and one walk of the list per interval for any number of jobs.

The law of this module: nothing is created or deleted here, so it may raise or be stopped at any point, and be called
again. A job that failed is restarted at most as often as one call allows.
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
# As many as fit on a line.
_SHOWN_JOBS = 3


def follow(
    context: Context, inputs: CompletionInputs, job_ids: Collection[str], may_be_gone: Collection[str]
) -> Followed:
    """Wait until jobs are finished, and restart those that failed.

    Args:
        context: Its clock may raise to end the wait; its reporter shows the progress once per interval.
        inputs: Project and bounds. Two looks are at most 30 s apart.
        job_ids: Each once.
        may_be_gone: Jobs whose proven absence is no error.

    Raises:
        Unavailable: The time is over, or nobody waits for the answer any more; a later call goes on.
        JobNotFound: A job does not exist.
        OpsManagerError: The server refuses to answer.
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
    """Jobs, and what was learnt of them so far.

    Attributes:
        pending: Ids of unfinished jobs.
        finished: The others, as read with their child jobs after they had finished, by id.
        gone: Ids of those that the server has proven to be gone, where that is no error.
        statuses: Last status seen, by id.
        names: The deployment of each job that was seen, by id.
        restarts: Restarts by this wait, by id; only of jobs that were restarted.
        trouble: Why the last look was not complete.
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
        """Ask for the status of every pending job, and act on it.

        A server that will not answer now costs one interval, no more: the deadline bounds the wait.
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
        """The pending jobs by the fewest requests: a walk of the list, or GETs where those are fewer."""
        listed = self._walk() if len(self.pending) > self._pages else {}
        yield from listed.values()
        # A walk may miss a job that is there, and says nothing of one that is not.
        for job_id in self.pending:
            if job_id not in listed:
                try:
                    yield self._jobs.get(job_id)
                except JobNotFound:
                    if job_id not in self._may_be_gone:
                        raise
                    self.gone.add(job_id)

    def _walk(self) -> dict[str, Job]:
        """The pending jobs that a walk shows, no further than to the last of them."""
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
            # An entry that cannot be read is a stranger's; GETs read ours.
            pass
        self._pages = max(1, -(-walked // PAGE_SIZE))
        return found

    def _finish(self, job_id: str) -> None:
        job = self._jobs.get(job_id, verbose=True)
        self.statuses[job_id] = job.status
        # Somebody else may have restarted it in between.
        if job.status in FINISHED_STATUSES:
            self.finished[job_id] = job


def _intervals(first: float) -> Iterator[float]:
    seconds, longest = first, max(first, _LONGEST_INTERVAL_SECONDS)
    while True:
        yield seconds * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311  spreads load, hides nothing
        seconds = min(seconds * _GROWTH, longest)


def _progress(followed: Followed) -> str:
    failed = sum(job.status in FAILED_STATUSES for job in followed.finished.values())
    all_jobs = _number(followed)
    return f"{all_jobs - len(followed.pending)} of {all_jobs} finished{f', {failed} failed' if failed else ''}"


def _open(followed: Followed) -> str:
    """Which jobs are not finished, by the names of their deployments."""
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
