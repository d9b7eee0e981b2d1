"""The plan of an archive follows from its inputs and its file, and sends no request."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pulumi_opsmanager.emulator import Emulator
from pulumi_opsmanager.lifecycle.archive import look_at_archive, update_archive
from pulumi_opsmanager.lifecycle.archive_file import StoredArchive
from pulumi_opsmanager.lifecycle.archive_plan import Download, MoveFile, plan_archive
from pulumi_opsmanager.lifecycle.context import Context
from pulumi_opsmanager.lifecycle.plan import Plan
from pulumi_opsmanager.schema.archive import ArchiveInputs
from pulumi_opsmanager.schema.fields import UNKNOWN, fields_of
from pulumi_opsmanager.schema.models import read_partial, values_of
from tests.lifecycle.archives import changed, downloads, earlier, inputs, plan
from tests.support import PROJECT, job_request

MAY_BE_COMPLETE = "parts are missing that the job may have by now; the next run downloads the archive"


def test_preview_plans_a_download_if_the_job_may_have_the_missing_parts(
    context: Context, server: Emulator, file: Path, job_id: str
) -> None:
    """This run must restart the job or have found it complete. A preview sends nothing."""
    server.set_status(job_id, "FAILURE")
    stored = earlier(context, inputs(job_id, file, require_complete=False))
    server.forget_requests()
    assert plan(context, stored, stored.inputs) == Plan()
    context.run.note_promising(job_id, is_promising=True)
    assert plan(context, stored, changed(stored.inputs, keep_on_delete=False)) == Plan(
        updates=("keep_on_delete",), steps=(Download(is_required=False),), reasons=(MAY_BE_COMPLETE,)
    )
    assert server.requests == []


@pytest.mark.parametrize(("path", "is_noted"), [("file", True), ("new", False), ("", False), (UNKNOWN, False)])
def test_preview_notes_a_file_that_exists_on_a_new_path(
    context: Context, file: Path, job_id: str, tmp_path: Path, path: Any, is_noted: bool
) -> None:
    """It is not an error yet, because an interrupted run may have left the file."""
    (tmp_path / "file").write_text("")
    stored = earlier(context, inputs(job_id, file))
    place = path if path is UNKNOWN else f"{tmp_path}/{path}"
    declared = read_partial(ArchiveInputs, {"jobId": job_id, "path": place})
    words = f"{place} exists; the next run replaces it if it is this archive, and fails otherwise"
    created = plan_archive(None, declared, look_at_archive(context, None, declared), context.clock.now())
    assert created == Plan(notes=(words,) * is_noted)
    assert (words in plan(context, stored, declared).notes) is is_noted


REPLACES = "the next run replaces FILE by the archive of another job"

CHANGED: dict[str, tuple[Any, Plan]] = {
    "job_id": ("f" * 24, Plan(steps=(Download(is_required=True),), reasons=(REPLACES,))),
    "path": ("elsewhere/", Plan(steps=(MoveFile(),))),
    "project_id": ("f" * 24, Plan(steps=(Download(is_required=True),), reasons=(REPLACES,))),
    "require_complete": (False, Plan()),
    "keep_on_delete": (False, Plan()),
    "if_missing": ("ignore", Plan()),
    "verify": ("hash", Plan()),
    "triggers": (["again"], Plan(steps=(Download(is_required=True),))),
}


def test_every_input_has_a_changed_value_here() -> None:
    """Without this test a forgotten field would not be noticed."""
    assert set(CHANGED) == {field.name for field in fields_of(ArchiveInputs).values()}


@pytest.mark.parametrize("name", CHANGED)
def test_changed_input_updates_in_place(context: Context, stored: StoredArchive, name: str) -> None:
    """A replacement on the same path would end with a delete of the new file, so there is none."""
    value, steps = CHANGED[name]
    steps = replace(steps, reasons=tuple(words.replace("FILE", stored.state.file) for words in steps.reasons))
    assert plan(context, stored, changed(stored.inputs, **{name: value})) == Plan(updates=(name,)) + steps
    key = {field.name: key for key, field in fields_of(ArchiveInputs).items()}[name]
    unknown = read_partial(ArchiveInputs, values_of(stored.inputs) | {key: UNKNOWN})
    assert plan(context, stored, unknown) == Plan(updates=(name,)) + steps


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize(
    ("old", "new", "other_job", "words"),
    [
        ("logs/", "logs/", True, "removes"),
        ("logs.tar.gz", "new.tar.gz", True, "removes"),
        ("logs.tar.gz", "logs.tar.gz", True, "replaces"),
        ("logs.tar.gz", "logs.tar.gz", False, None),
        ("logs.tar.gz", "new.tar.gz", False, "moves"),
    ],
)
def test_preview_names_a_file_that_an_update_removes(
    context: Context, job_id: str, tmp_path: Path, old: str, new: str, other_job: bool, words: str | None, keep: bool
) -> None:
    """An earlier job's file stays by default. The file of the same job was moved, and a path has one file."""
    stored = earlier(context, inputs(job_id, f"{tmp_path}/{old}"))
    file = Path(stored.state.file)
    later = context.jobs(PROJECT).create(job_request()) if other_job else job_id
    declared = inputs(later, f"{tmp_path}/{new}", keep_on_delete=keep, triggers=[1])
    is_removed = words == "moves" or (words == "removes" and not keep)
    expected = {
        "replaces": (f"the next run replaces {file} by the archive of another job",),
        "removes": (f"the next run stores the new archive, then removes {file}",) if is_removed else (),
        "moves": (f"the next run stores the new archive, then removes {file}",),
        None: (),
    }[words]
    assert plan(context, stored, declared).reasons == expected
    after = update_archive(context, stored, declared)
    assert file.exists() is not is_removed
    assert Path(after.state.file).exists()


@pytest.mark.parametrize("name", ["require_complete", "keep_on_delete", "if_missing", "verify"])
def test_option_that_needs_no_download_is_only_stored(
    context: Context, server: Emulator, stored: StoredArchive, name: str
) -> None:
    """Nothing is sent."""
    server.forget_requests()
    declared = changed(stored.inputs, **{name: CHANGED[name][0]})
    after = update_archive(context, stored, declared)
    assert after == replace(stored, inputs=declared)
    assert update_archive(context, after, stored.inputs) == stored
    assert server.requests == []


def test_file_that_is_known_to_be_lost_is_not_requested_again(
    context: Context, server: Emulator, stored: StoredArchive, file: Path
) -> None:
    """Once the state says that the job has expired, another change sends no request."""
    stored = replace(stored, state=stored.state.model_copy(update={"job_status": "EXPIRED"}))
    (file).unlink()
    server.forget_requests()
    declared = changed(stored.inputs, keep_on_delete=False)
    assert update_archive(context, stored, declared) == replace(stored, inputs=declared)
    assert server.requests == []


@pytest.mark.parametrize(
    ("old", "new", "file"),
    [
        ("a/logs.tar.gz", "b/logs.tar.gz", "b/logs.tar.gz"),
        ("a/logs/", "b/logs/", "b/logs/NAME"),
        ("a/logs", "b/logs", "b/logs/NAME"),
    ],
)
@pytest.mark.parametrize("status", ["SUCCESS", "EXPIRED", None])
def test_ignored_file_is_not_downloaded_in_another_checkout(
    context: Context, server: Emulator, job_id: str, tmp_path: Path, old: str, new: str, file: str, status: str | None
) -> None:
    """An absolute path differs there. Nothing is sent for any status of the job, and the reverse change works too."""
    (tmp_path / "a" / "logs").mkdir(parents=True)
    here, there = (inputs(job_id, f"{tmp_path}/{path}", if_missing="ignore") for path in (old, new))
    stored = earlier(context, here)
    (tmp_path / "a").rename(tmp_path / "away")
    server.set_status(job_id, status)
    server.forget_requests()
    (note,) = plan(context, stored, there).notes
    assert note == f'{stored.state.file} is missing, and if_missing="ignore" accepts that'
    moved = update_archive(context, stored, there)
    assert moved.state.file == f"{tmp_path}/{file}".replace("NAME", Path(stored.state.file).name)
    (note,) = plan(context, moved, there).notes
    assert note.startswith(f"{moved.state.file} is missing")
    (tmp_path / "away").rename(tmp_path / "a")
    back = update_archive(context, moved, here)
    assert plan(context, back, here) == Plan()
    assert server.requests == []


@pytest.mark.parametrize("change", ["job_id", "triggers"])
def test_ignored_file_is_downloaded_if_the_program_asks_for_it(
    context: Context, server: Emulator, file: Path, job_id: str, change: str
) -> None:
    """Then the preview does not say that the file is left."""
    declared = inputs(job_id, file, if_missing="ignore")
    stored = earlier(context, declared)
    (file).unlink()
    value = {"job_id": context.jobs(PROJECT).create(job_request()), "triggers": ["again"]}[change]
    asked = changed(declared, **{change: value})
    assert plan(context, stored, asked).notes == ()
    server.forget_requests()
    update_archive(context, stored, asked)
    assert downloads(server) == 1


def test_ignored_incomplete_archive_of_a_restarted_job_is_left(
    context: Context, server: Emulator, file: Path, job_id: str
) -> None:
    """The preview says that the missing file is left, and the update sends nothing."""
    server.set_status(job_id, "FAILURE")
    declared = inputs(job_id, file, require_complete=False, if_missing="ignore")
    stored = earlier(context, declared)
    context.run.note_promising(job_id, is_promising=True)
    (file).unlink()
    found = plan(context, stored, declared)
    assert (found.acts, len(found.notes)) == (False, 1)
    server.forget_requests()
    assert update_archive(context, stored, declared) == stored
    assert server.requests == []
