"""`show`, `extend` and `retry`: one job."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.emulator import Emulator, FaultKind
from tests.cli.terminal import run
from tests.support import JOB, PROJECT, days_ahead, job_request


@pytest.fixture
def job_id(client: Client) -> str:
    return client.jobs(PROJECT).create(job_request())


def test_show_has_the_job_and_each_part(server: Emulator, job_id: str) -> None:
    """A part is one row, with the reason of a failed one."""
    server.set_status(job_id, "FAILURE")
    shown = run(server, "show", job_id)
    assert (shown.exit_code, shown.stderr) == (0, "")
    head, _, table = shown.stdout.partition("\n\n")
    said = dict(line.split(maxsplit=1) for line in head.splitlines())
    assert (said["job"], said["status"], said["resource"]) == (job_id, "FAILURE", "REPLICASET rs0")
    assert (said["size"], said["redacted"]) == ("100.0 kB", "no")
    title, *rows = table.splitlines()
    assert title.split() == ["host", "log", "type", "status", "size", "path", "message"]
    assert rows[0].split()[:3] == ["rs0-0.example.net:27017", "FTDC", "FAILURE"]
    assert " ".join(rows[0].split()).endswith("rs0-0.example.net/27017/ftdc agent did not answer")
    assert [row.split()[2] for row in rows[1:]] == ["SUCCESS"] * 5


def test_show_as_json_has_the_vendors_names(server: Emulator, job_id: str) -> None:
    """The object is that of `list`, with the child jobs."""
    job = json.loads(run(server, "show", job_id, "--json").stdout)
    (listed,) = json.loads(run(server, "list", "--json").stdout)
    assert job == listed | {"childJobs": job["childJobs"]}
    assert {"hostName", "logCollectionType", "status", "path", "errorMessage"} <= job["childJobs"][0].keys()


@pytest.mark.parametrize("command", [["show"], ["retry"], ["extend", "--days", "3"]], ids=" ".join)
def test_unknown_job_fails(server: Emulator, command: list[str]) -> None:
    """The message names job and project."""
    done = run(server, *command, JOB)
    assert done.exit_code == 1
    assert f"no job {JOB} in project {PROJECT}" in done.stderr


def test_extend_by_days_counts_from_now(server: Emulator, job_id: str) -> None:
    """A person who says 90 days means from today."""
    done = run(server, "extend", job_id, "--days", "90d", "--json")
    found = json.loads(done.stdout)
    ahead = datetime.fromisoformat(found["expirationDate"].replace("Z", "+00:00")) - datetime.now(timezone.utc)
    assert timedelta(days=89, hours=23) < ahead <= timedelta(days=90)
    assert (found["id"], found["status"]) == (job_id, "SUCCESS")
    assert server.calls == ["POST 201", "GET 200", "PATCH 200", "GET 200"]


def test_extend_until_a_date_sends_that_date(server: Emulator, job_id: str) -> None:
    """A second run with the same date sends no PATCH."""
    date = days_ahead(60)
    assert run(server, "extend", job_id, "--until", date).stdout == f"job {job_id} expires on {date}\n"
    server.forget_requests()
    assert run(server, "extend", job_id, "--until", date).exit_code == 0
    assert server.calls == ["GET 200"]


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        ([], 2, "give --days or --until"),
        (["--days", "3", "--until", "2099-01-01T00:00:00Z"], 2, "give --days or --until"),
        (["--days", "200"], 2, "must be 1 to 184, not 200"),
        (["--until", "tomorrow"], 2, "must be an RFC 3339 date and time with a zone"),
        (["--until", "2020-01-01T00:00:00Z"], 1, ": --until must be in the future"),
        (["--until", "2099-01-01T00:00:00Z"], 1, "6 months after the job's creation"),
    ],
)
def test_wrong_expiry_is_refused(server: Emulator, job_id: str, options: list[str], code: int, words: str) -> None:
    """The rules are those of `LogCollectionJob`. No PATCH is sent."""
    done = run(server, "extend", job_id, *options)
    assert done.exit_code == code
    assert words in " ".join(done.stderr.split())
    assert not any(call.startswith("PATCH") for call in server.calls)


def test_retry_restarts_a_failed_job(server: Emulator, client: Client) -> None:
    """The answer has the status after the restart."""
    server.fail("create", FaultKind.FAILED_CHILDREN)
    job_id = client.jobs(PROJECT).create(job_request())
    done = run(server, "retry", job_id, "--json")
    assert json.loads(done.stdout) == {"id": job_id, "status": "SUCCESS"}
    assert server.calls == ["POST 201", "GET 200", "PUT 200", "GET 200"]


def test_retry_of_a_job_that_has_not_failed_sends_nothing(server: Emulator, job_id: str) -> None:
    """The message says the status."""
    done = run(server, "retry", job_id)
    assert (done.exit_code, server.calls) == (1, ["POST 201", "GET 200"])
    assert done.stderr == f"Error: job {job_id} is SUCCESS: only a failed job can be restarted\n"
