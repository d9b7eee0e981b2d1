"""What would an update do? Answered from the stored state and the clock alone, without a request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pulumi_opsmanager.api.instants import format_instant, instant_of_id, months_later, parse_instant
from pulumi_opsmanager.api.models import EXPIRED_STATUS, FAILED_STATUSES
from pulumi_opsmanager.errors import InvalidInput
from pulumi_opsmanager.schema.fields import UNKNOWN, Bag, OnChange, Unknown, fields_of
from pulumi_opsmanager.schema.job import JobInputs

from .check import MAX_LIFE_MONTHS

_EXPIRY = "expirationDate"


@dataclass(frozen=True)
class Plan:
    """What has to change.

    Attributes:
        replaces: Inputs, by vendor name, whose change needs a new job.
        updates: Inputs, by vendor name, whose change is made in place.
        reasons: What an update will do that no changed input tells.
        notes: Wishes that are passed over, and why.
    """

    replaces: tuple[str, ...] = ()
    updates: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def acts(self) -> bool:
        """Something is to be done."""
        return bool(self.replaces or self.updates or self.reasons)


def diff_job(job_id: str, old_inputs: Bag | None, state: Bag, new: Bag, *, now: datetime) -> Plan:
    """Compare the checked inputs with the stored state, by our own idea of equal.

    Args:
        job_id: Its first bytes date the job where a failed GET left no creation date.
        old_inputs: The stored inputs; None when the engine does not tell.
        state: The stored outputs.
        new: The checked inputs, `UNKNOWN` included.
        now: Present time.

    Raises:
        InvalidInput: A changed expiry that this job cannot have.
    """
    policies = fields_of(JobInputs)
    changed = [key for key in policies if key != _EXPIRY and _differs(key, state, new)]
    replaces = tuple(key for key in changed if policies[key].on_change is OnChange.REPLACE)
    updates = tuple(key for key in changed if policies[key].on_change is OnChange.UPDATE)
    if replaces:
        # The new job's expiry is judged by check, as that of any new one.
        return Plan(replaces, updates)
    reasons: tuple[str, ...] = ()
    if state.get("status") is None:
        reasons += ("the job's status is not known; up reads it",)
    if may_retry(state, new):
        attempt = f"attempt {_retries(state) + 1} of {_max_retries(new)}"
        reasons += (f"the job failed; up restarts its failed parts ({attempt})",)
    expiry = _expiry_plan(job_id, old_inputs, state, new, now)
    return Plan(updates=updates + expiry.updates, reasons=reasons + expiry.reasons, notes=expiry.notes)


def may_retry(state: Bag, inputs: Bag) -> bool:
    """The stored status is a failure and retries are left."""
    limit = _max_retries(inputs)
    return state.get("status") in FAILED_STATUSES and (limit is UNKNOWN or _retries(state) < limit)


def wanted_expiry(job_id: str, state: Bag, inputs: Bag, now: datetime) -> datetime | None:
    """The declared expiry where the server has another one and would take it."""
    declared = inputs.get(_EXPIRY)
    if declared is None or not _differs(_EXPIRY, state, inputs):
        return None
    wanted = parse_instant(declared)
    return None if _expiry_problem(job_id, state, wanted, now) else wanted


def _expiry_plan(job_id: str, old_inputs: Bag | None, state: Bag, new: Bag, now: datetime) -> Plan:
    declared, stored = new.get(_EXPIRY), state.get(_EXPIRY)
    if declared is UNKNOWN:
        return Plan(updates=(_EXPIRY,))
    is_changed = _is_changed_by_program(old_inputs, state, new)
    if declared is None:
        return (
            Plan(updates=(_EXPIRY,), notes=(f"keeps the expiry {stored}; none is declared",)) if is_changed else Plan()
        )
    if not _differs(_EXPIRY, state, new):
        return Plan()
    problem = _expiry_problem(job_id, state, parse_instant(declared), now)
    if problem is None:
        before = stored or "the server's own"
        move = f"up moves the expiry from {before} to {declared}"
        return Plan(updates=(_EXPIRY,), reasons=() if is_changed else (move,))
    if is_changed:
        raise InvalidInput(f"{_EXPIRY} {declared} {problem}")
    # An unchanged program must not start to fail because time passed.
    return Plan(notes=(f"keeps the expiry {stored}: the declared {declared} {problem}",))


def _is_changed_by_program(old_inputs: Bag | None, state: Bag, new: Bag) -> bool:
    """A refresh rewrites the stored inputs to what the server has, so the last declared date has to differ as well."""
    last = {_EXPIRY: state.get("declaredExpirationDate")}
    return old_inputs is not None and _differs(_EXPIRY, old_inputs, new) and _differs(_EXPIRY, last, new)


def _expiry_problem(job_id: str, state: Bag, declared: datetime, now: datetime) -> str | None:
    if state.get("status") == EXPIRED_STATUS:
        return "cannot be had: the job has expired and its archive is gone; change triggers to collect again"
    if declared <= now:
        return f"must be in the future (it is {format_instant(now)} now)"
    created = parse_instant(state["creationDate"]) if state.get("creationDate") else instant_of_id(job_id)
    limit = months_later(created, MAX_LIFE_MONTHS)
    if declared > limit:
        return f"must be at most {format_instant(limit)}, {MAX_LIFE_MONTHS} months after the job's creation"
    return None


def _differs(key: str, old: Bag, new: Bag) -> bool:
    field = fields_of(JobInputs)[key]
    # What an older release did not store yet stands at its default.
    before, after = (field.default if bag.get(key) is None else bag[key] for bag in (old, new))
    if after is UNKNOWN:
        return True
    if before is None or after is None:
        return before is not after
    return bool(field.canonical(before) != field.canonical(after))


def _max_retries(inputs: Bag) -> int | Unknown:
    value = inputs.get("maxRetries")
    if value is None:
        return int(fields_of(JobInputs)["maxRetries"].default)
    # The engine makes a float of every number.
    return UNKNOWN if value is UNKNOWN else int(value)


def _retries(state: Bag) -> int:
    return int(state.get("retries") or 0)
