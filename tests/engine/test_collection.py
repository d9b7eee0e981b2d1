"""Many targets from one declaration, through the real engine: the component, its archives, and what is left over."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pulumi_opsmanager.emulator import Emulator, FaultKind, after_seconds
from tests.engine.stack import HEAD, Refused, Stack

NewStack = Callable[..., Stack]

COLLECTION = (
    HEAD
    + """\
SETTINGS = {key: GOOD[key] for key in ("log_types", "size_requested_per_file_bytes", "redacted")}
logs = om.LogCollection("night", targets=[TARGETS], **(SETTINGS | dict(poll_interval_seconds=0.5) | dict(CHANGES)))
pulumi.export("ids", {name: job.id for name, job in logs.jobs.items()})
pulumi.export("statuses", logs.statuses)
pulumi.export("archives", logs.archives)
pulumi.export("download_urls", logs.download_urls)
pulumi.export("from", logs.jobs["rs0"].log_collection_from_date)
"""
)


def collection(*targets: str, **changes: Any) -> str:
    """A program of one collection, its targets written as in a program."""
    return COLLECTION.replace("TARGETS", ", ".join(targets)).replace("CHANGES", repr(changes))


def replica_sets(count: int) -> list[str]:
    return [f'om.ReplicaSet("rs{i}")' for i in range(count)]


@pytest.fixture
def server() -> Iterator[Emulator]:
    """An emulator whose jobs take two seconds, and those of one replica set four."""
    with Emulator(pace=after_seconds(2)) as running:
        running.set_pace("rs7", after_seconds(4))
        yield running


def walks(server: Emulator) -> int:
    return sum(entry["path"].endswith("/logCollectionJobs") and entry["method"] == "GET" for entry in server.requests)


def files(stack: Stack) -> set[str]:
    return {path.name for path in (stack.folder / "logs").iterdir()}


def stamps(stack: Stack) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in (stack.folder / "logs").iterdir()}


def is_whole(path: Path) -> bool:
    with tarfile.open(path, "r:gz") as archive:
        return len(archive.getnames()) == 6


def test_twenty_targets_end_as_twenty_archives(new_stack: NewStack, server: Emulator) -> None:
    """All jobs run at once, one walk of the list per interval waits for them, and each archive is whole."""
    stack = new_stack(collection(*replica_sets(20), archive_dir="logs"))
    assert stack.preview() == {"create": 43}
    assert server.requests == []
    stack.up()
    outputs = stack.outputs()
    assert set(outputs["statuses"].values()) == {"SUCCESS"}
    assert sorted(outputs["archives"]) == sorted(outputs["download_urls"]) == sorted(outputs["ids"])
    assert len(outputs["archives"]) == 20
    for file in outputs["archives"].values():
        assert is_whole(stack.folder / file)
        assert (stack.folder / file).stat().st_mode & 0o777 == 0o600
    assert files(stack) == {Path(file).name for file in outputs["archives"].values()}
    assert (stack.folder / "logs").stat().st_mode & 0o777 == 0o700
    # One walk per interval while several are waited for, then a GET for the last of them; and none before the last job
    # is made: nothing waits while jobs are still to be made.
    assert walks(server) == len(stack.progress) - sum("19 of 20" in line for line in stack.progress)
    asked = [f"{entry['method']} {entry['path'].rpartition('/')[2]}" for entry in server.requests]
    first_walk = asked.index("GET logCollectionJobs")
    assert "POST logCollectionJobs" not in asked[first_walk:]
    assert "19 of 20 finished, gives up" in stack.progress[-2]
    assert stack.progress[-1] == "20 of 20 finished"
    for stored in stack.resources("LogArchive"):
        content = (stack.folder / stored["outputs"]["file"]).read_bytes()
        assert stored["outputs"]["sha256"] == hashlib.sha256(content).hexdigest()
        assert (stored["outputs"]["sizeBytes"], stored["outputs"]["complete"]) == (len(content), True)
    server.forget_requests()
    assert stack.preview() == {}
    assert stack.up() == {}
    assert server.requests == []
    stack.destroy()
    assert server.job_ids == []
    assert files(stack) == set()


def test_failed_target_costs_its_own_archive_only(new_stack: NewStack, server: Emulator) -> None:
    """Nineteen archives are written and one error names host and reason; the next `up` mends the twentieth alone."""
    server.fail("create", FaultKind.FAILED_CHILDREN)
    server.fail("retry", FaultKind.FAILED_CHILDREN)
    stack = new_stack(collection(*replica_sets(20), archive_dir="logs"))
    with pytest.raises(Refused) as refused:
        stack.up()
    failed = [line for line in str(refused.value).splitlines() if "CollectionFailed" in line]
    assert len(failed) == 1
    assert "-0.example.net:27017 FTDC: agent did not answer): mend the hosts and restart the failed parts" in failed[0]
    assert len(files(stack)) == 19
    retried = [entry["path"] for entry in server.requests if entry["method"] == "PUT" and entry["status"] == 200]
    assert len(retried) == 1
    before = stamps(stack)
    assert stack.preview() == {"create": 1, "update": 1}
    server.forget_requests()
    assert stack.up() == {"create": 1, "update": 1}
    assert {kind.partition(" ")[0] for kind in stack.steps} == {"LogCollectionCompletion", "LogArchive"}
    job_id = retried[0].split("/")[-2]
    assert {entry["path"].split("/")[-2 if "retry" in entry["path"] else -1] for entry in server.requests} <= {
        job_id,
        "download",
    }
    assert [call for call in server.calls if not call.startswith("GET")] == ["PUT 200"]
    assert len(files(stack)) == 20
    assert before.items() <= stamps(stack).items()
    assert stack.preview() == {}
    stack.destroy()
    assert (server.job_ids, files(stack)) == ([], set())


def test_partial_archive_becomes_whole_with_its_job(new_stack: NewStack, server: Emulator) -> None:
    """Where parts may be missing, the next `up` restarts the job and downloads that one archive again."""
    server.fail("create", FaultKind.FAILED_CHILDREN)
    server.fail("retry", FaultKind.FAILED_CHILDREN)
    stack = new_stack(collection(*replica_sets(3), archive_dir="logs", require_complete=False))
    stack.up()
    assert sorted(stored["outputs"]["complete"] for stored in stack.resources("LogArchive")) == [False, True, True]
    for change in (stack.preview, stack.up):
        assert change() == {"update": 2}
    assert all(stored["outputs"]["complete"] for stored in stack.resources("LogArchive"))
    assert stack.preview() == {}


def test_target_that_is_added_or_removed_touches_no_other(new_stack: NewStack, server: Emulator) -> None:
    """Only the target's own job and archive, and the wait, see a change."""
    three = ['om.ReplicaSet("rs0")', 'om.Cluster("shop")', 'om.Process("db1.example.net:27018")']
    own = {"LogCollectionJob night/shop", "LogArchive night/shop"}
    stack = new_stack(collection(three[0], three[2], archive_dir="logs"))
    stack.up()
    kept = set(server.job_ids)
    stack.program(collection(*three, archive_dir="logs"))
    for change in (stack.preview, stack.up):
        assert change() == {"create": 2, "update": 1}
        assert set(stack.steps) == own | {"LogCollectionCompletion night"}
    assert set(stack.outputs()["archives"]) == {"rs0", "shop", "db1.example.net:27018"}
    assert stack.preview() == {}
    stack.program(collection(three[0], three[2], archive_dir="logs"))
    assert stack.up() == {"delete": 2, "update": 1}
    assert set(server.job_ids) == kept
    assert len(files(stack)) == 2


def test_last_hours_are_taken_once_and_triggers_collect_again(new_stack: NewStack, server: Emulator) -> None:
    """The window stays whenever the program runs; a trigger makes new jobs with one that ends then, and new files."""
    stack = new_stack(collection(*replica_sets(2), last="2h", archive_dir="logs"))
    stack.up()
    start, old_jobs, old_files = stack.outputs()["from"], set(server.job_ids), files(stack)
    assert stack.preview() == stack.up() == {}
    stack.program(collection(*replica_sets(2), last="2h", archive_dir="logs", triggers=["again"]))
    assert stack.preview() == {"replace": 2, "update": 4}
    assert stack.up() == {"replace": 2, "update": 4}
    assert stack.outputs()["from"] > start
    assert len(server.job_ids) == 2
    assert not old_jobs & set(server.job_ids)
    assert len(files(stack)) == 2
    assert not old_files & files(stack)
    assert all(is_whole(stack.folder / file) for file in stack.outputs()["archives"].values())
    assert stack.preview() == {}


def test_targeted_up_of_one_target_works(new_stack: NewStack, server: Emulator) -> None:
    """A job alone: what the `up` leaves out has no status yet, and no traceback."""
    stack = new_stack(collection(*replica_sets(2), archive_dir="logs"))
    stack.up()
    stack.program(collection(*replica_sets(3), archive_dir="logs"))
    finished = stack.shell(
        "pulumi up --yes --skip-preview --non-interactive --stack test --target **LogCollectionJob::night/rs2"
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert len(server.job_ids) == 3
    stack.up()
    assert len(files(stack)) == 3
    assert stack.preview() == {}


def test_jobs_of_two_projects_are_refused(new_stack: NewStack, server: Emulator) -> None:
    """A target that is added after the default project changed would be waited for in the wrong one."""
    stack = new_stack(collection(*replica_sets(1)))
    stack.up()
    stack.program(collection(*replica_sets(2)))
    stack.environ(OPSMANAGER_PROJECT_ID="e" * 24)
    with pytest.raises(Refused) as refused:
        stack.preview()
    words = f"its jobs are in the projects {server.project_id}, {'e' * 24}; name the one of the jobs that exist by"
    assert words in str(refused.value)
    assert "Traceback" not in str(refused.value)
    stack.program(collection(*replica_sets(2), project_id=server.project_id))
    stack.up()
    assert len(server.job_ids) == 2


def test_names_of_two_collections_never_meet(new_stack: NewStack, server: Emulator) -> None:
    """`logs` of `prod-rs0` and `logs-prod` of `rs0` are two jobs."""
    stack = new_stack(
        HEAD
        + "settings = {key: GOOD[key] for key in ('log_types', 'size_requested_per_file_bytes', 'redacted')}\n"
        + "om.LogCollection('logs', targets=[om.ReplicaSet('prod-rs0')], **settings)\n"
        + "om.LogCollection('logs-prod', targets=[om.ReplicaSet('rs0')], **settings)\n"
        + "om.LogCollection('none', targets=[], **settings)\n"
    )
    stack.up()
    assert len(server.job_ids) == 2


def test_archives_that_are_asked_to_stay_stay(new_stack: NewStack, server: Emulator) -> None:
    """`keep_on_delete` leaves the files, and nothing else."""
    stack = new_stack(collection(*replica_sets(2), archive_dir="logs", keep_on_delete=True))
    stack.up()
    before = files(stack)
    stack.destroy()
    assert (server.job_ids, files(stack)) == ([], before)


@pytest.mark.parametrize(
    ("targets", "changes", "words"),
    [
        (['om.ReplicaSet("rs0")', 'om.Process("rs0")'], {}, "two targets are named 'rs0'"),
        (['om.ReplicaSet("rs0")'], {"last": "2h", "log_collection_from_date": "2026-01-01T00:00:00Z"}, "last excludes"),
        (['om.ReplicaSet("rs0")'], {"last": "2 hours"}, "must be a whole number and a unit"),
        (['om.ReplicaSet("rs0")', '"rs1"'], {}, "targets[1] must be a ReplicaSet, Cluster or Process, not 'rs1'"),
        (['om.ReplicaSet("rs0")'], {"archive_dir": "__main__.py"}, "must be in a folder: __main__.py is none"),
    ],
)
def test_collection_that_cannot_be_is_refused_at_preview(
    new_stack: NewStack, server: Emulator, targets: list[str], changes: dict[str, Any], words: str
) -> None:
    """One line says what is wrong with the program; nothing was sent."""
    stack = new_stack(collection(*targets, **changes))
    with pytest.raises(Refused) as refused:
        stack.preview()
    assert words in str(refused.value)
    assert "Traceback" not in str(refused.value)
    assert server.requests == []
