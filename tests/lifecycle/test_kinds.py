"""The life of every kind of resource, by its entry in the table only: without an engine."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic

import pytest

from pulumi_opsmanager.emulator import Emulator
from pulumi_opsmanager.errors import InvalidInput, InvalidSettings, JobNotFound
from pulumi_opsmanager.instants import parse_instant
from pulumi_opsmanager.lifecycle.context import Context
from pulumi_opsmanager.lifecycle.expiry import MoveExpiry
from pulumi_opsmanager.lifecycle.job import create_job
from pulumi_opsmanager.lifecycle.job_plan import Restart
from pulumi_opsmanager.lifecycle.kinds import ARCHIVE, COMPLETION, JOB, KINDS, WINDOW, Kind
from pulumi_opsmanager.lifecycle.plan import Plan
from pulumi_opsmanager.lifecycle.stored import Inputs, State, Stored
from pulumi_opsmanager.schema.fields import Declaration, Values, fields_of
from pulumi_opsmanager.schema.models import Partial, values_of
from tests.support import JOB as STRANGER
from tests.support import PROJECT, FakeClock, client_for, context_of, days_ahead, job_inputs, job_values


@dataclass(frozen=True)
class Row:
    """The inputs for the tests of one kind.

    Attributes:
        kind: The kind under test.
        given: The first inputs, from the ID of a finished job and a folder.
        changed: Changed inputs that an update applies in place.
        replacing: Changed inputs that need a new resource; empty if the kind is never replaced.
        refused: Inputs that check refuses.
    """

    kind: Kind[Any, Any, Any]
    given: Callable[[str, Path], Values]
    changed: Values
    replacing: Values
    refused: Values

    def __str__(self) -> str:
        return self.kind.name


ROWS = [
    Row(
        JOB,
        lambda _job_id, _folder: job_values(projectId=None),
        changed={"maxRetries": 3, "onExpired": "recreate"},
        replacing={"resourceName": "rs1", "triggers": ["again"]},
        refused={"resourceType": "SHARD"},
    ),
    Row(
        COMPLETION,
        lambda job_id, _folder: {"jobIds": [job_id]},
        changed={"timeoutSeconds": 60, "onFailure": "accept"},
        replacing={},
        refused={"maxRetriesPerRun": -1},
    ),
    Row(
        ARCHIVE,
        lambda job_id, folder: {
            "jobId": job_id,
            "path": str(folder / "logs.tar.gz"),
            "keepOnDelete": False,
        },
        changed={"ifMissing": "ignore", "triggers": ["again"]},
        replacing={},
        refused={"path": "https://example.net/logs"},
    ),
    Row(
        WINDOW,
        lambda _job_id, _folder: {"last": "2h"},
        changed={"last": "7d"},
        replacing={},
        refused={"last": "soon"},
    ),
]


@dataclass
class Life(Generic[Inputs, State]):
    """The calls of an engine to a resource of any kind."""

    kind: Kind[Inputs, State, Any]
    context: Context

    def declare(self, given: Values, old: Inputs | None = None) -> Partial[Inputs]:
        """Check inputs that break no rule."""
        checked = self.kind.check(given, old, PROJECT)
        assert checked.failures == ()
        return checked.declared

    def plan(self, stored: Stored[Inputs, State] | None, given: Values) -> Plan:
        """Plan as a preview does, without the engine's part."""
        declared = self.declare(given, stored.inputs if stored else None)
        return self.kind.preview(self.context, stored, declared)

    def create(self, given: Values) -> Stored[Inputs, State]:
        """Create the resource. Nothing may refuse it."""
        assert self.plan(None, given).failures == ()
        return self.kind.create(self.context, self.declare(given).known)

    def update(self, stored: Stored[Inputs, State], given: Values) -> Stored[Inputs, State]:
        """Update with the inputs of a changed program."""
        return self.kind.update(self.context, stored, self.declare(given, stored.inputs).known)


@pytest.fixture(params=ROWS, ids=str)
def row(request: pytest.FixtureRequest) -> Row:
    """Each kind."""
    assert isinstance(request.param, Row)
    return request.param


@pytest.fixture
def given(row: Row, context: Context, server: Emulator, tmp_path: Path) -> Values:
    """The first inputs of a program. Earlier requests are forgotten."""
    job = create_job(context, job_inputs())
    server.forget_requests()
    return row.given(job.id, tmp_path)


@pytest.fixture
def life(row: Row, server: Emulator, clock: FakeClock) -> Life[Any, Any]:
    """The calls of an engine, with the identity that a resource and its replacement share."""
    return Life(row.kind, context_of(client_for(server, clock), clock, owner="the one of this name"))


def test_every_kind_has_a_row() -> None:
    """A new kind is tested here."""
    assert [row.kind for row in ROWS] == list(KINDS)


def test_description_is_two_or_three_short_sentences(row: Row) -> None:
    """The guide to plain English allows 20 words in a sentence. Pages begin with the description."""
    *sentences, rest = row.kind.description.split(".")
    assert rest == ""
    assert 2 <= len(sentences) <= 3
    assert max(len(sentence.split()) for sentence in sentences) <= 20


def test_check_returns_canonical_inputs_or_failures(row: Row, given: Values) -> None:
    """The inputs come back with project and defaults, and without a failure. A broken rule names its field."""
    checked = row.kind.check(given, None, PROJECT)
    assert checked.failures == ()
    assert checked.values.items() >= given.items()
    assert checked.values.get("projectId") == (PROJECT if row.kind.has_project else None)
    refused = row.kind.check({**given, **row.refused}, None, PROJECT)
    assert [failure.path for failure in refused.failures] == list(row.refused)
    assert row.kind.check(checked.values, checked.declared.known, None).declared == checked.declared


def test_created_resource_needs_no_update(life: Life[Any, Any], given: Values, server: Emulator) -> None:
    """A second run plans nothing. An update with equal inputs changes and sends nothing."""
    stored = life.create(given)
    server.forget_requests()
    assert life.plan(stored, given) == Plan()
    assert life.update(stored, given) == stored
    assert server.calls == []


def test_changed_inputs_are_applied_in_place(row: Row, life: Life[Any, Any], given: Values, clock: FakeClock) -> None:
    """The plan names them. The next run plans nothing."""
    stored, later = life.create(given), {**given, **row.changed}
    clock.sleep(3600)
    plan = life.plan(stored, later)
    assert (set(plan.updates), plan.replaces) == (names(row.kind, row.changed), ())
    after = life.update(stored, later)
    assert after.id == stored.id
    assert after.inputs == life.declare(later, stored.inputs).known
    assert moved(stored, after) <= plan.moves - row.kind.written_once
    assert life.plan(after, later) == Plan()


def test_preview_needs_no_settings(row: Row, life: Life[Any, Any], given: Values, server: Emulator) -> None:
    """Changed inputs are planned before the settings are known, when no request is possible."""
    stored, later = life.create(given), {**given, **row.changed}
    expected = life.plan(stored, later)
    server.forget_requests()
    life.context = replace(life.context, reach=None)
    assert life.plan(None, given) == Plan()
    assert life.plan(stored, later) == expected
    assert server.calls == []
    with pytest.raises(InvalidSettings, match="the settings of Ops Manager are not known yet"):
        life.context.jobs(PROJECT)


def test_resource_is_replaced_where_its_row_says_so(
    row: Row, life: Life[Any, Any], given: Values, server: Emulator
) -> None:
    """The plan only requires a replacement. The new resource is created before the old one is deleted."""
    stored, later = life.create(given), {**given, **row.replacing}
    plan = life.plan(stored, later)
    assert set(plan.replaces) == names(row.kind, row.replacing)
    assert names(row.kind, row.replacing) <= row.kind.replaces
    assert (plan.updates, plan.steps) == ((), ())
    replacement = life.create(later)
    life.kind.delete(life.context, stored)
    assert replacement.id != stored.id
    assert stored.id not in server.job_ids
    assert life.plan(replacement, later) == Plan()


def test_read_without_a_change_returns_the_stored_values(life: Life[Any, Any], given: Values) -> None:
    """Nothing has changed, so the next plan is empty."""
    stored = life.create(given)
    found = life.kind.read(life.context, stored)
    assert found is not None
    assert (found.stored, found.inputs) == (stored, stored.inputs)


def test_deletion_can_be_repeated(life: Life[Any, Any], given: Values, tmp_path: Path, server: Emulator) -> None:
    """A missing resource counts as deleted."""
    before = server.job_ids
    stored = life.create(given)
    for _ in range(2):
        life.kind.delete(life.context, stored)
        assert (server.job_ids, list(tmp_path.iterdir())) == (before, [])


def test_read_finds_what_somebody_has_changed(context: Context, server: Emulator) -> None:
    """The next run moves a declared expiry back. A status is only stored."""
    life, given = Life(JOB, context), job_values(expirationDate=days_ahead(40))
    stored = life.create(given)
    server.set_status(stored.id, "FAILURE")
    context.jobs(PROJECT).extend(stored.id, parse_instant(days_ahead(50)))
    found = JOB.read(context, stored)
    assert found is not None
    assert (found.stored.state.status, found.stored.state.expires_at) == ("FAILURE", days_ahead(50))
    assert found.stored.inputs == stored.inputs
    assert found.inputs == stored.inputs.model_copy(update={"expiration_date": days_ahead(50)})
    assert life.plan(found.stored, given).steps == (MoveExpiry(parse_instant(days_ahead(40))), Restart())
    after = life.update(found.stored, given)
    assert (after.state.status, after.state.expires_at, after.state.retries) == ("SUCCESS", days_ahead(40), 1)


def test_read_removes_a_job_that_is_proven_missing(context: Context, server: Emulator) -> None:
    """A job that somebody deleted leaves the state."""
    stored = Life(JOB, context).create(job_values())
    server.set_status(stored.id, None)
    assert JOB.read(context, stored) is None


@pytest.mark.parametrize("form", ["{job}", "{project}/{job}"])
def test_existing_job_is_adopted_by_its_id(context: Context, form: str) -> None:
    """Its inputs and state equal those of a job that was created here. A program with these inputs changes nothing."""
    life = Life(JOB, context)
    stored = life.create(job_values())
    assert JOB.import_by_id is not None
    found = JOB.import_by_id(context, form.format(job=stored.id, project=PROJECT), None)
    assert (found.stored, found.failures) == (stored, ())
    assert life.plan(found.stored, values_of(found.stored.inputs)) == Plan()


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("rs0", InvalidInput),
        (f"{PROJECT}/{PROJECT}/{STRANGER}", InvalidInput),
        (STRANGER, JobNotFound),
        (f"{PROJECT}/{STRANGER}", JobNotFound),
    ],
)
def test_invalid_or_unknown_id_is_not_adopted(context: Context, name: str, error: type[Exception]) -> None:
    """An ID has another form, or the server does not know it."""
    assert JOB.import_by_id is not None
    with pytest.raises(error, match=re.escape(name.rpartition("/")[2])):
        JOB.import_by_id(context, name, None)


@pytest.mark.parametrize(
    ("kind", "replaces", "sets", "written_once"),
    [
        (
            JOB,
            {
                *("resource_type", "resource_name", "log_types", "size_requested_per_file_bytes", "redacted"),
                *("log_collection_from_date", "log_collection_to_date", "project_id", "triggers"),
            },
            {"log_types"},
            {"creation_date", "user_id", "root_resource_type", "root_resource_name"},
        ),
        (COMPLETION, set(), {"job_ids"}, set()),
        (ARCHIVE, set(), set(), set()),
        (WINDOW, set(), set(), set()),
    ],
    ids=lambda value: value.name if isinstance(value, Kind) else "",
)
def test_row_says_what_engines_declare(
    kind: Kind[Any, Any, Any], replaces: set[str], sets: set[str], written_once: set[str]
) -> None:
    """It says which changes need a new resource, which lists are sets, and which outputs stay once they are known."""
    assert (set(kind.replaces), set(kind.sets), set(kind.written_once)) == (replaces, sets, written_once)
    assert kind.written_once | kind.of_settings <= kind.state.model_fields.keys()


def names(kind: Kind[Any, Any, Any], values: Values) -> set[str]:
    """Python names of inputs by vendor name."""
    declaration: type[Declaration] = kind.inputs
    return {fields_of(declaration)[key].name for key in values}


def moved(before: Stored[Any, Any], after: Stored[Any, Any]) -> set[str]:
    """Python names of the outputs whose value differs."""
    return {name for name, value in before.state if value != getattr(after.state, name)}
