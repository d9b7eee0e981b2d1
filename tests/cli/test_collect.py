"""`collect`: from deployments to verified archives, also after an interrupt."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.cli import collection
from pulumi_opsmanager.emulator import Behaviour, Emulator, FaultKind, after_reads, after_seconds
from tests.cli.terminal import COMMAND, environment_of, run
from tests.support import PROJECT

TWO = ["--replica-set", "rs0", "--cluster", "shop"]
ASKED = ["--log-types", "mongodb,ftdc", "--size", "100kB", "--redacted", "--last", "2h"]

Collect = Callable[..., Result]


@pytest.fixture(autouse=True)
def sleepless(monkeypatch: pytest.MonkeyPatch) -> None:
    """No sleep takes time."""
    monkeypatch.setattr("time.sleep", lambda _: None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "incident"


@pytest.fixture
def collect(server: Emulator, folder: Path) -> Collect:
    """Runs the same command again and again, with more options."""
    return lambda *more, **environment: run(server, "collect", *TWO, *ASKED, "-o", str(folder), *more, **environment)


def posts(server: Emulator) -> int:
    return sum(entry["method"] == "POST" and entry["status"] != 401 for entry in server.requests)


def targets_of(done: Result) -> dict[str, dict[str, Any]]:
    """The targets of the printed object, by resource name."""
    return {target["resourceName"]: target for target in json.loads(done.stdout)["targets"]}


def ledger_of(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "collection.json").read_text())
    return content


def test_each_target_gets_a_verified_archive(server: Emulator, collect: Collect, folder: Path) -> None:
    """One job for each target, of one period. The table has the hashes."""
    done = collect()
    assert (done.exit_code, done.stderr) == (0, "")
    assert (posts(server), len(server.job_ids)) == (2, 2)
    archives = sorted(folder.glob("*.tar.gz"))
    assert [archive.name.split("_")[1] for archive in archives] == ["rs0", "shop"]
    rows = [row.split() for row in done.stdout.splitlines()[1:]]
    assert [row[:2] for row in rows] == [["CLUSTER", "shop"], ["REPLICASET", "rs0"]]
    assert {row[-1] for row in rows} == {hashlib.sha256(archive.read_bytes()).hexdigest() for archive in archives}
    names = {name for archive in archives for name in (archive.name, f"{archive.name}.json")}
    assert {path.name for path in folder.iterdir()} == {"collection.json", *names}
    jobs = json.loads(run(server, "list", "--json").stdout)
    window = {(job["logCollectionFromDate"], job["logCollectionToDate"]) for job in jobs}
    assert window == {tuple(ledger_of(folder)["window"].values())}
    assert all(job["redacted"] and job["sizeRequestedPerFileBytes"] == 100_000 for job in jobs)


def test_archives_of_a_collection_have_lines_of_the_requested_period(
    server: Emulator, collect: Collect, folder: Path
) -> None:
    """`archive show` has no warning for them."""
    collect()
    shown = run(server, "archive", "show", *map(str, folder.glob("*.tar.gz")))
    assert (shown.exit_code, shown.stderr) == (0, "")


def test_files_are_private_and_hold_no_key(server: Emulator, collect: Collect, folder: Path) -> None:
    """Only this user may read the logs, and a copy of the folder gives nobody access."""
    assert collect().exit_code == 0
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    text = (folder / "collection.json").read_text()
    assert server.private_key not in text
    assert f'"{server.public_key}"' not in text


def test_all_jobs_are_followed_by_one_walk_for_each_look(server: Emulator, collect: Collect) -> None:
    """The jobs are seen in progress at the create and at the first look."""
    for name in ("rs0", "shop"):
        server.set_pace(name, after_reads(2))
    assert collect().exit_code == 0
    walks = [entry for entry in server.requests if entry["query"].startswith("pageNum") and entry["status"] == 200]
    assert len(walks) == 2


@pytest.mark.parametrize("options", [[], ["--delete-jobs"]], ids=["jobs stay", "jobs deleted"])
def test_complete_collection_sends_nothing_when_it_is_run_again(
    server: Emulator, collect: Collect, folder: Path, options: list[str]
) -> None:
    """Nor does it write anything, whatever the options say about the wait."""
    assert collect(*options).exit_code == 0
    assert len(server.job_ids) == (0 if options else 2)
    server.forget_requests()
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    again = collect(*options, "--timeout", "5m", "--max-retries", "0", "--accept-partial", "--json")
    assert (again.exit_code, server.requests) == (0, [])
    assert json.loads(again.stdout)["outcome"] == "complete"
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_folder_may_move(server: Emulator, collect: Collect, folder: Path, tmp_path: Path) -> None:
    """The file of the collection names no folder. A copy has other times, and needs no server either."""
    assert collect().exit_code == 0
    moved = tmp_path / "evidence"
    folder.rename(moved)
    for archive in moved.glob("*.tar.gz"):
        os.utime(archive, ns=(0, 0))
    server.forget_requests()
    again = run(server, "collect", *TWO, *ASKED, "-o", f"{moved}/", "--json")
    assert (again.exit_code, server.requests) == (0, [])
    assert {Path(target["file"]).parent for target in targets_of(again).values()} == {moved}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (["--size", "1MB"], "--size is 100000 there and is 1000000 here"),
        (["--no-redacted"], "--redacted is yes there and is no here"),
        (["--last", "3h"], "--last is 2h there and is 3h here"),
        (["--log-types", "ftdc"], "--log-types are FTDC, MONGODB there and are FTDC here"),
        (["--expires", "7d"], "--expires is not given there and is 7 here"),
        (["--process", "db1:27017"], "REPLICASET rs0 there and are CLUSTER shop, PROCESS db1:27017, REPLICASET rs0"),
        (["--project-id", "a" * 24], f"the project is {PROJECT} there and is {'a' * 24} here"),
        (["--base-url", "http://127.0.0.1:9"], "the base URL is http://127.0.0.1:"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_folder_with_another_request_is_refused(
    server: Emulator, collect: Collect, changed: list[str], words: str
) -> None:
    """The message says what differs. The command sends nothing."""
    assert collect().exit_code == 0
    server.forget_requests()
    refused = collect(*changed)
    assert (refused.exit_code, server.requests) == (2, [])
    assert words in " ".join(refused.stderr.split())
    assert "collection.json holds another request: " in refused.stderr


def test_equal_request_in_other_words_is_the_same(server: Emulator, collect: Collect, folder: Path) -> None:
    """Order, case and units do not matter."""
    assert collect().exit_code == 0
    server.forget_requests()
    words = ["--cluster", "shop", "--replica-set", "rs0", "--log-types", "FTDC, MongoDB", "--size", "100000"]
    same = run(server, "collect", *words, "--redacted", "--last", "2H", "-o", str(folder))
    assert (same.exit_code, server.requests) == (0, [])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([*ASKED], "give at least one --replica-set, --cluster or --process"),
        ([*TWO, "--process", "rs0", *ASKED], "each target occurs once: rs0"),
        ([*TWO, *ASKED[:4]], "give --redacted or --no-redacted, because the choice affects privacy"),
        ([*TWO, "--log-types", "syslog", *ASKED[2:]], "'--log-types': must be one of AUTOMATION_AGENT,"),
        ([*TWO, "--log-types", " ,", *ASKED[2:]], "'--log-types': must not be empty"),
        ([*TWO, *ASKED, "--size", "100M"], "'--size': must be a whole number of bytes, or a size such as 100MB"),
        ([*TWO, *ASKED, "--last", "soon"], "'--last': must be a whole number and a unit, such as 90s"),
        ([*TWO, *ASKED, "--from", "2026-01-01T00:00:00Z"], "give --last, or --from and --to"),
        ([*TWO, *ASKED[:5], "--from", "2026-01-01T00:00:00Z"], "--to is required with --from"),
        (
            [*TWO, *ASKED[:5], "--from", "2026-01-02T00:00:00Z", "--to", "2026-01-01T00:00:00Z"],
            "--to must be later than --from (2026-01-02T00:00:00Z)",
        ),
        ([*TWO, *ASKED, "--expires", "1y"], "'--expires': must be a whole number of days, such as 90 or 90d"),
        ([*TWO, *ASKED, "--timeout", "8d"], "'--timeout': must be at most 604800"),
        (["--replica-set", "", *ASKED], "a target must not be empty"),
        ([*TWO, *ASKED, "--project-id", "x"], "'--project-id': must be 24 lower-case hex digits"),
    ],
)
def test_wrong_use_is_refused_before_anything_is_sent(
    server: Emulator, folder: Path, arguments: list[str], words: str
) -> None:
    """No folder is made either."""
    refused = run(server, "collect", *arguments, "-o", str(folder))
    assert (refused.exit_code, server.requests, folder.exists()) == (2, [], False)
    assert words in " ".join(refused.stderr.split())


def test_folder_that_cannot_be_written_is_refused_before_anything_is_sent(server: Emulator, tmp_path: Path) -> None:
    """The rule is that of `LogArchive`."""
    (tmp_path / "file").touch()
    refused = run(server, "collect", *TWO, *ASKED, "-o", str(tmp_path / "file" / "logs"))
    assert (refused.exit_code, server.requests) == (2, [])
    assert f"--output must be in a folder, but {tmp_path}/file is not a folder" in " ".join(refused.stderr.split())


@pytest.mark.parametrize("text", ["", "{}", '{"schema": "opsmanager-collection/2"}'])
def test_file_of_another_kind_is_refused(server: Emulator, collect: Collect, folder: Path, text: str) -> None:
    """It may belong to another program or a later version. It is unchanged."""
    folder.mkdir()
    (folder / "collection.json").write_text(text)
    refused = collect()
    assert (refused.exit_code, server.requests) == (2, [])
    assert "collection.json is not the file of a collection by this version" in " ".join(refused.stderr.split())
    assert (folder / "collection.json").read_text() == text


def test_two_processes_exclude_each_other(server: Emulator, collect: Collect, folder: Path) -> None:
    """The second process sends nothing. The lock of a killed process does not count."""
    folder.mkdir()
    with (folder / collection._LOCK).open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused = collect()
    assert (refused.exit_code, server.requests) == (1, [])
    assert f"another process collects into {folder}" in " ".join(refused.stderr.split())
    assert collect().exit_code == 0


def test_host_that_is_down_affects_one_archive_until_it_is_repaired(
    server: Emulator, collect: Collect, folder: Path
) -> None:
    """The failed parts are restarted once by each run. Standard error names host and reason."""
    server.fail("create", FaultKind.FAILED_CHILDREN)
    server.fail("retry", FaultKind.FAILED_CHILDREN)
    done = collect()
    assert (done.exit_code, server.calls.count("PUT 200")) == (3, 1)
    assert [row.split()[-2] for row in done.stdout.splitlines()[1:]] == ["missing", "complete"]
    assert "CLUSTER shop is incomplete: 1 part is missing (shop-" in done.stderr
    assert "FTDC: agent did not answer); repair the hosts and run again to restart the failed parts" in done.stderr
    assert "(raise --max-retries if none are left), or accept it with --accept-partial" in done.stderr
    assert "Run the same command again to restart the failed parts" in done.stderr
    assert len(list(folder.glob("*.tar.gz"))) == 1
    again = collect("--json")
    assert (again.exit_code, posts(server), server.calls.count("PUT 200")) == (0, 2, 2)
    assert all(target["complete"] for target in targets_of(again).values())
    assert len(list(folder.glob("*.tar.gz"))) == 2


def test_partial_archive_is_stored_where_it_is_accepted(server: Emulator, collect: Collect, folder: Path) -> None:
    """The code says that it is partial. A later run replaces it when the host has been repaired."""
    server.fail("create", FaultKind.FAILED_CHILDREN)
    server.fail("retry", FaultKind.FAILED_CHILDREN)
    done = collect("--accept-partial", "--json")
    assert (done.exit_code, json.loads(done.stdout)["outcome"]) == (3, "partial")
    partial = targets_of(done)["shop"]
    assert (partial["complete"], partial["status"], len(partial["missing"])) == (False, "FAILURE", 1)
    assert Path(partial["file"]).exists()
    again = collect("--json")
    assert again.exit_code == 0
    assert targets_of(again)["shop"]["sha256"] != partial["sha256"]
    assert len(list(folder.glob("*.tar.gz"))) == 2


def test_partial_archive_stays_when_its_job_was_deleted(server: Emulator, collect: Collect) -> None:
    """A repetition sends nothing, and its code is 3 too."""
    server.fail("create", FaultKind.FAILED_CHILDREN)
    assert collect("--accept-partial", "--max-retries", "0", "--delete-jobs").exit_code == 3
    assert server.job_ids == []
    server.forget_requests()
    again = collect("--delete-jobs", "--json")
    assert (again.exit_code, server.requests) == (3, [])
    assert (targets_of(again)["shop"]["complete"], targets_of(again)["rs0"]["complete"]) == (False, True)


def test_collection_without_an_archive_fails(server: Emulator, collect: Collect, folder: Path) -> None:
    """The code is 1. No job of it is deleted."""
    server.fail("create", FaultKind.FAILED_CHILDREN, times=2)
    done = collect("--max-retries", "0", "--delete-jobs", "--json")
    assert (done.exit_code, json.loads(done.stdout)["outcome"]) == (1, "failed")
    assert (list(folder.glob("*.tar.gz")), len(server.job_ids)) == ([], 2)


def test_slow_target_is_left_for_the_next_run(server: Emulator, collect: Collect) -> None:
    """The archives of the others are stored."""
    server.set_pace("shop", after_seconds(3600))
    done = collect("--timeout", "1s", "--json")
    assert done.exit_code == 3
    slow = targets_of(done)["shop"]
    assert (slow["status"], slow["problem"]) == ("IN_PROGRESS", f"job {slow['jobId']} is not finished")
    assert targets_of(done)["rs0"]["complete"]
    assert "warning: cannot wait for 2 jobs" in done.stderr
    assert "raise --timeout" in done.stderr
    server.set_pace("shop", after_seconds(0))
    assert (collect().exit_code, posts(server)) == (0, 2)


def test_refused_target_affects_no_other_target(folder: Path) -> None:
    """The server does not know its name. A repetition asks again, without a search for a lost job."""
    with Emulator(behaviour=Behaviour(resources=frozenset({"rs0"}))) as server:
        for _ in range(2):
            done = run(server, "collect", *TWO, *ASKED, "-o", str(folder), "--json")
            assert (done.exit_code, len(server.job_ids)) == (3, 1)
            assert "RESOURCE_NOT_FOUND_FOR_JOB" in targets_of(done)["shop"]["problem"]
            assert targets_of(done)["rs0"]["complete"]
        assert not any(entry["query"].startswith("pageNum") for entry in server.requests[len(server.requests) // 2 :])


def test_server_that_refuses_everything_ends_the_run(folder: Path) -> None:
    """The last line says that the same command would fail again. The next run starts the jobs at once."""
    with Emulator(behaviour=Behaviour(denies="IP_ADDRESS_NOT_ON_ACCESS_LIST")) as server:
        done = run(server, "collect", *TWO, *ASKED, "-o", str(folder))
    assert done.exit_code == 1
    assert done.stderr.startswith("Error: cannot create the job for CLUSTER ")
    assert done.stderr.endswith("\nCorrect this, and run the command again.\n")
    assert [target["startedAt"] for target in ledger_of(folder)["targets"]] == [None, None]


@pytest.mark.parametrize(
    ("wrong", "last_words"),
    [
        (["--project-id", "a" * 24], "Correct this, and run the command again."),
        (["--base-url", "http://127.0.0.1:9"], "is reachable from here"),
        (["--public-key", "nobody"], "Correct this, and run the command again."),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_request_without_a_job_can_be_corrected_in_its_folder(
    server: Emulator, collect: Collect, folder: Path, wrong: list[str], last_words: str
) -> None:
    """Nothing says that the wrong command could continue. The new request has a new period."""
    refused = collect(*wrong, "--last", "3h")
    assert (refused.exit_code, server.job_ids) == (1, [])
    assert refused.stderr.rstrip().endswith(last_words)
    assert "to continue" not in refused.stderr
    assert (collect().exit_code, len(server.job_ids)) == (0, 2)
    assert ledger_of(folder)["request"]["last"] == "2h"


@pytest.mark.parametrize("corrected", [["--cluster", "shop"], []], ids=["renamed", "dropped"])
def test_refused_target_can_be_renamed_or_dropped(folder: Path, corrected: list[str]) -> None:
    """The target with a job keeps it, and the period of the collection stays."""
    with Emulator(behaviour=Behaviour(resources=frozenset({"rs0", "shop"}))) as server:
        wrong = run(server, "collect", *TWO[:2], "--cluster", "shopp", *ASKED, "-o", str(folder))
        assert (wrong.exit_code, posts(server)) == (3, 2)
        assert wrong.stderr.endswith("\nCorrect what the server refused, and run the command again.\n")
        before = ledger_of(folder)
        changed = run(server, "collect", *TWO, *ASKED, "--size", "1MB", "-o", str(folder))
        assert (changed.exit_code, posts(server), ledger_of(folder)) == (2, 2, before)
        done = run(server, "collect", *TWO[:2], *corrected, *ASKED, "-o", str(folder))
        assert (done.exit_code, len(server.job_ids)) == (0, 1 + len(corrected) // 2)
        after = ledger_of(folder)
        assert after["window"] == before["window"]
        assert [target for target in before["targets"] if target["jobId"]] == after["targets"][-1:]
        assert [name for _, name in after["request"]["targets"]] == [*corrected[1:], "rs0"]


def test_target_that_may_have_a_job_is_never_dropped(server: Emulator, collect: Collect, folder: Path) -> None:
    """The server failed during its create. A new name for a target that has not begun is accepted."""
    server.fail("create", FaultKind.SERVER_ERROR)
    done = collect()
    assert done.stderr.endswith("\nRun the same command again to continue.\n")
    before = ledger_of(folder)
    for targets in (
        TWO[:2],
        [*TWO[:2], "--cluster", "other"],
        ["--cluster", "shop", "--process", "a", "--process", "b"],
    ):
        refused = run(server, "collect", *targets, *ASKED, "-o", str(folder))
        assert (refused.exit_code, posts(server), ledger_of(folder)) == (2, 1, before)
    done = run(server, "collect", *TWO[2:], "--replica-set", "rs1", *ASKED, "-o", str(folder), "--json")
    assert (done.exit_code, sorted(targets_of(done)), len(server.job_ids)) == (0, ["rs1", "shop"], 2)


def test_lost_reply_makes_no_second_job(server: Emulator, collect: Collect) -> None:
    """The job is found in the list."""
    server.fail("create", FaultKind.LOST_REPLY, times=2)
    assert (collect().exit_code, len(server.job_ids), posts(server)) == (0, 2, 2)


def test_create_is_in_the_file_before_it_is_sent(server: Emulator, collect: Collect, folder: Path) -> None:
    """A failed server may have made the job, so the next run looks for it, and makes one if there is none."""
    server.fail("create", FaultKind.SERVER_ERROR)
    done = collect()
    assert (done.exit_code, server.job_ids) == (1, [])
    first, second = ledger_of(folder)["targets"]
    assert (first["startedAt"] is not None, first["jobId"], second["startedAt"]) == (True, None, None)
    again = collect()
    assert (again.exit_code, len(server.job_ids)) == (0, 2)
    assert any(entry["query"].startswith("pageNum") for entry in server.requests)


def test_deleted_job_affects_one_archive(server: Emulator, collect: Collect) -> None:
    """Each run waits for the others."""
    server.fail("list", FaultKind.HTML, times=1000)
    server.set_pace("rs0", after_seconds(3600))
    server.set_pace("shop", after_seconds(3600))
    assert collect("--timeout", "1s").exit_code == 1
    server.forget_faults()
    for name in ("rs0", "shop"):
        server.set_pace(name, after_seconds(0))
    gone, *_ = server.job_ids
    server.set_status(gone, None)
    for _ in range(2):
        done = collect("--json")
        assert (done.exit_code, posts(server)) == (3, 2)
        by_job = {target["jobId"]: target for target in targets_of(done).values()}
        assert f"no job {gone} in project {PROJECT}" in by_job.pop(gone)["problem"]
        assert [target["complete"] for target in by_job.values()] == [True]


@pytest.mark.parametrize("is_deleted", [False, True])
def test_archive_that_was_removed_is_downloaded_again_while_its_job_exists(
    server: Emulator, collect: Collect, folder: Path, *, is_deleted: bool
) -> None:
    """Otherwise the collection is partial, and says which file is missing."""
    assert collect(*(["--delete-jobs"] if is_deleted else [])).exit_code == 0
    removed, _ = sorted(folder.glob("*.tar.gz"))
    removed.unlink()
    again = collect("--json")
    assert (again.exit_code, posts(server), removed.exists()) == ((3 if is_deleted else 0), 2, not is_deleted)
    assert targets_of(again)["rs0"]["problem"] == (f"{removed} is missing" if is_deleted else None)


def test_failed_deletion_fails_and_is_tried_again(server: Emulator, collect: Collect) -> None:
    """The archives are complete, but the jobs are still on the server."""
    server.fail("delete", FaultKind.MAINTENANCE, times=1000)
    done = collect("--delete-jobs", "--json")
    assert (done.exit_code, len(server.job_ids)) == (1, 2)
    assert all(target["complete"] and "cannot delete job" in target["problem"] for target in targets_of(done).values())
    server.forget_faults()
    assert (collect("--delete-jobs").exit_code, server.job_ids) == (0, [])


def test_expiry_of_the_jobs_is_set(server: Emulator, folder: Path, client: Client) -> None:
    """The days count from the creation."""
    done = run(server, "collect", *TWO, *ASKED, "--expires", "7d", "-o", str(folder))
    assert done.exit_code == 0
    lives = {(job.expiration_date or job.made_at) - job.made_at for job in client.jobs(PROJECT).walk()}
    assert [life.days for life in lives] == [7]


def test_interrupt_exits_with_130_and_says_how_to_continue(server: Emulator, collect: Collect, folder: Path) -> None:
    """The next run continues with the same jobs."""
    server.set_pace("shop", after_seconds(3600))
    process = subprocess.Popen(
        [COMMAND, "collect", *TWO, *ASKED, "-o", str(folder)],
        env=environment_of(server),
        stderr=subprocess.PIPE,
        text=True,
    )
    while not any(entry["query"].startswith("pageNum") for entry in server.requests):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (130, "Run the same command again to continue.\n\nInterrupted.\n")
    server.set_pace("shop", after_seconds(0))
    assert (collect().exit_code, posts(server)) == (0, 2)
