"""`delete`: the command deletes nothing before a person confirms."""

from __future__ import annotations

import json

import pytest

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.emulator import Emulator, FaultKind
from tests.cli.terminal import answered, run
from tests.support import JOB, PROJECT, job_request


@pytest.fixture
def ids(client: Client) -> list[str]:
    return [client.jobs(PROJECT).create(job_request(resourceName=f"rs{number}")) for number in range(3)]


@pytest.mark.parametrize(("keys", "code", "left"), [("y\n", 0, 1), ("\n", 1, 3), ("n\n", 1, 3)])
def test_jobs_are_shown_and_deleted_after_a_yes(
    server: Emulator, ids: list[str], keys: str, code: int, left: int
) -> None:
    """The default answer is no."""
    done = answered(server, "delete", *ids[:2], keys=keys)
    assert (done.returncode, len(server.job_ids)) == (code, left)
    assert [line.split()[0] for line in done.stdout.splitlines()[1:3]] == ids[:2]
    assert "Delete 2 jobs and their archives on the server? [y/N]:" in done.stderr


def test_deletion_that_nobody_can_confirm_is_refused(server: Emulator, ids: list[str]) -> None:
    """Standard input is not a terminal. The command sends nothing."""
    server.forget_requests()
    refused = run(server, "delete", ids[0])
    assert (refused.exit_code, server.requests) == (2, [])
    assert "standard input is not a terminal, so nobody can confirm the deletion: give --yes" in refused.stderr


def test_yes_deletes_without_a_question(server: Emulator, ids: list[str]) -> None:
    """The object has the deleted ids. A repetition in the arguments is one deletion."""
    done = run(server, "delete", ids[0], ids[1], ids[0], "--yes", "--json")
    assert (done.exit_code, json.loads(done.stdout)) == (0, {"deleted": ids[:2]})
    assert server.job_ids == ids[2:]
    assert run(server, "delete", ids[2], "--yes").stdout.endswith(f"\ndeleted {ids[2]}\n")


def test_nothing_is_deleted_if_a_job_does_not_exist(server: Emulator, ids: list[str]) -> None:
    """A wrong id may stand for another job."""
    refused = run(server, "delete", ids[0], JOB, "--yes")
    assert (refused.exit_code, len(server.job_ids)) == (1, 3)
    assert f"no job {JOB} in project {PROJECT}" in refused.stderr


def test_job_that_vanishes_counts_as_deleted(server: Emulator, ids: list[str]) -> None:
    """Somebody else deleted it first."""
    server.fail("delete", FaultKind.VANISH)
    done = run(server, "delete", ids[0], "--yes", "--json")
    assert (done.exit_code, json.loads(done.stdout)) == (0, {"deleted": ids[:1]})


def test_failure_reports_what_was_deleted(server: Emulator, ids: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The second deletion fails."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    server.fail("delete", FaultKind.SERVER_ERROR, times=20, skip=1)
    done = run(server, "delete", *ids, "--yes", "--json")
    assert (done.exit_code, json.loads(done.stdout)) == (1, {"deleted": ids[:1]})
    assert f"cannot delete job {ids[1]} of REPLICASET rs1" in done.stderr
