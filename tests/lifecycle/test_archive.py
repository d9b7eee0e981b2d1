"""How an archive is created: verified, complete or accepted as incomplete. Real files, real HTTP, real gzip."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pulumi_opsmanager.api.jobs import Jobs
from pulumi_opsmanager.api.models import Job
from pulumi_opsmanager.emulator import Emulator, FaultKind, after_seconds
from pulumi_opsmanager.errors import (
    CannotStore,
    CollectionFailed,
    Expired,
    JobNotFound,
    NotFinished,
    OpsManagerError,
    UnexpectedResponse,
)
from pulumi_opsmanager.lifecycle.archive import (
    check_archive,
    create_archive,
    look_at_archive,
    read_archive,
    update_archive,
)
from pulumi_opsmanager.lifecycle.archive_download import _progress_lines
from pulumi_opsmanager.lifecycle.context import Context
from pulumi_opsmanager.lifecycle.plan import Plan
from pulumi_opsmanager.lifecycle.run import Run
from pulumi_opsmanager.lifecycle.stored import Found
from pulumi_opsmanager.lifecycle.transfer import place
from tests.download.archives import archive_of
from tests.lifecycle.archives import change_time, changed, downloads, earlier, inputs, names, plan
from tests.support import JOB, PROJECT, FakeClock, Heard, client_for, context_of, job_request, offline


def test_complete_archive_is_stored_with_its_hash_and_sizes(context: Context, job_id: str, tmp_path: Path) -> None:
    """The folder has no other file."""
    file = tmp_path / "new" / "logs.tar.gz"
    stored = create_archive(context, inputs(job_id, file))
    assert len(stored.id) == 32
    assert stored.state.file == str(file)
    assert stored.state.size_bytes == file.stat().st_size
    assert stored.state.mtime_ns == str(file.stat().st_mtime_ns)
    with tarfile.open(file) as tar:
        members = tar.getmembers()
    assert stored.state.members == len(members) == 6
    assert stored.state.uncompressed_size_bytes == sum(member.size for member in members)
    assert (stored.state.missing, stored.state.complete) == ([], True)
    assert names(file.parent) == ["logs.tar.gz"]
    assert plan(context, stored, inputs(job_id, file)) == Plan()


@pytest.mark.parametrize(
    ("path", "name", "expected"),
    [
        ("logs.tar.gz", "rs0", "logs.tar.gz"),
        ("logs/", "rs0", "logs/mongodb-logfiles_rs0_20260302T091540Z_0f5d8a01.tar.gz"),
        (".", "db1.example.net:27017", "mongodb-logfiles_db1.example.net-27017_20260302T091540Z_0f5d8a01.tar.gz"),
        ("/", "../a b", "/mongodb-logfiles_..-a-b_20260302T091540Z_0f5d8a01.tar.gz"),
        ("logs/", "grün", "logs/mongodb-logfiles_gr-n_20260302T091540Z_0f5d8a01.tar.gz"),
        ("logs/", None, "logs/mongodb-logfiles_job_20260302T091540Z_0f5d8a01.tar.gz"),
        ("logs/", "x" * 5000, f"logs/mongodb-logfiles_{'x' * 150}_20260302T091540Z_0f5d8a01.tar.gz"),
    ],
)
def test_file_in_a_folder_has_the_vendors_name(path: str, name: str | None, expected: str) -> None:
    """The name has resource, date and the end of the ID. It cannot lead out of the folder or be too long."""
    assert place(path, Job(id=JOB, status="SUCCESS", resource_name=name)) == expected


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        ("IN_PROGRESS", NotFinished, "is IN_PROGRESS: only a finished job has an archive; wait for it with LogCo"),
        ("QUEUED", NotFinished, "is QUEUED: only a finished job"),
        ("EXPIRED", Expired, "has expired and its archive is gone; collect again"),
        (
            "FAILURE",
            CollectionFailed,
            r"is incomplete: 1 part is missing \(rs0-0.* FTDC: agent did not answer\); repair",
        ),
        (None, JobNotFound, "no job .* in project"),
    ],
)
def test_job_without_a_complete_archive_is_refused_before_the_download(
    clock: FakeClock, file: Path, tmp_path: Path, status: str | None, error: type[OpsManagerError], words: str
) -> None:
    """The status of the job decides. Nothing is downloaded or stored."""
    with Emulator(now=clock.now, pace=after_seconds(60)) as slow:
        context = context_of(client_for(slow, clock), clock)
        job_id = context.jobs(PROJECT).create(job_request())
        slow.set_status(job_id, status)
        with pytest.raises(error, match=words):
            create_archive(context, inputs(job_id, file))
        assert not any("download" in entry["path"] for entry in slow.requests)
    assert names(tmp_path) == []


def test_error_names_the_files_that_this_run_has_stored(
    context: Context, server: Emulator, job_id: str, tmp_path: Path
) -> None:
    """The outputs of the program may never show them. Files of earlier runs are not named."""
    server.set_status(job_id, "FAILURE")
    failing = context.jobs(PROJECT).create(job_request(resourceName="rs1"))
    declared = inputs(failing, tmp_path / "rs1.tar.gz")
    server.set_status(failing, "FAILURE")
    with pytest.raises(CollectionFailed, match=r"require_complete=False$"):
        create_archive(context, declared)
    for number in range(22):
        create_archive(context, inputs(job_id, tmp_path / f"{number:02}.tar.gz", require_complete=False))
    with pytest.raises(CollectionFailed, match=rf"; this run has stored {tmp_path}/00.tar.gz, .*19.tar.gz and 2 more$"):
        create_archive(context, declared)


def test_incomplete_archive_is_stored_only_if_the_program_accepts_it(
    context: Context, server: Emulator, file: Path, job_id: str
) -> None:
    """Without `require_complete` the successful parts are stored, and `missing` names the others."""
    server.set_status(job_id, "FAILURE")
    stored = earlier(context, inputs(job_id, file, require_complete=False))
    assert stored.state.complete is False
    assert [(part.host_name, part.error_message) for part in stored.state.missing] == [
        ("rs0-0.example.net:27017", "agent did not answer")
    ]
    assert stored.state.members == 5
    with pytest.raises(CollectionFailed):
        update_archive(context, stored, inputs(job_id, file))
    assert file.stat().st_size == stored.state.size_bytes
    context.jobs(PROJECT).retry(job_id)
    complete = update_archive(context, stored, inputs(job_id, file))
    assert (complete.state.complete, complete.state.members) == (True, 6)


@pytest.mark.parametrize("is_touched", [False, True])
def test_update_of_an_incomplete_archive_asks_the_server_for_the_job(
    context: Context, server: Emulator, file: Path, job_id: str, *, is_touched: bool
) -> None:
    """A remembered preview does not matter, because it may have run elsewhere. A touched file changes nothing."""
    server.set_status(job_id, "FAILURE")
    stored = earlier(context, inputs(job_id, file, require_complete=False))
    context.run.note_promising(job_id, is_promising=True)
    server.forget_requests()
    assert update_archive(context, stored, stored.inputs) == stored
    assert server.calls == ["GET 200"]
    context.jobs(PROJECT).retry(job_id)
    if is_touched:
        change_time(file)
    after = update_archive(replace(context, run=Run()), stored, stored.inputs)
    assert (after.state.complete, downloads(server)) == (True, 1)
    assert plan(context, after, after.inputs) == Plan()


@pytest.mark.parametrize(
    ("before", "now", "is_promising"),
    [
        ("FAILURE", "SUCCESS", True),
        ("FAILURE", "MARKED_FOR_EXPIRY", True),
        ("FAILURE", "FAILURE", False),
        ("FAILURE", "IN_PROGRESS", False),
        ("FAILURE", "EXPIRED", False),
        ("FAILURE", None, False),
        ("SUCCESS", "SUCCESS", False),
    ],
)
def test_read_finds_that_the_failed_job_has_all_its_parts(
    context: Context, server: Emulator, file: Path, job_id: str, before: str, now: str | None, is_promising: bool
) -> None:
    """The next run downloads the missing parts once. Without a failed job a read sends nothing."""
    server.set_status(job_id, before)
    declared = inputs(job_id, file, require_complete=False)
    stored, process = earlier(context, declared), replace(context, run=Run())
    server.set_pace("rs0", after_seconds(600))
    server.set_status(job_id, now)
    server.forget_requests()
    assert read_archive(process, stored) == Found(
        stored, declared, promising=frozenset({job_id} if is_promising else ())
    )
    assert server.calls == ["GET 200"] * (before == "FAILURE")
    reason = "parts are missing that the job may have by now; the next run downloads the archive"
    assert plan(process, stored, declared).reasons == ((reason,) if is_promising else ())
    if is_promising:
        after = update_archive(process, stored, declared)
        assert (after.state.complete, after.state.job_status) == (True, now)
        assert plan(process, after, declared) == Plan()


def test_incomplete_archive_of_a_job_that_runs_again_stays(
    context: Context, server: Emulator, heard: Heard, file: Path, job_id: str
) -> None:
    """Somebody has restarted the job. Another change of the archive must still succeed."""
    server.set_status(job_id, "FAILURE")
    stored = earlier(context, inputs(job_id, file, require_complete=False))
    server.set_status(job_id, "IN_PROGRESS")
    server.set_pace("rs0", after_seconds(600))
    updated = update_archive(context, stored, changed(stored.inputs, keep_on_delete=False))
    assert (updated.state, updated.inputs.keep_on_delete, downloads(server)) == (stored.state, False, 1)
    assert [line.partition(" is ")[2].partition(";")[0] for line in heard.warnings] == ["IN_PROGRESS"]


@pytest.mark.parametrize("status", ["EXPIRED", None])
def test_incomplete_archive_of_a_job_that_is_gone_stays(
    context: Context, server: Emulator, heard: Heard, file: Path, job_id: str, status: str | None
) -> None:
    """The file is unchanged, so there is one warning and no error."""
    server.set_status(job_id, "FAILURE")
    declared = inputs(job_id, file, require_complete=False)
    stored = earlier(context, declared)
    server.set_status(job_id, status)
    updated = update_archive(context, stored, declared)
    assert heard.warnings[0].startswith("parts of the archive are missing, and cannot be downloaded again: ")
    assert plan(context, updated, declared) == Plan()
    assert (file).stat().st_size == stored.state.size_bytes


def test_part_that_only_the_archive_lacks_is_named(
    context: Context, file: Path, job_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server reports the part as collected, and gives no reason."""
    read = Jobs.get

    def with_one_more(jobs: Jobs, job_id: str, **options: Any) -> Job:
        job = read(jobs, job_id, **options)
        (part, *_) = job.child_jobs or ()
        lost = part.model_copy(update={"host_name": "lost.example.net:27017", "path": "lost.example.net/27017/mongodb"})
        return job.model_copy(update={"child_jobs": (*(job.child_jobs or ()), lost)})

    monkeypatch.setattr(Jobs, "get", with_one_more)
    words = r"is incomplete: 1 part is missing \(lost.example.net:27017 FTDC: no file in the archive\); collect again"
    with pytest.raises(CollectionFailed, match=words):
        earlier(context, inputs(job_id, file))


def test_error_of_missing_parts_shows_the_files_that_belong_to_no_part(
    context: Context, file: Path, job_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file name shows how it differs from the path of the part."""
    packed = archive_of({"elsewhere/rs0-0/mongodb.log": b"x", "elsewhere/rs0-1/mongodb.log": b"y"})
    monkeypatch.setattr(Jobs, "download", lambda *_: nullcontext(iter([packed])))
    words = (
        r"is incomplete: 6 parts are missing \(rs0-0.* FTDC: no file in the archive, .*\); "
        "2 files in the archive belong to no part, such as 'elsewhere/rs0-0/mongodb.log'; collect again"
    )
    with pytest.raises(CollectionFailed, match=words):
        earlier(context, inputs(job_id, file))
    assert names(tmp_path) == []


def test_failed_job_without_named_parts_is_not_complete(
    context: Context, server: Emulator, file: Path, job_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not every server reports which parts failed."""
    server.set_status(job_id, "FAILURE")
    read = Jobs.get

    def without_children(jobs: Jobs, job_id: str, **options: Any) -> Job:
        return read(jobs, job_id, **options).model_copy(update={"child_jobs": None})

    monkeypatch.setattr(Jobs, "get", without_children)
    stored = earlier(context, inputs(job_id, file, require_complete=False))
    assert (stored.state.complete, stored.state.missing) == (False, [])
    with pytest.raises(
        CollectionFailed, match="is incomplete: the server does not name the missing parts; repair the hosts"
    ):
        earlier(context, inputs(job_id, tmp_path / "other.tar.gz"))


@pytest.mark.parametrize("kind", [FaultKind.HTML, FaultKind.CUT_BODY, FaultKind.CORRUPT_GZIP, FaultKind.WRONG_LENGTH])
def test_truncated_or_damaged_download_never_gets_the_name(
    context: Context, server: Emulator, file: Path, job_id: str, tmp_path: Path, kind: FaultKind
) -> None:
    """After two more attempts there is an error. An older file of that name is unchanged."""
    file.write_bytes(b"older")
    server.fail("download", kind, times=2, after_bytes=1000)
    create_archive(context, inputs(job_id, tmp_path / "other.tar.gz"))
    server.fail("download", kind, times=3, after_bytes=1000)
    with pytest.raises(OpsManagerError, match=f"cannot download the archive of job {job_id}: "):
        create_archive(context, inputs(job_id, file))
    assert file.read_bytes() == b"older"
    assert names(tmp_path) == ["logs.tar.gz", "other.tar.gz"]


def test_sign_in_page_is_named_and_the_create_may_be_tried_again(
    context: Context, server: Emulator, file: Path, job_id: str
) -> None:
    """An error hook of the program retries in the same process."""
    declared = inputs(job_id, file)
    server.fail("download", FaultKind.HTML, times=3)
    with pytest.raises(
        UnexpectedResponse, match="it is an HTML page, not a gzip file; a sign-in page, a proxy or another service"
    ):
        create_archive(context, declared)
    assert create_archive(context, declared).state.complete


def test_error_names_a_file_that_cannot_be_written(context: Context, job_id: str, tmp_path: Path) -> None:
    """The error has the reason and the remedy."""
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotStore, match=r"file/logs.tar.gz cannot be written: .*; choose a path in a folder"):
        create_archive(context, inputs(job_id, tmp_path / "file" / "logs.tar.gz"))


def test_progress_shows_bytes_and_rate(
    context: Context, heard: Heard, file: Path, job_id: str, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is one line every two seconds, not one for each piece."""
    jobs, download = context.jobs(PROJECT), Jobs.download

    class Slow:
        """Two pieces that arrive three seconds apart."""

        def __enter__(self) -> Iterator[bytes]:
            self.stream = download(jobs, job_id)
            for piece in self.stream.__enter__():
                half = len(piece) // 2
                yield piece[:half]
                clock.sleep(3)
                yield piece[half:]

        def __exit__(self, *error: object) -> None:
            self.stream.__exit__(*error)  # type: ignore[arg-type]

    monkeypatch.setattr(Jobs, "download", lambda *_: Slow())
    stored = earlier(context, inputs(job_id, file))
    assert stored.state.complete
    assert heard.far[0].endswith(" MB/s")


def test_progress_of_a_new_attempt_starts_at_zero(clock: FakeClock) -> None:
    """It has its own rate, and there are two seconds between two lines."""
    heard = Heard()
    progress = _progress_lines(clock, heard)
    for seconds, size_bytes in ((1, 10**6), (1, 200_000 * 10**6), (1, 201_000 * 10**6), (9, 0), (2, 5 * 10**6)):
        clock.sleep(seconds)
        progress(size_bytes)
    assert heard.far == ["200000.0 MB, 100000.0 MB/s", "5.0 MB, 2.5 MB/s"]


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("{folder}/file/logs.tar.gz", "must be in a folder, but {folder}/file is not a folder"),
        ("{folder}/file/deeper/", "must be in a folder, but {folder}/file is not a folder"),
        ("{folder}/file/", "must be in a folder, but {folder}/file is not a folder"),
        (f"{{folder}}/{'x' * 300}", "cannot be read: File name too long"),
        ("{folder}/new/folder/", None),
        ("{folder}/new.tar.gz", None),
    ],
)
def test_path_that_cannot_be_written_is_found_at_preview(tmp_path: Path, path: str, rule: str | None) -> None:
    """The preview finds it before any logs are collected. The path of an existing archive is not checked again."""
    (tmp_path / "file").write_text("")
    given = {"jobId": JOB, "path": path.format(folder=tmp_path)}
    checked = check_archive(given, None, PROJECT)
    expected = [("path", rule.format(folder=tmp_path))] if rule else []
    assert [(failure.path, failure.rule) for failure in checked.failures] == expected
    assert not look_at_archive(offline(), None, checked.declared).is_taken
    assert check_archive(given, checked.declared.known, PROJECT).failures == ()


def test_each_broken_input_is_named_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path with an invalid form is not looked up. Another broken input does not hide an unwritable path."""
    monkeypatch.chdir(tmp_path)
    for name in ("~", "file"):
        Path(name).write_text("")
    for given, failing in (
        ({"jobId": JOB, "path": "~/logs.tar.gz"}, ["path"]),
        ({"jobId": JOB, "path": "a\0b/logs.tar.gz"}, ["path"]),
        ({"jobId": "x", "path": "file/logs.tar.gz", "ifMissing": "keep"}, ["ifMissing", "jobId", "path"]),
    ):
        failures = check_archive(given, None, PROJECT).failures
        assert sorted(failure.path for failure in failures) == failing
