from __future__ import annotations

import gzip
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.emulator import Emulator
from tests.cli.terminal import COMMAND, environment_of, run
from tests.support import PROJECT, job_request

KIND = "pulumi-python:dynamic/opsmanager:LogCollectionJob"


@pytest.fixture
def ids(client: Client) -> list[str]:
    """Four jobs of one project."""
    return [client.jobs(PROJECT).create(job_request(resourceName=f"rs{number}")) for number in range(4)]


def export(path: Path, *job_ids: str, external: bool = False) -> str:
    """A state that owns, or only reads, some jobs."""
    resources = [{"type": KIND, "id": job_id, "external": external} for job_id in job_ids]
    path.write_text(
        json.dumps({"version": 3, "deployment": {"resources": [{"type": "pulumi:pulumi:Stack"}, *resources]}})
    )
    return str(path)


def test_jobs_that_no_given_stack_owns_are_listed(server: Emulator, ids: list[str], tmp_path: Path) -> None:
    """What a stack only reads is not its own; several stacks may be given."""
    one = export(tmp_path / "one.json", ids[0])
    two = export(tmp_path / "two.json", ids[1], external=True)
    alone = json.loads(run(server, "orphans", "--state", one, "--json").stdout)
    assert {job["id"] for job in alone} == set(ids[1:])
    both = run(server, "orphans", "--state", one, "--state", two, "--state", export(tmp_path / "3.json", ids[2]))
    assert [row.split()[0] for row in both.stdout.splitlines()[1:]] == [ids[3], ids[1]]
    filtered = run(server, "orphans", "--state", one, "--resource", "rs3", "--json")
    assert [job["id"] for job in json.loads(filtered.stdout)] == [ids[3]]
    nobody = run(server, "orphans", "--state", export(tmp_path / "all.json", *ids))
    assert (nobody.exit_code, nobody.stdout) == (0, "")
    assert "has no job that no given stack owns" in nobody.stderr


def test_only_the_orphans_that_are_named_are_deleted(server: Emulator, ids: list[str], tmp_path: Path) -> None:
    """What a stack owns is refused, and then nothing is deleted."""
    state = export(tmp_path / "state.json", ids[0])
    refused = run(server, "orphans", "--state", state, "--delete", ids[1], "--delete", ids[0])
    assert refused.exit_code == 2
    assert f"a given stack owns {ids[0]}" in refused.stderr
    assert set(server.job_ids) == set(ids)
    done = run(server, "orphans", "--state", state, "--delete", ids[1], "--delete", ids[2])
    assert done.stdout == f"deleted {ids[1]}\ndeleted {ids[2]}\n"
    assert set(server.job_ids) == {ids[0], ids[3]}
    again = run(server, "orphans", "--state", state, "--delete", ids[1])
    assert again.exit_code == 1
    assert "the job does not exist" in again.stderr


UMLAUT = "Ü"

STORED: dict[str, Callable[[str], bytes]] = {
    "UTF-8": lambda text: text.encode(),
    "UTF-8 with a mark": lambda text: text.encode("utf-8-sig"),
    "UTF-16 with a mark, as PowerShell writes": lambda text: b"\xff\xfe" + text.encode("utf-16-le"),
    "UTF-16, big end first": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "UTF-16 without a mark": lambda text: text.encode("utf-16-le"),
    "UTF-32": lambda text: text.encode("utf-32"),
    "gzip": lambda text: gzip.compress(text.encode()),
    "gzip of UTF-16": lambda text: gzip.compress(text.encode("utf-16")),
}


@pytest.fixture
def state(ids: list[str], tmp_path: Path) -> str:
    """An export that manages all jobs but the first, with a letter beyond ASCII."""
    exported = json.loads(Path(export(tmp_path / "state.json", *ids[1:])).read_text())
    return json.dumps(exported | {"author": UMLAUT}, ensure_ascii=False) + "\r\n"


@pytest.mark.parametrize("stored", STORED)
def test_state_is_read_in_whatever_form_a_shell_left_it(
    server: Emulator, ids: list[str], state: str, tmp_path: Path, stored: str
) -> None:
    """The bytes say which form it is."""
    file = tmp_path / "stored"
    file.write_bytes(STORED[stored](state))
    assert [job["id"] for job in json.loads(run(server, "orphans", "--json", "--state", str(file)).stdout)] == ids[:1]


def test_state_comes_from_standard_input_in_any_locale(server: Emulator, ids: list[str], state: str) -> None:
    """Also in one that has no letter beyond ASCII."""
    environment = environment_of(server, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    command = [COMMAND, "orphans", "--json", "--state", "-"]
    found = subprocess.run(command, input=state.encode(), capture_output=True, env=environment, check=True)
    assert [job["id"] for job in json.loads(found.stdout)] == ids[:1]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "it is empty"),
        (b"age-encryption.org/v1\n\xff\x00", "it is not JSON text, or is encrypted or truncated"),
        (b'{"version": 3, "deploy', "it is not JSON text, or is encrypted or truncated"),
        (b"\x1f\x8b\x08\x00half", "its gzip data is damaged"),
        (b"[" * 100_000, "it is not JSON text, or is encrypted or truncated"),
        (b"[]", "it is JSON without a deployment"),
        (b'{"version": 3, "checkpoint": {"latest": {"resources": []}}}', "it is JSON without a deployment"),
        (b'{"deployment": {"resources": [{"id": "x"}]}}', "one of its resources has no id or type"),
        (b'{"deployment": {"resources": ["x"]}}', "one of its resources has no id or type"),
    ],
)
def test_file_that_is_no_state_is_refused_with_the_reason(
    server: Emulator, tmp_path: Path, content: bytes, words: str
) -> None:
    """Taken for an empty state it would make orphans of all jobs; nothing is sent."""
    file = tmp_path / "state.json"
    file.write_bytes(content)
    refused = run(server, "orphans", "--state", str(file))
    assert (refused.exit_code, server.requests) == (1, [])
    assert f"{file} is not what `pulumi stack export --file {file}` writes: " in refused.stderr
    assert words in refused.stderr


@pytest.mark.parametrize("given", [["--older-than", "1h"], ["--resource", "rs0"], ["--status", "success"]])
def test_filters_beside_the_ids_to_delete_are_refused(
    server: Emulator, ids: list[str], tmp_path: Path, given: list[str]
) -> None:
    """Whoever gives one expects it to spare a job."""
    server.forget_requests()
    refused = run(server, "orphans", "--state", export(tmp_path / "state.json"), "--delete", ids[0], *given)
    assert refused.exit_code == 2
    assert "--delete names the jobs: leave out the filters" in refused.stderr
    assert (server.requests, set(server.job_ids)) == ([], set(ids))


def test_json_tells_what_is_deleted_also_before_a_failure(server: Emulator, ids: list[str], tmp_path: Path) -> None:
    """A program need not read the words for people."""
    state = export(tmp_path / "state.json", ids[0])
    done = run(server, "orphans", "--state", state, "--json", "--delete", ids[1])
    assert (json.loads(done.stdout), done.stderr) == ({"deleted": [ids[1]]}, "")
    stopped = run(server, "orphans", "--state", state, "--json", "--delete", ids[2], "--delete", ids[1])
    assert stopped.exit_code == 1
    assert json.loads(stopped.stdout) == {"deleted": [ids[2]]}


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [([], 2, "Missing option '--state'"), (["--state", "none.json"], 2, "does not exist")],
)
def test_state_is_needed(server: Emulator, arguments: list[str], code: int, words: str) -> None:
    """Without one every job of the project would look like an orphan."""
    refused = run(server, "orphans", *arguments)
    assert refused.exit_code == code
    assert words in refused.stderr
