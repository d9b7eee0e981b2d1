"""Two archives and one file: replacements, and paths that another archive or a person uses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pulumi_opsmanager.emulator import Emulator, FaultKind
from pulumi_opsmanager.errors import CannotStore, InvalidInput, OpsManagerError
from pulumi_opsmanager.lifecycle.archive import create_archive, delete_archive, update_archive
from pulumi_opsmanager.lifecycle.archive_file import StoredArchive
from pulumi_opsmanager.lifecycle.context import Context
from pulumi_opsmanager.lifecycle.plan import Plan
from pulumi_opsmanager.lifecycle.run import Run
from tests.lifecycle.archives import URN, changed, earlier, inputs, names, owned, plan
from tests.support import PROJECT, Heard, job_request


def test_path_that_an_archive_has_left_is_free(context: Context, job_id: str, tmp_path: Path) -> None:
    """Another archive uses it in the same run, after the first one has moved."""
    old, new = tmp_path / "old.tar.gz", tmp_path / "new.tar.gz"
    stored = create_archive(context, inputs(job_id, old))
    plan(context, stored, inputs(job_id, new))
    assert update_archive(context, stored, inputs(job_id, new)).state.file == str(new)
    assert create_archive(context, inputs(job_id, old)).state.file == str(old)


def test_other_file_is_never_replaced(context: Context, file: Path, job_id: str, tmp_path: Path) -> None:
    """The archive may be new, moved or of another job. Only equal content is accepted as this archive."""
    theirs = tmp_path / "theirs.tar.gz"
    theirs.write_bytes(b"theirs")
    words = "exists and is not the file of this archive: remove it, or choose another path"
    with pytest.raises(CannotStore, match=words) as refused:
        create_archive(context, inputs(job_id, theirs))
    assert refused.value.subject.property == "path"
    stored = earlier(context, inputs(job_id, file))
    other = context.jobs(PROJECT).create(job_request())
    for declared in (inputs(job_id, theirs), inputs(other, theirs)):
        with pytest.raises(CannotStore, match=words):
            update_archive(context, stored, declared)
    assert theirs.read_bytes() == b"theirs"
    assert file.stat().st_size == stored.state.size_bytes
    assert names(tmp_path) == ["logs.tar.gz", "theirs.tar.gz"]


@pytest.mark.parametrize("path", ["logs.tar.gz", "logs/"])
def test_archive_that_a_killed_run_has_left_is_accepted(
    context: Context, job_id: str, tmp_path: Path, path: str
) -> None:
    """The file exists, but no state has it. The next run stores it."""
    declared = inputs(job_id, f"{tmp_path}/{path}")
    first = earlier(context, declared)
    again = earlier(context, declared)
    assert (again.state.file, again.state.sha256) == (first.state.file, first.state.sha256)


@pytest.mark.parametrize("is_other_job", [False, True])
@pytest.mark.parametrize("is_kept", [False, True])
def test_replacement_takes_over_the_file(
    context: Context, heard: Heard, file: Path, job_id: str, tmp_path: Path, *, is_other_job: bool, is_kept: bool
) -> None:
    """The engine creates the new archive first. The delete of the old one leaves the new file and shows no line."""
    declared = inputs(job_id, file, keep_on_delete=is_kept)
    stored = earlier(context, declared)
    new = changed(declared, triggers=[1])
    if is_other_job:
        new = changed(new, job_id=context.jobs(PROJECT).create(job_request(logTypes=["FTDC"])))
    plan(owned(context), stored, new)
    replaced = create_archive(owned(context), new)
    delete_archive(context, stored)
    assert names(tmp_path) == ["logs.tar.gz"]
    assert heard.warnings == []
    assert plan(owned(context), replaced, new) == Plan()


@pytest.mark.parametrize("is_new_process", [False, True])
@pytest.mark.parametrize("path", ["logs.tar.gz", "logs/"])
def test_replacement_that_no_plan_announced_takes_over_the_file(
    context: Context, heard: Heard, job_id: str, tmp_path: Path, *, is_new_process: bool, path: str
) -> None:
    """A forced replacement has no such plan. A later run may delete the old archive, because this run was killed."""
    declared = inputs(job_id, f"{tmp_path}/{path}")
    stored = earlier(context, declared)
    replaced = create_archive(owned(context), declared)
    later = replace(context, run=Run()) if is_new_process else context
    delete_archive(later, stored)
    assert heard.warnings == []
    assert plan(owned(later), replaced, declared) == Plan()


@pytest.mark.parametrize("is_kept", [False, True])
def test_replacement_may_come_after_the_delete(
    context: Context, heard: Heard, file: Path, job_id: str, tmp_path: Path, *, is_kept: bool
) -> None:
    """A file that the delete kept is overwritten, as by an update."""
    declared = inputs(job_id, file, keep_on_delete=is_kept)
    stored = earlier(context, declared)
    other = changed(declared, job_id=context.jobs(PROJECT).create(job_request(logTypes=["FTDC"])))
    plan(owned(context), stored, other)
    delete_archive(context, stored)
    assert names(tmp_path) == ["logs.tar.gz"] * is_kept
    assert create_archive(owned(context), other).state.members == 3
    assert heard.warnings == []


def test_replacement_on_another_path_removes_the_old_file(context: Context, job_id: str, tmp_path: Path) -> None:
    """No archive has taken the file over."""
    stored = earlier(context, inputs(job_id, tmp_path / "old.tar.gz", keep_on_delete=False))
    new = inputs(job_id, tmp_path / "new.tar.gz")
    plan(owned(context), stored, new)
    create_archive(owned(context), new)
    delete_archive(context, stored)
    assert names(tmp_path) == ["new.tar.gz"]


def test_renamed_archive_keeps_its_file(context: Context, heard: Heard, stored: StoredArchive, tmp_path: Path) -> None:
    """To the engine it is a new archive of the same path and job, and the old one is deleted last."""
    create_archive(owned(context, f"{URN}-renamed"), stored.inputs)
    delete_archive(context, stored)
    assert names(tmp_path) == ["logs.tar.gz"]
    assert heard.warnings == []


def test_replacement_never_overwrites_what_a_person_changed(
    context: Context, stored: StoredArchive, file: Path
) -> None:
    """A replacement overwrites only an unchanged file. A refused replacement can be tried again."""
    file.write_bytes(b"theirs")
    for _ in range(2):
        plan(owned(context), stored, stored.inputs)
        with pytest.raises(CannotStore, match="exists and is not the file of this archive"):
            create_archive(owned(context), stored.inputs)
    assert file.read_bytes() == b"theirs"


def test_replacement_that_failed_may_be_tried_again(context: Context, server: Emulator, stored: StoredArchive) -> None:
    """An error hook tries again in the same process. The old file stays until the new one is complete."""
    other = changed(stored.inputs, job_id=context.jobs(PROJECT).create(job_request(logTypes=["FTDC"])))
    plan(owned(context), stored, other)
    server.fail("download", FaultKind.CUT_BODY, times=3, after_bytes=100)
    with pytest.raises(OpsManagerError):
        create_archive(owned(context), other)
    assert plan(owned(context), stored, stored.inputs) == Plan()
    assert create_archive(owned(context), other).state.members == 3


@pytest.mark.parametrize("spelling", ["logs.tar.gz", "./logs.tar.gz", "sub/../logs.tar.gz", "link/logs.tar.gz"])
@pytest.mark.parametrize("owners", [(URN, f"{URN}-2"), ("", "")])
def test_two_archives_with_one_path_are_refused_in_any_spelling(
    context: Context, file: Path, job_id: str, tmp_path: Path, spelling: str, owners: tuple[str, str]
) -> None:
    """Each would download over the other at every run. This applies also if the engine names no resource."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "link").symlink_to(tmp_path)
    create_archive(owned(context, owners[0]), inputs(job_id, file))
    with pytest.raises(InvalidInput, match="is the file of another LogArchive: give each its own path") as refused:
        create_archive(owned(context, owners[1]), inputs(job_id, f"{tmp_path}/{spelling}"))
    assert refused.value.subject.property == "path"
