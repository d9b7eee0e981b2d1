"""When should the server delete a job's archive? It depends on the declared and the stored values, and on the time.

A program declares a date or a number of days. The days count from the creation of the job. With `renew_when_days_left`
they count from the run that finds too few days left. A renewed expiry is at midnight UTC, so that all runs of one day
agree. No expiry is later than six months after the creation. If the server would refuse an expiry, a plan fails if the
program has changed it; otherwise the plan has a note.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from pulumi_opsmanager.api.models import EXPIRED_STATUS
from pulumi_opsmanager.errors import Expired, InvalidInput, counted
from pulumi_opsmanager.instants import format_instant, instant_of_id, months_later, parse_instant
from pulumi_opsmanager.schema.job import JobInputs, JobState
from pulumi_opsmanager.schema.models import Partial
from pulumi_opsmanager.schema.types import MAX_LIFE_MONTHS
from pulumi_opsmanager.schema.validate import Failure

from .plan import Plan, Step
from .stored import Stored

StoredJob = Stored[JobInputs, JobState]

READ_MOVES = frozenset(JobState.model_fields) - {"retries"}
"""Outputs that may change with a GET."""

_GONE = "the job has expired and its archive is gone; change triggers to collect again"


@dataclass(frozen=True)
class MoveExpiry(Step):
    """Move the expiry with a PATCH, then read the job."""

    moves: ClassVar[frozenset[str]] = READ_MOVES

    to: datetime


@dataclass(frozen=True)
class DecideExpiry(Step):
    """A possible move, in a preview whose inputs are unknown. The update decides whether the expiry moves."""

    moves: ClassVar[frozenset[str]] = READ_MOVES


def plan_new_expiry(declared: Partial[JobInputs], now: datetime) -> Plan:
    """The plan of a new job: refuse a date that the server would refuse."""
    date = declared.known.expiration_date
    problem = _date_problem(parse_instant(date), now, now) if date is not None else None
    return Plan(failures=(Failure("expirationDate", f"{problem}, not {date}"),)) if problem else Plan()


def plan_expiry(stored: StoredJob, declared: Partial[JobInputs], now: datetime) -> Plan:
    """The plan for the expiry of an existing job."""
    inputs, before, at = declared.known, stored.inputs, stored.state.expires_at
    if "expiration_date" in declared.unknown:
        return Plan(updates=("expiration_date",), steps=(DecideExpiry(),))
    if inputs.expiration_date is not None:
        return _plan_date(stored, inputs.expiration_date, now)
    was_date = before.expiration_date is not None
    plan = Plan(updates=("expiration_date",)) if was_date else Plan()
    if declared.unknown & {"retention_days", "renew_when_days_left"}:
        return plan + Plan(steps=(DecideExpiry(),))
    if inputs.retention_days is None:
        kept = Plan(notes=(f"{_kept(at)}; none is declared",))
        return plan + kept if was_date or before.retention_days is not None else plan
    return plan + _plan_days(stored, inputs.retention_days, inputs.renew_when_days_left, now)


def has_moved(stored: StoredJob, now: datetime) -> bool:
    """Whether somebody has moved the declared expiry on the server, and a run can move it back."""
    return stored.inputs.expiration_date is not None and bool(plan_expiry(stored, Partial(stored.inputs), now).steps)


def _plan_date(stored: StoredJob, declared: str, now: datetime) -> Plan:
    at = stored.state.expires_at
    if declared == at:
        return Plan()
    is_changed = declared != stored.inputs.expiration_date
    is_gone = stored.state.status == EXPIRED_STATUS
    problem = _GONE if is_gone else _date_problem(parse_instant(declared), _created(stored), now)
    rule = f"cannot be {declared}: {_GONE}" if is_gone else f"{problem}, not {declared}"
    if problem is None:
        move = _move(at, declared, "it differs from the declared one")
        return Plan(
            updates=("expiration_date",),
            steps=(MoveExpiry(parse_instant(declared)),),
            reasons=() if is_changed else (move,),
        )
    if is_changed:
        return _refused("expirationDate", rule, is_gone=is_gone)
    # An unchanged program must not start to fail because time passes.
    return Plan(notes=(f"{_kept(at)}: the declared expiration_date {rule}",))


def _plan_days(stored: StoredJob, days: int, renew: int | None, now: datetime) -> Plan:
    state, is_changed = stored.state, days != stored.inputs.retention_days
    at = parse_instant(state.expires_at) if state.expires_at else None
    limit, why = months_later(_created(stored), MAX_LIFE_MONTHS), f"retention_days={days}"
    if renew is None:
        wanted = _created(stored) + timedelta(days=days)
        if min(wanted, limit) == at:
            return Plan()
    else:
        enough = timedelta(days=renew)
        if at is not None and at - now >= enough and not is_changed:
            return Plan()
        wanted = _next_midnight(now + timedelta(days=days))
        if at is not None and at - now < enough:
            why = f"fewer than {counted(renew, 'day is left', 'days are left')}"
    expires_at = min(wanted, limit)
    is_gone = state.status == EXPIRED_STATUS or (at is not None and at <= now)
    if is_gone or expires_at <= now:
        ended = f"{counted(days, 'day')} after the creation ended at {format_instant(expires_at)}"
        problem = _GONE if is_gone else ended
        if is_changed:
            return _refused("retentionDays", f"cannot be {days}: {problem}", is_gone=is_gone)
        return Plan(notes=(f"{_kept(state.expires_at)}: {problem}",))
    last = f"{format_instant(limit)} is the last possible expiry, {MAX_LIFE_MONTHS} months after the job's creation"
    warnings = (f"{last}; change triggers to collect again before then",) if wanted > limit else ()
    if expires_at == at:
        return Plan(warnings=warnings)
    move = _move(state.expires_at, format_instant(expires_at), why)
    return Plan(steps=(MoveExpiry(expires_at),), reasons=(move,), warnings=warnings)


def _date_problem(declared: datetime, created: datetime, now: datetime) -> str | None:
    if declared <= now:
        return f"must be in the future (it is {format_instant(now)} now)"
    limit = months_later(created, MAX_LIFE_MONTHS)
    if declared > limit:
        return f"must be at most {format_instant(limit)} ({MAX_LIFE_MONTHS} months after the job's creation)"
    return None


def _refused(key: str, rule: str, *, is_gone: bool) -> Plan:
    return Plan(failures=(Failure(key, rule, Expired if is_gone else InvalidInput),))


def _created(stored: StoredJob) -> datetime:
    created = stored.state.creation_date
    # A job that was never read has its creation date in the first bytes of its id.
    return parse_instant(created) if created else instant_of_id(stored.id)


def _next_midnight(instant: datetime) -> datetime:
    midnight = instant.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight if midnight == instant else midnight + timedelta(days=1)


def _kept(at: str | None) -> str:
    return f"keeps the expiry {at}" if at else "keeps the default expiry"


def _move(at: str | None, to: str, why: str) -> str:
    return f"the next run moves the expiry from {at or 'the default'} to {to}: {why}"
