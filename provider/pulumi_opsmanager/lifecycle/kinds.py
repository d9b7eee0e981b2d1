"""One row for each kind of resource: its fields, and its functions for check, plan, create, read, update and delete.

An engine calls the functions in these rows and adds no rules.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Generic, TypeVar

from pulumi_opsmanager.schema.archive import ArchiveInputs, ArchiveState
from pulumi_opsmanager.schema.completion import CompletionInputs, CompletionState
from pulumi_opsmanager.schema.fields import OnChange, Values, fields_of
from pulumi_opsmanager.schema.job import JobInputs, JobState
from pulumi_opsmanager.schema.models import Partial
from pulumi_opsmanager.schema.window import WindowInputs, WindowState

from . import archive, completion, job, window
from .archive_plan import ArchiveFacts, plan_archive
from .context import Context
from .inputs import Checked, check_inputs
from .job_inputs import check_job
from .job_plan import JobFacts, plan_job
from .plan import Plan
from .stored import Found, Inputs, State, Stored

_Facts = TypeVar("_Facts")


def _nothing(*_: object) -> None:
    """Does nothing, for a kind without facts, without memory or without anything outside the state."""


def _unchanged(_context: Context, stored: Stored[Inputs, State]) -> Found[Inputs, State]:
    """The stored resource, for a kind that exists only in the state."""
    return Found(stored, stored.inputs)


@dataclass(frozen=True)
class Kind(Generic[Inputs, State, _Facts]):
    """One kind of resource.

    Attributes:
        name: Name of the resource in programs.
        description: What the resource is and does, in full sentences.
        inputs: Declaration of the inputs.
        state: Declaration of the outputs.
        check: Checks inputs, as `check_inputs`, without clock and server.
        plan: Returns what an update does; for a new resource (None), what its create refuses. It has no effects.
        create: Creates the resource.
        update: Makes a plan with fresh facts, and carries it out.
        look: Returns the facts for a preview. It sends nothing.
        remember: Stores in the run what can add a reason to later previews of other resources.
        read: Reads the resource again; None if it is proven gone.
        delete: Deletes the resource. If it is already gone, it counts as deleted.
        import_by_id: Reads an existing resource, by its id and the project of an id without one. None if the kind has
            no import.
        resume: As create, after a process died during a create that began at a given time. It adopts what that process
            has created. None if the resource exists only in the state.
        written_once: Python names of outputs that never change after they were first known.
        of_settings: Python names of outputs that depend on the settings. A read sets them by the present settings.
    """

    name: str
    description: str
    inputs: type[Inputs]
    state: type[State]
    check: Callable[[Values, Inputs | None, str | None], Checked[Inputs]]
    plan: Callable[[Stored[Inputs, State] | None, Partial[Inputs], _Facts, datetime], Plan]
    create: Callable[[Context, Inputs], Stored[Inputs, State]]
    update: Callable[[Context, Stored[Inputs, State], Inputs], Stored[Inputs, State]]
    look: Callable[[Context, Stored[Inputs, State] | None, Partial[Inputs]], _Facts]
    remember: Callable[[Context, Stored[Inputs, State], Partial[Inputs], Plan], None] = _nothing
    read: Callable[[Context, Stored[Inputs, State]], Found[Inputs, State] | None] = _unchanged
    delete: Callable[[Context, Stored[Inputs, State]], None] = _nothing
    import_by_id: Callable[[Context, str, str | None], Found[Inputs, State]] | None = None
    resume: Callable[[Context, Inputs, datetime], Stored[Inputs, State]] | None = None
    written_once: frozenset[str] = frozenset()
    of_settings: frozenset[str] = frozenset()

    def preview(self, context: Context, stored: Stored[Inputs, State] | None, declared: Partial[Inputs]) -> Plan:
        """The plan of an update, or of a new resource (None), with facts that need no request."""
        return self.plan(stored, declared, self.look(context, stored, declared), context.clock.now())

    @property
    def replaces(self) -> frozenset[str]:
        """Python names of inputs whose change needs a new resource."""
        return frozenset(field.name for field in fields_of(self.inputs).values() if field.on_change is OnChange.REPLACE)

    @property
    def sets(self) -> frozenset[str]:
        """Python names of inputs that are lists without order and repetitions."""
        return frozenset(field.name for field in fields_of(self.inputs).values() if field.is_set)

    @property
    def has_project(self) -> bool:
        """Whether its resources belong to a project. Then the settings must be complete."""
        return "projectId" in fields_of(self.inputs)


JOB: Kind[JobInputs, JobState, JobFacts | None] = Kind(
    name="LogCollectionJob",
    description=(
        "Starts a log collection job on Ops Manager or Cloud Manager. The server gathers the logs of a deployment's "
        "hosts into one archive. The create of the job does not wait for the archive."
    ),
    inputs=JobInputs,
    state=JobState,
    check=check_job,
    plan=plan_job,
    create=job.create_job,
    update=job.update_job,
    look=job.look_at_job,
    remember=job.remember_job,
    read=job.read_job,
    delete=job.delete_job,
    import_by_id=job.import_job,
    resume=job.resume_job,
    written_once=frozenset({"creation_date", "user_id", "root_resource_type", "root_resource_name"}),
    of_settings=frozenset({"download_url", "last_seen_url"}),
)

COMPLETION: Kind[CompletionInputs, CompletionState, frozenset[str]] = Kind(
    name="LogCollectionCompletion",
    description=(
        "Waits until any number of log collection jobs are finished, and restarts their failed parts. It manages "
        "nothing on the server."
    ),
    inputs=CompletionInputs,
    state=CompletionState,
    check=partial(check_inputs, CompletionInputs),
    plan=completion.plan_completion,
    create=completion.create_completion,
    update=completion.update_completion,
    look=completion.look_at_completion,
    remember=completion.remember_completion,
    read=completion.read_completion,
)

ARCHIVE: Kind[ArchiveInputs, ArchiveState, ArchiveFacts] = Kind(
    name="LogArchive",
    description=(
        "Keeps a verified copy of a finished job's archive on this machine or in a bucket. The file appears under its "
        "final name only after the complete archive was downloaded and verified."
    ),
    inputs=ArchiveInputs,
    state=ArchiveState,
    check=archive.check_archive,
    plan=plan_archive,
    create=archive.create_archive,
    update=archive.update_archive,
    look=archive.look_at_archive,
    remember=archive.remember_archive,
    read=archive.read_archive,
    delete=archive.delete_archive,
)

WINDOW: Kind[WindowInputs, WindowState, None] = Kind(
    name="LogCollectionWindow",
    description=(
        "Fixes the period of the logs to collect when it is created, such as the last two hours. Jobs use its two "
        "dates. The period moves only when an input changes."
    ),
    inputs=WindowInputs,
    state=WindowState,
    check=partial(check_inputs, WindowInputs),
    plan=window.plan_window,
    create=window.create_window,
    update=window.update_window,
    look=_nothing,
)

KINDS: tuple[Kind[Any, Any, Any], ...] = (JOB, COMPLETION, ARCHIVE, WINDOW)
