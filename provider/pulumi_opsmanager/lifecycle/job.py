"""Create, read, update, delete and import of a log collection job.

The law of this module: after the server has returned an id, a create may not raise. A later failure becomes a warning,
and a difference in the state that the next run removes.
"""

from __future__ import annotations

from datetime import datetime

from pulumi_opsmanager.api.jobs import Jobs
from pulumi_opsmanager.api.models import EXPIRED_STATUS, FAILED_STATUSES, SUCCEEDED_STATUSES, Job
from pulumi_opsmanager.api.refusals import NOT_FAILED
from pulumi_opsmanager.api.settings import OBJECT_ID
from pulumi_opsmanager.errors import Expired, Hint, InvalidInput, JobNotFound, ReplyLost, UnexpectedResponse, attempting
from pulumi_opsmanager.instants import parse_instant
from pulumi_opsmanager.schema.fields import fields_of
from pulumi_opsmanager.schema.job import JobInputs, JobState
from pulumi_opsmanager.schema.models import Partial, read_model
from pulumi_opsmanager.schema.validate import Failure

from .context import Context
from .creation import create_once, resume_once
from .expiry import MoveExpiry, StoredJob, has_moved
from .job_inputs import check_job
from .job_plan import Fail, JobFacts, Read, Relocate, Restart, plan_job
from .job_state import answered_inputs, last_seen, located, read_state
from .naming import expired_words, job_words
from .plan import Plan
from .server import Server
from .stored import Found, Stored


def look_at_job(context: Context, stored: StoredJob | None, _declared: Partial[JobInputs]) -> JobFacts | None:
    """The facts for a plan; None before the settings are known, and for a job that is the first of its resource."""
    if stored is None:
        old_project_id = context.run.project_of(context.owner)
        return JobFacts(old_project_id=old_project_id) if old_project_id else None
    if context.reach is None:
        return None
    jobs = context.jobs(stored.inputs.project_id)
    return JobFacts(context.server.client.settings.base_url, jobs.download_url(stored.id))


def remember_job(context: Context, stored: StoredJob, _declared: Partial[JobInputs], plan: Plan) -> None:
    """Remember for other previews that the job has all its parts, or will be restarted, and its project."""
    if context.owner:
        # A declared change of the project is shown by the engine.
        is_declared = "project_id" in plan.replaces
        context.run.note_project(context.owner, None if is_declared else stored.inputs.project_id)
    if stored.state.status in SUCCEEDED_STATUSES or Restart() in plan.steps:
        context.run.note_promising(stored.id, is_promising=True)


def create_job(context: Context, inputs: JobInputs) -> StoredJob:
    """Create a job. It does not wait until the job is finished.

    Raises:
        OpsManagerError: The server created no job, or this process cannot find out. Nothing raises after there is an
            id.
    """
    jobs = context.jobs(inputs.project_id)
    with attempting(f"create the job for {inputs.resource_type} {inputs.resource_name}"):
        job_id = create_once(context, jobs, inputs)
    return _made(context, jobs, inputs, job_id)


def resume_job(context: Context, inputs: JobInputs, since: datetime) -> StoredJob:
    """As `create_job`, after a process died during a create: find the job that it may have created, and adopt it.

    Args:
        context: What to work with.
        inputs: The inputs of the interrupted create.
        since: When that create began, by a clock that agrees with this machine's.

    Raises:
        Unavailable: The list cannot be read, so this process sent no POST.
        OpsManagerError: As `create_job`.
    """
    jobs = context.jobs(inputs.project_id)
    with attempting(f"create the job for {inputs.resource_type} {inputs.resource_name}"):
        job_id = resume_once(context, jobs, inputs, since)
    return _made(context, jobs, inputs, job_id)


def _made(context: Context, jobs: Jobs, inputs: JobInputs, job_id: str) -> StoredJob:
    """Read a new job, and set its expiry. It never raises."""
    # Without this, the default expiry could be late enough for a renewal, and `retention_days` would not be applied.
    unread = JobState(download_url=jobs.download_url(job_id))
    made = Stored(job_id, inputs.model_copy(update={"retention_days": None}), unread)
    try:
        job = jobs.get(job_id, verbose=True)
        context.server.creates.note_user(job.user_id)
        made = Stored(job_id, made.inputs, read_state(job, made.state.download_url))
    except Exception as error:  # noqa: BLE001  the id must be stored, whatever happens
        context.reporter.warn(f"job {job_id} is made but could not be read; the next run reads it ({error})")
        return made
    try:
        plan = plan_job(made, Partial(inputs), None, context.clock.now())
        # If the job has already failed, the next run restarts it.
        moves = Plan(steps=tuple(step for step in plan.steps if isinstance(step, MoveExpiry)))
        return apply_job(context, made, inputs, moves)
    except Exception as error:  # noqa: BLE001  the same
        context.reporter.warn(
            f"job {job_id} is made, but its expiry could not be set or read back; the next run sets it ({error})"
        )
        return made


def read_job(context: Context, stored: StoredJob) -> Found[JobInputs, JobState] | None:
    """Read the job again; None if the server has proven that it does not exist.

    Raises:
        OpsManagerError: Nothing is proven, so the stored state stays valid.
    """
    jobs, state = context.jobs(stored.inputs.project_id), stored.state
    try:
        with attempting(f"read {job_words(stored.id, stored.inputs)}"):
            job = _current(context.server, jobs, stored)
    except JobNotFound:
        _require_same_server(context, jobs, stored)
        kept = _after_absence(context, stored)
        return None if kept is None else Found(kept, stored.inputs)
    if state.status != job.status:
        context.reporter.info(f"status {state.status or 'unknown'} → {job.status}")
    found = Stored(stored.id, stored.inputs, read_state(job, jobs.download_url(stored.id), state))
    is_moved = has_moved(found, context.clock.now())
    drift = {"expiration_date": found.state.expires_at} if is_moved and found.state.expires_at else {}
    return Found(found, stored.inputs.model_copy(update=drift))


def import_job(context: Context, name: str, project_id: str | None = None) -> Found[JobInputs, JobState]:
    """Read an existing job that the state does not have.

    A failed job gets `max_retries=0`, so that the import does not cause a restart.

    Args:
        context: What to work with.
        name: `JOB` or `PROJECT/JOB`, each 24 lower-case hex digits.
        project_id: The project for a name without one; None takes the configured project.

    Raises:
        InvalidInput: The name is malformed, or no project is known.
        JobNotFound: The job does not exist.
        OpsManagerError: The job could not be read.
    """
    *projects, job_id = name.split("/")
    if len(projects) > 1 or not all(map(OBJECT_ID.fullmatch, (job_id, *projects))):
        raise InvalidInput(f"the id {name!r} must be JOB or PROJECT/JOB, each 24 lower-case hex digits")
    jobs = context.jobs(projects[0] if projects else project_id)
    try:
        with attempting(f"read job {job_id}"):
            job = jobs.get(job_id, verbose=True)
    except JobNotFound as absence:
        raise JobNotFound(
            f"no job {job_id} in project {jobs.project_id}", remedy=absence.remedy, code=absence.code
        ) from absence
    return imported(job, jobs)


def imported(job: Job, jobs: Jobs) -> Found[JobInputs, JobState]:
    """Convert a job that was read with its child jobs to inputs and state."""
    answer = answered_inputs(job)
    requested = [field.key for field in fields_of(JobInputs).values() if field.body is not None]
    declared = {key: answer[key] for key in requested if key in answer} | {"projectId": jobs.project_id}
    if job.status in FAILED_STATUSES:
        declared["maxRetries"] = 0
    failures, state = check_job(declared, None, None).failures, JobState()
    if OBJECT_ID.fullmatch(job.id):
        state = read_state(job, jobs.download_url(job.id))
    else:
        failures += (Failure("id", "must be 24 lower-case hex digits"),)
    inputs = read_model(JobInputs, declared)
    return Found(Stored(job.id, inputs, state), inputs, failures)


def update_job(context: Context, stored: StoredJob, inputs: JobInputs) -> StoredJob:
    """Make a plan with fresh facts, and carry it out.

    Raises:
        Expired: The job has expired, and `on_expired` is `fail` or the expiry was changed.
        InvalidInput: The job cannot have the changed expiry.
        OpsManagerError: The server refused a request, or cannot be reached.
    """
    with attempting(f"update {job_words(stored.id, inputs)}"):
        plan = _plan(context, stored, inputs)
        if Read() in plan.steps:
            stored = _read_or_expired(context, stored)
            plan = _plan(context, stored, inputs)
        plan.require()
        return apply_job(context, stored, inputs, plan)


def apply_job(context: Context, stored: StoredJob, inputs: JobInputs, plan: Plan) -> StoredJob:
    """Carry out the steps of a plan.

    The expiry moves first, because a PATCH can be repeated. A restart counts as soon as it was sent.
    """
    jobs, state = context.jobs(inputs.project_id), stored.state
    for step in plan.steps:
        if isinstance(step, Relocate):
            state = located(state, jobs.download_url(stored.id))
        elif isinstance(step, Fail):
            raise Expired(
                f'{expired_words(state.expires_at)} and its archive is gone (on_expired="fail"): '
                "change triggers to collect again, or set another on_expired"
            )
        elif isinstance(step, MoveExpiry):
            context.server.lists.forget()
            jobs.extend(stored.id, step.to)
        elif isinstance(step, Restart):
            restart(context, jobs, stored.id)
            state = state.model_copy(update={"retries": state.retries + 1})
    if any(isinstance(step, (MoveExpiry, Restart)) for step in plan.steps):
        try:
            state = _read(jobs, stored.id, state)
        except Exception as error:
            if Restart() not in plan.steps:
                raise
            # The restart counts, also if the read fails.
            context.reporter.warn(
                f"job {stored.id} was restarted but could not be read; the next run reads it ({error})"
            )
            state = state.model_copy(update={"status": None})
    return Stored(stored.id, inputs, state)


def delete_job(context: Context, stored: StoredJob) -> None:
    """Delete a job and its archive. If the job is proven gone, it counts as deleted."""
    jobs = context.jobs(stored.inputs.project_id)
    context.server.lists.forget()
    try:
        with attempting(f"delete {job_words(stored.id, stored.inputs)}"):
            jobs.delete(stored.id)
    except JobNotFound:
        _require_same_server(context, jobs, stored)
        context.reporter.info(f"job {stored.id} was gone already")


def restart(context: Context, jobs: Jobs, job_id: str) -> None:
    """Send the PUT, which counts as a restart. The next GET shows its effect.

    A lost answer is not an error. Nor is the answer that the job has not failed, or not any more.
    """
    context.server.lists.forget()
    try:
        jobs.retry(job_id)
    except ReplyLost:
        pass
    except InvalidInput as error:
        if error.code != NOT_FAILED:
            raise
    context.run.note_restart(job_id)


def _plan(context: Context, stored: StoredJob, inputs: JobInputs) -> Plan:
    declared = Partial(inputs)
    return plan_job(stored, declared, look_at_job(context, stored, declared), context.clock.now())


def _read(jobs: Jobs, job_id: str, before: JobState) -> JobState:
    return read_state(jobs.get(job_id, verbose=True), jobs.download_url(job_id), before)


def _read_or_expired(context: Context, stored: StoredJob) -> StoredJob:
    """Read a job that was never read, or whose expiry has passed. If the latter is gone, its status is EXPIRED."""
    jobs, state = context.jobs(stored.inputs.project_id), stored.state
    try:
        state = _read(jobs, stored.id, state)
    except JobNotFound:
        if state.status is None:
            raise
        context.reporter.info(_gone_words(stored))
        state = state.model_copy(update={"status": EXPIRED_STATUS})
    return Stored(stored.id, stored.inputs, state)


def _current(server: Server, jobs: Jobs, stored: StoredJob) -> Job:
    """The job from the shared list if its status is unchanged, else from a GET. Only a GET can prove an absence."""
    if stored.state.status is not None:
        listed = server.lists.find(jobs, stored.id)
        if listed is not None and listed.status == stored.state.status:
            return listed
    return jobs.get(stored.id, verbose=True)


def _after_absence(context: Context, stored: StoredJob) -> StoredJob | None:
    """Forget a job that somebody deleted, but keep an expired job. Otherwise each program would collect again."""
    at = stored.state.expires_at
    if at is None or parse_instant(at) > context.clock.now():
        context.reporter.info(f"job {stored.id} is gone from the server")
        return None
    if stored.inputs.on_expired == "recreate":
        context.reporter.info(f"{_gone_words(stored)}; the next run collects again")
        return None
    context.reporter.info(f"{_gone_words(stored)}; its state is kept")
    return Stored(stored.id, stored.inputs, stored.state.model_copy(update={"status": EXPIRED_STATUS}))


def _gone_words(stored: StoredJob) -> str:
    return f"job {stored.id} expired on {stored.state.expires_at} and is gone from the server"


def _require_same_server(context: Context, jobs: Jobs, stored: StoredJob) -> None:
    """Accept the absence of a job only from the server on which it was last seen. Another may be a restored copy."""
    made_url, at = last_seen(stored.state), stored.state.expires_at
    is_due = at is not None and parse_instant(at) <= context.clock.now()
    if made_url not in ("", jobs.download_url(stored.id)) and not is_due:
        raise UnexpectedResponse(
            f"{job_words(stored.id, stored.inputs)} is not at {context.server.client.settings.base_url}, "
            f"but was last seen as {made_url}: "
            "check base_url; if that server has a new name, the job was deleted there",
            hint=Hint.FORGET,
        )
