"""Create, read and update of a completion. It creates nothing on the server, so any failure may raise."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from pulumi_opsmanager.api.models import EXPIRED_STATUS, FAILED_STATUSES, FINISHED_STATUSES, SUCCEEDED_STATUSES, Job
from pulumi_opsmanager.errors import CollectionFailed, counted
from pulumi_opsmanager.instants import format_instant
from pulumi_opsmanager.schema.completion import CompletionInputs, CompletionState
from pulumi_opsmanager.schema.models import Partial

from .context import Context
from .job_state import failed_children, failed_job
from .naming import deployment_name, reasons_of
from .plan import Plan, Step, changes
from .promising import find_promising
from .stored import Found, Stored
from .wait import follow

StoredCompletion = Stored[CompletionInputs, CompletionState]

_SETTLED = FINISHED_STATUSES - FAILED_STATUSES


@dataclass(frozen=True)
class Wait(Step):
    """Wait until jobs are finished, restart failed ones, and drop the results of jobs that are no longer declared."""

    moves: ClassVar[frozenset[str]] = frozenset({"statuses", "failed_jobs", "finished_at", "retries"})

    job_ids: tuple[str, ...]


def look_at_completion(
    context: Context, stored: StoredCompletion | None, _declared: Partial[CompletionInputs]
) -> frozenset[str]:
    """The facts for a preview: ids of failed jobs that may succeed in this run. It sends nothing."""
    failed = _failed_ids(stored) if stored else ()
    return frozenset(job_id for job_id in failed if context.run.is_promising(job_id))


def plan_completion(
    stored: StoredCompletion | None, declared: Partial[CompletionInputs], promising: frozenset[str], _now: datetime
) -> Plan:
    """Decide what an update does."""
    if stored is None:
        return Plan()
    plan, followed = changes(stored.inputs, declared), declared.known.job_ids or ()
    failed = [job_id for job_id in _failed_ids(stored) if job_id in followed]
    may_restart = declared.known.max_retries_per_run != 0 or "max_retries_per_run" in declared.unknown
    restarted = failed if may_restart else promising.intersection(failed)
    if restarted:
        failures = f"{counted(len(restarted), 'job')} failed"
        plan += Plan(reasons=(f"{failures}; the next run restarts the failed parts and waits",))
    if not (plan.updates or restarted):
        return plan
    unsettled = tuple(job_id for job_id in followed if stored.state.statuses.get(job_id) not in _SETTLED)
    is_needed = unsettled or "job_ids" in declared.unknown or not stored.state.statuses.keys() <= set(followed)
    return plan + Plan(steps=(Wait(unsettled),)) if is_needed else plan


def remember_completion(
    context: Context, stored: StoredCompletion, declared: Partial[CompletionInputs], plan: Plan
) -> None:
    """Remember for the previews of archives which jobs have all their parts, or will be restarted."""
    for job_id, status in stored.state.statuses.items():
        if status in SUCCEEDED_STATUSES:
            context.run.note_promising(job_id, is_promising=True)
    waits = {job_id for step in plan.steps if isinstance(step, Wait) for job_id in step.job_ids}
    if declared.known.max_retries_per_run:
        for job_id in waits.intersection(_failed_ids(stored)):
            context.run.note_promising(job_id, is_promising=True)


def read_completion(context: Context, stored: StoredCompletion) -> Found[CompletionInputs, CompletionState]:
    """Find out which failed jobs now have all their parts. Without failed jobs it sends nothing."""
    promising = find_promising(context, stored.inputs.project_id, _failed_ids(stored))
    return Found(stored, stored.inputs, promising=promising)


def create_completion(context: Context, inputs: CompletionInputs) -> StoredCompletion:
    """Wait for all jobs.

    Raises:
        CollectionFailed: Jobs stayed failed, and `on_failure` is `fail`.
        OpsManagerError: As `follow`.
    """
    stored = Stored(uuid.uuid4().hex, inputs, CompletionState())
    return apply_completion(context, stored, inputs, Plan(steps=(Wait(tuple(inputs.job_ids)),)))


def update_completion(context: Context, stored: StoredCompletion, inputs: CompletionInputs) -> StoredCompletion:
    """Make a plan and carry it out. A wait asks the server for each job that failed before.

    Raises:
        CollectionFailed: As `create_completion`.
        OpsManagerError: As `create_completion`.
    """
    plan = plan_completion(stored, Partial(inputs), frozenset(_failed_ids(stored)), context.clock.now())
    return apply_completion(context, stored, inputs, plan)


def apply_completion(
    context: Context, stored: StoredCompletion, inputs: CompletionInputs, plan: Plan
) -> StoredCompletion:
    """Carry out the steps of a plan."""
    waits = [step for step in plan.steps if isinstance(step, Wait)]
    state = _wait(context, stored, inputs, waits[0].job_ids) if waits else stored.state
    return Stored(stored.id, inputs, state)


def _wait(
    context: Context, stored: StoredCompletion, inputs: CompletionInputs, job_ids: Collection[str]
) -> CompletionState:
    # A failed job may expire. If its absence were an error, each later run would fail.
    followed = follow(context, inputs, job_ids, may_be_gone=_failed_ids(stored))
    failed = [job for job in followed.finished.values() if job.status in FAILED_STATUSES]
    if failed and inputs.on_failure == "fail":
        raise CollectionFailed(_failure(failed, inputs))
    for job in followed.finished.values():
        context.run.note_promising(job.id, is_promising=job.status in SUCCEEDED_STATUSES)
    for job in failed:
        context.reporter.warn(f"job {job.id} of {deployment_name(job)} failed: {reasons_of(failed_children(job))}")
    for job_id in sorted(followed.gone):
        context.reporter.warn(f"job {job_id}, which had failed, is gone from the server")
    before, seen = stored.state, {job.id: job.status for job in followed.finished.values()}
    statuses = before.statuses | seen | dict.fromkeys(followed.gone, EXPIRED_STATUS)
    restarts = Counter(before.retries) + Counter(followed.restarts)
    return CompletionState(
        statuses={job_id: statuses[job_id] for job_id in inputs.job_ids if job_id in statuses},
        failed_jobs=[failed_job(job) for job in failed],
        finished_at=format_instant(context.clock.now()) if seen or not before.finished_at else before.finished_at,
        retries={job_id: restarts[job_id] for job_id in inputs.job_ids if job_id in restarts},
    )


def _failed_ids(stored: StoredCompletion) -> tuple[str, ...]:
    return tuple(job.job_id for job in stored.state.failed_jobs)


def _failure(failed: list[Job], inputs: CompletionInputs) -> str:
    named = "; ".join(f"job {job.id} of {deployment_name(job)}: {reasons_of(failed_children(job))}" for job in failed)
    again = "run again to restart the failed parts" if inputs.max_retries_per_run else "raise max_retries_per_run"
    return (
        f"{len(failed)} of {counted(len(inputs.job_ids), 'job')} failed: {named}; "
        f'repair the hosts, then {again}, or accept them with on_failure="accept"'
    )
