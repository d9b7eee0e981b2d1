from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from pulumi_opsmanager.emulator import Emulator
from tests.cli.terminal import ServerClock, on_a_terminal, run
from tests.support import JOB, FakeClock, canned, client_for, job_request


@pytest.fixture
def made() -> Iterator[tuple[Emulator, list[str]]]:
    """A server with three jobs: one is 4 days old, one 13 hours, one new."""
    now = ServerClock()
    with Emulator(now=now) as server:
        client = client_for(server, FakeClock(now()))
        ids = [client.jobs(server.project_id).create(job_request())]
        now.advance(days=3, hours=11)
        every = ["AUTOMATION_AGENT", "BACKUP_AGENT", "FTDC", "MONGODB", "MONITORING_AGENT"]
        host = job_request(resourceType="PROCESS", resourceName="db1.example.net:27017", logTypes=every)
        ids.append(client.jobs(server.project_id).create(host))
        now.advance(hours=13)
        ids.append(client.jobs(server.project_id).create(job_request(resourceName="rs1 [red]")))
        server.set_status(ids[0], "EXPIRED")
        server.set_status(ids[1], "FAILURE")
        yield server, ids


def test_table_in_a_pipe_is_plain_and_complete(made: tuple[Emulator, list[str]]) -> None:
    """One line for each job, nothing truncated, no escape codes. Names are not parsed as markup."""
    server, ids = made
    shown = run(server, "list")
    assert shown.exit_code == 0
    head, *rows = shown.stdout.splitlines()
    assert head.split("  ")[0] == "id"
    assert [row.split()[0] for row in rows] == ids[::-1]
    assert (
        "FAILURE  PROCESS        db1.example.net:27017  AUTOMATION_AGENT, BACKUP_AGENT, FTDC, MONGODB, MON" in rows[1]
    )
    assert rows[1].endswith("  80.0 kB")
    assert "  REPLICASET     rs1 [red]  " in rows[0]
    assert "\x1b" not in shown.stdout
    assert "…" not in shown.stdout


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], [2, 1, 0]),
        (["--status", "failure"], [1]),
        (["--status", "Expired", "--status", "SUCCESS"], [2, 0]),
        (["--resource", "rs0"], [0]),
        (["--resource", "rs"], []),
        (["--resource", "rs0", "--resource", "rs1 [red]"], [2, 0]),
        (["--newer-than", "5d"], [2, 1, 0]),
        (["--newer-than", "14h"], [2, 1]),
        (["--newer-than", "90m"], [2]),
        (["--older-than", "3600s"], [1, 0]),
        (["--older-than", "1w"], []),
        (["--older-than", "1h", "--newer-than", "1d"], [1]),
        (["--older-than", "1h", "--status", "success"], []),
    ],
)
def test_job_is_listed_if_it_matches_every_filter(
    made: tuple[Emulator, list[str]], arguments: list[str], expected: list[int]
) -> None:
    """A repeated filter adds alternatives. Ages are by the server's clock."""
    server, ids = made
    shown = run(server, "list", "--json", *arguments)
    assert [job["id"] for job in json.loads(shown.stdout)] == [ids[i] for i in expected]


def test_json_has_the_vendors_names(made: tuple[Emulator, list[str]]) -> None:
    """Instants are in RFC 3339, words are canonical, and a value that the server left out is null."""
    server, ids = made
    job: dict[str, Any] = json.loads(run(server, "list", "--json", "--resource", "rs0").stdout)[0]
    assert {name: job[name] for name in ("id", "status", "resourceType", "logTypes", "logCollectionFromDate")} == {
        "id": ids[0],
        "status": "EXPIRED",
        "resourceType": "REPLICASET",
        "logTypes": ["FTDC", "MONGODB"],
        "logCollectionFromDate": None,
    }
    assert [len(job[name]) for name in ("creationDate", "expirationDate")] == [20, 20]
    assert job["creationDate"].endswith("Z")
    assert "childJobs" not in job


@pytest.mark.parametrize(
    ("arguments", "stdout", "stderr"),
    [
        ([], "", "project 66f2a41b9d3c5e0012ab34cd has no jobs\n"),
        (["--status", "FAILURE"], "", "project 66f2a41b9d3c5e0012ab34cd has no jobs that match the filters\n"),
        (["--json"], "[]\n", ""),
    ],
)
def test_empty_list_exits_with_0(server: Emulator, arguments: list[str], stdout: str, stderr: str) -> None:
    """The table becomes a line on standard error, the JSON an empty array."""
    shown = run(server, "list", *arguments)
    assert (shown.exit_code, shown.stdout, shown.stderr) == (0, stdout, stderr)


@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_unreadable_entry_leaves_the_list_incomplete(server: Emulator, arguments: list[str]) -> None:
    """The other entries are shown, and the exit code is 1."""
    body = b'{"results":[{"id":"%s","status":"SUCCESS"},{"other":1}]}' % JOB.encode()
    with canned(body) as url:
        shown = run(server, "list", "--base-url", url, *arguments)
    assert shown.exit_code == 1
    assert JOB in shown.stdout
    assert shown.stderr.startswith("Error: the list is incomplete: 1 entry of the jobs of project")


@pytest.mark.parametrize("body", [b'{"results":[{"other":1}]}', b"<html>"])
def test_list_without_a_readable_entry_is_an_error(server: Emulator, body: bytes) -> None:
    """It must not look like a project without jobs."""
    with canned(body) as url:
        failed = run(server, "list", "--json", "--base-url", url)
    assert (failed.exit_code, failed.stdout) == (1, "")
    assert failed.stderr.startswith("Error: ")


def test_value_that_the_server_left_out_is_a_dash(server: Emulator) -> None:
    """The creation date comes from the id."""
    with canned(b'{"results":[{"id":"%s","status":"QUEUED"}]}' % JOB.encode()) as url:
        row = run(server, "list", "--base-url", url).stdout.splitlines()[1]
    assert row.split() == [JOB, "QUEUED", "-", "-", "-", "2026-03-02", "09:15", "-", "-"]


def test_json_has_the_canonical_type(server: Emulator) -> None:
    """Servers answer in lower case, and some pages of the vendor have an underscore."""
    job = {"id": JOB, "status": "SUCCESS", "resourceType": "replicaset", "rootResourceType": "REPLICA_SET"}
    with canned(json.dumps({"results": [job]}).encode()) as url:
        shown = json.loads(run(server, "list", "--json", "--base-url", url).stdout)[0]
    assert (shown["resourceType"], shown["rootResourceType"]) == ("REPLICASET", "REPLICASET")


def test_date_with_a_numeric_offset_is_read(server: Emulator) -> None:
    """Java writes +0000, the vendor's samples have Z."""
    job = {"id": JOB, "status": "SUCCESS", "creationDate": "2026-03-02T09:15:40.000+0000"}
    with canned(json.dumps({"results": [job]}).encode()) as url:
        shown = json.loads(run(server, "list", "--json", "--base-url", url).stdout)[0]
    assert shown["creationDate"] == "2026-03-02T09:15:40Z"


def test_control_characters_from_the_server_are_replaced(server: Emulator) -> None:
    """A name cannot change the terminal."""
    entry = {"id": JOB, "status": "SUCCESS", "resourceName": "a\x1b[2Jb\nc"}
    with canned(json.dumps({"results": [entry]}).encode()) as url:
        shown = run(server, "list", "--base-url", url).stdout
    assert "a\ufffd[2Jb\ufffdc" in shown


def test_terminal_shows_colours_unless_no_color_is_set(made: tuple[Emulator, list[str]]) -> None:
    """A failure is red. With NO_COLOR there is no escape code."""
    server, ids = made
    assert "\x1b[31mFAILURE" in on_a_terminal(server, "list")
    plain = on_a_terminal(server, "list", NO_COLOR="1")
    assert "\x1b" not in plain
    # The table is too wide for 80 columns: the terminal wraps lines, and no word is truncated.
    assert [line.split()[0] for line in plain.splitlines()[1:]] == ids[::-1]


def test_unknown_status_is_a_usage_error(server: Emulator) -> None:
    """Otherwise `--status FAILED` would list nothing, as if no job had failed."""
    refused = run(server, "list", "--status", "FAILED")
    assert refused.exit_code == 2
    assert "'failure'" in refused.stderr.lower()
