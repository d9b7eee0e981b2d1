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


@dataclass(frozen=True)
class Plan:
    """What has to change.

    Attributes:
        replaces: Inputs, by vendor name, whose change needs a new job.
        updates: Inputs, by vendor name, whose change is made in place.
        reasons: What an update will do that no changed input tells, or why a wish is passed over.
        acts: Something is to be done, even if no input changed.
    """

    replaces: tuple[str, ...] = ()
    updates: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    acts: bool = False


def diff_job(job_id: str, old_inputs: Bag | None, state: Bag, new: Bag, *, now: datetime) -> Plan:
    """Compare the checked inputs with the stored state, by our own idea of equal.

    Args:
        job_id: Its first bytes date the job where a failed GET left no creation date.
        old_inputs: The inputs of the last `up`; None when the engine does not tell.
        state: The stored outputs.
        new: The checked inputs, `UNKNOWN` included.
        now: Present time.

    Raises:
        InvalidInput: A changed expiry that this job cannot have.
    """
    changed = [key for key in fields_of(JobInputs) if key != "expirationDate" and _differs(key, state, new)]
    policies = fields_of(JobInputs)
    replaces = tuple(key for key in changed if policies[key].on_change is OnChange.REPLACE)
    updates = [key for key in changed if policies[key].on_change is OnChange.UPDATE]
    if replaces:
        return Plan(replaces=replaces, updates=tuple(updates), acts=True)

    reasons = []
    if state.get("status") is None:
        reasons.append("the job was never read; up reads it")
    if may_retry(state, new):
        attempt = f"attempt {_retries(state) + 1} of {_max_retries(new)}"
        reasons.append(f"the job failed; up restarts its failed parts ({attempt})")
    acts = bool(reasons)
    wish = _expiry_wish(job_id, old_inputs, state, new, now)
    reasons += wish.reasons
    return Plan(updates=(*updates, *wish.updates), reasons=tuple(reasons), acts=acts or bool(updates) or wish.acts)


def may_retry(state: Bag, inputs: Bag) -> bool:
    """The stored status is a failure and retries are left."""
    limit = _max_retries(inputs)
    return state.get("status") in FAILED_STATUSES and (limit is UNKNOWN or _retries(state) < limit)


def expiry_differs(state: Bag, inputs: Bag) -> bool:
    """A declared expiry is not the one that the server has; without a declared one the server's is right."""
    return inputs.get("expirationDate") is not None and _differs("expirationDate", state, inputs)


def wanted_expiry(inputs: Bag, now: datetime) -> datetime | None:
    """The declared expiry, unless it has passed: the server would refuse it, and the program is not to blame."""
    declared = inputs.get("expirationDate")
    if declared is None or parse_instant(declared) <= now:
        return None
    return parse_instant(declared)


def _expiry_wish(job_id: str, old_inputs: Bag | None, state: Bag, new: Bag, now: datetime) -> Plan:
    declared, stored = new.get("expirationDate"), state.get("expirationDate")
    is_changed = old_inputs is not None and _differs("expirationDate", old_inputs, new)
    if declared is None:
        if not is_changed:
            return Plan()
        return Plan(updates=("expirationDate",), reasons=(f"keeps the expiry {stored}; none is declared",), acts=True)
    if declared is UNKNOWN:
        return Plan(updates=("expirationDate",), acts=True)
    if not expiry_differs(state, new):
        return Plan()
    problem = _expiry_problem(job_id, state, parse_instant(declared), now)
    if problem is None:
        before = stored or "the server's own"
        move = f"up moves the expiry from {before} to {declared}"
        return Plan(updates=("expirationDate",), reasons=() if is_changed else (move,), acts=True)
    if is_changed:
        raise InvalidInput(f"expirationDate {declared} {problem}")
    # An unchanged program must not start to fail because time passed.
    return Plan(reasons=(f"keeps the expiry {stored}: the declared {declared} {problem}",))


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
