"""Waiting for jobs: what an apply waits for, how the next one continues, and changes of failed jobs in between."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from pulumi_opsmanager.emulator import Emulator, FaultKind, Pace, after_reads, after_seconds, instant
from tests.support import FakeClock
from tests.terraform_engine.configuration import Configuration
from tests.terraform_engine.jobs import (
    applied,
    block,
    flat,
    instances,
    job,
    made,
    planned,
    refused,
    require_settled,
    stored,
    write,
)

DONE = "opsmanager_log_collection_completion.done"
JOB = "opsmanager_log_collection_job.logs[0]"
COPY = "opsmanager_log_archive.copy"

RESTARTS = "1 job failed; apply restarts the failed parts and waits"
DOWNLOADS = "parts are missing that the job may have by now"

PACES = {"at the first look": instant(), "after some reads": after_reads(3), "after an hour": after_seconds(3500)}


def completion(**values: str) -> str:
    """A completion of all jobs of `jobs`."""
    ids = {"job_ids": "[for job in opsmanager_log_collection_job.logs : job.id]"}
    return block("opsmanager_log_collection_completion", "done", ids | values)


def jobs(count: int = 2, **values: str) -> str:
    """Jobs that each have their own replica set. Only the completion restarts them."""
    return job(more=f"  count = {count}", **({"resource_name": '"rs${count.index}"', "max_retries": "0"} | values))


def archive(**values: str) -> str:
    """An archive of the first job, which may lack parts."""
    given = {"job_id": "opsmanager_log_collection_job.logs[0].id", "path": '"copy.tar.gz"', "require_complete": "false"}
    return block(
        "opsmanager_log_archive", "copy", given | values, "  depends_on = [opsmanager_log_collection_completion.done]"
    )


@pytest.mark.parametrize("pace", PACES.values(), ids=PACES)
def test_apply_waits_until_all_jobs_are_finished(
    reattached: Configuration, server: Emulator, clock: FakeClock, pace: Pace
) -> None:
    """The statuses are in the state, and the next plan changes nothing."""
    for name in ("rs0", "rs1"):
        server.set_pace(name, pace)
    write(reattached, jobs(), completion())
    started = clock.now()
    applied(reattached)
    assert stored(reattached, DONE)["statuses"] == dict.fromkeys(server.job_ids, "SUCCESS")
    assert (clock.now() - started).total_seconds() >= pace.seconds


def test_each_apply_continues_where_the_last_one_ended(reattached: Configuration, server: Emulator) -> None:
    """After a timeout, a failure and an accepted failure the next apply waits and restarts. No job is created twice."""
    server.set_pace("rs0", after_seconds(40))
    server.set_pace("rs1", after_seconds(40))
    server.fail("create", FaultKind.FAILED_CHILDREN)
    write(reattached, jobs(), completion(timeout_seconds="10"))
    said = refused(reattached, "apply")
    assert "2 of 2 are not finished after 10 s" in said
    assert "run again to go on waiting" in said
    ids = {instance["attributes"]["id"] for instance in instances(reattached).values()}
    assert ids == set(server.job_ids)
    assert not any("status" in instance for instance in instances(reattached).values())

    write(reattached, jobs(), completion(max_retries_per_run="0"))
    said = refused(reattached, "apply")
    assert "1 of 2 jobs failed" in said
    assert "FTDC" in said
    assert 'accept them with on_failure = "accept"' in said

    write(reattached, jobs(), completion(max_retries_per_run="0", on_failure='"accept"'))
    assert planned(reattached).actions == {DONE: "create"}
    assert "agent did not answer" in applied(reattached)
    (failed,) = stored(reattached, DONE)["failed_jobs"]
    assert failed["status"] == "FAILURE"
    assert sorted(stored(reattached, DONE)["statuses"].values()) == ["FAILURE", "SUCCESS"]

    write(reattached, jobs(), completion(on_failure='"accept"'))
    shown = planned(reattached)
    assert shown.actions == {DONE: "update"}
    assert any(RESTARTS in warning for warning in shown.warnings)
    applied(reattached)
    done = stored(reattached, DONE)
    assert done["statuses"] == dict.fromkeys(ids, "SUCCESS")
    assert done["failed_jobs"] == []
    assert done["retries"] == {failed["job_id"]: 1}
    assert server.calls.count("PUT 200") == 1
    assert made(server) == 2


@pytest.mark.parametrize(
    ("values", "restarts"), [({}, 1), ({"max_retries_per_run": "3"}, 2)], ids=["fails", "succeeds in the end"]
)
def test_apply_restarts_failed_jobs_as_often_as_it_may(
    reattached: Configuration, server: Emulator, values: Mapping[str, str], restarts: int
) -> None:
    """A restart needs no apply of its own. A job that stays failed fails the apply."""
    server.fail("create", FaultKind.FAILED_CHILDREN)
    server.fail("retry", FaultKind.FAILED_CHILDREN)
    write(reattached, jobs(1), completion(**values))
    if values:
        applied(reattached)
    else:
        assert "run again to restart the failed parts" in refused(reattached, "apply")
    assert server.calls.count("PUT 200") == restarts
    assert made(server) == 1


@pytest.mark.parametrize("is_saved", [False, True], ids=["applied at once", "saved plan"])
@pytest.mark.parametrize("has_archive", [False, True], ids=["completion", "completion and archive"])
def test_failed_job_that_somebody_restarts_is_complete_at_the_next_apply(
    reattached: Configuration, server: Emulator, *, is_saved: bool, has_archive: bool
) -> None:
    """The plan says so, the apply asks the server, and then nothing is left to do."""
    server.fail("create", FaultKind.FAILED_CHILDREN)
    write(
        reattached,
        jobs(1),
        completion(max_retries_per_run="0", on_failure='"accept"'),
        *([archive()] if has_archive else []),
    )
    applied(reattached)
    if has_archive:
        assert len(stored(reattached, COPY)["missing"]) == 1
    server.set_status(server.job_ids[0], "SUCCESS")
    shown = planned(reattached, "-out=later.tfplan")
    assert shown.actions == {DONE: "update"} | ({COPY: "update"} if has_archive else {})
    assert [words in " ".join(shown.warnings) for words in (RESTARTS, DOWNLOADS)] == [True, has_archive]
    applied(reattached, *(["later.tfplan"] if is_saved else []))
    assert stored(reattached, DONE)["statuses"] == {server.job_ids[0]: "SUCCESS"}
    assert stored(reattached, DONE)["failed_jobs"] == []
    if has_archive:
        copy = stored(reattached, COPY)
        assert (copy["complete"], copy["missing"], copy["job_status"]) == (True, [], "SUCCESS")
    assert "PUT 200" not in server.calls


@pytest.mark.parametrize("restarted_by", ["completion", "job", "somebody else, after the plan"])
def test_restart_completes_the_archive_in_the_same_apply(
    reattached: Configuration, server: Emulator, restarted_by: str
) -> None:
    """The completion waits for the job, whoever restarts it. Then the archive is downloaded again."""
    server.fail("create", FaultKind.FAILED_CHILDREN)
    accepting = {"on_failure": '"accept"'}
    write(reattached, jobs(1), completion(max_retries_per_run="0", **accepting), archive())
    applied(reattached)
    if restarted_by == "job":
        write(reattached, jobs(1, max_retries="1"), completion(max_retries_per_run="0", **accepting), archive())
    else:
        write(reattached, jobs(1), completion(**accepting), archive())
    by_job = {JOB: "update"} if restarted_by == "job" else {}
    assert planned(reattached, "-out=later.tfplan").actions == {DONE: "update", COPY: "update"} | by_job
    if restarted_by == "somebody else, after the plan":
        server.set_status(server.job_ids[0], "SUCCESS")
    applied(reattached, "later.tfplan")
    assert stored(reattached, COPY)["complete"] is True
    assert stored(reattached, DONE)["failed_jobs"] == []
    assert server.calls.count("PUT 200") == (restarted_by in ("completion", "job"))


def test_only_new_jobs_are_followed(reattached: Configuration, server: Emulator) -> None:
    """A further job costs a wait for it alone; a job less costs none."""
    write(reattached, jobs(), completion())
    applied(reattached)
    first = set(server.job_ids)
    write(reattached, jobs(3), completion())
    assert planned(reattached).actions[DONE] == "update"
    server.forget_requests()
    applied(reattached)
    assert not any(job_id in entry["path"] for entry in server.requests for job_id in first)
    assert stored(reattached, DONE)["statuses"].keys() == set(server.job_ids)
    write(reattached, jobs(1), completion())
    applied(reattached)
    assert stored(reattached, DONE)["statuses"].keys() == set(server.job_ids)
    assert server.job_ids[0] in first


def test_replaced_job_is_waited_for(reattached: Configuration, server: Emulator) -> None:
    """The completion follows the new job."""
    write(reattached, jobs(1), completion())
    applied(reattached)
    (old,) = server.job_ids
    reattached.plan("-replace=opsmanager_log_collection_job.logs[0]", "-out=again.tfplan")
    applied(reattached, "again.tfplan")
    (new,) = server.job_ids
    assert new != old
    assert stored(reattached, DONE)["statuses"] == {new: "SUCCESS"}


def test_missing_failed_job_does_not_fail_an_apply(reattached: Configuration, server: Emulator) -> None:
    """A job with an accepted failure may expire. The completion reports it, and only the job leaves the state."""
    server.fail("create", FaultKind.FAILED_CHILDREN)
    accepting = completion(max_retries_per_run="0", on_failure='"accept"')
    write(reattached, jobs(), accepting)
    applied(reattached)
    (failed,) = (one["job_id"] for one in stored(reattached, DONE)["failed_jobs"])
    server.set_status(failed, None)
    assert "create" in planned(reattached).actions.values()
    applied(reattached)
    assert failed not in stored(reattached, DONE)["statuses"]
    assert made(server) == 3
    assert flat(reattached.destroy().output).count("Destruction complete") == 3


def test_large_wait_is_one_list_walk_per_look(reattached: Configuration, server: Emulator, clock: FakeClock) -> None:
    """Thirty jobs cost as many status requests as one, and one GET each at the end."""
    for number in range(30):
        server.set_pace(f"rs{number}", after_seconds(100))
    write(reattached, jobs(30), completion())
    before = clock.now()
    reattached.apply("-parallelism=30")
    assert (clock.now() - before).total_seconds() >= 100
    lists = [entry for entry in server.requests if entry["method"] == "GET" and entry["path"].endswith("Jobs")]
    assert 0 < len(lists) < 20
    require_settled(reattached)
