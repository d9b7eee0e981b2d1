"""Archives that are missing or incomplete: what the state has, and how the next apply continues."""

from __future__ import annotations

from pulumi_opsmanager.emulator import Emulator, FaultKind, after_seconds
from tests.support import FakeClock
from tests.terraform_engine.archives import COPY, PATH, archive, file_of, files
from tests.terraform_engine.configuration import Configuration
from tests.terraform_engine.jobs import applied, job, planned, refused, stored, write


def test_incomplete_archive_is_stored_only_where_it_is_accepted(reattached: Configuration, server: Emulator) -> None:
    """The error names the missing part. Accepted, the state lists it; once the job is complete, so is the archive."""
    server.fail("create", FaultKind.FAILED_CHILDREN)
    write(reattached, job(max_retries="0"), archive())
    said = refused(reattached, "apply")
    assert "is incomplete" in said
    assert "accept it with require_complete = false" in said
    assert files(reattached) == set()
    write(reattached, job(max_retries="0"), archive(require_complete="false"))
    applied(reattached)
    (missing,) = stored(reattached, COPY)["missing"]
    assert missing["error_message"] == "agent did not answer"
    assert stored(reattached, COPY)["complete"] is False
    server.set_status(server.job_ids[0], "SUCCESS")
    assert planned(reattached).actions == {COPY: "update"}
    applied(reattached)
    assert (stored(reattached, COPY)["missing"], stored(reattached, COPY)["complete"]) == ([], True)


def test_unfinished_job_has_no_archive_yet(reattached: Configuration, server: Emulator, clock: FakeClock) -> None:
    """The error advises a completion; the next apply downloads."""
    server.set_pace("rs0", after_seconds(60))
    write(reattached, job(), archive())
    assert "wait for it with opsmanager_log_collection_completion" in refused(reattached, "apply")
    clock.sleep(60)
    applied(reattached)
    assert files(reattached) == {PATH}


def test_missing_file_of_an_expired_job_does_not_fail_an_apply(reattached: Configuration, server: Emulator) -> None:
    """The archive cannot be downloaded again. The apply warns once, and the next plan is empty."""
    write(reattached, job(), archive())
    applied(reattached)
    (reattached.folder / PATH).unlink()
    server.set_status(server.job_ids[0], "EXPIRED")
    assert planned(reattached).actions == {COPY: "update"}
    assert "cannot be downloaded again" in applied(reattached)
    assert stored(reattached, COPY)["job_status"] == "EXPIRED"


def test_failed_download_leaves_the_old_file(reattached: Configuration, server: Emulator) -> None:
    """Whatever the fault is: an update that cannot download keeps file and state, and the next apply repeats it."""
    write(reattached, job(), archive(triggers="[1]"))
    applied(reattached)
    before = stored(reattached, COPY)
    write(reattached, job(), archive(triggers="[2]"))
    for kind in (FaultKind.CUT_BODY, FaultKind.CORRUPT_GZIP, FaultKind.SERVER_ERROR):
        server.fail("download", kind, times=20)
        assert "cannot download the archive" in refused(reattached, "apply")
        assert stored(reattached, COPY) == before
        assert file_of(reattached).exists()
        assert files(reattached) == {PATH}
        server.forget_faults()
    applied(reattached)
    assert stored(reattached, COPY)["triggers"]["value"] == [2]
