"""`wait` and `download --wait`: as the completion does."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.emulator import Emulator, FaultKind, after_reads, after_seconds
from tests.cli.terminal import on_a_terminal, run
from tests.support import JOB, PROJECT, job_request

# Shows its progress line at once, and looks often.
WATCHED = (
    sys.executable,
    "-c",
    """import time; sleep = time.sleep; time.sleep = lambda _: sleep(0.3)
from pulumi_opsmanager.cli import main, terminal; terminal.PATIENCE_SECONDS = 0.0; main.main()""",
)


@pytest.fixture
def sleepless(monkeypatch: pytest.MonkeyPatch) -> None:
    """No sleep takes time."""
    monkeypatch.setattr("time.sleep", lambda _: None)


@pytest.fixture
def server() -> Iterator[Emulator]:
    """A server on which a job is seen in progress twice."""
    with Emulator(pace=after_reads(2)) as running:
        yield running


@pytest.fixture
def ids(server: Emulator, client: Client) -> list[str]:
    """Three jobs; the first one fails, also when it is restarted once."""
    server.fail("create", FaultKind.FAILED_CHILDREN)
    server.fail("retry", FaultKind.FAILED_CHILDREN)
    return [client.jobs(PROJECT).create(job_request(resourceName=f"rs{number}")) for number in range(3)]


@pytest.mark.usefixtures("sleepless")
def test_wait_ends_when_all_jobs_are_finished(server: Emulator, ids: list[str]) -> None:
    """All looks are walks of the list. The code is 0 if all jobs succeeded."""
    done = run(server, "wait", *ids[1:])
    assert (done.exit_code, done.stderr) == (0, "")
    assert [row.split() for row in done.stdout.splitlines()[1:]] == [[job_id, "SUCCESS", "0"] for job_id in ids[1:]]


@pytest.mark.usefixtures("sleepless")
@pytest.mark.parametrize(("retries", "code"), [(0, 3), (1, 3), (2, 0)])
def test_failed_parts_are_restarted(server: Emulator, ids: list[str], retries: int, code: int) -> None:
    """The code is 3 if parts are missing in the end. Standard error names host and reason."""
    done = run(server, "wait", *ids, "--max-retries", str(retries), "--json")
    assert done.exit_code == code
    state = json.loads(done.stdout)
    assert state["statuses"] == {ids[0]: "FAILURE" if code else "SUCCESS", ids[1]: "SUCCESS", ids[2]: "SUCCESS"}
    assert state["retries"] == ({ids[0]: retries} if retries else {})
    words = f"warning: job {ids[0]} of REPLICASET rs0 failed: rs0-0.example.net:27017 FTDC: agent did not answer\n"
    assert done.stderr == (words if code else "")


@pytest.mark.usefixtures("sleepless")
def test_expired_job_exits_with_1(server: Emulator, ids: list[str]) -> None:
    """It has no archive."""
    server.set_status(ids[1], "EXPIRED")
    assert run(server, "wait", *ids[1:]).exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--timeout", "soon"], 2, "must be a number of seconds, or a time span such as 90s, 30m or 2h, not 'soon'"),
        (["--timeout", "0s"], 2, "must be a number of seconds"),
        (["--timeout", "8d"], 2, "must be at most 604800"),
        (["--max-retries", "many"], 2, "must be a whole number"),
        ([JOB], 1, f"no job {JOB}"),
    ],
)
def test_wrong_use_of_wait_is_refused(
    server: Emulator, ids: list[str], arguments: list[str], code: int, words: str
) -> None:
    """The bounds are those of `LogCollectionCompletion`."""
    done = run(server, "wait", ids[1], *arguments)
    assert done.exit_code == code
    assert words in " ".join(done.stderr.split())


def test_timeout_names_the_open_jobs_and_the_option(server: Emulator, ids: list[str]) -> None:
    """Another run continues to wait."""
    server.set_pace("rs1", after_seconds(600))
    done = run(server, "wait", ids[1], "--timeout", "1")
    assert done.exit_code == 1
    assert f"1 of 1 is not finished after 1 s: {ids[1]} (IN_PROGRESS)" in done.stderr
    assert done.stderr.endswith("run again to go on waiting, or raise --timeout\n")


def test_progress_names_what_is_open(server: Emulator, ids: list[str]) -> None:
    """The line on the terminal has the names of the deployments."""
    shown = on_a_terminal(server, "wait", *ids[1:], stream="stderr", command=WATCHED)
    assert "0 of 2 finished, waits until" in shown
    assert "for REPLICASET rs1, REPLICASET rs2" in " ".join(shown.split())


@pytest.mark.usefixtures("sleepless")
def test_download_waits_for_the_job(server: Emulator, ids: list[str], tmp_path: Path) -> None:
    """Without --wait the message names the option."""
    refused = run(server, "download", ids[1], "-o", f"{tmp_path}/")
    assert (refused.exit_code, list(tmp_path.iterdir())) == (1, [])
    assert "only a finished job has an archive; try again later, or give --wait" in refused.stderr
    done = run(server, "download", ids[1], "-o", f"{tmp_path}/", "--wait", "--timeout", "5m")
    assert done.exit_code == 0
    assert len(list(tmp_path.glob("*.tar.gz"))) == 1
