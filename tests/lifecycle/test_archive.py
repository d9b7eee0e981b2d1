"""The local copy: when it is downloaded, moved, left or removed. Real files, real HTTP, real gzip."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterator
from contextlib import nullcontext
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
    InvalidInput,
    JobNotFound,
    NotFinished,
    OpsManagerError,
    UnexpectedResponse,
)
from pulumi_opsmanager.lifecycle.archive import (
    _progress_lines,
    check_archive,
    create_archive,
    delete_archive,
    diff_archive,
    update_archive,
)
from pulumi_opsmanager.lifecycle.check import check_inputs
from pulumi_opsmanager.lifecycle.plan import Plan
from pulumi_opsmanager.lifecycle.session import Session
from pulumi_opsmanager.lifecycle.transfer import place
from pulumi_opsmanager.schema.archive import ArchiveInputs
from pulumi_opsmanager.schema.fields import UNKNOWN, fields_of
from tests.download.archives import archive_of
from tests.support import JOB, PROJECT, FakeClock, Heard, client_for, job_request


@pytest.fixture
def job_id(session: Session) -> str:
    return session.client.jobs(PROJECT).create(job_request())


ID = "1" * 32


def inputs(job_id: str, path: Path | str, **changes: Any) -> dict[str, Any]:
    """Checked inputs, with the defaults of the schema."""
    bag = {"jobId": job_id, "path": str(path)} | changes
    checked = check_inputs(ArchiveInputs, bag, {}, default_project_id=PROJECT)
    assert checked.failures == []
    return checked.inputs


def stored(outputs: dict[str, Any]) -> dict[str, Any]:
    """Outputs as an engine hands them back: numbers are floats, None is gone."""
    floats = {key: float(value) for key, value in outputs.items() if isinstance(value, int) and value not in (0, 1)}
    return {key: value for key, value in (outputs | floats).items() if value is not None}


def create(session: Session, bag: dict[str, Any], heard: Heard) -> dict[str, Any]:
    """What an `up` stores; the next one is another process, whose session holds no file yet."""
    archive_id, outputs = create_archive(session, bag, heard)
    session.holders.let_go(archive_id)
    return outputs


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def downloads(server: Emulator) -> int:
    return sum("download" in entry["path"] and entry["status"] == 200 for entry in server.requests)


def test_archive_is_stored_whole_with_what_is_known_of_it(session: Session, job_id: str, tmp_path: Path) -> None:
    """File, hash, sizes and members; nothing beside the file."""
    file = tmp_path / "new" / "logs.tar.gz"
    archive_id, outputs = create_archive(session, inputs(job_id, file), Heard())
    assert len(archive_id) == 32
    assert outputs["file"] == str(file)
    assert outputs["sizeBytes"] == file.stat().st_size
    assert outputs["mtimeNs"] == str(file.stat().st_mtime_ns)
    with tarfile.open(file) as tar:
        members = tar.getmembers()
    assert outputs["members"] == len(members) == 6
    assert outputs["uncompressedSizeBytes"] == sum(member.size for member in members)
    assert (outputs["missing"], outputs["complete"]) == ([], True)
    assert names(file.parent) == ["logs.tar.gz"]
    assert diff_archive(session, ID, stored(outputs), inputs(job_id, file)) == Plan()


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
def test_folder_gets_a_file_named_as_the_vendors(path: str, name: str | None, expected: str) -> None:
    """Resource, date and the end of the id; nothing in a name leads out of the folder, or is too long for one."""
    assert place(path, Job(id=JOB, status="SUCCESS", resource_name=name)) == Path(expected)


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        ("IN_PROGRESS", NotFinished, "is IN_PROGRESS: only a finished job has an archive; let a LogCollectionCompl"),
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
def test_job_without_a_whole_archive_is_refused_before_the_download(
    clock: FakeClock, tmp_path: Path, status: str | None, error: type[OpsManagerError], words: str
) -> None:
    """The job's own state says so; nothing is fetched or stored."""
    with Emulator(now=clock.now, pace=after_seconds(60)) as slow:
        session = Session(client_for(slow, clock), clock)
        job_id = session.client.jobs(PROJECT).create(job_request())
        slow.set_status(job_id, status)
        with pytest.raises(error, match=words):
            create_archive(session, inputs(job_id, tmp_path / "logs.tar.gz"), Heard())
        assert not any("download" in entry["path"] for entry in slow.requests)
    assert names(tmp_path) == []


def test_error_names_what_was_stored_before(session: Session, server: Emulator, job_id: str, tmp_path: Path) -> None:
    """The outputs of a program may not live to tell; what was there before this `up` is no news."""
    server.set_status(job_id, "FAILURE")
    failing = session.client.jobs(PROJECT).create(job_request(resourceName="rs1"))
    bag = inputs(failing, tmp_path / "rs1.tar.gz")
    server.set_status(failing, "FAILURE")
    with pytest.raises(CollectionFailed, match=r"require_complete=False$"):
        create_archive(session, bag, Heard())
    for number in range(22):
        create(session, inputs(job_id, tmp_path / f"{number:02}.tar.gz", requireComplete=False), Heard())
    with pytest.raises(CollectionFailed, match=rf"; this up has stored {tmp_path}/00.tar.gz, .*19.tar.gz and 2 more$"):
        create_archive(session, bag, Heard())


def test_partial_archive_is_stored_where_it_is_accepted(
    session: Session, server: Emulator, job_id: str, tmp_path: Path
) -> None:
    """Without `requireComplete` the parts that worked are stored, and what is missing is told; with it, nothing is."""
    server.set_status(job_id, "FAILURE")
    file = tmp_path / "logs.tar.gz"
    outputs = create(session, inputs(job_id, file, requireComplete=False), Heard())
    assert outputs["complete"] is False
    assert [(part["hostName"], part["errorMessage"]) for part in outputs["missing"]] == [
        ("rs0-0.example.net:27017", "agent did not answer")
    ]
    assert outputs["members"] == 5
    with pytest.raises(CollectionFailed):
        update_archive(session, ID, inputs(job_id, file), stored(outputs), Heard())
    assert file.stat().st_size == outputs["sizeBytes"]
    session.client.jobs(PROJECT).retry(job_id)
    whole = update_archive(session, ID, inputs(job_id, file), stored(outputs), Heard())
    assert (whole["complete"], whole["members"]) == (True, 6)


@pytest.mark.parametrize("is_touched", [False, True])
def test_partial_archive_of_a_restarted_job_is_downloaded_again(
    session: Session, server: Emulator, job_id: str, tmp_path: Path, *, is_touched: bool
) -> None:
    """Only where this `up` restarts the job; otherwise what was accepted stays accepted. A touched file is no other."""
    server.set_status(job_id, "FAILURE")
    bag = inputs(job_id, tmp_path / "logs.tar.gz", requireComplete=False)
    outputs = create(session, bag, Heard())
    assert diff_archive(session, ID, stored(outputs), bag) == Plan()
    session.note_hope(job_id, is_hopeful=True)
    session.client.jobs(PROJECT).retry(job_id)
    assert diff_archive(session, ID, stored(outputs), bag | {"keepOnDelete": True}) == Plan(
        updates=("keepOnDelete",),
        reasons=("parts of the archive are missing that its job may have by now; up downloads it again",),
    )
    if is_touched:
        change_time(tmp_path / "logs.tar.gz")
    whole = update_archive(session, ID, bag, stored(outputs), Heard())
    assert whole["complete"]
    assert diff_archive(session, ID, stored(whole), bag) == Plan()


@pytest.mark.parametrize("status", ["EXPIRED", None])
def test_partial_archive_of_a_job_that_is_gone_stays(
    session: Session, server: Emulator, job_id: str, tmp_path: Path, status: str | None
) -> None:
    """It lies there intact: a warning, once, and no error."""
    server.set_status(job_id, "FAILURE")
    bag = inputs(job_id, tmp_path / "logs.tar.gz", requireComplete=False)
    outputs = create(session, bag, Heard())
    session.note_hope(job_id, is_hopeful=True)
    server.set_status(job_id, status)
    heard = Heard()
    updated = update_archive(session, ID, bag, stored(outputs), heard)
    assert heard.warnings[0].startswith("parts of the archive are missing, and cannot be downloaded again: ")
    assert diff_archive(session, ID, stored(updated), bag) == Plan()
    assert (tmp_path / "logs.tar.gz").stat().st_size == outputs["sizeBytes"]


def test_part_that_only_the_archive_lacks_is_named(
    session: Session, job_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server took it for collected, and gives no reason."""
    read = Jobs.get

    def with_one_more(jobs: Jobs, job_id: str, **options: Any) -> Job:
        job = read(jobs, job_id, **options)
        (part, *_) = job.child_jobs or ()
        lost = part.model_copy(update={"host_name": "lost.example.net:27017", "path": "lost.example.net/27017/mongodb"})
        return job.model_copy(update={"child_jobs": (*(job.child_jobs or ()), lost)})

    monkeypatch.setattr(Jobs, "get", with_one_more)
    words = r"is incomplete: 1 part is missing \(lost.example.net:27017 FTDC: no file in the archive\); collect again"
    with pytest.raises(CollectionFailed, match=words):
        create(session, inputs(job_id, tmp_path / "logs.tar.gz"), Heard())


def test_failed_job_without_named_parts_is_not_complete(
    session: Session, server: Emulator, job_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not every server says which parts failed."""
    server.set_status(job_id, "FAILURE")
    read = Jobs.get

    def without_children(jobs: Jobs, job_id: str, **options: Any) -> Job:
        return read(jobs, job_id, **options).model_copy(update={"child_jobs": None})

    monkeypatch.setattr(Jobs, "get", without_children)
    outputs = create(session, inputs(job_id, tmp_path / "logs.tar.gz", requireComplete=False), Heard())
    assert (outputs["complete"], outputs["missing"]) == (False, [])
    with pytest.raises(
        CollectionFailed, match="is incomplete: the server does not name the missing parts; repair the hosts"
    ):
        create(session, inputs(job_id, tmp_path / "other.tar.gz"), Heard())


@pytest.mark.parametrize("kind", [FaultKind.HTML, FaultKind.CUT_BODY, FaultKind.CORRUPT_GZIP, FaultKind.WRONG_LENGTH])
def test_what_is_no_whole_archive_is_never_under_the_name(
    session: Session, server: Emulator, job_id: str, tmp_path: Path, kind: FaultKind
) -> None:
    """Twice it is fetched anew; then it is an error, and an older file of the name is what it was."""
    file = tmp_path / "logs.tar.gz"
    file.write_bytes(b"older")
    server.fail("download", kind, times=2, after_bytes=1000)
    create_archive(session, inputs(job_id, tmp_path / "other.tar.gz"), Heard())
    server.fail("download", kind, times=3, after_bytes=1000)
    with pytest.raises(OpsManagerError, match=f"cannot download the archive of job {job_id}: "):
        create_archive(session, inputs(job_id, file), Heard())
    assert file.read_bytes() == b"older"
    assert names(tmp_path) == ["logs.tar.gz", "other.tar.gz"]


def test_sign_in_page_is_named_and_the_create_may_be_tried_again(
    session: Session, server: Emulator, job_id: str, tmp_path: Path
) -> None:
    """It is no broken archive; an error hook of the program calls once more, in the same process."""
    bag = inputs(job_id, tmp_path / "logs.tar.gz")
    server.fail("download", FaultKind.HTML, times=3)
    with pytest.raises(
        UnexpectedResponse, match="it is an HTML page, not a gzip file; a sign-in page, a proxy or another service"
    ):
        create_archive(session, bag, Heard())
    assert create_archive(session, bag, Heard())[1]["complete"]


def test_file_that_cannot_be_written_is_told(session: Session, job_id: str, tmp_path: Path) -> None:
    """Path and reason; whose move it is."""
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotStore, match=r"file/logs.tar.gz cannot be written: .*; choose another path"):
        create_archive(session, inputs(job_id, tmp_path / "file" / "logs.tar.gz"), Heard())


def test_progress_tells_bytes_and_rate(
    session: Session, job_id: str, tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not for each piece: a line every two seconds."""
    heard = Heard()
    jobs, download = session.client.jobs(PROJECT), Jobs.download

    class Slow:
        """Two pieces that come three seconds apart."""

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
    outputs = create(session, inputs(job_id, tmp_path / "logs.tar.gz"), heard)
    assert outputs["complete"]
    assert heard.far[0].endswith(" MB/s")


def test_progress_of_a_new_attempt_begins_anew(clock: FakeClock) -> None:
    """With its own rate; a line comes every two seconds, and no sooner."""
    heard = Heard()
    progress = _progress_lines(clock, heard)
    for seconds, size_bytes in ((1, 10**6), (1, 200_000 * 10**6), (1, 201_000 * 10**6), (9, 0), (2, 5 * 10**6)):
        clock.sleep(seconds)
        progress(size_bytes)
    assert heard.far == ["200000.0 MB, 100000.0 MB/s", "5.0 MB, 2.5 MB/s"]


def change_size(file: Path) -> None:
    file.write_bytes(b"altered")


def change_time(file: Path) -> None:
    os.utime(file, ns=(1, 1))


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
    session: Session, job_id: str, tmp_path: Path, alter: Any, words: str, if_missing: str
) -> None:
    """Size and time tell, never the content; `ignore` says what it saw, and does nothing."""
    file = tmp_path / "logs.tar.gz"
    bag = inputs(job_id, file, ifMissing=if_missing)
    outputs = create(session, bag, Heard())
    alter(file)
    plan = diff_archive(session, ID, stored(outputs), bag)
    assert plan.acts is (if_missing == "download")
    assert f"{file} {words}" in (plan.reasons + plan.notes)[0]
    if plan.acts:
        again = update_archive(session, ID, bag, stored(outputs), Heard())
        assert {**again, "mtimeNs": ""} == {**outputs, "mtimeNs": ""}
        assert diff_archive(session, ID, stored(again), bag) == Plan()


@pytest.mark.parametrize("status", ["EXPIRED", None])
def test_lost_file_of_an_expired_job_is_a_warning(
    session: Session, server: Emulator, job_id: str, tmp_path: Path, status: str | None
) -> None:
    """Nobody can bring it back, and the program still works; asking for something else is an error."""
    file = tmp_path / "logs.tar.gz"
    bag = inputs(job_id, file)
    outputs = create(session, bag, Heard())
    file.unlink()
    server.set_status(job_id, status)
    heard = Heard()
    updated = update_archive(session, ID, bag, stored(outputs), heard)
    assert updated == stored(outputs) | {"jobStatus": "EXPIRED"}
    assert "is missing, and cannot be downloaded again: " in heard.warnings[0]
    (note,) = diff_archive(session, ID, stored(updated), bag).notes
    assert note == f"{file} is missing, and its job has expired"
    with pytest.raises((Expired, JobNotFound)):
        update_archive(session, ID, bag | {"triggers": [1]}, stored(outputs), heard)


@pytest.mark.parametrize(("changes", "count"), [({}, 0), ({"triggers": ["again"]}, 1)])
def test_touched_file_is_taken_as_it_is_unless_its_bytes_are_asked_for(
    session: Session, server: Emulator, job_id: str, tmp_path: Path, changes: dict[str, Any], count: int
) -> None:
    """Restored from a copy, it has another time only: the hash is compared. A trigger downloads it all the same."""
    bag = inputs(job_id, tmp_path / "logs.tar.gz")
    outputs = create(session, bag, Heard())
    change_time(tmp_path / "logs.tar.gz")
    server.forget_requests()
    updated = update_archive(session, ID, bag | changes, stored(outputs), Heard())
    assert downloads(server) == count
    assert bool(server.requests) is bool(count)
    assert diff_archive(session, ID, stored(updated), bag | changes) == Plan()


def test_folder_that_is_gone_is_a_folder_again(session: Session, job_id: str, tmp_path: Path) -> None:
    """A path without a slash meant one; on a new disk nothing tells but the state."""
    folder = tmp_path / "logs"
    folder.mkdir()
    bag = inputs(job_id, folder)
    outputs = create(session, bag, Heard())
    Path(outputs["file"]).unlink()
    folder.rmdir()
    again = update_archive(session, ID, bag, stored(outputs), Heard())
    assert again["file"] == outputs["file"]


def test_two_archives_cannot_have_one_file(session: Session, job_id: str, tmp_path: Path) -> None:
    """Each would download over the other at every `up`."""
    bag = inputs(job_id, tmp_path / "logs.tar.gz")
    create_archive(session, bag, Heard())
    with pytest.raises(InvalidInput, match="is the file of another LogArchive: give each a path of its own"):
        create_archive(session, bag, Heard())


def test_path_that_an_archive_has_left_is_free(session: Session, job_id: str, tmp_path: Path) -> None:
    """Another takes it in the same `up`, once the first has moved."""
    old, new = tmp_path / "old.tar.gz", tmp_path / "new.tar.gz"
    archive_id, outputs = create_archive(session, inputs(job_id, old), Heard())
    diff_archive(session, archive_id, stored(outputs), inputs(job_id, new))
    assert update_archive(session, archive_id, inputs(job_id, new), stored(outputs), Heard())["file"] == str(new)
    assert create_archive(session, inputs(job_id, old), Heard())[1]["file"] == str(old)


def test_file_of_others_is_never_replaced(session: Session, job_id: str, tmp_path: Path) -> None:
    """Whether an archive is new, moved or another job's; only the very same bytes are taken for our own."""
    file, theirs = tmp_path / "logs.tar.gz", tmp_path / "theirs.tar.gz"
    theirs.write_bytes(b"theirs")
    words = "is there already, and is not this archive's: remove it, or choose another path"
    with pytest.raises(CannotStore, match=words):
        create_archive(session, inputs(job_id, theirs), Heard())
    outputs = create(session, inputs(job_id, file), Heard())
    other = session.client.jobs(PROJECT).create(job_request())
    for changed in (inputs(job_id, theirs), inputs(other, theirs)):
        with pytest.raises(CannotStore, match=words):
            update_archive(session, ID, changed, stored(outputs), Heard())
    assert theirs.read_bytes() == b"theirs"
    assert file.stat().st_size == outputs["sizeBytes"]
    assert names(tmp_path) == ["logs.tar.gz", "theirs.tar.gz"]


@pytest.mark.parametrize("path", ["logs.tar.gz", "logs/"])
def test_archive_that_a_killed_up_has_left_is_taken(session: Session, job_id: str, tmp_path: Path, path: str) -> None:
    """The file is there, the state is not: the next `up` ends as if nothing had been."""
    bag = inputs(job_id, f"{tmp_path}/{path}")
    first = create(session, bag, Heard())
    again = create(session, bag, Heard())
    assert (again["file"], again["sha256"]) == (first["file"], first["sha256"])


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("{folder}/file/logs.tar.gz", "must be in a folder, but {folder}/file is not a folder"),
        ("{folder}/file/deeper/", "must be in a folder, but {folder}/file is not a folder"),
        ("{folder}/file/", "must be in a folder, but {folder}/file is not a folder"),
        (f"{{folder}}/{'x' * 300}", "cannot be looked at: File name too long"),
        ("{folder}/new/folder/", None),
        ("{folder}/new.tar.gz", None),
    ],
)
def test_path_that_cannot_be_written_is_found_at_preview(tmp_path: Path, path: str, rule: str | None) -> None:
    """Not after an hour of collecting; an archive that exists is not judged again."""
    (tmp_path / "file").write_text("")
    bag = {"jobId": JOB, "path": path.format(folder=tmp_path)}
    checked = check_archive(bag, {}, default_project_id=PROJECT)
    expected = [("path", rule.format(folder=tmp_path))] if rule else []
    assert [(failure.path, failure.rule) for failure in checked.failures] == expected
    assert checked.notes == ()
    assert check_archive(bag, bag, default_project_id=PROJECT).failures == []


def test_each_broken_input_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path that is refused for its form is not looked up, and another broken input hides no unwritable path."""
    monkeypatch.chdir(tmp_path)
    for name in ("~", "file"):
        Path(name).write_text("")
    for bag, failing in (
        ({"jobId": JOB, "path": "~/logs.tar.gz"}, ["path"]),
        ({"jobId": JOB, "path": "a\0b/logs.tar.gz"}, ["path"]),
        ({"jobId": "x", "path": "file/logs.tar.gz", "ifMissing": "keep"}, ["ifMissing", "jobId", "path"]),
    ):
        checked = check_archive(bag, {}, default_project_id=PROJECT)
        assert sorted(failure.path for failure in checked.failures) == failing


def test_file_that_is_there_is_told_at_preview(tmp_path: Path) -> None:
    """It is no error yet: an interrupted `up` may have left it."""
    file = tmp_path / "file"
    file.write_text("")
    for path, notes in ((str(file), 1), (str(tmp_path / "new"), 0), (str(tmp_path), 0), (UNKNOWN, 0)):
        checked = check_archive({"jobId": JOB, "path": path}, {}, default_project_id=PROJECT)
        assert checked.failures == []
        assert len(checked.notes) == notes


def test_folder_that_cannot_be_read_is_no_missing_file(session: Session, job_id: str, tmp_path: Path) -> None:
    """What cannot be looked at is not downloaded over."""
    loop = tmp_path / "loop"
    outputs = create(session, inputs(job_id, tmp_path / "logs.tar.gz"), Heard())
    loop.symlink_to(loop)
    state = stored(outputs) | {"file": str(loop / "logs.tar.gz")}
    with pytest.raises(CannotStore, match=r"logs.tar.gz cannot be looked at: .*; let this user read the folder"):
        diff_archive(session, ID, state, inputs(job_id, tmp_path / "logs.tar.gz"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("logs.tar.gz", "logs.tar.gz"),
        ("logs.tar.gz", "{folder}/logs.tar.gz"),
        ("logs.tar.gz", "new.tar.gz"),
        (".", "."),
    ],
)
def test_new_job_leaves_its_own_file_only(
    session: Session, server: Emulator, job_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str
) -> None:
    """On the same path, by another name of it, on a new path, and in a folder; the old file is no copy of the new."""
    monkeypatch.chdir(tmp_path)
    outputs = create(session, inputs(job_id, old), Heard())
    other = session.client.jobs(PROJECT).create(job_request(resourceName="rs1", logTypes=["FTDC"]))
    server.forget_requests()
    heard = Heard()
    updated = update_archive(session, ID, inputs(other, new.format(folder=tmp_path)), stored(outputs), heard)
    assert (updated["jobId"], updated["members"], downloads(server), heard.warnings) == (other, 3, 1, [])
    file = Path(updated["file"])
    assert names(tmp_path) == [file.name]
    assert file.stat().st_size == updated["sizeBytes"]
    assert old == "logs.tar.gz" or "rs1" in file.name


@pytest.mark.parametrize(
    ("status", "path", "error"),
    [("QUEUED", "logs.tar.gz", NotFinished), ("EXPIRED", "new.tar.gz", Expired)],
)
def test_lost_file_is_an_error_where_it_can_be_had_later_or_is_asked_for(
    session: Session, server: Emulator, job_id: str, tmp_path: Path, status: str, path: str, error: type
) -> None:
    """A job that runs again has an archive later; a new path was asked for just now."""
    outputs = create(session, inputs(job_id, tmp_path / "logs.tar.gz"), Heard())
    (tmp_path / "logs.tar.gz").unlink()
    server.set_status(job_id, status)
    with pytest.raises(error):
        update_archive(session, ID, inputs(job_id, tmp_path / path), stored(outputs), Heard())


def test_lost_file_on_a_new_path_is_downloaded(session: Session, server: Emulator, job_id: str, tmp_path: Path) -> None:
    """There is nothing to move."""
    outputs = create(session, inputs(job_id, tmp_path / "logs.tar.gz"), Heard())
    Path(outputs["file"]).unlink()
    server.forget_requests()
    updated = update_archive(session, ID, inputs(job_id, tmp_path / "new.tar.gz"), stored(outputs), Heard())
    assert (updated["sha256"], downloads(server)) == (outputs["sha256"], 1)
    assert names(tmp_path) == ["new.tar.gz"]


def test_job_of_another_project_is_asked_for(session: Session, job_id: str, tmp_path: Path) -> None:
    """The same id there is another job, or none."""
    bag = inputs(job_id, tmp_path / "logs.tar.gz")
    outputs = create(session, bag, Heard())
    with pytest.raises(OpsManagerError):
        update_archive(session, ID, bag | {"projectId": "f" * 24}, stored(outputs), Heard())


def test_failed_change_leaves_the_old_file(session: Session, server: Emulator, job_id: str, tmp_path: Path) -> None:
    """The old evidence stays until the new one is whole."""
    file = tmp_path / "logs.tar.gz"
    outputs = create(session, inputs(job_id, file), Heard())
    other = session.client.jobs(PROJECT).create(job_request())
    server.fail("download", FaultKind.CUT_BODY, times=3, after_bytes=100)
    with pytest.raises(OpsManagerError):
        update_archive(session, ID, inputs(other, file), stored(outputs), Heard())
    assert diff_archive(session, ID, stored(outputs), inputs(job_id, file)) == Plan()


@pytest.mark.parametrize(
    ("to", "name"),
    [
        ("moved.tar.gz", "moved.tar.gz"),
        ("new/folder/", "new/folder/logs.tar.gz"),
        ("new/moved.tar.gz", "new/moved.tar.gz"),
    ],
)
def test_new_path_moves_the_file_without_a_request(
    session: Session, server: Emulator, job_id: str, tmp_path: Path, to: str, name: str
) -> None:
    """Also when the job has expired since."""
    outputs = create(session, inputs(job_id, tmp_path / "logs.tar.gz"), Heard())
    server.set_status(job_id, "EXPIRED")
    server.forget_requests()
    bag = inputs(job_id, f"{tmp_path}/{to}")
    updated = update_archive(session, ID, bag, stored(outputs), Heard())
    assert updated == outputs | {"file": f"{tmp_path}/{name}", "path": bag["path"]}
    assert Path(updated["file"]).stat().st_size == outputs["sizeBytes"]
    assert not Path(outputs["file"]).exists()
    assert server.requests == []
    assert diff_archive(session, ID, stored(updated), bag) == Plan()


@pytest.mark.parametrize(
    ("alter", "keep", "is_left", "words"),
    [
        (None, False, False, None),
        (None, True, True, "is kept"),
        (change_size, False, True, "was changed: it has 7 bytes, "),
        (change_time, False, True, "was written again with the same content; so it is not removed"),
        (Path.unlink, False, False, None),
    ],
)
def test_delete_removes_only_what_was_written_here(
    session: Session, job_id: str, tmp_path: Path, alter: Any, keep: bool, is_left: bool, words: str | None
) -> None:
    """A file that was changed since belongs to somebody else."""
    file = tmp_path / "logs.tar.gz"
    outputs = create(session, inputs(job_id, file, keepOnDelete=keep), Heard())
    if alter:
        alter(file)
    heard = Heard()
    delete_archive(session.holders, ID, stored(outputs), heard)
    assert file.exists() is is_left
    assert (words is None) == (heard.lines + heard.warnings == [])
    assert words is None or words in (heard.lines + heard.warnings)[0]


URN = "urn:pulumi:s::p::opsmanager:LogArchive::logs"


@pytest.mark.parametrize("is_other_job", [False, True])
@pytest.mark.parametrize("is_kept", [False, True])
def test_replacement_takes_over_the_file(
    session: Session, job_id: str, tmp_path: Path, *, is_other_job: bool, is_kept: bool
) -> None:
    """The engine makes the new one first; deleting the old one leaves the new file, without a word about it."""
    bag, heard = inputs(job_id, tmp_path / "logs.tar.gz", keepOnDelete=is_kept), Heard()
    outputs = create(session, bag, heard)
    new = bag | {"triggers": [1]}
    if is_other_job:
        new["jobId"] = session.client.jobs(PROJECT).create(job_request(logTypes=["FTDC"]))
    diff_archive(session, ID, stored(outputs), new, URN)
    _, replaced = create_archive(session, new, heard, URN)
    delete_archive(session.holders, ID, stored(outputs), heard)
    assert names(tmp_path) == ["logs.tar.gz"]
    assert heard.warnings == []
    assert diff_archive(session, ID, stored(replaced), new, URN) == Plan()


@pytest.mark.parametrize("is_new_process", [False, True])
@pytest.mark.parametrize("path", ["logs.tar.gz", "logs/"])
def test_replacement_that_no_diff_announced_takes_over_the_file(
    session: Session, clock: FakeClock, job_id: str, tmp_path: Path, *, is_new_process: bool, path: str
) -> None:
    """As with --replace or a taint; the old one may also be deleted by the next `up`, after this one was killed."""
    bag, heard = inputs(job_id, f"{tmp_path}/{path}"), Heard()
    outputs = create(session, bag, heard)
    _, replaced = create_archive(session, bag, heard, URN)
    later = Session(session.client, clock) if is_new_process else session
    delete_archive(later.holders, ID, stored(outputs), heard)
    assert heard.warnings == []
    assert diff_archive(later, ID, stored(replaced), bag, URN) == Plan()


@pytest.mark.parametrize("is_kept", [False, True])
def test_replacement_after_its_deletion_makes_the_file(
    session: Session, job_id: str, tmp_path: Path, *, is_kept: bool
) -> None:
    """The order of `delete_before_replace`; a file that the deletion has kept is overwritten, as by an update."""
    bag, heard = inputs(job_id, tmp_path / "logs.tar.gz", keepOnDelete=is_kept), Heard()
    outputs = create(session, bag, heard)
    other = bag | {"jobId": session.client.jobs(PROJECT).create(job_request(logTypes=["FTDC"]))}
    diff_archive(session, ID, stored(outputs), other, URN)
    delete_archive(session.holders, ID, stored(outputs), heard)
    assert names(tmp_path) == ["logs.tar.gz"] * is_kept
    assert create_archive(session, other, heard, URN)[1]["members"] == 3
    assert heard.warnings == []


def test_replacement_on_another_path_removes_the_old_file(session: Session, job_id: str, tmp_path: Path) -> None:
    """Nobody has taken it over."""
    bag, heard = inputs(job_id, tmp_path / "old.tar.gz"), Heard()
    outputs = create(session, bag, heard)
    new = inputs(job_id, tmp_path / "new.tar.gz")
    diff_archive(session, ID, stored(outputs), new, URN)
    create_archive(session, new, heard, URN)
    delete_archive(session.holders, ID, stored(outputs), heard)
    assert names(tmp_path) == ["new.tar.gz"]


def test_renamed_archive_keeps_its_file(session: Session, job_id: str, tmp_path: Path) -> None:
    """To the engine it is a new one on the same path and job, and the old one is deleted last."""
    bag, heard = inputs(job_id, tmp_path / "logs.tar.gz"), Heard()
    outputs = create(session, bag, heard)
    create_archive(session, bag, heard, f"{URN}-renamed")
    delete_archive(session.holders, ID, stored(outputs), heard)
    assert names(tmp_path) == ["logs.tar.gz"]
    assert heard.warnings == []


def test_replacement_never_overwrites_what_a_person_changed(session: Session, job_id: str, tmp_path: Path) -> None:
    """Only the file as it was written is the old archive's; a refused replacement can be tried again."""
    file, heard = tmp_path / "logs.tar.gz", Heard()
    bag = inputs(job_id, file)
    outputs = create(session, bag, heard)
    file.write_bytes(b"theirs")
    for _ in range(2):
        diff_archive(session, ID, stored(outputs), bag, URN)
        with pytest.raises(CannotStore, match="is there already, and is not this archive's"):
            create_archive(session, bag, heard, URN)
    assert file.read_bytes() == b"theirs"


def test_replacement_that_failed_may_be_tried_again(
    session: Session, server: Emulator, job_id: str, tmp_path: Path
) -> None:
    """In the same process, as an error hook does; the old file is there until the new one is."""
    bag, heard = inputs(job_id, tmp_path / "logs.tar.gz"), Heard()
    outputs = create(session, bag, heard)
    other = bag | {"jobId": session.client.jobs(PROJECT).create(job_request(logTypes=["FTDC"]))}
    diff_archive(session, ID, stored(outputs), other, URN)
    server.fail("download", FaultKind.CUT_BODY, times=3, after_bytes=100)
    with pytest.raises(OpsManagerError):
        create_archive(session, other, heard, URN)
    assert diff_archive(session, ID, stored(outputs), bag, URN) == Plan()
    assert create_archive(session, other, heard, URN)[1]["members"] == 3


@pytest.mark.parametrize("spelling", ["logs.tar.gz", "./logs.tar.gz", "sub/../logs.tar.gz", "link/logs.tar.gz"])
def test_two_archives_with_one_path_are_refused_in_any_spelling(
    session: Session, job_id: str, tmp_path: Path, spelling: str
) -> None:
    """Whether both are new, or one exists."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "link").symlink_to(tmp_path)
    bag = inputs(job_id, tmp_path / "logs.tar.gz")
    create_archive(session, bag, Heard(), URN)
    with pytest.raises(InvalidInput, match="is the file of another LogArchive: give each a path of its own"):
        create_archive(session, inputs(job_id, f"{tmp_path}/{spelling}"), Heard(), f"{URN}-2")


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
    session: Session, server: Emulator, job_id: str, tmp_path: Path, old: str, new: str, file: str, status: str | None
) -> None:
    """An absolute path differs there. Nothing is asked, whatever became of the job, and nothing has to be undone."""
    (tmp_path / "a" / "logs").mkdir(parents=True)
    here, there = (inputs(job_id, f"{tmp_path}/{path}", ifMissing="ignore") for path in (old, new))
    outputs = create(session, here, Heard())
    (tmp_path / "a").rename(tmp_path / "away")
    server.set_status(job_id, status)
    server.forget_requests()
    (note,) = diff_archive(session, ID, stored(outputs), there).notes
    assert note == f'{outputs["file"]} is missing; it is left so (if_missing="ignore")'
    moved = update_archive(session, ID, there, stored(outputs), Heard())
    assert moved["file"] == f"{tmp_path}/{file}".replace("NAME", Path(outputs["file"]).name)
    (note,) = diff_archive(session, ID, stored(moved), there).notes
    assert note.startswith(f"{moved['file']} is missing")
    (tmp_path / "away").rename(tmp_path / "a")
    back = update_archive(session, ID, here, stored(moved), Heard())
    assert diff_archive(session, ID, stored(back), here) == Plan()
    assert server.requests == []


@pytest.mark.parametrize("change", ["jobId", "triggers"])
def test_ignored_file_is_downloaded_where_the_program_asks_for_it(
    session: Session, server: Emulator, job_id: str, tmp_path: Path, change: str
) -> None:
    """Then the preview does not say that it is left."""
    bag = inputs(job_id, tmp_path / "logs.tar.gz", ifMissing="ignore")
    outputs = create(session, bag, Heard())
    (tmp_path / "logs.tar.gz").unlink()
    other = session.client.jobs(PROJECT).create(job_request())
    asked = bag | {"jobId": {"jobId": other}.get(change, job_id), "triggers": [change]}
    assert diff_archive(session, ID, stored(outputs), asked).notes == ()
    server.forget_requests()
    update_archive(session, ID, asked, stored(outputs), Heard())
    assert downloads(server) == 1


def test_ignored_partial_archive_of_a_restarted_job_is_left(
    session: Session, server: Emulator, job_id: str, tmp_path: Path
) -> None:
    """The preview says that the missing file is left, and so it is."""
    server.set_status(job_id, "FAILURE")
    bag = inputs(job_id, tmp_path / "logs.tar.gz", requireComplete=False, ifMissing="ignore")
    outputs = create(session, bag, Heard())
    session.note_hope(job_id, is_hopeful=True)
    (tmp_path / "logs.tar.gz").unlink()
    plan = diff_archive(session, ID, stored(outputs), bag)
    assert (plan.acts, len(plan.notes)) == (False, 1)
    server.forget_requests()
    assert update_archive(session, ID, bag, stored(outputs), Heard()) == stored(outputs)
    assert server.requests == []


@pytest.mark.parametrize("if_missing", ["download", "ignore"])
def test_touched_file_is_moved_without_a_request(
    session: Session, server: Emulator, job_id: str, tmp_path: Path, if_missing: str
) -> None:
    """Its content is the same, and its job may have expired."""
    bag = inputs(job_id, tmp_path / "logs.tar.gz", ifMissing=if_missing)
    outputs = create(session, bag, Heard())
    change_time(tmp_path / "logs.tar.gz")
    server.forget_requests()
    to = bag | {"path": f"{tmp_path}/moved.tar.gz"}
    moved = update_archive(session, ID, to, stored(outputs), Heard())
    assert (names(tmp_path), server.requests) == (["moved.tar.gz"], [])
    assert diff_archive(session, ID, stored(moved), to) == Plan()


def test_missing_part_comes_with_the_files_that_belong_to_none(
    session: Session, job_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that differs from the part's path shows by what."""
    packed = archive_of({"elsewhere/rs0-0/mongodb.log": b"x", "elsewhere/rs0-1/mongodb.log": b"y"})
    monkeypatch.setattr(Jobs, "download", lambda *_: nullcontext(iter([packed])))
    words = (
        r"is incomplete: 6 parts are missing \(rs0-0.* FTDC: no file in the archive, .*\); 2 files in the "
        "archive belong to no part, such as 'elsewhere/rs0-0/mongodb.log'; collect again"
    )
    with pytest.raises(CollectionFailed, match=words):
        create(session, inputs(job_id, tmp_path / "logs.tar.gz"), Heard())
    assert names(tmp_path) == []


CHANGED = {
    "jobId": "f" * 24,
    "path": "elsewhere/",
    "projectId": "f" * 24,
    "requireComplete": False,
    "keepOnDelete": True,
    "ifMissing": "ignore",
    "triggers": ["again"],
}


def test_every_input_has_a_changed_value_here() -> None:
    """A forgotten field would be silent."""
    assert set(CHANGED) == set(fields_of(ArchiveInputs))


@pytest.mark.parametrize(("key", "value"), [*CHANGED.items(), *((key, UNKNOWN) for key in CHANGED)])
def test_changed_input_updates_in_place(session: Session, job_id: str, tmp_path: Path, key: str, value: Any) -> None:
    """A replacement on the same path would end with the new file removed, so there is none."""
    bag = inputs(job_id, tmp_path / "logs.tar.gz")
    outputs = create(session, bag, Heard())
    assert diff_archive(session, ID, stored(outputs), bag | {key: value}) == Plan(updates=(key,))


@pytest.mark.parametrize("key", ["requireComplete", "keepOnDelete", "ifMissing"])
def test_wish_that_needs_no_bytes_asks_for_none(
    session: Session, server: Emulator, job_id: str, tmp_path: Path, key: str
) -> None:
    """What only we know is only stored."""
    bag = inputs(job_id, tmp_path / "logs.tar.gz")
    outputs = create(session, bag, Heard())
    server.forget_requests()
    changed = update_archive(session, ID, bag | {key: CHANGED[key]}, stored(outputs), Heard())
    assert changed[key] == CHANGED[key]
    assert update_archive(session, ID, bag, stored(changed), Heard()) == outputs
    assert server.requests == []


def test_file_that_is_known_to_be_lost_is_not_asked_for_again(
    session: Session, server: Emulator, job_id: str, tmp_path: Path
) -> None:
    """Once the state says that the job has expired, another wish costs no request."""
    bag = inputs(job_id, tmp_path / "logs.tar.gz")
    state = stored(create(session, bag, Heard())) | {"jobStatus": "EXPIRED"}
    (tmp_path / "logs.tar.gz").unlink()
    server.forget_requests()
    assert update_archive(session, ID, bag | {"keepOnDelete": True}, state, Heard())["keepOnDelete"] is True
    assert server.requests == []
