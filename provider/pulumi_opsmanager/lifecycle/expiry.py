"""When should a job's archive be deleted? From what is declared, what is stored and the clock, without a request.

A program declares a date, or a number of days: from the creation, or (with `renewWhenDaysLeft`) from the day on which
too few are left. Renewals end on midnights in UTC, so that preview and up of one day agree. No expiry goes past six
months after the creation. A goal that the server would refuse is skipped with a message, or refused if it is new.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from pulumi_opsmanager.api.models import EXPIRED_STATUS
from pulumi_opsmanager.errors import Expired, InvalidInput, counted
from pulumi_opsmanager.instants import format_instant, instant_of_id, months_later, parse_instant
from pulumi_opsmanager.schema.fields import UNKNOWN, Bag
from pulumi_opsmanager.schema.job import JobInputs

from .plan import Plan, differs

MAX_LIFE_MONTHS = 6
"""An expiry may be at most this long after the job's creation (vendor: `EXPIRATION_DATE_TOO_DISTANT`)."""

_GONE = "the job has expired and its archive is gone; change triggers to collect again"

_DATE, _DAYS, _RENEW = "expirationDate", "retentionDays", "renewWhenDaysLeft"


@dataclass(frozen=True)
class _Goal:
    """What a number of days asks for now.

    Attributes:
        expires_at: The expiry to move to; None to leave the stored one.
        why: In words.
        problem: Why the server would refuse the expiry.
        warning: The limit is reached, and somebody should act.
    """

    expires_at: datetime | None = None
    why: str = ""
    problem: str | None = None
    warning: str | None = None


def wanted_expiry(job_id: str, state: Bag, inputs: Bag, now: datetime) -> datetime | None:
    """The expiry to move to: declared or due, another than the stored one, and one that the server would take.

    Args:
        job_id: Its first bytes date the job where a failed GET left no creation date.
        state: The stored outputs. A `retentionDays` that is not among them was never applied.
        inputs: Checked inputs.
        now: Present time.
    """
    if inputs.get(_DATE) is None:
        return _retention(job_id, state, inputs, now).expires_at
    if not _differs(_DATE, state, inputs):
        return None
    wanted = parse_instant(inputs[_DATE])
    return None if _problem(job_id, state, wanted, now) else wanted


def date_problem(declared: datetime, created: datetime, now: datetime) -> str | None:
    """Why a job that was made then cannot have this expiry; None when it can."""
    if declared <= now:
        return f"must be in the future (it is {format_instant(now)} now)"
    limit = months_later(created, MAX_LIFE_MONTHS)
    if declared > limit:
        return f"must be at most {format_instant(limit)}, {MAX_LIFE_MONTHS} months after the job's creation"
    return None


def plan_expiry(job_id: str, old_inputs: Bag | None, state: Bag, new: Bag, now: datetime) -> Plan:
    """What becomes of the expiry.

    Args:
        job_id: As for `wanted_expiry`.
        old_inputs: The stored inputs; None when the engine does not tell.
        state: The stored outputs.
        new: Checked inputs, `UNKNOWN` included.
        now: Present time.

    Raises:
        InvalidInput: A changed date, or number of days, that this job cannot have.
        Expired: The same, because the job has expired.
    """
    if new.get(_DATE) is UNKNOWN:
        return Plan(updates=(_DATE,))
    if new.get(_DATE) is not None:
        return _plan_date(job_id, old_inputs, state, new, now)
    plan = Plan(updates=(_DATE,)) if _is_changed_by_program(old_inputs, state, new) else Plan()
    if new.get(_DAYS) is None:
        kept = f"keeps the expiry {state.get(_DATE)}; none is declared"
        given_up = plan.acts or state.get(_DAYS) is not None
        return plan + Plan(notes=(kept,)) if given_up else plan
    if UNKNOWN in (new[_DAYS], new.get(_RENEW)):
        return plan
    goal = _retention(job_id, state, new, now)
    if goal.problem is not None and _differs(_DAYS, state, new):
        raise _refusal(goal.problem)(f"retention_days={int(new[_DAYS])}: {goal.problem}")
    return plan + Plan(
        reasons=(_move(state, format_instant(goal.expires_at), goal.why),) if goal.expires_at else (),
        notes=(f"keeps the expiry {state.get(_DATE)}: {goal.problem}",) if goal.problem else (),
        warnings=(goal.warning,) if goal.warning else (),
    )


def _plan_date(job_id: str, old_inputs: Bag | None, state: Bag, new: Bag, now: datetime) -> Plan:
    if not _differs(_DATE, state, new):
        return Plan()
    declared, is_changed = new[_DATE], _is_changed_by_program(old_inputs, state, new)
    problem = _problem(job_id, state, parse_instant(declared), now)
    if problem is None:
        move = _move(state, declared, "it is not the declared one")
        return Plan(updates=(_DATE,), reasons=() if is_changed else (move,))
    if is_changed:
        raise _refusal(problem)(f"expiration_date={declared} {problem}")
    # An unchanged program must not start to fail because time passed.
    return Plan(notes=(f"keeps the expiry {state.get(_DATE)}: the declared {declared} {problem}",))


def _retention(job_id: str, state: Bag, inputs: Bag, now: datetime) -> _Goal:
    if inputs.get(_DAYS) is None:
        return _Goal()
    # The engine makes a float of every number.
    days, renew = int(inputs[_DAYS]), inputs.get(_RENEW)
    stored = parse_instant(state[_DATE]) if state.get(_DATE) else None
    limit, why = _limit(job_id, state), f"retention_days is {days}"
    if renew is None:
        wanted = _created(job_id, state) + timedelta(days=days)
        if min(wanted, limit) == stored:
            return _Goal()
    else:
        enough = timedelta(days=int(renew))
        if stored is not None and stored - now >= enough and not _differs(_DAYS, state, inputs):
            return _Goal()
        wanted = _next_midnight(now + timedelta(days=days))
        if stored is not None and stored - now < enough:
            why = f"fewer than {counted(int(renew), 'day is left', 'days are left')}"
    if state.get("status") == EXPIRED_STATUS or (stored is not None and stored <= now):
        return _Goal(problem=_GONE)
    expires_at = min(wanted, limit)
    if expires_at <= now:
        return _Goal(problem=f"{counted(days, 'day')} after the creation ended at {format_instant(expires_at)}")
    last = f"the expiry {format_instant(limit)} is the last one, {MAX_LIFE_MONTHS} months after the job's creation"
    return _Goal(
        expires_at if expires_at != stored else None,
        why,
        warning=f"{last}; change triggers to collect again before then" if wanted > limit else None,
    )


def _refusal(problem: str) -> type[InvalidInput | Expired]:
    return Expired if problem.endswith(_GONE) else InvalidInput


def _is_changed_by_program(old_inputs: Bag | None, state: Bag, new: Bag) -> bool:
    """A refresh rewrites the stored inputs to what the server has, so the last declared date has to differ as well."""
    last = {_DATE: state.get("declaredExpirationDate")}
    return old_inputs is not None and _differs(_DATE, old_inputs, new) and _differs(_DATE, last, new)


def _problem(job_id: str, state: Bag, declared: datetime, now: datetime) -> str | None:
    if state.get("status") == EXPIRED_STATUS:
        return f"cannot be had: {_GONE}"
    return date_problem(declared, _created(job_id, state), now)


def _differs(key: str, old: Bag, new: Bag) -> bool:
    return differs(key, old, new, JobInputs)


def _created(job_id: str, state: Bag) -> datetime:
    return parse_instant(state["creationDate"]) if state.get("creationDate") else instant_of_id(job_id)


def _limit(job_id: str, state: Bag) -> datetime:
    return months_later(_created(job_id, state), MAX_LIFE_MONTHS)


def _next_midnight(instant: datetime) -> datetime:
    midnight = instant.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight if midnight == instant else midnight + timedelta(days=1)


def _move(state: Bag, to: str, why: str) -> str:
    before = state.get(_DATE) or "the server's own"
    return f"up moves the expiry from {before} to {to}: {why}"
