from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.cli.files import write_together
from pulumi_opsmanager.cli.program import program_of
from pulumi_opsmanager.emulator import Emulator
from pulumi_opsmanager.errors import CannotStore
from tests.cli.terminal import run
from tests.support import JOB, PROJECT, canned, job_request

MARCH = {"logCollectionFromDate": 1772323200000, "logCollectionToDate": 1772409600000}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
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


def test_program_and_import_file_say_the_same(server: Emulator, ids: dict[str, str]) -> None:
    """What the program declares is what the inputs hold after check; the state repeats it."""
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


def test_failed_job_is_not_restarted_by_taking_it_over(server: Emulator, ids: dict[str, str]) -> None:
    """The next up would restart its parts, so the program says never, and the person is told."""
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
def test_filters_or_ids_choose(server: Emulator, ids: dict[str, str], arguments: list[str], chosen: list[str]) -> None:
    """Expired jobs are taken only when a status or an id asks for them."""
    words = list(arguments)
    for at, word in enumerate(words):
        words[at] = ids[word] if words[at - 1] == "--job" else word
    written = run(server, "import-file", *words)
    assert written.exit_code == 0
    assert set(imported()) == {ids[status] for status in chosen}
    is_silent = "EXPIRED" in chosen or "--status" in arguments
    assert ("left out: 1 expired job;" in written.stderr) != is_silent


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--job", JOB], 1, f"project {PROJECT} has no job {JOB}: check the ids"),
        (["--job", JOB, "--job", "f" * 24], 1, f"has no job {JOB}, {'f' * 24}"),
        (["--resource", "nobody"], 1, "has no such job to take over; nothing is written"),
        (["--job", JOB, "--status", "SUCCESS"], 2, "--job names the jobs: leave out the filters"),
        (["--job", "abc"], 2, "'abc' must be 24 lower-case hex digits"),
        (["-o", "same.py", "--program", "./same.py"], 2, "must be two files"),
        (["-o", "no/such/folder.json"], 1, "cannot write no/such/folder.json: No such file or directory"),
        (["--program", "no/such/folder.py"], 1, "cannot write no/such/folder.py: No such file or directory"),
    ],
)
@pytest.mark.usefixtures("ids")
def test_refused_run_writes_nothing(
    server: Emulator, folder: Path, arguments: list[str], code: int, words: str
) -> None:
    """Neither file, and no part of one."""
    refused = run(server, "import-file", *arguments)
    assert (refused.exit_code, refused.stdout) == (code, "")
    assert words in refused.stderr
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("existing", [["import.json"], ["jobs.py"], ["import.json", "jobs.py"]])
@pytest.mark.usefixtures("ids")
def test_existing_file_is_kept_unless_it_may_go(server: Emulator, folder: Path, existing: list[str]) -> None:
    """It is named before anything is asked; --overwrite replaces it."""
    for name in existing:
        (folder / name).write_text("mine")
    refused = run(server, "import-file")
    assert refused.exit_code == 1
    assert (
        refused.stderr == f"Error: {' and '.join(existing)}: there already; choose another name, or give --overwrite\n"
    )
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
def test_job_that_cannot_be_declared_is_left_out_and_named(
    server: Emulator, others: list[dict[str, Any]], changes: dict[str, Any], problem: str
) -> None:
    """It fails the command only when it leaves nothing to write."""
    with canned(json.dumps({"results": [ENTRY | changes, *others]}).encode()) as url:
        written = run(server, "import-file", "--base-url", url)
    assert written.exit_code == (0 if others else 1)
    assert f"left out: job {JOB} cannot be declared as the server answers it: {problem}" in written.stderr
    assert Path("jobs.py").exists() == Path("import.json").exists() == bool(others)


def test_id_of_another_form_is_left_out(server: Emulator) -> None:
    """Such a job could neither be dated nor asked for."""
    with canned(json.dumps({"results": [ENTRY | {"id": "../x"}, ENTRY]}).encode()) as url:
        written = run(server, "import-file", "--base-url", url)
    assert "left out: job ../x cannot be declared as the server answers it: its id is none" in written.stderr
    assert list(imported()) == [JOB]


def test_entry_that_cannot_be_read_is_told(server: Emulator) -> None:
    """The others are written, and nobody takes them for all."""
    with canned(json.dumps({"results": [ENTRY, {"odd": 1}]}).encode()) as url:
        written = run(server, "import-file", "--base-url", url)
    assert written.exit_code == 0
    assert "the list is incomplete: 1 entry of the jobs" in written.stderr
    assert list(imported()) == [JOB]


def test_printed_command_is_one_for_a_shell(server: Emulator, ids: dict[str, str], folder: Path) -> None:
    """Paths with spaces are quoted."""
    (folder / "my stack").mkdir()
    written = run(server, "import-file", "-o", "my stack/import.json", "--job", ids["SUCCESS"])
    expected = "    pulumi import --file 'my stack/import.json' --protect=false --generate-code=false --yes\n"
    assert expected in written.stdout
    assert "they hold 1 job of project" in written.stdout


@pytest.mark.usefixtures("ids")
def test_program_is_laid_out_as_the_formatter_would(server: Emulator, client: Client, folder: Path) -> None:
    """It passes a formatter and a linter with their own defaults, so that it needs no rework."""
    every = ["AUTOMATION_AGENT", "BACKUP_AGENT", "FTDC", "MONGODB", "MONITORING_AGENT"]
    for name in ('quoted "name"', "it's", "back\\slash", "größe", "db1.example.net:27017"):
        client.jobs(PROJECT).create(job_request(resourceName=name, logTypes=every, sizeRequestedPerFileBytes=10**9))
    assert run(server, "import-file").exit_code == 0
    ruff = [str(Path(sys.executable).with_name("ruff"))]
    for command in (["format", "--check"], ["check", "--select", "E4,E7,E9,F,I,W"]):
        finished = subprocess.run(
            [*ruff, *command, "--isolated", "jobs.py"], cwd=folder, capture_output=True, text=True, check=False
        )
        assert finished.returncode == 0, finished.stdout


VALUES = st.one_of(st.text(), st.booleans(), st.integers(0, 2**53), st.lists(st.text(min_size=1), min_size=1))


@given(st.dictionaries(st.text(min_size=1), st.dictionaries(st.sampled_from(["a", "b", "c"]), VALUES)))
def test_program_reads_back_as_it_was_written(jobs: Mapping[str, Mapping[str, object]]) -> None:
    """Whatever names and values hold, quotes and line ends included."""
    assert calls(program_of(jobs.items())) == jobs


@pytest.fixture
def blocked(folder: Path) -> Path:
    """A path that cannot be written although its neighbours can."""
    (folder / "blocked").mkdir()
    return folder / "blocked"


@pytest.mark.parametrize("before", [None, "mine"])
def test_files_are_written_together_or_not_at_all(folder: Path, blocked: Path, before: str | None) -> None:
    """A failure at the last step takes the first one back."""
    first = folder / "first"
    if before is not None:
        first.write_text(before)
    with pytest.raises(CannotStore, match=r"cannot write .*blocked: Is a directory"):
        write_together({first: "new", blocked: "new"})
    assert (first.read_text() if first.exists() else None) == before
    assert {path.name for path in folder.iterdir()} <= {"first", "blocked"}


def test_only_regular_files_are_ever_replaced(server: Emulator, ids: dict[str, str], folder: Path) -> None:
    """A pipe under the name of a file stays what it is."""
    os.mkfifo(folder / "pipe")
    refused = run(server, "import-file", "-o", "pipe", "--overwrite", "--job", ids["SUCCESS"])
    assert refused.exit_code == 1
    assert refused.stderr == "Error: pipe: there already; choose another name\n"
    assert (folder / "pipe").is_fifo()


def test_job_that_the_stack_owns_is_left_out(server: Emulator, ids: dict[str, str]) -> None:
    """Owned twice, it would be deleted with either declaration; one that is only read is not owned."""
    kind = "pulumi-python:dynamic/opsmanager:LogCollectionJob"
    resources = [
        {"type": "pulumi:pulumi:Stack"},
        {"type": kind, "id": ids["SUCCESS"]},
        {"type": kind, "id": ids["FAILURE"], "external": True},
    ]
    Path("state.json").write_text(json.dumps({"version": 3, "deployment": {"resources": resources}}))
    written = run(server, "import-file", "--state", "state.json")
    assert written.exit_code == 0
    assert "left out: 1 job that the stack manages already" in written.stderr
    assert [job["id"] for job in json.loads(Path("import.json").read_text())["resources"]] == [ids["FAILURE"]]


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"deployment": null}', '{"deployment": {"resources": [1]}}'])
def test_state_that_is_none_is_told(server: Emulator, ids: dict[str, str], content: str) -> None:
    """Before anything is asked or written."""
    assert ids
    server.forget_requests()
    Path("state.json").write_text(content)
    refused = run(server, "import-file", "--state", "state.json")
    assert (refused.exit_code, server.requests) == (1, [])
    assert "is not what `pulumi stack export --file state.json` writes" in refused.stderr


def test_json_names_files_jobs_and_the_command(server: Emulator, ids: dict[str, str]) -> None:
    """What a script needs to go on; the notes are on standard error all the same."""
    done = run(server, "import-file", "--json", "--status", "failure")
    told = json.loads(done.stdout)
    assert told["jobs"] == [{"id": ids["FAILURE"], "name": f"rs-failure-{ids['FAILURE']}"}]
    assert told["notes"] == done.stderr.splitlines() != []
    assert told["command"][2:4] == ["--file", told["importFile"]] == ["--file", "import.json"]
