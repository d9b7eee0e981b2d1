"""What does an update of a job do? It depends on the stored and the declared values, and on the time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from pulumi_opsmanager.api.models import EXPIRED_STATUS, FAILED_STATUSES
from pulumi_opsmanager.instants import parse_instant
from pulumi_opsmanager.schema.job import JobInputs, JobState
from pulumi_opsmanager.schema.models import Partial
from pulumi_opsmanager.schema.validate import Failure

from .expiry import READ_MOVES, StoredJob, plan_expiry, plan_new_expiry
from .naming import expired_words
from .plan import Plan, Step, changes


@dataclass(frozen=True)
class JobFacts:
    """What a plan needs to know about the settings, and about the job that a new job replaces.

    Attributes:
        base_url: The base URL of the present settings; empty for a new job.
        download_url: The URL of the archive by the present settings; empty for a new job.
        old_project_id: Project of the job that a new job replaces; None if that project was changed in the program.
    """

    base_url: str = ""
    download_url: str = ""
    old_project_id: str | None = None


@dataclass(frozen=True)
class Relocate(Step):
    """Store the URL of the archive by the present settings. It sends nothing."""

    moves: ClassVar[frozenset[str]] = frozenset({"download_url", "last_seen_url"})


@dataclass(frozen=True)
class Read(Step):
    """Read the job with a GET, and plan again with the new state."""

    moves: ClassVar[frozenset[str]] = READ_MOVES | {"retries"}


@dataclass(frozen=True)
class Fail(Step):
    """Fail, because the job has expired and `on_expired` is `fail`."""


@dataclass(frozen=True)
class Restart(Step):
    """Restart the failed parts with a PUT, then read the job."""

    moves: ClassVar[frozenset[str]] = READ_MOVES | {"retries"}


def plan_job(stored: StoredJob | None, declared: Partial[JobInputs], facts: JobFacts | None, now: datetime) -> Plan:
    """Decide what an update does. Without facts the URL of the archive stays unchanged."""
    if stored is None:
        return plan_new_expiry(declared, now) + _plan_project(declared, facts)
    plan = changes(stored.inputs, declared, without={"expiration_date"})
    if plan.replaces:
        # Another plan is for the new job.
        return plan
    status = _plan_status(stored.state, declared, now)
    if status.replaces:
        return status
    return (
        plan
        + _plan_url(stored.state, facts)
        + status
        + plan_expiry(stored, declared, now)
        + _plan_restart(stored.state, declared)
    )


def _plan_project(declared: Partial[JobInputs], facts: JobFacts | None) -> Plan:
    """Show that a replacement leaves the project of the old job, because the settings name another one by now."""
    old, new = facts.old_project_id if facts else None, declared.known.project_id
    if old in (None, new) or "project_id" in declared.unknown:
        return Plan()
    moved = f"the old job is in project {old}; the new job is created in project {new}, which the settings name now"
    return Plan(notes=(f"{moved} (project_id keeps a job in a project)",))


def _plan_url(state: JobState, facts: JobFacts | None) -> Plan:
    stored = state.download_url
    if facts is None or stored == facts.download_url:
        return Plan()
    if not stored.endswith(facts.download_url.removeprefix(facts.base_url)):
        return Plan()
    moved = f"base_url is {facts.base_url} now; the next run changes download_url and sends nothing for it"
    return Plan(steps=(Relocate(),), reasons=(moved,))


def _plan_status(state: JobState, declared: Partial[JobInputs], now: datetime) -> Plan:
    if state.status is None:
        return Plan(steps=(Read(),), reasons=("the status of the job is unknown; the next run reads it",))
    policy, at = declared.known.on_expired, state.expires_at
    is_open = "on_expired" in declared.unknown
    if policy == "keep" and not is_open:
        return Plan()
    if state.status == EXPIRED_STATUS:
        return _plan_expired(None if is_open else policy, expired_words(at))
    if at is not None and parse_instant(at) <= now:
        # The clock does not prove it: somebody may have moved the expiry, and a replacement would delete the archive.
        return Plan(steps=(Read(),), reasons=(f"expired on {at}; the next run checks whether the job still exists",))
    return Plan()


def _plan_expired(policy: str | None, expired: str) -> Plan:
    if policy is None:
        # A plan must say whether the job is replaced.
        return Plan(failures=(Failure("onExpired", f"must be known: {expired}"),))
    if policy == "recreate":
        return Plan(replaces=("status",), reasons=(f"{expired}; the next run collects again",))
    return Plan(steps=(Fail(),), reasons=(f"{expired}; the next run fails",))


def _plan_restart(state: JobState, declared: Partial[JobInputs]) -> Plan:
    is_open = "max_retries" in declared.unknown
    limit = declared.known.max_retries
    if state.status not in FAILED_STATUSES or not (is_open or state.retries < limit):
        return Plan()
    attempt = f"attempt {state.retries + 1}" + ("" if is_open else f" of {limit}")
    return Plan(steps=(Restart(),), reasons=(f"the job failed; the next run restarts its failed parts ({attempt})",))
