"""Create, read, update and delete of a log collection job.

The law of this module: once the server has given an id, nothing may raise before the id is returned. What fails then
is told as a warning, and left in the state as a difference that the next plain `up` removes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pulumi_opsmanager.api.models import EXPIRED_STATUS, Job
from pulumi_opsmanager.api.refusals import NOT_FAILED
from pulumi_opsmanager.api.settings import OBJECT_ID
from pulumi_opsmanager.errors import (
    Expired,
    InvalidInput,
    JobNotFound,
    OpsManagerError,
    ReplyLost,
    UnexpectedResponse,
    attempting,
)
from pulumi_opsmanager.instants import parse_instant
from pulumi_opsmanager.schema.fields import Bag, declared_of
from pulumi_opsmanager.schema.job import JobInputs

from .creation import create_once
from .diff import is_elsewhere, may_retry, needs_look, on_expired
from .expiry import wanted_expiry
from .naming import stored_name
from .outputs import (
    NOT_APPLIED,
    applied_outputs,
    exchanged,
    inputs_in,
    last_seen,
    located,
    refreshed_outputs,
    unread_outputs,
)
from .reporter import Reporter
from .session import Session


@dataclass(frozen=True)
class ReadJob:
    """What a read found.

    Attributes:
        outputs: The state to store.
        inputs: The declared inputs as the server has them; None where the engine did not tell what is declared.
    """

    outputs: dict[str, Any]
    inputs: dict[str, Any] | None


def create_job(session: Session, bag: Bag, reporter: Reporter) -> tuple[str, dict[str, Any]]:
    """Make a job; returns its id and outputs without waiting for it to finish.

    Args:
        session: The server.
        bag: Checked inputs, project included.
        reporter: Hears what did not work after the POST.

    Raises:
        OpsManagerError: Only as long as there is no id.
    """
    inputs = declared_of(JobInputs, bag)
    project_id = _project_of(bag)
    with attempting(f"create the job for {inputs.resource_type} {inputs.resource_name}"):
        job_id = create_once(session, project_id, inputs, reporter)
    url = session.client.jobs(project_id).download_url(job_id)
    try:
        job = session.client.jobs(project_id).get(job_id, verbose=True)
        session.note_user(job.user_id)
        state = applied_outputs(job, bag, url, retries=0)
        return job_id, _move_expiry_after_create(session, project_id, job_id, bag, state, reporter)
    except Exception as error:  # noqa: BLE001  the id must get into the state, whatever happens
        reporter.warn(f"job {job_id} is made but could not be read; the next up reads it ({error})")
        return job_id, unread_outputs(bag, url)


def read_job(
    session: Session,
    job_id: str,
    state: Bag,
    old_inputs: Bag | None,
    reporter: Reporter,
    *,
    default_project_id: str | None,
) -> ReadJob | None:
    """Refresh the state of a job; None when the server proved that it is gone.

    Args:
        session: The server.
        job_id: 24 hex characters.
        state: Stored outputs; for a job of others only what the program knows of it.
        old_inputs: Declared inputs, None when the engine does not tell.
        reporter: Hears what moved.
        default_project_id: Where the state names no project.

    Raises:
        JobNotFound: It was never read, so there is no state to forget.
        OpsManagerError: Anything else; the state stands.
    """
    is_stored = "downloadUrl" in state
    if not OBJECT_ID.fullmatch(job_id):
        raise InvalidInput(f"job id {job_id!r} must be 24 lower-case hex digits")
    project_id = _project_of(state, default_project_id)
    try:
        with attempting(f"read {stored_name(job_id, state)}"):
            job = _current(session, project_id, job_id, state)
    except JobNotFound as absence:
        if not is_stored:
            raise JobNotFound(
                f"there is no job {job_id} in project {project_id}: check job_id and project_id", code=absence.code
            ) from absence
        _require_same_server(session, job_id, state)
        return _gone(session, job_id, state, old_inputs, reporter)
    before, url = state.get("status"), session.client.jobs(project_id).download_url(job_id)
    outputs = refreshed_outputs(job, {**state, "projectId": project_id}, url)
    if is_stored and before != job.status:
        reporter.info(f"status {before or 'unknown'} → {job.status}")
    return ReadJob(outputs, _declared_as_seen(session, job_id, old_inputs, outputs))


def update_job(session: Session, job_id: str, state: Bag, bag: Bag, reporter: Reporter) -> dict[str, Any]:
    """Do what `diff_job` planned: read a job that was never read, move its expiry, restart its failed parts.

    The expiry comes first: a PATCH can be repeated, while an attempt to restart counts once it was sent.

    Returns: All outputs.

    Raises:
        Expired: The job has expired, and `on_expired` is `fail`.
    """
    project_id = _project_of(bag, state.get("projectId"))
    retries = int(state.get("retries") or 0)
    outputs = exchanged(JobInputs, state, bag) | {
        "expirationDate": state.get("expirationDate"),
        "declaredExpirationDate": bag.get("expirationDate"),
    }
    if is_elsewhere(session, job_id, state):
        outputs |= located(state, session.client.jobs(project_id).download_url(job_id))
    with attempting(f"update {stored_name(job_id, bag)}"):
        if state.get("status") is None:
            outputs = _reread(session, project_id, job_id, bag, retries)
        elif needs_look(state, bag, session.clock.now()):
            outputs = _look_after_expiry(session, project_id, job_id, bag, outputs, reporter)
        if outputs.get("status") == EXPIRED_STATUS and on_expired(bag) == "fail":
            raise Expired(
                f'it expired at {outputs.get("expirationDate")} and its archive is gone (on_expired="fail"): '
                "change triggers to collect again, or set another on_expired"
            )
        # What was applied is in the state, not in the inputs.
        applied = outputs | {"retentionDays": state.get("retentionDays")}
        moved = _move_expiry(session, project_id, job_id, bag, applied)
        if not may_retry(outputs, bag):
            return _reread(session, project_id, job_id, bag, retries) if moved else outputs
        restart(session, project_id, job_id)
    try:
        return _reread(session, project_id, job_id, bag, retries + 1)
    except Exception as error:  # noqa: BLE001  the restart counts, whatever happens
        reporter.warn(f"job {job_id} was restarted but could not be read; the next up reads it ({error})")
        return {**outputs, "status": None, "retries": retries + 1}


def delete_job(session: Session, job_id: str, state: Bag, reporter: Reporter) -> None:
    """Delete a job and its archive; one that is proven gone already is no failure."""
    session.forget_lists()
    try:
        with attempting(f"delete {stored_name(job_id, state)}"):
            session.client.jobs(_project_of(state)).delete(job_id)
    except JobNotFound:
        _require_same_server(session, job_id, state)
        reporter.info(f"job {job_id} was gone already")


def _current(session: Session, project_id: str, job_id: str, state: Bag) -> Job:
    """The job from the shared list when nothing moved, else from a GET, which also proves an absence."""
    if state.get("status") is not None:
        listed = session.listed(project_id, job_id)
        if listed is not None and listed.status == state["status"]:
            return listed
    return session.client.jobs(project_id).get(job_id, verbose=True)


def _move_expiry_after_create(
    session: Session, project_id: str, job_id: str, bag: Bag, state: dict[str, Any], reporter: Reporter
) -> dict[str, Any]:
    not_applied = state | NOT_APPLIED
    try:
        if _move_expiry(session, project_id, job_id, bag, not_applied):
            return _reread(session, project_id, job_id, bag, retries=0)
    except OpsManagerError as error:
        reporter.warn(
            f"job {job_id} is made, but its expiry could not be set, or not be read back; the next up does it ({error})"
        )
        return not_applied
    return state


def _move_expiry(session: Session, project_id: str, job_id: str, bag: Bag, state: Bag) -> bool:
    expires_at = wanted_expiry(job_id, state, bag, session.clock.now())
    if expires_at is None:
        return False
    session.forget_lists()
    session.client.jobs(project_id).extend(job_id, expires_at)
    return True


def _look_after_expiry(
    session: Session, project_id: str, job_id: str, bag: Bag, outputs: dict[str, Any], reporter: Reporter
) -> dict[str, Any]:
    """Read a job whose stored expiry has passed; one that is proven gone is expired."""
    try:
        return _reread(session, project_id, job_id, bag, int(outputs.get("retries") or 0))
    except JobNotFound:
        reporter.info(f"job {job_id} ran out at {outputs.get('expirationDate')} and is gone from the server")
        return outputs | {"status": EXPIRED_STATUS}


def restart(session: Session, project_id: str, job_id: str) -> None:
    """Send the PUT, which counts; what became of it is for the next GET to tell.

    A lost reply, or a server that says the job is not failed (any more), is no error.
    """
    session.forget_lists()
    try:
        session.client.jobs(project_id).retry(job_id)
    except ReplyLost:
        pass
    except InvalidInput as error:
        if error.code != NOT_FAILED:
            raise
    session.note_restart(job_id)


def _reread(session: Session, project_id: str, job_id: str, bag: Bag, retries: int) -> dict[str, Any]:
    job = session.client.jobs(project_id).get(job_id, verbose=True)
    return applied_outputs(job, bag, session.client.jobs(project_id).download_url(job_id), retries)


def _declared_as_seen(session: Session, job_id: str, old_inputs: Bag | None, outputs: Bag) -> dict[str, Any] | None:
    """Show a moved expiry as drift, the one input that the server can change, where an update can move it back."""
    if old_inputs is None:
        return None
    declared = inputs_in(old_inputs)
    is_moved = declared.get("expirationDate") is not None and outputs.get("expirationDate")
    if is_moved and wanted_expiry(job_id, outputs, declared, session.clock.now()) is not None:
        declared["expirationDate"] = outputs["expirationDate"]
    return declared


def _gone(session: Session, job_id: str, state: Bag, old_inputs: Bag | None, reporter: Reporter) -> ReadJob | None:
    """Forget a job that somebody deleted; keep one that ran out, or every program would collect again by itself."""
    expires = state.get("expirationDate")
    if expires is None or parse_instant(expires) > session.clock.now():
        reporter.info(f"job {job_id} is gone from the server")
        return None
    if on_expired(state) == "recreate":
        reporter.info(f"job {job_id} ran out at {expires} and is gone from the server; the next up collects again")
        return None
    reporter.info(f"job {job_id} ran out at {expires} and is gone from the server; its state is kept")
    return ReadJob({**state, "status": EXPIRED_STATUS}, None if old_inputs is None else inputs_in(old_inputs))


def _require_same_server(session: Session, job_id: str, state: Bag) -> None:
    """Take no other server's word for the absence of a job that should be there: it may be a restored copy."""
    url, made_url = session.client.jobs(_project_of(state)).download_url(job_id), last_seen(state)
    expires = state.get("expirationDate")
    is_due = expires is not None and parse_instant(expires) <= session.clock.now()
    if made_url not in (None, url) and not is_due:
        raise UnexpectedResponse(
            f"{stored_name(job_id, state)} is not at {session.client.settings.base_url}, "
            f"but was last seen as {made_url}: "
            "check baseUrl; if that server has a new name, the job was deleted there: `pulumi state delete` forgets it"
        )


def _project_of(bag: Bag, default: str | None = None) -> str:
    project_id = bag.get("projectId") or default
    if project_id is None:
        raise InvalidInput("the project is not known: give project_id, or set opsmanager:projectId")
    return str(project_id)
