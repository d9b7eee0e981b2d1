"""The life of a job through the wire of the plugin, with the emulator."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2 as pb

from pulumi_opsmanager.emulator import Emulator, FaultKind
from pulumi_opsmanager.schema.fields import fields_of
from pulumi_opsmanager.schema.job import JobState
from tests.plugin.host import ARCHIVE, COMPLETION, JOB, WINDOW, Plugin, init_failure, settings_of
from tests.support import PROJECT, days_ahead, job_request

SOME, NONE = pb.DiffResponse.DIFF_SOME, pb.DiffResponse.DIFF_NONE


@pytest.fixture
def inputs(host: Plugin) -> dict[str, Any]:
    """The checked inputs of a job that no update restarts."""
    return host.checked(JOB, job_request(maxRetries=0))


def kinds(diff: Any) -> dict[str, tuple[str, bool]]:
    """The detailed diff: kind, and whether the program has changed the property."""
    return {key: (pb.PropertyDiff.Kind.Name(one.kind), one.inputDiff) for key, one in sorted(diff.detailedDiff.items())}


def test_check_names_all_failures_by_the_names_of_programs(host: Plugin) -> None:
    _, failures = host.check(JOB, job_request(redacted="no", retentionDays=1000, renewWhenDaysLeft=3, some=1))
    assert failures == [
        "redacted must be true or false, not 'no'",
        "retentionDays must be 1 to 184, not 1000: the server keeps an archive for at most 6 months",
        "some is not a property of this resource",
    ]


def test_check_returns_canonical_inputs_with_defaults(host: Plugin) -> None:
    inputs = host.checked(JOB, job_request(resourceType="replica_set", logTypes=["mongodb", "FTDC", "MONGODB"]))
    assert (inputs["resourceType"], inputs["logTypes"]) == ("REPLICASET", ["FTDC", "MONGODB"])
    assert (inputs["projectId"], inputs["onExpired"], inputs["maxRetries"]) == (PROJECT, "keep", 1)


def test_check_of_a_new_job_refuses_what_its_create_refuses(host: Plugin) -> None:
    (failure,) = host.check(JOB, job_request(expirationDate=days_ahead(-1)))[1]
    assert failure.startswith("expirationDate ")


def test_preview_of_a_new_job_knows_only_its_inputs(host: Plugin, server: Emulator) -> None:
    """It sends nothing."""
    inputs = host.checked(JOB, job_request(triggers=[rpc.UNKNOWN]))
    job_id, outputs = host.create(JOB, inputs, preview=True)
    assert job_id == ""
    assert {key: outputs.pop(key) for key in inputs} == inputs
    assert set(outputs.values()) == {rpc.UNKNOWN}
    assert outputs.keys() == {field.key for field in fields_of(JobState).values()} - {"expiresAt"} | {"expirationDate"}
    assert server.requests == []


def test_job_is_created_read_updated_and_deleted(host: Plugin, server: Emulator, inputs: dict[str, Any]) -> None:
    job_id, state = host.create(JOB, inputs)
    assert server.job_ids == [job_id]
    assert (state["status"], state["childJobCounts"]) == ("SUCCESS", {"SUCCESS": 6})
    assert host.diff(JOB, job_id, state, inputs, inputs).changes == NONE
    assert host.read(JOB, job_id, state, inputs) == (job_id, state, inputs)
    new = host.checked(JOB, inputs | {"expirationDate": days_ahead(50)}, olds=inputs)
    diff = host.diff(JOB, job_id, state, inputs, new)
    assert (diff.changes, list(diff.replaces)) == (SOME, [])
    assert kinds(diff) == {"expirationDate": ("ADD", True)}
    planned = host.update(JOB, job_id, state, new, preview=True)
    lasting = ("creationDate", "downloadUrl", "rootResourceName", "rootResourceType", "userId", "retries")
    assert {key: planned[key] for key in lasting} == {key: state[key] for key in lasting}
    assert planned["status"] == planned["expirationDate"] == rpc.UNKNOWN
    assert planned["declaredExpirationDate"] == days_ahead(50)
    after = host.update(JOB, job_id, state, new)
    assert after["expirationDate"] == after["declaredExpirationDate"] == days_ahead(50)
    assert host.diff(JOB, job_id, after, new, new).changes == NONE
    host.delete(JOB, job_id, after)
    assert server.job_ids == []
    assert host.read(JOB, job_id, after, new) == ("", {}, {})
    assert [text for _, _, text in host.engine.lines][-1] == f"job {job_id} is gone from the server"


def test_update_that_only_stores_an_input_leaves_all_outputs_known(host: Plugin, inputs: dict[str, Any]) -> None:
    job_id, state = host.create(JOB, inputs)
    new = inputs | {"onExpired": "fail"}
    assert host.update(JOB, job_id, state, new, preview=True) == host.update(JOB, job_id, state, new)


def test_diff_shows_each_property_that_needs_another_job(host: Plugin, inputs: dict[str, Any]) -> None:
    """One is changed, one removed, and an order or a case is no change."""
    inputs |= {"triggers": ["a"]}
    job_id, state = host.create(JOB, inputs)
    news = {key: value for key, value in inputs.items() if key != "triggers"} | {"redacted": True}
    diff = host.diff(JOB, job_id, state, inputs, news)
    assert sorted(diff.replaces) == ["redacted", "triggers"]
    assert kinds(diff) == {"redacted": ("UPDATE_REPLACE", True), "triggers": ("DELETE_REPLACE", True)}
    again = host.checked(JOB, inputs | {"logTypes": ["mongodb", "ftdc"]}, olds=inputs)
    assert host.diff(JOB, job_id, state, inputs, again).changes == NONE


def test_diff_shows_a_difference_to_what_was_found(host: Plugin, server: Emulator, inputs: dict[str, Any]) -> None:
    """The program has changed nothing; somebody has moved the expiry."""
    inputs = host.checked(JOB, inputs | {"expirationDate": days_ahead(50)})
    job_id, state = host.create(JOB, inputs)
    state["expirationDate"] = days_ahead(20)
    diff = host.diff(JOB, job_id, state, inputs, inputs)
    assert diff.changes == SOME
    assert set(kinds(diff).values()) <= {("UPDATE", False)}
    assert host.update(JOB, job_id, state, inputs)["expirationDate"] == days_ahead(50)
    assert len(server.job_ids) == 1


def test_reasons_are_on_the_row_of_the_resource(host: Plugin, server: Emulator) -> None:
    """A restart has no changed property, so a line says why."""
    inputs = host.checked(JOB, job_request())
    server.fail("create", FaultKind.FAILED_CHILDREN)
    job_id, state = host.create(JOB, inputs, name="fleet")
    diff = host.diff(JOB, job_id, state, inputs, inputs, name="fleet")
    assert (diff.changes, dict(diff.detailedDiff)) == (SOME, {})
    severity, at, text = host.engine.lines[-1]
    assert (severity, at.rpartition("::")[2]) == ("info", "fleet")
    assert text == "the job failed; up restarts its failed parts (attempt 1 of 1)"


def test_refresh_shows_what_has_moved_once(host: Plugin, server: Emulator, inputs: dict[str, Any]) -> None:
    """The engine asks for a diff right after the read, and a check comes before another run's diff."""
    job_id, state = host.create(JOB, inputs)
    server.set_status(job_id, "FAILURE")
    _, found, _ = host.read(JOB, job_id, state, inputs)
    assert host.diff(JOB, job_id, found, inputs, inputs, name="other").changes == NONE
    diff = host.diff(JOB, job_id, found, inputs, inputs)
    assert diff.changes == SOME
    moved = ("childJobCounts", "failedChildJobs", "status", "uncompressedSizeTotalBytes")
    assert kinds(diff) == dict.fromkeys(moved, ("UPDATE", False))
    assert host.diff(JOB, job_id, found, inputs, inputs).changes == NONE
    host.read(JOB, job_id, state, inputs)
    host.checked(JOB, inputs, olds=inputs)
    assert host.diff(JOB, job_id, found, inputs, inputs).changes == NONE


def test_refresh_does_not_fail_for_an_input_that_an_update_refuses(host: Plugin, inputs: dict[str, Any]) -> None:
    job_id, state = host.create(JOB, inputs)
    past = inputs | {"expirationDate": days_ahead(-1)}
    host.read(JOB, job_id, state, past)
    assert host.diff(JOB, job_id, state, past, past).changes == NONE
    with pytest.raises(grpc.RpcError, match=r"expirationDate .* \(resource 'logs'\)"):
        host.diff(JOB, job_id, state, past, past)


def test_refresh_shows_a_moved_expiry_as_input(host: Plugin, inputs: dict[str, Any]) -> None:
    inputs = host.checked(JOB, inputs | {"expirationDate": days_ahead(50)})
    job_id, state = host.create(JOB, inputs)
    host.update(JOB, job_id, state, inputs | {"expirationDate": days_ahead(20)})
    _, found, seen = host.read(JOB, job_id, state, inputs)
    assert found["expirationDate"] == seen["expirationDate"] == days_ahead(20)
    assert found["declaredExpirationDate"] == days_ahead(50)


@pytest.mark.parametrize("form", ["{job}", "{project}/{job}"])
def test_job_is_imported_by_its_id(host: Plugin, form: str) -> None:
    """It is stored by the id of the job, and a program with the returned inputs has no difference."""
    inputs = host.checked(JOB, job_request())
    job_id, state = host.create(JOB, inputs)
    found_id, found, seen = host.read(JOB, form.format(job=job_id, project=PROJECT), {}, {})
    assert (found_id, found, seen) == (job_id, state, inputs)
    assert host.diff(JOB, found_id, found, seen, host.checked(JOB, seen, olds=seen)).changes == NONE


def test_job_of_another_project_is_read_by_its_project(host: Plugin, server: Emulator, inputs: dict[str, Any]) -> None:
    """A program gives the project beside the id, where its SDK reads an existing resource."""
    job_id, _ = host.create(JOB, inputs)
    host.configure(settings_of(server) | {"projectId": "b" * 24})
    assert host.read(JOB, job_id, {"projectId": PROJECT}, {})[0] == job_id


@pytest.mark.parametrize(
    ("kind", "name", "code", "words"),
    [
        (JOB, "logs", grpc.StatusCode.INVALID_ARGUMENT, "the id 'logs' must be JOB or PROJECT/JOB, each 24 lower-case"),
        (JOB, "a" * 24, grpc.StatusCode.NOT_FOUND, f"no job {'a' * 24} in project {PROJECT}; "),
        (ARCHIVE, "a" * 32, grpc.StatusCode.INVALID_ARGUMENT, "LogArchive cannot be imported: it exists only in the"),
        (COMPLETION, "a" * 32, grpc.StatusCode.INVALID_ARGUMENT, "LogCollectionCompletion cannot be imported: it"),
        (WINDOW, "a" * 32, grpc.StatusCode.INVALID_ARGUMENT, "LogCollectionWindow cannot be imported: it exists"),
    ],
)
def test_import_that_cannot_be_is_one_line(
    host: Plugin, kind: str, name: str, code: grpc.StatusCode, words: str
) -> None:
    with pytest.raises(grpc.RpcError) as raised:
        host.read(kind, name, {}, {})
    assert raised.value.code() == code
    assert words in raised.value.details()
    assert len(raised.value.details().splitlines()) == 1


def test_imported_job_that_no_program_can_declare_is_a_warning(host: Plugin, server: Emulator) -> None:
    """The server has a job with a log type that this version does not know."""
    job_id, _ = host.create(JOB, host.checked(JOB, job_request()))
    job = server._backend.jobs.find(job_id)
    assert job
    job.request["logTypes"] = ["NEW"]
    host.read(JOB, job_id, {}, {})
    (warning,) = host.engine.warnings
    assert warning.startswith("a program cannot declare this job: logTypes[0] must be one of ")


def test_job_that_could_not_be_read_is_stored_and_repaired(host: Plugin, server: Emulator) -> None:
    """The create fails with the id, and the next run reads the job and sets its expiry."""
    inputs = host.checked(JOB, job_request(expirationDate=days_ahead(50)))
    server.fail("get", FaultKind.HTML)
    with pytest.raises(grpc.RpcError) as raised:
        host.create(JOB, inputs)
    failure = init_failure(raised.value)
    assert failure is not None
    assert server.job_ids == [failure.id]
    (reason,) = failure.reasons
    assert reason.startswith(f"job {failure.id} is made but could not be read; the next run reads it (")
    assert host.engine.warnings == []
    state = failure.outputs
    assert "status" not in state
    assert host.diff(JOB, failure.id, state, inputs, inputs).changes == SOME
    after = host.update(JOB, failure.id, state, inputs)
    assert (after["status"], after["expirationDate"]) == ("SUCCESS", days_ahead(50))
    assert server.job_ids == [failure.id]


def test_expiry_that_could_not_be_set_is_a_warning_and_a_difference(host: Plugin, server: Emulator) -> None:
    inputs = host.checked(JOB, job_request(expirationDate=days_ahead(50)))
    server.fail("extend", FaultKind.HTML)
    job_id, state = host.create(JOB, inputs)
    (warning,) = host.engine.warnings
    assert warning.startswith(f"job {job_id} is made, but its expiry could not be set or read back; the next run sets")
    assert host.diff(JOB, job_id, state, inputs, inputs).changes == SOME
    assert host.update(JOB, job_id, state, inputs)["expirationDate"] == days_ahead(50)


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"privateKey": "wrong"}, grpc.StatusCode.UNAUTHENTICATED, "cannot create the job for REPLICASET rs0: "),
        ({}, grpc.StatusCode.ABORTED, "cannot create the job for REPLICASET rs0: POST "),
    ],
)
def test_failed_create_is_one_line_with_a_code(
    host: Plugin,
    server: Emulator,
    inputs: dict[str, Any],
    changes: dict[str, str],
    code: grpc.StatusCode,
    words: str,
) -> None:
    """Nothing is stored, and the engine does not take the plugin for dead."""
    host.configure(settings_of(server) | changes)
    server.fail("create", FaultKind.REDIRECT)
    with pytest.raises(grpc.RpcError) as raised:
        host.create(JOB, inputs)
    assert raised.value.code() == code
    assert init_failure(raised.value) is None
    assert raised.value.details().startswith(words)
    assert len(raised.value.details().splitlines()) == 1
