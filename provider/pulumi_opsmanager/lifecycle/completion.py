"""The completion of jobs: what a program waits for. It owns nothing on the server, so any failure may raise."""

from __future__ import annotations

from typing import Any

from pulumi_opsmanager.api.models import EXPIRED_STATUS, FAILED_STATUSES, FINISHED_STATUSES, SUCCEEDED_STATUSES, Job
from pulumi_opsmanager.clock import Clock
from pulumi_opsmanager.errors import CollectionFailed, counted
from pulumi_opsmanager.instants import format_instant
from pulumi_opsmanager.schema.completion import CompletionInputs, CompletionState
from pulumi_opsmanager.schema.fields import UNKNOWN, Bag, declared_of

from .check import Checked, check_inputs
from .follow import Patience, follow
from .naming import job_name, reasons_of
from .outputs import failed_children, failed_outputs
from .plan import Plan, compare
from .reporter import Reporter
from .session import Session

_SETTLED = FINISHED_STATUSES - FAILED_STATUSES


def check_completion(new: Bag, old: Bag, *, default_project_id: str | None) -> Checked:
    """Judge the inputs of a completion; ids that are not known yet stand last, so that a preview shows what is new.

    Args:
        new: What the program says, `UNKNOWN` included.
        old: The checked inputs of the existing completion; empty for a new one.
        default_project_id: From the settings, for a new completion.
    """
    checked = check_inputs(CompletionInputs, new, old, default_project_id=default_project_id)
    job_ids = checked.inputs.get("jobIds")
    if isinstance(job_ids, list) and UNKNOWN in job_ids and not checked.failures:
        known = sorted({job_id for job_id in job_ids if job_id is not UNKNOWN})
        checked.inputs["jobIds"] = [*known, *(UNKNOWN for job_id in job_ids if job_id is UNKNOWN)]
    return checked


def diff_completion(session: Session, state: Bag, new: Bag) -> Plan:
    """What an update would do, from the stored state alone.

    Args:
        session: Knows which jobs the program's own job resources found whole or restart, and hears which ones this
            completion restarts or found whole. Nothing is sent.
        state: The stored outputs.
        new: The checked inputs, `UNKNOWN` included.
    """
    plan = compare(CompletionInputs, state, new)
    for job_id, status in (state.get("statuses") or {}).items():
        if status in SUCCEEDED_STATUSES:
            session.note_hope(job_id, is_hopeful=True)
    job_ids = new.get("jobIds")
    followed = job_ids if isinstance(job_ids, list) else []
    failed = [job_id for job_id in _failed_ids(state) if job_id in followed]
    if new.get("maxRetriesPerRun") != 0:
        for job_id in failed:
            session.note_hope(job_id, is_hopeful=True)
    hopeful = sum(session.is_hopeful(job_id) for job_id in failed)
    return plan + Plan(reasons=(f"{hopeful} failed; up restarts the failed parts and waits",) if hopeful else ())


def complete_jobs(session: Session, clock: Clock, bag: Bag, state: Bag, reporter: Reporter) -> dict[str, Any]:
    """Wait for all jobs that are not known to be settled.

    Args:
        session: The server.
        clock: Whose `sleep` may raise to end the wait.
        bag: Checked inputs.
        state: The stored outputs; empty for a new completion.
        reporter: Hears the progress.

    Returns: All outputs.

    Raises:
        CollectionFailed: Jobs stayed failed, and `on_failure` is `fail`.
        OpsManagerError: As `follow`.
    """
    inputs = declared_of(CompletionInputs, bag)
    stored = state.get("statuses") or {}
    failed_before = _failed_ids(state)
    settled = {job_id: stored[job_id] for job_id in inputs.job_ids if stored.get(job_id) in _SETTLED}
    finished = follow(
        session,
        clock,
        str(inputs.project_id),
        [job_id for job_id in inputs.job_ids if job_id not in settled],
        Patience(inputs.timeout_seconds, inputs.poll_interval_seconds, inputs.max_retries_per_run),
        reporter,
        # A failed job may run out while it is still followed, and must not fail every `up` from then on.
        may_be_gone=failed_before,
    )
    failed = [job for job in finished.jobs.values() if job.status in FAILED_STATUSES]
    if failed and inputs.on_failure == "fail":
        raise CollectionFailed(_failure(failed, inputs))
    for job in finished.jobs.values():
        session.note_hope(job.id, is_hopeful=job.status in SUCCEEDED_STATUSES)
    for job in failed:
        reporter.warn(f"{job_name(job)} failed: {reasons_of(failed_children(job))}")
    for job_id in sorted(finished.gone):
        reporter.warn(f"job {job_id}, which had failed, is gone from the server")
    statuses = settled | {job.id: job.status for job in finished.jobs.values()}
    statuses |= dict.fromkeys(finished.gone, EXPIRED_STATUS)
    restarts = {job_id: int(count) for job_id, count in (state.get("retries") or {}).items() if job_id in statuses}
    for job_id, count in finished.restarts.items():
        restarts[job_id] = restarts.get(job_id, 0) + count
    seen = CompletionState(
        statuses=dict(sorted(statuses.items())),
        failed_jobs=[failed_outputs(job) for job in failed],
        finished_at=format_instant(clock.now()) if finished.jobs or not stored else str(state["finishedAt"]),
        retries=dict(sorted(restarts.items())),
    )
    return inputs.model_dump(by_alias=True) | seen.model_dump(by_alias=True)


def _failed_ids(state: Bag) -> list[str]:
    return [str(job["jobId"]) for job in state.get("failedJobs") or ()]


def _failure(failed: list[Job], inputs: CompletionInputs) -> str:
    named = "; ".join(f"{job_name(job)}: {reasons_of(failed_children(job))}" for job in failed)
    again = (
        "run up again: it restarts the failed parts"
        if inputs.max_retries_per_run
        else "allow restarts by max_retries_per_run"
    )
    return (
        f"{len(failed)} of {counted(len(inputs.job_ids), 'job')} failed: {named}; "
        f"repair the hosts, then {again} (or accept them with on_failure)"
    )
