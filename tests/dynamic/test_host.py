"""Each provider class called as the SDK's host calls it, against an emulator; a real engine runs in tests/engine."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from google.protobuf import struct_pb2
from pulumi.dynamic import Config, ConfigureRequest
from pulumi.output import Unknown as PulumiUnknown
from pulumi.runtime.proto import provider_pb2

from pulumi_opsmanager.dynamic import sessions
from pulumi_opsmanager.dynamic.adapter import Adapter
from pulumi_opsmanager.dynamic.archive import LogArchiveProvider
from pulumi_opsmanager.dynamic.call import Call
from pulumi_opsmanager.dynamic.completion import LogCollectionCompletionProvider
from pulumi_opsmanager.dynamic.job import LogCollectionJobProvider
from pulumi_opsmanager.dynamic.window import LogCollectionWindowProvider
from pulumi_opsmanager.emulator import Emulator, FaultKind
from pulumi_opsmanager.errors import InvalidInput, JobNotFound
from pulumi_opsmanager.instants import format_instant, months_later
from pulumi_opsmanager.lifecycle.run import Run
from tests.support import JOB, PROJECT, days_ahead, job_request

pytestmark = pytest.mark.usefixtures("no_engine")

URN = "urn:pulumi:test::logs::pulumi-python:dynamic/opsmanager:LogCollectionJob::logs"

CONTEXT = SimpleNamespace(is_active=lambda: True)


def answer(request: Any, context: Any, method: Any, *arguments: Any) -> Any:  # noqa: ARG001  read from the frame
    """Call a provider from a frame that has request and context, as the SDK's host has them."""
    return method(*arguments)


def engines(values: dict[str, Any]) -> dict[str, Any]:
    """Values as the SDK passes them on: numbers are floats, None is absent, the provider is present."""
    floats = {key: float(value) for key, value in values.items() if type(value) is int}
    return {key: value for key, value in (values | floats).items() if value is not None} | {"__provider": "pickle"}


class Host:
    """A configured provider of one class."""

    def __init__(self, provider: type[Adapter], config: dict[str, str]) -> None:
        self.provider = provider()
        self.provider.configure(ConfigureRequest(Config(config, "test")))

    def check(
        self, new: dict[str, Any], old: dict[str, Any] | None = None, urn: str = ""
    ) -> tuple[dict[str, Any], list[Any]]:
        request = provider_pb2.CheckRequest(urn=urn)
        checked = answer(request, CONTEXT, self.provider.check, engines(old or {}), engines(new))
        return dict(checked.inputs), [(failure.property, failure.reason) for failure in checked.failures]

    def create(self, inputs: dict[str, Any], urn: str = "") -> tuple[str, dict[str, Any]]:
        request = provider_pb2.CreateRequest(urn=urn)
        created = answer(request, CONTEXT, self.provider.create, engines(inputs))
        return created.id, dict(created.outs or {})

    def diff(
        self, resource_id: str, state: dict[str, Any], old: dict[str, Any], new: dict[str, Any], urn: str = ""
    ) -> Any:
        stored = struct_pb2.Struct()
        stored.update(engines(old))
        request = provider_pb2.DiffRequest(id=resource_id, old_inputs=stored, urn=urn)
        found = answer(request, CONTEXT, self.provider.diff, resource_id, engines(state), engines(new))
        return found.changes, found.replaces or []

    def update(self, resource_id: str, state: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
        return dict(self.provider.update(resource_id, engines(state), engines(new)).outs or {})

    def read(self, resource_id: str, state: dict[str, Any], old: dict[str, Any]) -> tuple[Any, Any, Any]:
        stored = struct_pb2.Struct()
        stored.update(engines(old))
        request = provider_pb2.ReadRequest(id=resource_id, urn=URN, inputs=stored)
        found = answer(request, CONTEXT, self.provider.read, resource_id, engines(state))
        return found.id, found.outs, found.inputs

    def delete(self, resource_id: str, state: dict[str, Any]) -> None:
        self.provider.delete(resource_id, engines(state))


@pytest.fixture
def config(server: Emulator) -> dict[str, str]:
    return {
        "opsmanager:baseUrl": server.url,
        "opsmanager:publicKey": server.public_key,
        "opsmanager:privateKey": server.private_key,
        "opsmanager:projectId": PROJECT,
    }


def test_host_runs_the_life_of_a_job(server: Emulator, config: dict[str, str]) -> None:
    """Check, create, no change, a change in place, a replacement, refresh, delete, and a refresh of a missing job."""
    job = Host(LogCollectionJobProvider, config)
    inputs, failures = job.check(job_request())
    assert failures == []
    assert inputs["projectId"] == PROJECT
    job_id, state = job.create(inputs)
    assert [job_id] == server.job_ids
    assert server.calls == ["POST 201", "GET 200"]
    assert job.diff(job_id, state, inputs, inputs) == (False, [])
    moved, unknown = inputs | {"expirationDate": days_ahead(90)}, PulumiUnknown()  # type: ignore[no-untyped-call]
    assert job.diff(job_id, state, inputs, moved) == (None, [])
    assert job.diff(job_id, state, inputs, inputs | {"resourceName": "rs1"}) == (None, ["resourceName"])
    assert job.diff(job_id, state, inputs, inputs | {"resourceName": unknown}) == (None, ["resourceName"])
    one, true = {"triggers": [1]}, {"triggers": [True]}
    assert job.diff(job_id, state | one, inputs | one, inputs | true) == (None, ["triggers"])
    with pytest.raises(InvalidInput, match=r"^expiration_date must be in the future .*\(resource 'logs'\)$"):
        job.diff(job_id, state, inputs, inputs | {"expirationDate": days_ahead(-1)}, URN)
    server.forget_requests()
    state = job.update(job_id, state, moved)
    assert server.calls == ["PATCH 200", "GET 200"]
    assert state["expirationDate"] == moved["expirationDate"]
    assert job.read(job_id, state, moved) == (job_id, state, moved)
    job.delete(job_id, state)
    assert job.read(job_id, state, moved)[0] == ""
    with pytest.raises(JobNotFound, match=rf"^no job {job_id} .*\(resource 'logs'\)$"):
        job.read(job_id, {}, {})


def test_existing_job_is_read_with_all_outputs(server: Emulator, config: dict[str, str]) -> None:
    """`get` reads it: the program knows only the ID, and perhaps the project."""
    job, without = Host(LogCollectionJobProvider, config), {**config, "opsmanager:projectId": "b" * 24}
    job_id, state = job.create(job.check(job_request())[0])
    server.forget_requests()
    assert job.read(job_id, {}, {})[:2] == (job_id, state)
    assert Host(LogCollectionJobProvider, without).read(job_id, {"projectId": PROJECT}, {})[1] == state
    assert server.calls == ["GET 200"] * 2
    with pytest.raises(InvalidInput, match=r"^id must be .*; project_id names the project \(resource 'logs'\)$"):
        job.read(f"{PROJECT}/{job_id}", {}, {})


def test_refresh_that_moved_outputs_is_a_change_once(server: Emulator, config: dict[str, str]) -> None:
    """The engine asks for the diff right after the read. After a check, the diff is that of an update."""
    job = Host(LogCollectionJobProvider, config)
    inputs, _ = job.check(job_request(maxRetries=0))
    job_id, state = job.create(inputs)

    def refresh() -> dict[str, Any]:
        _, outputs, _ = job.read(job_id, state, inputs)
        return dict(outputs)

    server.set_status(job_id, "FAILURE")
    refreshed = refresh()
    assert refreshed["status"] == "FAILURE"
    assert job.diff(job_id, refreshed, inputs, inputs, "urn:other") == (False, [])
    assert job.diff(job_id, refreshed, inputs, inputs, URN) == (True, [])
    assert job.diff(job_id, refreshed, inputs, inputs, URN) == (False, [])
    refresh()
    job.check(inputs, inputs, URN)
    assert job.diff(job_id, refreshed, inputs, inputs, URN) == (False, [])
    job.read(job_id, refreshed, inputs)
    assert job.diff(job_id, refreshed, inputs, inputs, URN) == (False, [])


def test_refresh_shows_what_moved_and_not_what_an_update_does(server: Emulator, config: dict[str, str]) -> None:
    """A pending restart is not a change of a refresh. An input that an update refuses is a warning."""
    job = Host(LogCollectionJobProvider, config)
    inputs, _ = job.check(job_request())
    job_id, state = job.create(inputs)
    server.set_status(job_id, "FAILURE")
    _, refreshed, _ = job.read(job_id, state, inputs)
    assert job.diff(job_id, refreshed, inputs, inputs, URN) == (True, [])
    job.read(job_id, refreshed, inputs)
    assert job.diff(job_id, refreshed, inputs, inputs, URN) == (False, [])
    job.read(job_id, refreshed, inputs)
    past = inputs | {"expirationDate": days_ahead(-1)}
    assert job.diff(job_id, refreshed, past, past, URN) == (False, [])
    assert job.diff(job_id, refreshed, inputs, inputs, URN) == (True, [])


def test_refresh_without_a_urn_reports_no_change(server: Emulator, config: dict[str, str]) -> None:
    """Outside of the host the resource of a diff is unknown."""
    job = Host(LogCollectionJobProvider, config)
    inputs, _ = job.check(job_request(maxRetries=0))
    job_id, state = job.create(inputs)
    server.set_status(job_id, "FAILURE")
    refreshed = job.provider.read(job_id, engines(state)).outs or {}
    assert refreshed["status"] == "FAILURE"
    assert job.diff(job_id, refreshed, inputs, inputs) == (False, [])


@pytest.mark.parametrize("route", ["get", "extend"])
def test_difference_that_a_create_left_is_removed_by_an_update(
    server: Emulator, config: dict[str, str], route: str
) -> None:
    """The inputs are equal, so diff must report the change. No second job is created."""
    job = Host(LogCollectionJobProvider, config)
    inputs, _ = job.check(job_request(expirationDate=days_ahead(50)))
    server.fail(route, FaultKind.HTML)
    job_id, state = job.create(inputs)
    assert job.diff(job_id, state, inputs, inputs) == (True, [])
    state = job.update(job_id, state, inputs)
    assert (state["status"], state["expirationDate"]) == ("SUCCESS", days_ahead(50))
    assert job.diff(job_id, state, inputs, inputs) == (False, [])
    assert server.job_ids == [job_id]


def test_job_stays_in_the_project_it_was_made_in(server: Emulator, config: dict[str, str]) -> None:
    """Another default project changes nothing: refresh and delete use the old project."""
    job = Host(LogCollectionJobProvider, config)
    inputs, _ = job.check(job_request())
    job_id, state = job.create(inputs)
    moved = Host(LogCollectionJobProvider, config | {"opsmanager:projectId": "b" * 24})
    checked, failures = moved.check(job_request(), inputs)
    assert failures == []
    assert moved.diff(job_id, state, inputs, checked) == (False, [])
    assert moved.read(job_id, state, checked)[0] == job_id
    moved.delete(job_id, state)
    assert server.job_ids == []


def test_warning_of_a_plan_is_shown(config: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    """The last possible expiry causes no change, so only the warning shows that no renewal follows."""
    job = Host(LogCollectionJobProvider, config)
    inputs, _ = job.check(job_request(retentionDays=60, renewWhenDaysLeft=30))
    created = datetime.now(timezone.utc).replace(microsecond=0) - timedelta(days=170)
    last = format_instant(months_later(created, 6))
    state = inputs | {"status": "SUCCESS", "creationDate": format_instant(created), "expirationDate": last}
    assert job.diff(JOB, state, inputs, inputs) == (False, [])
    assert capsys.readouterr().err.startswith(f"{last} is the last possible expiry, 6 months after the job's creation")


@pytest.mark.parametrize(
    ("provider", "new"),
    [
        (LogCollectionJobProvider, job_request()),
        (LogCollectionCompletionProvider, {"jobIds": [JOB]}),
        (LogArchiveProvider, {"jobId": JOB, "path": "logs.tar.gz"}),
    ],
)
def test_project_is_the_default_where_none_is_named(
    config: dict[str, str], provider: type[Adapter], new: dict[str, Any]
) -> None:
    """Without a configured project, an input or a stored input must name one."""
    inputs, failures = Host(provider, config).check(new)
    assert (inputs["projectId"], failures) == (PROJECT, [])
    without = Host(provider, {key: value for key, value in config.items() if key != "opsmanager:projectId"})
    assert without.provider._context(Call()).server is not None
    _, failures = without.check(new)
    assert [(path, "projectId" in words) for path, words in failures] == [("", True)]
    for declared, old in ((new | {"projectId": "b" * 24}, {}), (new, {"projectId": "b" * 24})):
        inputs, failures = without.check(declared, old)
        assert (inputs["projectId"], failures) == ("b" * 24, [])


def test_host_runs_a_completion(server: Emulator, config: dict[str, str]) -> None:
    """Create, an update with one more job, and a delete without a request."""
    job = Host(LogCollectionJobProvider, config)
    job_ids = [job.create(job.check(job_request(resourceName=name))[0])[0] for name in ("rs0", "rs1")]
    completion = Host(LogCollectionCompletionProvider, config)
    first, _ = completion.check({"jobIds": job_ids[:1]})
    completion_id, state = completion.create(first)
    assert len(completion_id) == 32
    assert state["statuses"] == {job_ids[0]: "SUCCESS"}
    both, _ = completion.check({"jobIds": job_ids}, first)
    assert completion.diff(completion_id, state, first, first) == (False, [])
    assert completion.diff(completion_id, state, first, both) == (None, [])
    server.forget_requests()
    state = completion.update(completion_id, state, both)
    assert state["statuses"] == dict.fromkeys(job_ids, "SUCCESS")
    assert not any(job_ids[0] in entry["path"] for entry in server.requests)
    assert completion.read(completion_id, state, both)[:2] == (completion_id, state)


def test_archive_is_fetched_moved_and_removed_through_the_host(
    server: Emulator, config: dict[str, str], tmp_path: Path
) -> None:
    """Three calls cause one download."""
    job = Host(LogCollectionJobProvider, config)
    job_id, _ = job.create(job.check(job_request())[0])
    archive = Host(LogArchiveProvider, config)
    given = {"jobId": job_id, "path": str(tmp_path / "logs.tar.gz"), "keepOnDelete": False}
    inputs, failures = archive.check(given)
    assert failures == []
    archive_id, state = archive.create(inputs)
    assert archive.diff(archive_id, state, inputs, inputs) == (False, [])
    moved = inputs | {"path": str(tmp_path / "moved.tar.gz")}
    assert archive.diff(archive_id, state, inputs, moved) == (None, [])
    state = archive.update(archive_id, state, moved)
    assert {path.name for path in tmp_path.iterdir()} == {"moved.tar.gz", "moved.tar.gz.json"}
    archive.delete(archive_id, state)
    assert list(tmp_path.iterdir()) == []
    assert sum("download" in entry["path"] and entry["status"] == 200 for entry in server.requests) == 1


def test_refresh_shows_a_preview_that_the_archive_may_be_complete(
    server: Emulator,
    config: dict[str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Somebody has restarted the failed job: `up --refresh` downloads the missing parts."""
    # Jobs of two emulators may have the same ID.
    monkeypatch.setattr(sessions, "_run", Run())
    job, archive = Host(LogCollectionJobProvider, config), Host(LogArchiveProvider, config)
    server.fail("create", FaultKind.FAILED_CHILDREN)
    job_id, _ = job.create(job.check(job_request(maxRetries=0))[0])
    inputs, _ = archive.check({"jobId": job_id, "path": str(tmp_path / "logs.tar.gz"), "requireComplete": False})
    archive_id, state = archive.create(inputs)
    assert archive.diff(archive_id, state, inputs, inputs) == (False, [])
    server.set_status(job_id, "SUCCESS")
    assert archive.diff(archive_id, state, inputs, inputs) == (False, [])
    assert archive.read(archive_id, state, inputs) == (archive_id, state, inputs)
    capsys.readouterr()
    assert archive.diff(archive_id, state, inputs, inputs) == (True, [])
    assert capsys.readouterr().err.startswith("parts are missing that the job may have by now; up downloads")
    state = archive.update(archive_id, state, inputs)
    assert state["complete"] is True
    assert archive.diff(archive_id, state, inputs, inputs) == (False, [])


@pytest.mark.parametrize("is_deleted_first", [False, True])
def test_archive_is_replaced_on_its_path_through_the_host(
    config: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str], *, is_deleted_first: bool
) -> None:
    """Both have one URN, as with `replace_on_changes`. A second archive has another URN.

    The delete may use settings of the last `up` that are no longer valid.
    """
    job = Host(LogCollectionJobProvider, config)
    job_id, _ = job.create(job.check(job_request())[0])
    archive, old = Host(LogArchiveProvider, config), Host(LogArchiveProvider, {})
    inputs, _ = archive.check({"jobId": job_id, "path": str(tmp_path / "logs.tar.gz"), "keepOnDelete": False})
    archive_id, state = archive.create(inputs, urn="urn:logs")
    new = inputs | {"triggers": [1]}
    archive.diff(archive_id, state, inputs, new, urn="urn:logs")
    for urn, note in (
        ("urn:logs", ""),
        ("urn:twin", f"{state['file']} exists; up replaces it if it is this archive, and fails otherwise"),
    ):
        capsys.readouterr()
        assert archive.check(new, urn=urn)[1] == []
        shown = capsys.readouterr().err
        assert shown.startswith(note)
        assert bool(shown) is bool(note)
    with pytest.raises(InvalidInput, match="is the file of another LogArchive"):
        archive.create(new, urn="urn:twin")
    if is_deleted_first:
        old.delete(archive_id, state)
        assert list(tmp_path.iterdir()) == []
    new_id, new_state = archive.create(new, urn="urn:logs")
    if not is_deleted_first:
        old.delete(archive_id, state)
    assert archive.diff(new_id, new_state, new, new, urn="urn:logs") == (False, [])


def test_window_sends_nothing_and_needs_no_settings() -> None:
    """It has no project. A changed trigger moves it."""
    window = Host(LogCollectionWindowProvider, {})
    inputs, failures = window.check({"last": "2H"})
    assert (inputs, failures) == ({"last": "2h"}, [])
    assert [words.split()[0] for _, words in window.check({"last": "soon"})[1]] == ["last"]
    window_id, state = window.create(inputs)
    assert state["logCollectionFromDate"] < state["logCollectionToDate"]
    assert window.diff(window_id, state, inputs, inputs) == (False, [])
    again = inputs | {"triggers": [1]}
    assert window.diff(window_id, state, inputs, again) == (None, [])
    assert window.update(window_id, state, again)["logCollectionToDate"] >= state["logCollectionToDate"]
