from __future__ import annotations

import ast
import json
import os
from pathlib import Path
from typing import Any

import pytest

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.cli.files import write_together
from pulumi_opsmanager.emulator import Emulator
from pulumi_opsmanager.errors import CannotStore
from tests.cli.terminal import run
from tests.support import JOB, PROJECT, canned, job_request

MARCH = {"logCollectionFromDate": 1772323200000, "logCollectionToDate": 1772409600000}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def ids(server: Emulator, client: Client) -> dict[str, str]:
    """Jobs by their status."""
    made = {}
    for status in ("SUCCESS", "FAILURE", "EXPIRED"):
        request = job_request(resourceName=f"rs-{status.lower()}") | (MARCH if status == "SUCCESS" else {})
        made[status] = client.jobs(PROJECT).create(request)
        server.set_status(made[status], status)
    server.forget_requests()
    return made


def imported() -> dict[str, dict[str, Any]]:
    """The entries of the import file by job id."""
    return {entry["id"]: entry for entry in json.loads(Path("import.json").read_text())["resources"]}


def calls(text: str) -> dict[str, dict[str, Any]]:
    """Keyword arguments of each resource of a program by its name, without running it."""
    found = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    return {
        ast.literal_eval(call.args[0]): {str(word.arg): ast.literal_eval(word.value) for word in call.keywords}
        for call in found
    }


def test_program_and_import_file_agree(server: Emulator, ids: dict[str, str]) -> None:
    """The program declares the checked inputs, and the state repeats them."""
    assert run(server, "import-file").exit_code == 0
    name = f"rs-success-{ids['SUCCESS']}"
    assert calls(Path("jobs.py").read_text())[name] == {
        "resource_type": "REPLICASET",
        "resource_name": "rs-success",
        "log_types": ["FTDC", "MONGODB"],
        "size_requested_per_file_bytes": 131072,
        "redacted": False,
        "log_collection_from_date": "2026-03-01T00:00:00Z",
        "log_collection_to_date": "2026-03-02T00:00:00Z",
        "project_id": PROJECT,
    }
    entry = imported()[ids["SUCCESS"]]
    assert (entry["name"], entry["type"]) == (name, "pulumi-python:dynamic/opsmanager:LogCollectionJob")
    assert entry["inputs"]["__provider"] == entry["outputs"]["__provider"]
    assert entry["outputs"] | entry["inputs"] == entry["outputs"]
    assert entry["inputs"]["maxRetries"] == 1
    assert entry["outputs"]["status"] == "SUCCESS"
    assert entry["outputs"]["childJobCounts"] == {"SUCCESS": 6}
    assert server.calls == ["GET 200"]


def test_takeover_does_not_restart_a_failed_job(server: Emulator, ids: dict[str, str]) -> None:
    """The program declares `max_retries=0`, and a note says so."""
    written = run(server, "import-file", "--status", "failure")
    assert "max_retries=0" in written.stderr
    assert calls(Path("jobs.py").read_text())[f"rs-failure-{ids['FAILURE']}"]["max_retries"] == 0
    assert imported()[ids["FAILURE"]]["inputs"]["maxRetries"] == 0


@pytest.mark.parametrize(
    ("arguments", "chosen"),
    [
        ([], ["SUCCESS", "FAILURE"]),
        (["--status", "expired"], ["EXPIRED"]),
        (["--resource", "rs-expired", "--resource", "rs-success"], ["SUCCESS"]),
        (["--newer-than", "1h", "--status", "SUCCESS"], ["SUCCESS"]),
        (["--job", "SUCCESS", "--job", "EXPIRED", "--job", "SUCCESS"], ["SUCCESS", "EXPIRED"]),
    ],
)
def test_filters_or_ids_select_jobs(
    server: Emulator, ids: dict[str, str], arguments: list[str], chosen: list[str]
) -> None:
    """Expired jobs are included only by status or id."""
    words = list(arguments)
    for at, word in enumerate(words):
        words[at] = ids[word] if words[at - 1] == "--job" else word
    written = run(server, "import-file", *words)
    assert written.exit_code == 0
    assert set(imported()) == {ids[status] for status in chosen}
    is_silent = "EXPIRED" in chosen or "--status" in arguments
    assert ("left out: 1 expired job (" in written.stderr) != is_silent


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--job", JOB], 1, f"no job {JOB} in project {PROJECT}; `pulumi-opsmanager list` shows"),
        (["--job", JOB, "--job", "f" * 24], 1, f"no job {JOB}, {'f' * 24} in project"),
        (
            ["--resource", "nobody"],
            1,
            "has no jobs to take over that match the filters; no file was written",
        ),
        (["--job", JOB, "--status", "SUCCESS"], 2, "--job takes ids: leave out the filters"),
        (["--job", "abc"], 2, "must be 24 lower-case hex digits, not 'abc'"),
        (["-o", "same.py", "--program", "./same.py"], 2, "must be two files"),
        (["-o", "no/such/folder.json"], 1, "cannot write no/such/folder.json: No such file or directory"),
        (["--program", "no/such/folder.py"], 1, "cannot write no/such/folder.py: No such file or directory"),
    ],
)
@pytest.mark.usefixtures("ids")
def test_failed_command_writes_no_file(
    server: Emulator, folder: Path, arguments: list[str], code: int, words: str
) -> None:
    """There is also no temporary file."""
    refused = run(server, "import-file", *arguments)
    assert (refused.exit_code, refused.stdout) == (code, "")
    assert words in refused.stderr
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("existing", [["import.json"], ["jobs.py"], ["import.json", "jobs.py"]])
@pytest.mark.usefixtures("ids")
def test_existing_files_are_replaced_only_with_overwrite(server: Emulator, folder: Path, existing: list[str]) -> None:
    """The command refuses before the first request."""
    for name in existing:
        (folder / name).write_text("mine")
    refused = run(server, "import-file")
    assert refused.exit_code == 1
    verb = "already exists" if len(existing) == 1 else "already exist"
    assert refused.stderr == f"Error: {' and '.join(existing)} {verb}; choose another name or use --overwrite\n"
    assert {path.name: path.read_text() for path in folder.iterdir()} == dict.fromkeys(existing, "mine")
    assert server.requests == []
    assert run(server, "import-file", "--overwrite").exit_code == 0
    assert {path.name for path in folder.iterdir()} == {"import.json", "jobs.py"}
    assert "mine" not in "".join(path.read_text() for path in folder.iterdir())


ENTRY = {
    "id": JOB,
    "status": "SUCCESS",
    "resourceType": "replicaset",
    "resourceName": "rs0",
    "logTypes": ["MONGODB"],
    "sizeRequestedPerFileBytes": 1000,
    "redacted": True,
}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"redacted": None}, "redacted is required"),
        ({"resourceName": None}, "resource_name is required"),
        ({"resourceType": None, "logTypes": None}, "resource_type is required; log_types is required"),
        ({"logTypes": ["SYSLOG"]}, "log_types[0] must be one of"),
        ({"sizeRequestedPerFileBytes": 10**18}, "size_requested_per_file_bytes must be at most"),
        ({"logCollectionFromDate": 1772323200000}, "log_collection_to_date is required with log_collection_from_date"),
    ],
)
@pytest.mark.parametrize("others", [[], [ENTRY | {"id": "f" * 24}]], ids=["alone", "with another"])
def test_job_that_cannot_be_declared_is_left_out_with_the_reason(
    server: Emulator, others: list[dict[str, Any]], changes: dict[str, Any], problem: str
) -> None:
    """The command fails only if no other job is left."""
    with canned(json.dumps({"results": [ENTRY | changes, *others]}).encode()) as url:
        written = run(server, "import-file", "--base-url", url)
    assert written.exit_code == (0 if others else 1)
    assert f"left out: job {JOB} cannot be declared from the server's answer: {problem}" in written.stderr
    assert Path("jobs.py").exists() == Path("import.json").exists() == bool(others)


def test_job_with_a_malformed_id_is_left_out(server: Emulator) -> None:
    """No request can name such a job."""
    with canned(json.dumps({"results": [ENTRY | {"id": "../x"}, ENTRY]}).encode()) as url:
        written = run(server, "import-file", "--base-url", url)
    assert (
        "left out: job ../x cannot be declared from the server's answer: id must be 24 lower-case hex digits"
        in written.stderr
    )
    assert list(imported()) == [JOB]


def test_unreadable_entry_is_reported_and_the_others_are_written(server: Emulator) -> None:
    """A note says that the list is incomplete."""
    with canned(json.dumps({"results": [ENTRY, {"other": 1}]}).encode()) as url:
        written = run(server, "import-file", "--base-url", url)
    assert written.exit_code == 0
    assert "the list is incomplete: 1 entry of the jobs" in written.stderr
    assert list(imported()) == [JOB]


def test_printed_command_works_in_a_shell(server: Emulator, ids: dict[str, str], folder: Path) -> None:
    """Paths with spaces are quoted."""
    (folder / "my stack").mkdir()
    written = run(server, "import-file", "-o", "my stack/import.json", "--job", ids["SUCCESS"])
    expected = "    pulumi import --file 'my stack/import.json' --protect=false --generate-code=false --yes\n"
    assert expected in written.stdout
    assert written.stdout.startswith(f"Wrote my stack/import.json and jobs.py with 1 job of project {PROJECT}.\n")


@pytest.fixture
def blocked(folder: Path) -> Path:
    """A path that cannot be written, in a folder that can."""
    (folder / "blocked").mkdir()
    return folder / "blocked"


@pytest.mark.parametrize("before", [None, "mine"])
def test_all_files_are_written_or_none(folder: Path, blocked: Path, before: str | None) -> None:
    """If the second file fails, the first one is as before."""
    first = folder / "first"
    if before is not None:
        first.write_text(before)
    with pytest.raises(CannotStore, match=r"cannot write .*blocked: Is a directory"):
        write_together({first: "new", blocked: "new"})
    assert (first.read_text() if first.exists() else None) == before
    assert {path.name for path in folder.iterdir()} <= {"first", "blocked"}


def test_overwrite_replaces_only_regular_files(server: Emulator, ids: dict[str, str], folder: Path) -> None:
    """A named pipe stays a pipe."""
    os.mkfifo(folder / "pipe")
    refused = run(server, "import-file", "-o", "pipe", "--overwrite", "--job", ids["SUCCESS"])
    assert refused.exit_code == 1
    assert refused.stderr == "Error: pipe already exists; choose another name\n"
    assert (folder / "pipe").is_fifo()


def test_job_that_the_state_manages_is_left_out(server: Emulator, ids: dict[str, str]) -> None:
    """Two stacks that manage a job can both delete it. A job that a stack only reads is included."""
    kind = "pulumi-python:dynamic/opsmanager:LogCollectionJob"
    resources = [
        {"type": "pulumi:pulumi:Stack"},
        {"type": kind, "id": ids["SUCCESS"]},
        {"type": kind, "id": ids["FAILURE"], "external": True},
    ]
    Path("state.json").write_text(json.dumps({"version": 3, "deployment": {"resources": resources}}))
    written = run(server, "import-file", "--state", "state.json")
    assert written.exit_code == 0
    assert "left out: 1 job that the given state already manages" in written.stderr
    assert [job["id"] for job in json.loads(Path("import.json").read_text())["resources"]] == [ids["FAILURE"]]


def test_file_that_is_not_a_state_is_refused(server: Emulator) -> None:
    """The command sends no request."""
    Path("state.json").write_text("[]")
    refused = run(server, "import-file", "--state", "state.json")
    assert (refused.exit_code, server.requests) == (1, [])
    assert refused.stderr.startswith("Error: state.json is not a state: it is JSON of another kind; ")


def test_json_has_files_jobs_notes_and_the_next_command(server: Emulator, ids: dict[str, str]) -> None:
    """The notes are also on standard error."""
    done = run(server, "import-file", "--json", "--status", "failure")
    written = json.loads(done.stdout)
    assert written["jobs"] == [{"id": ids["FAILURE"], "name": f"rs-failure-{ids['FAILURE']}"}]
    assert written["notes"] == done.stderr.splitlines() != []
    assert written["command"][2:4] == ["--file", written["importFile"]] == ["--file", "import.json"]
