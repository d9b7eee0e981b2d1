"""Drift of a job: a plan shows it, and an apply restores the declared values."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.emulator import Emulator, FaultKind
from tests.support import PROJECT, canned
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

DUE = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(days=40)
DECLARED = DUE.astimezone(timezone(timedelta(hours=2))).isoformat()

NOT_FOUND = b'{"error": 404, "reason": "Not Found", "detail": "no such page"}'


def test_changed_expiry_is_moved_back(reattached: Configuration, server: Emulator, client: Client) -> None:
    """The plan shows the expiry of the server and the declared one."""
    write(reattached, job(expiration_date=f'"{DECLARED}"'))
    reattached.apply()
    (job_id,) = server.job_ids
    client.jobs(PROJECT).extend(job_id, DUE + timedelta(days=30))
    said = flat(reattached.plan().output)
    moved = (DUE + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert f'~ expiration_date = "{moved}" -> "{DECLARED}"' in said
    applied(reattached)
    assert stored(reattached)["expiration_date"] == DECLARED
    assert server.job_ids == [job_id]
    assert client.jobs(PROJECT).get(job_id).expiration_date == DUE


def test_status_moves_without_a_change(reattached: Configuration, server: Emulator) -> None:
    """The plan stays empty, because nobody declares a status. A refresh stores it."""
    write(reattached, job())
    reattached.apply()
    server.set_status(server.job_ids[0], "MARKED_FOR_EXPIRY")
    require_settled(reattached)
    reattached.apply("-refresh-only")
    assert stored(reattached)["status"] == "MARKED_FOR_EXPIRY"
    assert writes(server) == ["POST"]


def test_vanished_job_is_made_again(reattached: Configuration, server: Emulator) -> None:
    """The server has proven that the job is gone."""
    write(reattached, job())
    reattached.apply()
    (gone,) = server.job_ids
    server.set_status(gone, None)
    assert planned(reattached).actions == {LOGS: "create"}
    applied(reattached)
    assert made(server) == 2
    assert server.job_ids == [stored(reattached)["id"]] != [gone]


def test_vanished_job_is_destroyed_without_an_error(reattached: Configuration, server: Emulator) -> None:
    """Neither a read nor a delete needs the job."""
    write(reattached, job(), job("late"))
    reattached.apply()
    server.set_status(server.job_ids[0], None)
    server.fail("delete", FaultKind.VANISH)
    reattached.destroy()
    assert instances(reattached) == {}
    assert server.job_ids == []


def test_absence_without_proof_keeps_the_job(
    reattached: Configuration, server: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A 404 without the job's code is an error. So is a 404 of a server on which the job was never seen."""
    write(reattached, job())
    reattached.apply()
    before = stored(reattached)
    with canned(NOT_FOUND, status=404) as url, monkeypatch.context() as patch:
        patch.setenv("OPSMANAGER_BASE_URL", url)
        said = refused(reattached, "plan")
        assert f"with {LOGS}" in said
        assert "404" in said
    with Emulator() as other, monkeypatch.context() as patch:
        patch.setenv("OPSMANAGER_BASE_URL", other.url)
        said = refused(reattached, "apply")
        assert f"was last seen as {server.url}" in said
        assert "`terraform state rm` forgets it" in said
    assert stored(reattached) == before
    require_settled(reattached)


def test_failed_job_is_restarted_as_often_as_declared(reattached: Configuration, server: Emulator) -> None:
    """A warning says why the plan acts. After the last attempt the job stays as it is."""
    write(reattached, job(max_retries="1"))
    reattached.apply()
    (job_id,) = server.job_ids
    server.set_status(job_id, "FAILURE")
    server.forget_requests()
    found = planned(reattached)
    assert found.actions == {LOGS: "update"}
    assert any("restarts its failed parts (attempt 1 of 1)" in warning for warning in found.warnings)
    applied(reattached)
    assert writes(server) == ["PUT"]
    known = stored(reattached)
    assert (known["id"], known["status"], known["retries"]) == (job_id, "SUCCESS", 1)
    server.set_status(job_id, "FAILURE")
    require_settled(reattached)
