"""The file of an archive: when it is downloaded again, moved, left or removed."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pulumi_opsmanager.emulator import Emulator, FaultKind
from pulumi_opsmanager.errors import CannotStore, Expired, JobNotFound, NotFinished, OpsManagerError
from pulumi_opsmanager.lifecycle.archive import delete_archive, update_archive
from pulumi_opsmanager.lifecycle.archive_file import StoredArchive
from pulumi_opsmanager.lifecycle.context import Context
from pulumi_opsmanager.lifecycle.plan import Plan
from tests.lifecycle.archives import change_size, change_time, changed, downloads, earlier, inputs, names, plan
from tests.support import PROJECT, Heard, job_request


@pytest.mark.parametrize(
    ("alter", "words"),
    [
        (Path.unlink, "is missing"),
        (change_size, "was changed: it has 7 bytes, not "),
        (change_time, "was changed"),
    ],
)
@pytest.mark.parametrize("if_missing", ["download", "ignore"])
def test_altered_file_is_downloaded_again_or_left(
    context: Context, file: Path, job_id: str, alter: Any, words: str, if_missing: str
) -> None:
    """Size and time show a change. `ignore` reports the change and does nothing else."""
    declared = inputs(job_id, file, if_missing=if_missing)
    stored = earlier(context, declared)
    alter(file)
    found = plan(context, stored, declared)
    assert found.acts is (if_missing == "download")
    assert f"{file} {words}" in (found.reasons + found.notes)[0]
    if found.acts:
        again = update_archive(context, stored, declared)
        assert again.state == stored.state.model_copy(update={"mtime_ns": again.state.mtime_ns})
        assert plan(context, again, declared) == Plan()


@pytest.mark.parametrize("status", ["EXPIRED", None])
def test_missing_file_of_an_expired_job_is_a_warning(
    context: Context, server: Emulator, heard: Heard, stored: StoredArchive, file: Path, job_id: str, status: str | None
) -> None:
    """Nothing can restore the file, so the run succeeds. A trigger requires a download, so it causes an error."""
    file.unlink()
    server.set_status(job_id, status)
    updated = update_archive(context, stored, stored.inputs)
    assert updated == replace(stored, state=stored.state.model_copy(update={"job_status": "EXPIRED"}))
    assert "is missing, and cannot be downloaded again: " in heard.warnings[0]
    assert plan(context, updated, stored.inputs) == Plan(notes=(f"{file} is missing, and its job has expired",))
    with pytest.raises((Expired, JobNotFound)):
        update_archive(context, stored, changed(stored.inputs, triggers=[1]))


@pytest.mark.parametrize(("changes", "count"), [({}, 0), ({"triggers": ["again"]}, 1)])
def test_touched_file_is_kept_unless_a_trigger_asks_for_a_download(
    context: Context, server: Emulator, stored: StoredArchive, file: Path, changes: dict[str, Any], count: int
) -> None:
    """A file that was restored from a copy differs only in its time, so the hash is compared."""
    change_time(file)
    server.forget_requests()
    updated = update_archive(context, stored, changed(stored.inputs, **changes))
    assert downloads(server) == count
    assert bool(server.requests) is bool(count)
    assert plan(context, updated, changed(stored.inputs, **changes)) == Plan()


@pytest.mark.parametrize("if_missing", ["download", "ignore"])
def test_touched_file_is_moved_without_a_request(
    context: Context, server: Emulator, file: Path, job_id: str, tmp_path: Path, if_missing: str
) -> None:
    """The content is unchanged, and the job may have expired."""
    declared = inputs(job_id, file, if_missing=if_missing)
    stored = earlier(context, declared)
    change_time(file)
    server.forget_requests()
    to = changed(declared, path=f"{tmp_path}/moved.tar.gz")
    moved = update_archive(context, stored, to)
    assert (names(tmp_path), server.requests) == (["moved.tar.gz"], [])
    assert plan(context, moved, to) == Plan()


def test_missing_folder_is_created_again(context: Context, job_id: str, tmp_path: Path) -> None:
    """A path without a slash means a folder that existed. On a new disk only the state shows this."""
    folder = tmp_path / "logs"
    folder.mkdir()
    declared = inputs(job_id, folder)
    stored = earlier(context, declared)
    shutil.rmtree(folder)
    again = update_archive(context, stored, declared)
    assert again.state.file == stored.state.file


def test_unreadable_folder_does_not_count_as_a_missing_file(
    context: Context, file: Path, job_id: str, tmp_path: Path
) -> None:
    """A file that cannot be read may be unchanged, so nothing is downloaded."""
    loop = tmp_path / "loop"
    stored = earlier(context, inputs(job_id, file))
    loop.symlink_to(loop)
    state = stored.state.model_copy(update={"file": str(loop / "logs.tar.gz")})
    with pytest.raises(CannotStore, match=r"^cannot read .*logs.tar.gz: .*; let this user read the folder$"):
        plan(context, replace(stored, state=state), stored.inputs)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("logs.tar.gz", "logs.tar.gz"),
        ("logs.tar.gz", "{folder}/logs.tar.gz"),
        ("logs.tar.gz", "new.tar.gz"),
        (".", "."),
    ],
)
def test_file_of_a_new_job_replaces_the_old_file(
    context: Context,
    server: Emulator,
    heard: Heard,
    file: Path,
    job_id: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    old: str,
    new: str,
) -> None:
    """The new path may be equal, another name of the old file, different, or a folder."""
    monkeypatch.chdir(tmp_path)
    stored = earlier(context, inputs(job_id, old, keep_on_delete=False))
    other = context.jobs(PROJECT).create(job_request(resourceName="rs1", logTypes=["FTDC"]))
    server.forget_requests()
    updated = update_archive(context, stored, inputs(other, new.format(folder=tmp_path), keep_on_delete=False))
    assert (updated.inputs.job_id, updated.state.members, downloads(server), heard.warnings) == (other, 3, 1, [])
    file = Path(updated.state.file)
    assert names(tmp_path) == [file.name]
    assert file.stat().st_size == updated.state.size_bytes
    assert old == "logs.tar.gz" or "rs1" in file.name


def test_file_of_an_earlier_job_stays_in_the_folder(
    context: Context, heard: Heard, job_id: str, tmp_path: Path
) -> None:
    """This is the default, and a line reports it."""
    stored = earlier(context, inputs(job_id, tmp_path))
    other = context.jobs(PROJECT).create(job_request(resourceName="rs1"))
    updated = update_archive(context, stored, inputs(other, tmp_path))
    assert names(tmp_path) == sorted(Path(file).name for file in (stored.state.file, updated.state.file))
    assert heard.lines == [f"{stored.state.file} is kept"]
    delete_archive(context, updated)
    assert len(names(tmp_path)) == 2


@pytest.mark.parametrize(
    ("status", "path", "error"),
    [("QUEUED", "logs.tar.gz", NotFinished), ("EXPIRED", "new.tar.gz", Expired)],
)
def test_missing_file_is_an_error_if_the_job_runs_again_or_the_path_is_new(
    context: Context,
    server: Emulator,
    stored: StoredArchive,
    file: Path,
    job_id: str,
    tmp_path: Path,
    status: str,
    path: str,
    error: type[OpsManagerError],
) -> None:
    """A later run can download the archive of such a job. A new path requires the file now."""
    (file).unlink()
    server.set_status(job_id, status)
    with pytest.raises(error):
        update_archive(context, stored, inputs(job_id, tmp_path / path))


def test_missing_file_with_a_new_path_is_downloaded(
    context: Context, server: Emulator, stored: StoredArchive, job_id: str, tmp_path: Path
) -> None:
    """There is no file to move."""
    Path(stored.state.file).unlink()
    server.forget_requests()
    updated = update_archive(context, stored, inputs(job_id, tmp_path / "new.tar.gz"))
    assert (updated.state.sha256, downloads(server)) == (stored.state.sha256, 1)
    assert names(tmp_path) == ["new.tar.gz"]


def test_job_of_another_project_is_requested_there(context: Context, stored: StoredArchive) -> None:
    """In the default project the same ID is another job, or no job."""
    with pytest.raises(OpsManagerError):
        update_archive(context, stored, changed(stored.inputs, project_id="f" * 24))


def test_failed_change_leaves_the_old_file(
    context: Context, server: Emulator, stored: StoredArchive, file: Path, job_id: str
) -> None:
    """The old file stays until the new archive is complete."""
    other = context.jobs(PROJECT).create(job_request())
    server.fail("download", FaultKind.CUT_BODY, times=3, after_bytes=100)
    with pytest.raises(OpsManagerError):
        update_archive(context, stored, inputs(other, file))
    assert plan(context, stored, inputs(job_id, file)) == Plan()


@pytest.mark.parametrize(
    ("to", "name"),
    [
        ("moved.tar.gz", "moved.tar.gz"),
        ("new/folder/", "new/folder/logs.tar.gz"),
        ("new/moved.tar.gz", "new/moved.tar.gz"),
    ],
)
def test_new_path_moves_the_file_without_a_request(
    context: Context, server: Emulator, stored: StoredArchive, job_id: str, tmp_path: Path, to: str, name: str
) -> None:
    """This works even if the job has expired since."""
    server.set_status(job_id, "EXPIRED")
    server.forget_requests()
    declared = inputs(job_id, f"{tmp_path}/{to}")
    updated = update_archive(context, stored, declared)
    assert updated == replace(
        stored, inputs=declared, state=stored.state.model_copy(update={"file": f"{tmp_path}/{name}"})
    )
    assert Path(updated.state.file).stat().st_size == stored.state.size_bytes
    assert not Path(stored.state.file).exists()
    assert server.requests == []
    assert plan(context, updated, declared) == Plan()


@pytest.mark.parametrize(
    ("alter", "keep", "is_left", "words"),
    [
        (None, False, False, None),
        (None, True, True, "is kept"),
        (change_size, False, True, "was changed: it has 7 bytes, "),
        (change_time, False, True, "was written again with the same content, so it is not removed"),
        (Path.unlink, False, False, None),
        (Path.unlink, True, False, None),
    ],
)
def test_delete_removes_only_an_unchanged_file(
    context: Context, heard: Heard, file: Path, job_id: str, alter: Any, keep: bool, is_left: bool, words: str | None
) -> None:
    """Somebody may need a changed file."""
    stored = earlier(context, inputs(job_id, file, keep_on_delete=keep))
    if alter:
        alter(file)
    delete_archive(context, stored)
    assert file.exists() is is_left
    assert (words is None) == (heard.lines + heard.warnings == [])
    assert words is None or words in (heard.lines + heard.warnings)[0]
