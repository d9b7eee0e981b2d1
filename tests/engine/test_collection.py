"""Many targets from one declaration, through the real engine: its plan, its order, and its outputs."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pulumi_opsmanager.emulator import Emulator, FaultKind, after_seconds
from tests.engine.stack import HEAD, Refused, Stack
from tests.support import sha256_of

NewStack = Callable[..., Stack]

COLLECTION = (
    HEAD
    + """\
SETTINGS = {key: GOOD[key] for key in ("log_types", "size_requested_per_file_bytes", "redacted")}
logs = om.LogCollection("night", targets=[om.ReplicaSet(name) for name in TARGETS], archive_dir="logs",
    **(SETTINGS | dict(poll_interval_seconds=0.5) | dict(CHANGES)))
pulumi.export("statuses", logs.statuses)
pulumi.export("archives", logs.archives)
pulumi.export("results", logs.results)
pulumi.export("from", logs.jobs["rs0"].log_collection_from_date)
"""
)


def collection(count: int, **changes: Any) -> str:
    """A program of one collection of some replica sets."""
    names = [f"rs{number}" for number in range(count)]
    return COLLECTION.replace("TARGETS", repr(names)).replace("CHANGES", repr(changes))


@pytest.fixture
def server() -> Iterator[Emulator]:
    """An emulator whose jobs take two seconds. One job has a part that fails twice."""
    with Emulator(pace=after_seconds(2)) as running:
        running.fail("create", FaultKind.FAILED_CHILDREN)
        running.fail("retry", FaultKind.FAILED_CHILDREN)
        yield running


def files(stack: Stack) -> dict[str, int]:
    """The archives in their folder, with the times at which they were written. Each has a manifest."""
    found = {path.name: path.stat().st_mtime_ns for path in (stack.folder / "logs").iterdir()}
    archives = {name: time for name, time in found.items() if not name.endswith(".json")}
    assert found.keys() == archives.keys() | {f"{name}.json" for name in archives}
    return archives


def stored_archives(stack: Stack) -> list[dict[str, Any]]:
    return [stored["outputs"] for stored in stack.resources("LogArchive")]


def test_failed_target_lacks_only_its_own_archive(new_stack: NewStack, server: Emulator) -> None:
    """All jobs run at once, nineteen archives precede the error, and the next `up` repairs the twentieth alone."""
    stack = new_stack(collection(20))
    assert stack.preview() == {"create": 43}
    assert server.requests == []
    with pytest.raises(Refused) as refused:
        stack.up()
    (failed,) = [line for line in str(refused.value).splitlines() if "CollectionFailed" in line]
    assert "-0.example.net:27017 FTDC: agent did not answer)" in failed
    assert "20 of 20 finished, 1 failed" in stack.progress
    # Nothing waits while jobs are still being created.
    asked = [f"{entry['method']} {entry['path'].rpartition('/')[2]}" for entry in server.requests]
    assert "POST logCollectionJobs" not in asked[asked.index("GET logCollectionJobs") :]
    before = files(stack)
    assert len(before) == 19
    # The error and the outputs of the failed `up` both show which archives exist. On a busy machine the engine can end
    # before the program has registered its outputs.
    assert all(f"logs/{name}" in failed for name in before)
    if outputs := stack.outputs():
        assert {path.removeprefix("logs/") for path in outputs["archives"].values()} == before.keys()
        assert set(outputs["statuses"].values()) == {"SUCCESS", "FAILURE"}
        results = outputs["results"]
        assert {name: found["status"] for name, found in results.items()} == outputs["statuses"]
        assert {name: found["file"] for name, found in results.items() if "file" in found} == outputs["archives"]
    (job_id,) = {entry["path"].split("/")[-2] for entry in server.requests if entry["method"] == "PUT"}
    assert stack.preview() == {"create": 1, "update": 1}
    server.forget_requests()
    assert stack.up() == {"create": 1, "update": 1}
    assert {kind.partition(" ")[0] for kind in stack.steps} == {"LogCollectionCompletion", "LogArchive"}
    assert all(f"/{job_id}" in entry["path"] for entry in server.requests)
    assert [call for call in server.calls if not call.startswith("GET")] == ["PUT 200"]
    assert len(files(stack)) == 20
    assert before.items() <= files(stack).items()
    assert set(stack.outputs()["statuses"].values()) == {"SUCCESS"}
    hashes = {found["sha256"] for found in stack.outputs()["results"].values()}
    for stored in stored_archives(stack):
        file = stack.folder / stored["file"]
        assert stored["sha256"] in hashes
        assert (stored["sha256"], stored["sizeBytes"]) == (sha256_of(file), file.stat().st_size)
        with tarfile.open(file, "r:gz") as archive:
            assert len(archive.getnames()) == 6
    server.forget_requests()
    assert stack.preview() == {}
    assert server.requests == []
    left = files(stack)
    stack.destroy()
    assert (server.job_ids, files(stack)) == ([], left)


def test_each_change_affects_only_its_own_targets(new_stack: NewStack, server: Emulator) -> None:
    """The changes: a partial archive, a new or removed target, a default project, a targeted `up`, a trigger."""
    settings: dict[str, Any] = {"last": "2h", "require_complete": False, "keep_on_delete": False}
    stack = new_stack(collection(2, **settings))
    stack.up()
    assert sorted(stored["complete"] for stored in stored_archives(stack)) == [False, True]
    # The job is restarted, and its archive downloaded again.
    assert stack.preview() == {"update": 2}

    stack.program(collection(3, **settings))
    stack.environ(OPSMANAGER_PROJECT_ID="e" * 24)
    with pytest.raises(Refused) as refused:
        stack.preview()
    words = f"its jobs are in the projects {server.project_id}, {'e' * 24}; set project_id to the project of the "
    assert words in str(refused.value)
    assert "Traceback" not in str(refused.value)
    stack.environ(OPSMANAGER_PROJECT_ID=server.project_id)
    # A targeted `up` leaves targets without a status.
    targeted = "pulumi up --yes --skip-preview --non-interactive --stack test --target **LogCollectionJob::night/rs2"
    finished = stack.shell(targeted)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert len(server.job_ids) == 3
    assert stack.up() == {"create": 1, "update": 2}
    assert stack.steps["LogArchive night/rs2"] == "create"
    assert all(stored["complete"] for stored in stored_archives(stack))

    start, old_jobs, old_files = stack.outputs()["from"], set(server.job_ids), files(stack)
    stack.program(collection(3, **settings, triggers=["again"]))
    for change in (stack.preview, stack.up):
        assert change() == {"replace": 3, "update": 5}
    assert stack.outputs()["from"] > start
    assert len(server.job_ids) == len(files(stack)) == 3
    assert old_jobs.isdisjoint(server.job_ids)
    assert files(stack).keys().isdisjoint(old_files)

    stack.program(collection(2, **settings, triggers=["again"]))
    assert stack.up() == {"delete": 2, "update": 1}
    assert set(stack.steps) == {"LogCollectionJob night/rs2", "LogArchive night/rs2", "LogCollectionCompletion night"}
    assert len(server.job_ids) == len(files(stack)) == 2
    assert set(stack.outputs()["archives"]) == {"rs0", "rs1"}
    assert stack.preview() == {}


def test_earlier_archives_stay_when_triggers_collect_again(new_stack: NewStack, server: Emulator) -> None:
    """Their names contain the job's ID, so nothing is overwritten. The jobs are replaced."""
    stack = new_stack(collection(2, require_complete=False))
    stack.up()
    before = files(stack)
    stack.program(collection(2, require_complete=False, triggers=["again"]))
    stack.up()
    assert before.items() < files(stack).items()
    assert (len(before), len(files(stack)), len(server.job_ids)) == (2, 4, 2)
