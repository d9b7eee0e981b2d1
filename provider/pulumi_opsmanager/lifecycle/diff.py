"""What would an update of a job do? Answered from the stored state and the clock alone, without a request."""

from __future__ import annotations

from datetime import datetime

from pulumi_opsmanager.api.models import EXPIRED_STATUS, FAILED_STATUSES, SUCCEEDED_STATUSES
from pulumi_opsmanager.instants import parse_instant
from pulumi_opsmanager.schema.fields import UNKNOWN, Bag, Unknown, fields_of
from pulumi_opsmanager.schema.job import JobInputs

from .expiry import plan_expiry
from .plan import Plan, compare
from .session import Session


def diff_job(session: Session, job_id: str, old_inputs: Bag | None, state: Bag, new: Bag) -> Plan:
    """Compare the checked inputs with the stored state, by our own idea of equal.

    Args:
        session: Its clock; and it hears whether the job has all its parts. Nothing is sent.
        job_id: Its first bytes date the job where a failed GET left no creation date.
        old_inputs: The stored inputs; None when the engine does not tell.
        state: The stored outputs.
        new: The checked inputs, `UNKNOWN` included.

    Raises:
        InvalidInput: A changed expiry that this job cannot have.
        Expired: The same, because the job has expired.
    """
    now = session.clock.now()
    plan = compare(JobInputs, state, new, without=("expirationDate",))
    if plan.replaces:
        # The new job's expiry is judged by check, as that of any new one.
        return plan
    ran_out = _plan_expired(state, new, now)
    if ran_out.replaces:
        return ran_out
    if state.get("status") in SUCCEEDED_STATUSES or may_retry(state, new):
        session.note_hope(job_id, is_hopeful=True)
    plan += _plan_url(session, job_id, state)
    return plan + ran_out + _plan_reading(state, new) + plan_expiry(job_id, old_inputs, state, new, now)


def may_retry(state: Bag, inputs: Bag) -> bool:
    """The stored status is a failure and retries are left."""
    limit = _max_retries(inputs)
    return state.get("status") in FAILED_STATUSES and (limit is UNKNOWN or _retries(state) < limit)


def needs_look(state: Bag, inputs: Bag, now: datetime) -> bool:
    """The stored expiry has passed, and the program wants to know what became of the job.

    The clock alone is no proof: somebody may have moved the expiry, and a replacement would delete that archive.
    """
    expires = state.get("expirationDate")
    has_passed = expires is not None and parse_instant(expires) <= now and state.get("status") != EXPIRED_STATUS
    return has_passed and on_expired(inputs) in ("recreate", "fail")


def on_expired(inputs: Bag) -> object:
    """The declared policy for a job that ran out."""
    return inputs.get("onExpired") or fields_of(JobInputs)["onExpired"].default


def is_elsewhere(session: Session, job_id: str, state: Bag) -> bool:
    """The stored URL of the archive is one of other settings."""
    stored, project_id = state.get("downloadUrl"), state.get("projectId")
    if stored is None or project_id is None:
        return False
    present = session.client.jobs(project_id).download_url(job_id)
    path = present.removeprefix(session.client.settings.base_url)
    return bool(stored != present and stored.endswith(path))


def _plan_url(session: Session, job_id: str, state: Bag) -> Plan:
    base_url = session.client.settings.base_url
    moved = f"baseUrl is {base_url} now; up changes download_url, and sends nothing for it"
    return Plan(reasons=(moved,)) if is_elsewhere(session, job_id, state) else Plan()


def _plan_expired(state: Bag, new: Bag, now: datetime) -> Plan:
    if needs_look(state, new, now):
        return Plan(reasons=(f"the expiry {state.get('expirationDate')} has passed; up looks what became of the job",))
    if state.get("status") != EXPIRED_STATUS:
        return Plan()
    expired = f"the job expired at {state.get('expirationDate')}"
    if on_expired(new) == "recreate":
        return Plan(replaces=("status",), reasons=(f"{expired}; up collects again",))
    return Plan(reasons=(f"{expired}; up fails",)) if on_expired(new) == "fail" else Plan()


def _plan_reading(state: Bag, new: Bag) -> Plan:
    if state.get("status") is None:
        return Plan(reasons=("the job's status is not known; up reads it",))
    if may_retry(state, new):
        attempt = f"attempt {_retries(state) + 1} of {_max_retries(new)}"
        return Plan(reasons=(f"the job failed; up restarts its failed parts ({attempt})",))
    return Plan()


def _max_retries(inputs: Bag) -> int | Unknown:
    value = inputs.get("maxRetries")
    if value is None:
        return int(fields_of(JobInputs)["maxRetries"].default)
    # The engine makes a float of every number.
    return UNKNOWN if value is UNKNOWN else int(value)


def _retries(state: Bag) -> int:
    return int(state.get("retries") or 0)
