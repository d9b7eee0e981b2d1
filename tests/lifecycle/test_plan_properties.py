"""Properties of every plan, after any earlier events."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, event, given, reject, settings
from hypothesis import strategies as st

from pulumi_opsmanager.api.models import EXPIRED_STATUS
from pulumi_opsmanager.errors import InvalidInput, OpsManagerError
from pulumi_opsmanager.instants import format_instant
from pulumi_opsmanager.lifecycle.archive_plan import ArchiveFacts, Ask, MoveFile, RecordPlace, plan_archive
from pulumi_opsmanager.lifecycle.completion import Wait
from pulumi_opsmanager.lifecycle.context import Context
from pulumi_opsmanager.lifecycle.expiry import DecideExpiry
from pulumi_opsmanager.lifecycle.job_plan import Read, Restart, plan_job
from pulumi_opsmanager.lifecycle.kinds import KINDS, Kind
from pulumi_opsmanager.lifecycle.plan import Plan, Step
from pulumi_opsmanager.lifecycle.stored import Stored
from pulumi_opsmanager.schema.archive import ArchiveInputs, ArchiveState
from pulumi_opsmanager.schema.fields import UNKNOWN
from pulumi_opsmanager.schema.job import JobInputs, JobState
from pulumi_opsmanager.schema.models import Partial, read_partial
from tests.lifecycle.scenes import START, Scene, scene
from tests.support import JOB, job_inputs, job_values

every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


@every_kind
@settings(max_examples=40)
@given(data=st.data())
def test_plan_has_no_effects(kind: Kind[Any, Any, Any], data: st.DataObject) -> None:
    """Two plans of equal arguments are equal. A plan changes no argument, memory or file, and sends no request."""
    with scene(kind, data) as here:
        context, stored, declared = here.context, here.stored, here.preview_of(here.given())
        before = seen(here, context)
        facts = kind.look(context, stored, declared)
        arguments = copy.deepcopy((stored, declared, facts))
        now = here.clock.now()
        plan = kind.plan(stored, declared, facts, now)
        assert kind.plan(*copy.deepcopy(arguments), now) == plan
        assert kind.plan(stored, declared, kind.look(context, stored, declared), now) == plan
        assert (stored, declared, facts) == arguments
        assert seen(here, context) == before


@every_kind
@settings(max_examples=40)
@given(data=st.data())
def test_update_leaves_nothing_to_plan(kind: Kind[Any, Any, Any], data: st.DataObject) -> None:
    """A remaining change waits for the server."""
    with scene(kind, data) as here:
        before = here.stored
        declared = here.declare(here.given(), before.inputs)
        plan = here.plan(here.context, before, declared)
        assume(plan.acts and not plan.replaces)
        is_behind = was_read(before) and moved_since(here)
        after = updated(here, before, declared, plan)
        left = here.plan(here.process(), after, declared)
        if is_behind:
            assume(not left.replaces)
            after = updated(here, after, declared, left)
            left = here.plan(here.process(), after, declared)
        assert (after.id, after.inputs) == (before.id, declared.known)
        assert not left.acts or waits(left, after)


@every_kind
@settings(max_examples=40)
@given(data=st.data())
def test_update_changes_only_outputs_that_its_plan_names(kind: Kind[Any, Any, Any], data: st.DataObject) -> None:
    """Outputs that it does not name are unchanged, even if the plan did not know all inputs yet."""
    with scene(kind, data) as here:
        before, values = here.stored, here.given()
        declared = here.declare(values, before.inputs)
        plan = here.plan(here.context, before, here.preview_of(values))
        final = here.plan(here.context, before, declared)
        assert plan.acts or not final.acts
        assume(final.acts and not final.replaces)
        after = updated(here, before, declared, final)
        assert moved(before, after) <= plan.moves
        assert not {name for name in moved(before, after) & kind.written_once if getattr(before.state, name)}


@pytest.mark.parametrize(
    ("unknown", "step"),
    [
        ("expirationDate", DecideExpiry()),
        ("onExpired", Read()),
        ("maxRetries", Restart()),
    ],
)
def test_plan_of_unknown_inputs_names_what_they_may_move(unknown: str, step: Step) -> None:
    """A preview does not know whether the expiry moves, or whether an expired job must be read."""
    state = JobState(status="FAILURE", creation_date=format_instant(START), expires_at=format_instant(START))
    stored = Stored(JOB, job_inputs(), state)
    declared = read_partial(JobInputs, {**job_values(), unknown: UNKNOWN})
    assert step in plan_job(stored, declared, None, START).steps


def test_plan_of_an_archive_with_gaps_names_all_outputs() -> None:
    """Its update reads the job, and downloads the archive if the job has the missing parts now."""
    inputs = ArchiveInputs(job_id=JOB, path="logs.tar.gz")
    stored = Stored("archive", inputs, ArchiveState(file=inputs.path, job_status="FAILURE"))
    kept = Partial(inputs.model_copy(update={"keep_on_delete": False}))
    asked, unasked = (plan_archive(stored, kept, ArchiveFacts(may_be_complete=fact), START) for fact in (False, None))
    assert asked == Plan(updates=("keep_on_delete",))
    assert (unasked.updates, unasked.steps) == (asked.updates, (Ask(),))
    assert plan_archive(stored, Partial(inputs), ArchiveFacts(may_be_complete=None), START) == Plan()


def test_preview_of_an_ignored_file_names_what_its_move_changes() -> None:
    """The plan does not read the file. The update moves a file that was only touched."""
    inputs = ArchiveInputs(job_id=JOB, path="logs.tar.gz", if_missing="ignore")
    stored = Stored("archive", inputs, ArchiveState(file=inputs.path))
    elsewhere = Partial(inputs.model_copy(update={"path": "elsewhere.tar.gz"}))
    preview, update = (
        plan_archive(stored, elsewhere, ArchiveFacts(problem="changed", has_same_content=is_same), START)
        for is_same in (False, True)
    )
    assert (preview.steps, update.steps) == ((RecordPlace(),), (MoveFile(),))
    assert update.moves <= preview.moves


def updated(here: Scene[Any, Any], stored: Stored[Any, Any], declared: Partial[Any], plan: Plan) -> Stored[Any, Any]:
    """The state after an update without a failure."""
    try:
        after: Stored[Any, Any] = here.kind.update(here.context, stored, declared.known)
    except InvalidInput:
        # The plan has named this failure.
        assert plan.failures
        reject()
    except OpsManagerError as error:
        event(type(error).__name__)
        reject()
    event(f"steps {[type(step).__name__ for step in plan.steps]}")
    return after


def was_read(stored: Stored[Any, Any]) -> bool:
    """An update first reads a job that was never read."""
    return getattr(stored.state, "status", "") is not None


def moved_since(here: Scene[Any, Any]) -> bool:
    """Whether something changed since the last read. The last request of an update may find it."""
    try:
        found = here.kind.read(here.process(), here.stored)
    except OpsManagerError:
        return True
    return found is None or found.stored.state != here.stored.state


def waits(plan: Plan, after: Stored[Any, Any]) -> bool:
    """Whether a plan only reads from the server again, or collects again because an update cannot replace."""
    state = after.state
    if plan.replaces == ("status",):
        return bool(state.status == EXPIRED_STATUS and after.inputs.on_expired == "recreate")
    (step,) = plan.steps
    failed = {job.job_id for job in getattr(state, "failed_jobs", ())}
    return (isinstance(step, Read) and state.status is None) or (isinstance(step, Wait) and set(step.job_ids) <= failed)


def moved(before: Stored[Any, Any], after: Stored[Any, Any]) -> set[str]:
    """Python names of the outputs whose value differs."""
    return {name for name, value in before.state if value != getattr(after.state, name)}


def seen(here: Scene[Any, Any], context: Context) -> tuple[object, ...]:
    """All that an update could change: the memory of the run, the disk, the requests, the time and the lines."""
    run, creates = context.run, context.server.creates
    return copy.deepcopy(
        (
            (run._restarts, run._promising, run._files, run.holders._by_file),
            (creates._claimed, creates._user_id, list(context.server.lists._walks)),
            {path: (path.stat().st_mtime_ns, content(path)) for path in here.folder.rglob("*")},
            (here.server.requests, here.clock.slept, vars(context.reporter)),
        )
    )


def content(path: Path) -> bytes:
    """The bytes of a file. A folder has none."""
    return path.read_bytes() if path.is_file() else b""
