"""Failed requests: each declaration has one job, in the state and on the server."""

from __future__ import annotations

import re

import pytest

from pulumi_opsmanager.emulator import Emulator, FaultKind
from tests.support import days_ahead
from tests.terraform_engine.configuration import Configuration
from tests.terraform_engine.jobs import (
    LOGS,
    applied,
    flat,
    instances,
    job,
    made,
    planned,
    refused,
    require_settled,
    stored,
    write,
    writes,
)

# More failures than the client's repeats.
ALWAYS = 1000
DUE, LATER = days_ahead(40), days_ahead(60)


@pytest.mark.parametrize("fault", [FaultKind.LOST_REPLY, FaultKind.MALFORMED_JSON, FaultKind.BAD_GATEWAY])
def test_lost_answer_to_the_create_leaves_one_job(
    fault: FaultKind, reattached: Configuration, server: Emulator
) -> None:
    """The apply finds the job that the server created."""
    server.fail("create", fault)
    write(reattached, job())
    applied(reattached)
    assert server.job_ids == [stored(reattached)["id"]]
    assert writes(server) == ["POST"]


def test_lost_answers_to_several_creates_leave_one_job_each(reattached: Configuration, server: Emulator) -> None:
    """Jobs with one body that are created at the same time are distinguished."""
    server.fail("create", FaultKind.LOST_REPLY, times=5)
    write(reattached, job(more="  count = 6"))
    applied(reattached)
    known = [one["attributes"]["id"] for one in instances(reattached).values()]
    assert sorted(server.job_ids) == sorted(known)
    assert writes(server) == ["POST"] * 6


def test_job_that_may_exist_is_an_error_that_says_so(reattached: Configuration, server: Emulator) -> None:
    """The create cannot find out whether the server created a job. The error names the command that can."""
    server.fail("create", FaultKind.LOST_REPLY)
    server.fail("list", FaultKind.SERVER_ERROR, times=ALWAYS)
    write(reattached, job())
    said = refused(reattached, "apply")
    assert "the job may exist all the same" in said
    assert "`pulumi-opsmanager orphans` lists jobs that no state manages" in said
    assert instances(reattached) == {}
    assert len(server.job_ids) == 1


def test_refused_create_leaves_no_job(reattached: Configuration, server: Emulator) -> None:
    """An error comes without a resource, and the next apply makes the job."""
    server.fail("create", FaultKind.SERVER_ERROR, times=ALWAYS)
    write(reattached, job())
    said = refused(reattached, "apply")
    assert "cannot create the job for REPLICASET rs0" in said
    assert f"with {LOGS}" in said
    assert instances(reattached) == {}
    assert server.job_ids == []
    server.forget_faults()
    applied(reattached)
    assert server.job_ids == [stored(reattached)["id"]]


@pytest.mark.parametrize("refresh", ["true", "false"])
def test_job_that_could_not_be_read_after_its_create_is_stored(
    refresh: str, reattached: Configuration, server: Emulator
) -> None:
    """There is a warning instead of an error. The next refresh, or the next apply, reads the job."""
    server.fail("get", FaultKind.SERVER_ERROR, times=ALWAYS)
    write(reattached, job(expiration_date=f'"{DUE}"'))
    said = flat(reattached.apply().output)
    assert re.search("job .* is made but could not be read .* the next run reads it", said)
    (job_id,) = server.job_ids
    before = instances(reattached)[LOGS]
    assert "status" not in before  # here Terraform marks a resource as tainted
    assert (before["attributes"]["id"], before["attributes"]["status"]) == (job_id, None)
    server.forget_faults()
    found = planned(reattached, f"-refresh={refresh}")
    assert found.actions == {LOGS: "update"}
    reattached.apply(f"-refresh={refresh}")
    require_settled(reattached)
    known = stored(reattached)
    assert (known["id"], known["status"], known["expiration_date"]) == (job_id, "SUCCESS", DUE)
    assert writes(server) == ["POST", "PATCH"]


def test_unread_job_without_an_expiry_needs_a_refresh_only(reattached: Configuration, server: Emulator) -> None:
    """Nothing is left to change, so the next plan reads the job and is empty."""
    server.fail("get", FaultKind.SERVER_ERROR, times=ALWAYS)
    write(reattached, job())
    reattached.apply()
    server.forget_faults()
    require_settled(reattached)
    reattached.apply("-refresh-only")
    assert stored(reattached)["status"] == "SUCCESS"
    assert made(server) == 1


def test_failed_update_keeps_what_was_stored(reattached: Configuration, server: Emulator) -> None:
    """The job is not tainted, and the next apply repeats the update."""
    write(reattached, job(expiration_date=f'"{DUE}"'))
    reattached.apply()
    before = instances(reattached)
    write(reattached, job(expiration_date=f'"{LATER}"', max_retries="3"))
    server.fail("extend", FaultKind.SERVER_ERROR, times=ALWAYS)
    said = refused(reattached, "apply")
    assert f"cannot update job {server.job_ids[0]} of REPLICASET rs0" in said
    assert instances(reattached) == before
    server.forget_faults()
    applied(reattached)
    after = stored(reattached)
    assert (after["expiration_date"], after["max_retries"]) == (LATER, 3)
    assert server.job_ids == [after["id"]]


def test_lost_answer_to_an_update_or_a_restart_causes_no_error(reattached: Configuration, server: Emulator) -> None:
    """A PATCH is repeated. A PUT counts, and is not sent again."""
    write(reattached, job(expiration_date=f'"{DUE}"'))
    reattached.apply()
    server.set_status(server.job_ids[0], "FAILURE")
    server.fail("extend", FaultKind.LOST_REPLY)
    server.fail("retry", FaultKind.LOST_REPLY)
    server.forget_requests()
    write(reattached, job(expiration_date=f'"{LATER}"'))
    applied(reattached)
    assert writes(server) == ["PATCH", "PATCH", "PUT"]
    assert (stored(reattached)["retries"], stored(reattached)["expiration_date"]) == (1, LATER)


def test_restart_counts_also_when_the_job_cannot_be_read_after_it(reattached: Configuration, server: Emulator) -> None:
    """There is a warning instead of an error, and the next run reads the job."""
    write(reattached, job())
    reattached.apply()
    server.set_status(server.job_ids[0], "FAILURE")
    server.fail("get", FaultKind.SERVER_ERROR, times=ALWAYS, skip=1)
    assert "was restarted but could not be read" in flat(reattached.apply().output)
    assert (stored(reattached)["retries"], stored(reattached)["status"]) == (1, None)
    server.forget_faults()
    require_settled(reattached)
    reattached.apply("-refresh-only")
    assert (stored(reattached)["retries"], stored(reattached)["status"]) == (1, "SUCCESS")
    assert writes(server) == ["POST", "PUT"]


def test_half_of_an_update_is_not_repeated(reattached: Configuration, server: Emulator) -> None:
    """The expiry was moved, and the restart was refused. The next apply only restarts."""
    write(reattached, job(expiration_date=f'"{DUE}"'))
    reattached.apply()
    server.set_status(server.job_ids[0], "FAILURE")
    server.fail("retry", FaultKind.MAINTENANCE, times=ALWAYS)
    write(reattached, job(expiration_date=f'"{LATER}"'))
    assert "WRITES_NOT_ALLOWED_DURING_APP_UPGRADES" in refused(reattached, "apply")
    server.forget_faults()
    server.forget_requests()
    applied(reattached)
    assert writes(server) == ["PUT"]
    assert (stored(reattached)["retries"], stored(reattached)["expiration_date"]) == (1, LATER)


def test_failed_delete_keeps_the_job(reattached: Configuration, server: Emulator) -> None:
    """The next destroy deletes it."""
    write(reattached, job())
    reattached.apply()
    before = instances(reattached)
    server.fail("delete", FaultKind.SERVER_ERROR, times=ALWAYS)
    assert f"cannot delete job {server.job_ids[0]}" in refused(reattached, "destroy")
    assert instances(reattached) == before
    server.forget_faults()
    reattached.destroy()
    assert instances(reattached) == {}
    assert server.job_ids == []


def test_server_without_an_answer_refuses_the_plan(reattached: Configuration, server: Emulator) -> None:
    """A failed refresh keeps the state. `-refresh=false` needs no server."""
    write(reattached, job())
    reattached.apply()
    before = stored(reattached)
    server.fail("list", FaultKind.SERVER_ERROR, times=ALWAYS)
    server.fail("get", FaultKind.SERVER_ERROR, times=ALWAYS)
    assert f"cannot read job {before['id']} of REPLICASET rs0" in refused(reattached, "plan")
    assert planned(reattached, "-refresh=false").actions == {}
    assert stored(reattached) == before
