"""The manifest beside an archive: its content, its place, and failures to write it."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from pulumi_opsmanager.api.models import ChildJob, Job
from pulumi_opsmanager.emulator import Emulator
from pulumi_opsmanager.errors import CannotStore
from pulumi_opsmanager.instants import format_instant
from pulumi_opsmanager.lifecycle.archive import (
    check_archive,
    create_archive,
    delete_archive,
    update_archive,
)
from pulumi_opsmanager.lifecycle.archive_file import StoredArchive
from pulumi_opsmanager.lifecycle.context import Context
from pulumi_opsmanager.lifecycle.manifest import About, manifest_of
from pulumi_opsmanager.lifecycle.plan import Plan
from pulumi_opsmanager.schema.archive import ArchiveState
from pulumi_opsmanager.schema.manifest import SCHEMA, Manifest
from tests.lifecycle.archives import change_time, changed, downloads, inputs, plan
from tests.stores import Store
from tests.support import JOB, PROJECT, FakeClock, job_request


def beside(file: Path) -> Path:
    return file.with_name(f"{file.name}.json")


def read(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(beside(file).read_text())
    return found


def test_manifest_says_what_the_archive_is(context: Context, clock: FakeClock, file: Path, job_id: str) -> None:
    """It has the requested inputs, the server's results, and what was verified, by whom and when."""
    stored = create_archive(context, inputs(job_id, file))
    job = context.jobs(PROJECT).get(job_id, verbose=True)
    assert job.expiration_date
    found = read(file)
    parts = found.pop("parts")
    assert found == {
        "schema": SCHEMA,
        "file": "logs.tar.gz",
        "sha256": stored.state.sha256,
        "sizeBytes": file.stat().st_size,
        "uncompressedSizeBytes": stored.state.uncompressed_size_bytes,
        "members": 6,
        "verifiedAt": format_instant(clock.now()),
        "complete": True,
        "jobId": job_id,
        "projectId": PROJECT,
        "jobStatus": "SUCCESS",
        "resourceType": "REPLICASET",
        "resourceName": "rs0",
        "userId": job.user_id,
        "logTypes": ["FTDC", "MONGODB"],
        "sizeRequestedPerFileBytes": 131072,
        "logCollectionFromDate": None,
        "logCollectionToDate": None,
        "redacted": False,
        "creationDate": format_instant(job.made_at),
        "expirationDate": format_instant(job.expiration_date),
        "missing": 0,
        "serverVersion": context.server.client.server_version,
        "packageVersion": version("pulumi-opsmanager"),
    }
    assert parts[0] == {
        "hostName": "rs0-0.example.net:27017",
        "logCollectionType": "FTDC",
        "status": "SUCCESS",
        "path": "rs0-0.example.net/27017/ftdc",
        "errorMessage": None,
        "uncompressedDiskSpaceBytes": parts[0]["uncompressedDiskSpaceBytes"],
        "isMissing": False,
    }
    assert len(parts) == 6
    assert beside(file).stat().st_mode & 0o777 == 0o600
    assert Manifest.from_text(beside(file).read_bytes()) is not None


def test_missing_part_is_marked(context: Context, server: Emulator, file: Path, job_id: str) -> None:
    """The mark includes the server's reason."""
    server.set_status(job_id, "FAILURE")
    create_archive(context, inputs(job_id, file, require_complete=False))
    found = read(file)
    assert (found["missing"], found["complete"], found["jobStatus"]) == (1, False, "FAILURE")
    assert [part["errorMessage"] for part in found["parts"] if part["isMissing"]] == ["agent did not answer"]


@pytest.mark.parametrize(
    ("job", "parts"),
    [
        (None, [("db1", True)]),
        (Job(id=JOB, status="FAILURE"), [("db1", True)]),
        (Job(id=JOB, status="FAILURE", child_jobs=(ChildJob(status="SUCCESS", host_name="db2"),)), [("db2", False)]),
    ],
)
def test_manifest_has_only_known_facts(clock: FakeClock, job: Job | None, parts: list[tuple[str, bool]]) -> None:
    """If the job is gone, or its parts are unknown, the state has the missing parts."""
    state = ArchiveState.model_validate({"file": "x/logs.tar.gz", "missing": [{"hostName": "db1"}]})
    made = manifest_of(job, state, About(JOB, PROJECT, None, clock.now()))
    assert [(part.host_name, part.is_missing) for part in made.parts or ()] == parts
    assert (made.file, made.log_types, made.missing, made.server_version) == ("logs.tar.gz", None, 1, None)
    assert Manifest.from_text(made.to_text().encode()) == made


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "\0", '{"schema": "opsmanager-log-archive/2"}', '{"schema": "opsmanager-log-archive/1"}'],
)
def test_other_text_is_not_a_manifest(text: str) -> None:
    """Another version of the schema may have any meaning."""
    assert Manifest.from_text(text.encode()) is None


def test_manifest_follows_its_archive(
    context: Context, server: Emulator, file: Path, job_id: str, tmp_path: Path
) -> None:
    """A move also moves and renames the manifest. A delete keeps both files or removes both."""
    stored = create_archive(context, inputs(job_id, file))
    before = read(file)
    server.forget_requests()
    moved = update_archive(context, stored, changed(stored.inputs, path=f"{tmp_path}/new/moved.tar.gz"))
    new = Path(moved.state.file)
    assert read(new) == before | {"file": "moved.tar.gz"}
    assert (list(tmp_path.iterdir()), server.requests) == ([new.parent], [])
    delete_archive(context, moved)
    assert len(list(new.parent.iterdir())) == 2
    delete_archive(context, replace(moved, inputs=changed(moved.inputs, keep_on_delete=False)))
    assert list(new.parent.iterdir()) == []


def test_object_has_its_manifest_beside_it(context: Context, store: Store, job_id: str) -> None:
    """The manifest is an object too, and moves with the archive."""
    stored = create_archive(context, inputs(job_id, f"{store.url}/a.tar.gz", keep_on_delete=False))
    assert json.loads(store.objects()["a.tar.gz.json"])["sha256"] == stored.state.sha256
    moved = update_archive(context, stored, changed(stored.inputs, path=f"{store.url}/b.tar.gz"))
    assert sorted(store.objects()) == ["b.tar.gz", "b.tar.gz.json"]
    delete_archive(context, moved)
    assert store.objects() == {}


def test_archive_of_another_job_replaces_the_manifest(context: Context, file: Path, job_id: str) -> None:
    """The new manifest replaces that of the earlier archive."""
    stored = create_archive(context, inputs(job_id, file))
    other = context.jobs(PROJECT).create(job_request(resourceName="rs1"))
    after = update_archive(context, stored, inputs(other, file))
    assert (read(file)["jobId"], read(file)["sha256"]) == (other, after.state.sha256)


def test_other_file_beside_an_archive_is_never_replaced(
    context: Context, server: Emulator, file: Path, job_id: str
) -> None:
    """The refusal comes before the download. A delete and a move leave such a file."""
    beside(file).write_text("{}")
    server.forget_requests()
    with pytest.raises(CannotStore, match="logs.tar.gz.json exists and is not the manifest of an archive: remove it"):
        create_archive(context, inputs(job_id, file))
    assert (downloads(server), file.exists()) == (0, False)
    beside(file).unlink()
    stored = create_archive(context, inputs(job_id, file, keep_on_delete=False))
    beside(file).write_text("theirs")
    delete_archive(context, stored)
    assert (file.exists(), beside(file).read_text()) == (False, "theirs")


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """No manifest can be written until the disk has space again."""
    replace_file = Path.replace

    def replaced(source: Path, target: Path) -> Path:
        if str(target).endswith(".json"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return replace_file(source, target)

    monkeypatch.setattr(Path, "replace", replaced)
    return lambda: monkeypatch.setattr(Path, "replace", replace_file)


WORDS = (
    "logs.tar.gz is stored and verified, but not its manifest: .*logs.tar.gz.json cannot be written: No space left on "
    "device; free some space there, or choose another path; the next run writes it"
)


def test_manifest_that_a_create_could_not_write_is_written_by_the_next_run(
    context: Context, file: Path, job_id: str, full_disk: Callable[[], None]
) -> None:
    """The archive stays, and the next run accepts it."""
    with pytest.raises(CannotStore, match=WORDS):
        create_archive(context, inputs(job_id, file))
    assert file.exists()
    full_disk()
    stored = create_archive(context, inputs(job_id, file))
    assert read(file)["sha256"] == stored.state.sha256


@pytest.mark.parametrize("is_gone", [False, True])
def test_manifest_that_an_update_could_not_write_is_written_by_the_next_run(
    context: Context,
    server: Emulator,
    stored: StoredArchive,
    file: Path,
    full_disk: Callable[[], None],
    *,
    is_gone: bool,
) -> None:
    """The bytes are compared, and nothing is downloaded again. This works also if the job is gone by then."""
    file.unlink()
    beside(file).unlink()
    with pytest.raises(CannotStore, match=WORDS):
        update_archive(context, stored, stored.inputs)
    full_disk()
    if is_gone:
        server.set_status(stored.inputs.job_id, None)
    server.forget_requests()
    after = update_archive(context, stored, stored.inputs)
    assert (read(file)["sha256"], downloads(server)) == (after.state.sha256, 0)
    assert read(file)["logTypes"] == (None if is_gone else ["FTDC", "MONGODB"])
    assert plan(context, after, after.inputs) == Plan()


def test_archive_of_another_job_in_a_folder_is_accepted_after_its_manifest_failed(
    context: Context, job_id: str, tmp_path: Path, full_disk: Callable[[], None]
) -> None:
    """The state has the earlier archive, and the folder has both."""
    full_disk()
    stored = create_archive(context, inputs(job_id, tmp_path))
    other = context.jobs(PROJECT).create(job_request(resourceName="rs1"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pulumi_opsmanager.lifecycle.transfer.store_manifest", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            update_archive(context, stored, inputs(other, tmp_path))
    after = update_archive(context, stored, inputs(other, tmp_path))
    assert read(Path(after.state.file))["jobId"] == other


def test_move_whose_manifest_cannot_be_written_leaves_all_in_place(
    context: Context, stored: StoredArchive, file: Path, tmp_path: Path, full_disk: Callable[[], None]
) -> None:
    """This applies also if the archive itself cannot be moved after that."""
    moved = changed(stored.inputs, path=f"{tmp_path}/moved.tar.gz")
    with pytest.raises(CannotStore, match="moved.tar.gz.json cannot be written"):
        update_archive(context, stored, moved)
    full_disk()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pulumi_opsmanager.lifecycle.manifest.move", _refuse)
        with pytest.raises(CannotStore, match="no"):
            update_archive(context, stored, moved)
    assert {path.name for path in tmp_path.iterdir()} == {"logs.tar.gz", "logs.tar.gz.json"}
    assert read(file)["file"] == "logs.tar.gz"
    assert plan(context, stored, stored.inputs) == Plan()


def _refuse(*_: object) -> None:
    raise CannotStore("no")


def test_touched_archive_keeps_its_manifest(
    context: Context, server: Emulator, stored: StoredArchive, file: Path
) -> None:
    """No request is sent for it."""
    change_time(file)
    before = beside(file).stat()
    server.forget_requests()
    update_archive(context, stored, stored.inputs)
    assert (beside(file).stat().st_ino, server.requests) == (before.st_ino, [])


def test_name_that_leaves_no_room_for_the_manifest_is_refused(tmp_path: Path) -> None:
    """Systems allow 255 bytes in a name, and the manifest adds five."""
    given = {"jobId": JOB, "path": f"{tmp_path}/{'x' * 252}"}
    assert [str(failure) for failure in check_archive(given, None, PROJECT).failures] == [
        "path cannot be read: File name too long"
    ]
    assert check_archive(given | {"path": f"{tmp_path}/{'x' * 250}"}, None, PROJECT).failures == ()
