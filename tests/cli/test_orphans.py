from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.emulator import Emulator, FaultKind
from pulumi_opsmanager.emulator.jobs import USER_ID
from tests.cli.terminal import COMMAND, answered, environment_of, run
from tests.support import PROJECT, job_request

KIND = "pulumi-python:dynamic/opsmanager:LogCollectionJob"


@pytest.fixture
def ids(client: Client) -> list[str]:
    """Four jobs of one project."""
    return [client.jobs(PROJECT).create(job_request(resourceName=f"rs{number}")) for number in range(4)]


def export(path: Path, *job_ids: str, external: bool = False) -> str:
    """The file of a state that manages, or only reads, some jobs."""
    resources = [{"type": KIND, "id": job_id, "external": external} for job_id in job_ids]
    path.write_text(
        json.dumps({"version": 3, "deployment": {"resources": [{"type": "pulumi:pulumi:Stack"}, *resources]}})
    )
    return str(path)


def test_unmanaged_jobs_are_listed(server: Emulator, ids: list[str], tmp_path: Path) -> None:
    """A stack does not manage the jobs that it only reads. Several states may be given."""
    one = export(tmp_path / "one.json", ids[0])
    two = export(tmp_path / "two.json", ids[1], external=True)
    alone = json.loads(run(server, "orphans", "--state", one, "--json").stdout)
    assert {job["id"] for job in alone} == set(ids[1:])
    both = run(server, "orphans", "--state", one, "--state", two, "--state", export(tmp_path / "3.json", ids[2]))
    assert [row.split()[0] for row in both.stdout.splitlines()[1:]] == [ids[3], ids[1]]
    filtered = run(server, "orphans", "--state", one, "--resource", "rs3", "--json")
    assert [job["id"] for job in json.loads(filtered.stdout)] == [ids[3]]


def test_jobs_of_terraform_are_managed(server: Emulator, ids: list[str], tmp_path: Path) -> None:
    """Their state may be given beside that of a stack, and none of them is deleted."""
    job = {"type": "opsmanager_log_collection_job", "mode": "managed"}
    pulled = {"version": 4, "resources": [job | {"instances": [{"attributes": {"id": ids[0]}}]}]}
    shown = {"format_version": "1.0", "values": {"root_module": {"resources": [job | {"values": {"id": ids[1]}}]}}}
    states = ["--state", export(tmp_path / "stack.json", ids[2])]
    for name, state in (("pulled.json", pulled), ("shown.json", shown)):
        (tmp_path / name).write_text(json.dumps(state))
        states += ["--state", str(tmp_path / name)]
    assert [job["id"] for job in json.loads(run(server, "orphans", *states, "--json").stdout)] == [ids[3]]
    refused = run(server, "orphans", *states, "--delete", ids[3], "--delete", ids[1])
    assert (refused.exit_code, set(server.job_ids)) == (2, set(ids))
    assert f"a given state manages {ids[1]}: remove the declaration" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "end"), [([], ""), (["--older-than", "1w"], " that match the filters")], ids=["all", "filtered"]
)
def test_project_without_unmanaged_jobs_succeeds(
    server: Emulator, ids: list[str], tmp_path: Path, arguments: list[str], end: str
) -> None:
    """Standard output is empty; standard error says why."""
    nothing = run(server, "orphans", "--state", export(tmp_path / "all.json", *ids), *arguments)
    assert (nothing.exit_code, nothing.stdout) == (0, "")
    assert nothing.stderr == f"project {PROJECT} has no unmanaged jobs{end}\n"


def test_list_says_what_it_was_compared_with_and_who_made_each_job(
    server: Emulator, ids: list[str], tmp_path: Path
) -> None:
    """No list can know the jobs of states that are not given."""
    states = [
        part
        for number, job_ids in enumerate([ids[:2], ids[2:3]])
        for part in ("--state", export(tmp_path / f"{number}.json", *job_ids))
    ]
    found = run(server, "orphans", *states)
    assert found.stderr == (
        "compared with 2 states that manage 3 jobs. Jobs of other programs and of people are in this list unless you "
        "give their states. Before you delete a job, ask the user who made it.\n"
    )
    title, row = found.stdout.splitlines()
    assert title.endswith("  made by user")
    assert row.endswith(f"  {USER_ID}")
    assert row.split()[6:8] == json.loads(run(server, "list", "--json").stdout)[0]["creationDate"][:16].split("T")
    one = run(server, "orphans", *states[:2], "--json")
    assert one.stderr.startswith("compared with 1 state that manages 2 jobs. ")
    assert [job["userId"] for job in json.loads(one.stdout)] == [USER_ID] * 2


def test_each_deletion_is_asked_for(server: Emulator, ids: list[str], tmp_path: Path) -> None:
    """The question names deployment, time and user. A no leaves that job, and only that one."""
    state = export(tmp_path / "state.json", ids[0])
    deletes = [part for job_id in ids[1:] for part in ("--delete", job_id)]
    done = answered(server, "orphans", "--state", state, *deletes, keys="y\nn\ny\n")
    assert (done.returncode, set(server.job_ids)) == (0, {ids[0], ids[2]})
    assert f"Delete job {ids[1]} of REPLICASET rs1, made 2" in done.stderr
    assert f"Z by user {USER_ID}? [y/N]:" in done.stderr
    refused = run(server, "orphans", "--state", state, "--delete", ids[2])
    assert (refused.exit_code, len(server.job_ids)) == (2, 2)
    assert "nobody can confirm the deletion: give --yes" in refused.stderr


def test_only_the_named_jobs_are_deleted(server: Emulator, ids: list[str], tmp_path: Path) -> None:
    """If a given state manages one of them, nothing is deleted."""
    state = export(tmp_path / "state.json", ids[0])
    refused = run(server, "orphans", "--state", state, "--delete", ids[1], "--delete", ids[0])
    assert refused.exit_code == 2
    assert f"a given state manages {ids[0]}" in refused.stderr
    assert set(server.job_ids) == set(ids)
    done = run(server, "orphans", "--state", state, "--delete", ids[1], "--delete", ids[2], "--yes")
    assert done.stdout.endswith(f"\ndeleted {ids[1]}\ndeleted {ids[2]}\n")
    assert set(server.job_ids) == {ids[0], ids[3]}
    again = run(server, "orphans", "--state", state, "--delete", ids[1], "--yes")
    assert again.exit_code == 1
    assert ids[1] in again.stderr


def test_state_is_read_from_standard_input_in_any_locale(server: Emulator, ids: list[str], tmp_path: Path) -> None:
    """The locale of this test has only ASCII, the state has more."""
    exported = json.loads(Path(export(tmp_path / "state.json", *ids[1:])).read_text())
    state = json.dumps(exported | {"author": "Ü"}, ensure_ascii=False).encode()
    environment = environment_of(server, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    command = [COMMAND, "orphans", "--json", "--state", "-"]
    found = subprocess.run(command, input=state, capture_output=True, env=environment, check=True)
    assert [job["id"] for job in json.loads(found.stdout)] == ids[:1]


def test_file_that_is_not_a_state_is_refused(server: Emulator, tmp_path: Path) -> None:
    """The command sends no request."""
    file = tmp_path / "state.json"
    file.write_bytes(b"[]")
    refused = run(server, "orphans", "--state", str(file))
    assert (refused.exit_code, server.requests) == (1, [])
    assert refused.stderr.startswith(f"Error: {file} is not a state: it is JSON of another kind; ")


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file that opens and cannot be read")
def test_file_that_cannot_be_read_is_refused_in_one_line(server: Emulator) -> None:
    """The first page of a process's memory is never readable."""
    refused = run(server, "orphans", "--state", "/proc/self/mem")
    assert (refused.exit_code, refused.stderr) == (1, "Error: cannot read /proc/self/mem: Input/output error\n")


@pytest.mark.parametrize("filters", [["--older-than", "1h"], ["--resource", "rs0"], ["--status", "success"]])
def test_delete_refuses_filters(server: Emulator, ids: list[str], tmp_path: Path, filters: list[str]) -> None:
    """A person who gives a filter expects it to protect the other jobs."""
    server.forget_requests()
    refused = run(server, "orphans", "--state", export(tmp_path / "state.json"), "--delete", ids[0], *filters)
    assert refused.exit_code == 2
    assert "--delete takes ids: leave out the filters" in refused.stderr
    assert (server.requests, set(server.job_ids)) == ([], set(ids))


def test_json_reports_the_deleted_ids_also_after_a_failure(
    server: Emulator, ids: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second deletion fails."""
    state = export(tmp_path / "state.json", ids[0])
    done = run(server, "orphans", "--state", state, "--json", "--yes", "--delete", ids[1])
    assert (json.loads(done.stdout), done.stderr) == ({"deleted": [ids[1]]}, "")
    monkeypatch.setattr("time.sleep", lambda _: None)
    server.fail("delete", FaultKind.SERVER_ERROR, times=20, skip=1)
    stopped = run(server, "orphans", "--state", state, "--json", "--yes", "--delete", ids[2], "--delete", ids[3])
    assert stopped.exit_code == 1
    assert json.loads(stopped.stdout) == {"deleted": [ids[2]]}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Missing option '--state'. `pulumi stack export --file FILE` or `terraform state pull > FILE` writes it."),
        (["--state", "none.json"], "No such file"),
    ],
)
def test_state_is_required(server: Emulator, arguments: list[str], words: str) -> None:
    """Without a state every job of the project would be listed as an orphan."""
    refused = run(server, "orphans", *arguments)
    assert refused.exit_code == 2
    assert words in refused.stderr
