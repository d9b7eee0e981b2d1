"""The names under which a stack stores inputs and state, and the reverse conversion."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_opsmanager.dynamic.layout import is_stored, output_fields, outputs_of, seen_inputs, stored_from
from pulumi_opsmanager.emulator import Emulator
from pulumi_opsmanager.lifecycle.context import Context
from pulumi_opsmanager.lifecycle.job import create_job, import_job
from pulumi_opsmanager.lifecycle.kinds import JOB as JOBS
from pulumi_opsmanager.lifecycle.kinds import KINDS, Kind
from pulumi_opsmanager.lifecycle.stored import Stored
from pulumi_opsmanager.schema.failed import FailedChildJob
from pulumi_opsmanager.schema.fields import Declaration, fields_of
from pulumi_opsmanager.schema.job import JobInputs, JobState
from tests.support import (
    JOB,
    PROJECT,
    FakeClock,
    client_for,
    context_of,
    job_inputs,
    job_request,
    job_values,
)

DECLARED, ON_SERVER = "2026-05-01T00:00:00Z", "2026-06-01T00:00:00Z"

STATE = JobState(
    status="FAILURE",
    creation_date="2026-03-02T09:15:40Z",
    expires_at=ON_SERVER,
    download_url="https://om.example.net/job/download",
    child_job_counts={"SUCCESS": 5, "FAILED": 1},
    failed_child_jobs=[FailedChildJob(host_name="db1:27017", log_collection_type="FTDC", error_message="disk full")],
    uncompressed_size_total_bytes=786432,
    retries=2,
)


@pytest.fixture
def context(server: Emulator, clock: FakeClock) -> Context:
    return context_of(client_for(server, clock), clock)


def received(outputs: dict[str, Any]) -> Any:
    """Outputs as the engine sends them back, at any depth: numbers are floats, None is absent."""

    def carried(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: carried(item) for key, item in value.items() if item is not None}
        if isinstance(value, list):
            return [carried(item) for item in value]
        return float(value) if type(value) is int else value

    return carried(outputs)


def test_expiration_date_of_a_job_is_the_servers_and_the_declared_one_has_its_own_name() -> None:
    """Only these two outputs have other names than their fields."""
    outputs = outputs_of(Stored(JOB, job_inputs(expirationDate=DECLARED), STATE))
    assert (outputs["expirationDate"], outputs["declaredExpirationDate"]) == (ON_SERVER, DECLARED)
    fields = {*fields_of(JobInputs), *fields_of(JobState)}
    # Inputs that the program did not declare are absent; state that is unknown is None.
    assert set(outputs) - fields == {"declaredExpirationDate"}
    assert fields - set(outputs) == {
        "expiresAt",
        *("logCollectionFromDate", "logCollectionToDate", "retentionDays", "renewWhenDaysLeft", "triggers"),
    }
    assert outputs["failedChildJobs"] == [
        {"hostName": "db1:27017", "logCollectionType": "FTDC", "path": None, "errorMessage": "disk full"}
    ]


@pytest.mark.parametrize("declared", [None, DECLARED])
@pytest.mark.parametrize("state", [STATE, JobState()])
def test_stored_job_is_read_back_unchanged(declared: str | None, state: JobState) -> None:
    """The declared and the server's values never mix, also if one of them is unknown."""
    stored = Stored(JOB, job_inputs(expirationDate=declared, triggers=[1, 2.5, {"a": [True]}]), state)
    assert stored_from(JOB, JobInputs, JobState, received(outputs_of(stored))) == stored


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_no_name_is_an_input_and_another_output(kind: Kind[Any, Any, Any]) -> None:
    """A name with both meanings must be in the table of layout. Only the expiry of a job has them."""
    inputs: type[Declaration] = kind.inputs
    shared = fields_of(inputs).keys() & output_fields(kind.state).keys()
    assert shared == ({"expirationDate"} if kind is JOBS else set())


def test_outputs_that_share_a_name_are_described() -> None:
    """The declared expiry has its own description, the other output that of the server's expiry."""
    fields = output_fields(JobState)
    assert "expiresAt" not in fields
    assert fields["expirationDate"].description == fields_of(JobState)["expiresAt"].description
    assert fields["declaredExpirationDate"].description.startswith("Declared expiry that the last run applied")
    for key in ("expirationDate", "declaredExpirationDate"):
        assert fields[key].key == key


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [
        ({}, False),
        ({"projectId": PROJECT}, False),
        (job_values(expirationDate=DECLARED), False),
        (outputs_of(Stored(JOB, job_inputs(), JobState())), True),
    ],
)
def test_inputs_alone_are_not_a_stored_job(outputs: dict[str, Any], *, expected: bool) -> None:
    """A program that reads an existing job knows only its inputs. They have the key `expirationDate` too."""
    assert is_stored(JobState, outputs) is expected


def test_read_keeps_the_stored_inputs_and_shows_only_a_moved_expiry() -> None:
    """Inputs without their defaults, as an older release stored them, keep that form."""
    old = {"resourceName": "rs0", "expirationDate": DECLARED, "triggers": None, "removedInput": 1}
    assert seen_inputs(old, job_inputs(expirationDate=DECLARED)) == {"resourceName": "rs0", "expirationDate": DECLARED}
    assert seen_inputs(old, job_inputs(expirationDate=ON_SERVER))["expirationDate"] == ON_SERVER


@pytest.mark.parametrize(("status", "max_retries"), [("SUCCESS", 1), ("FAILURE", 0)])
def test_existing_job_is_stored_with_the_inputs_that_the_server_reports(
    context: Context, server: Emulator, status: str, max_retries: int
) -> None:
    """The outputs are those of a managed job that declares no expiry. A failed job is not restarted."""
    made = create_job(context, job_inputs())
    server.set_status(made.id, status)
    adopted = import_job(context, made.id, PROJECT)
    outputs = outputs_of(adopted.stored)
    inputs = job_request() | {"projectId": PROJECT, "maxRetries": max_retries, "onExpired": "keep"}
    assert {key: outputs[key] for key in inputs} == inputs
    assert (outputs["status"], outputs["declaredExpirationDate"], outputs["retries"]) == (status, None, 0)
    assert outputs["expirationDate"] == made.state.expires_at
    assert outputs.keys() == outputs_of(made).keys()
    assert stored_from(made.id, JobInputs, JobState, received(outputs)) == adopted.stored
