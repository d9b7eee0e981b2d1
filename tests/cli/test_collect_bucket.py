"""`collect` into a bucket: its file is an object, and it continues like a folder."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from click.testing import Result

from pulumi_opsmanager.cli.collection import Request, Window, opened
from pulumi_opsmanager.emulator import Emulator, FaultKind, after_seconds
from pulumi_opsmanager.errors import CannotStore
from tests.cli.terminal import run
from tests.cli.test_collect import ASKED, TWO, posts, targets_of
from tests.stores import Store
from tests.support import PROJECT

Collect = Callable[..., Result]


@pytest.fixture(autouse=True)
def sleepless(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Nobody sleeps once the store has started."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    return store


@pytest.fixture
def collect(server: Emulator, store: Store) -> Collect:
    """Runs the same command again and again, with more options."""
    return lambda *more: run(server, "collect", *TWO, *ASKED, "-o", f"{store.url}/incident", *more)


@pytest.mark.parametrize("scheme", ["s3", "gs", "az"])
def test_archives_and_the_file_of_the_collection_are_objects(server: Emulator, store: Store, collect: Collect) -> None:
    """A complete collection sends nothing to the server when it is run again, and writes no object."""
    done = collect("--delete-jobs", "--json")
    assert (done.exit_code, server.job_ids) == (0, [])
    objects = store.objects()
    files = {target["file"] for target in targets_of(done).values()}
    assert {f"{store.url}/{key}" for key in objects if key.endswith(".tar.gz")} == files
    assert json.loads(objects["incident/collection.json"])["request"]["projectId"] == PROJECT
    server.forget_requests()
    store.gate.forget()
    again = collect("--delete-jobs")
    assert (again.exit_code, server.requests, store.objects()) == (0, [], objects)
    assert set(store.gate.methods) <= {"GET", "HEAD"}


def test_collection_continues_from_the_bucket(server: Emulator, collect: Collect) -> None:
    """A first run ends before a job is finished, and a second one before it knows whether it has made one."""
    server.fail("create", FaultKind.SERVER_ERROR)
    assert (collect().exit_code, server.job_ids) == (1, [])
    server.set_pace("shop", after_seconds(3600))
    done = collect("--timeout", "1s", "--json")
    assert (done.exit_code, [target["complete"] for target in targets_of(done).values()]) == (3, [False, True])
    server.set_pace("shop", after_seconds(0))
    again = collect("--json")
    assert (again.exit_code, len(server.job_ids)) == (0, 2)
    assert sorted(target["jobId"] for target in targets_of(again).values()) == sorted(server.job_ids)


def test_archive_that_was_removed_is_uploaded_again(server: Emulator, store: Store, collect: Collect) -> None:
    """Without its job the collection is partial."""
    assert collect().exit_code == 0
    key = next(key for key in store.objects() if "rs0" in key)
    store.remove(key)
    assert (collect().exit_code, posts(server)) == (0, 2)
    assert key in store.objects()
    assert collect("--delete-jobs").exit_code == 0
    store.remove(key)
    done = collect("--json")
    assert done.exit_code == 3
    assert targets_of(done)["rs0"]["problem"] == f"{store.url}/{key} is missing"


def test_other_request_is_refused(server: Emulator, store: Store, collect: Collect) -> None:
    """As in a folder."""
    assert collect().exit_code == 0
    server.forget_requests()
    refused = collect("--size", "1MB")
    assert (refused.exit_code, server.requests) == (2, [])
    words = f"{store.url}/incident/collection.json holds another request: --size is 100000 there"
    assert words in " ".join(refused.stderr.split())


def test_second_process_takes_over(store: Store) -> None:
    """A bucket has no locks. The first process stops at its next change, before it sends a request."""
    request = Request(
        base_url="b", project_id=PROJECT, targets=[("CLUSTER", "shop")], log_types=[], size_bytes=1, redacted=True
    )
    with opened(f"{store.url}/incident/", request, Window()) as first:
        first.take_over()
        with opened(f"{store.url}/incident/", request, Window()) as second:
            second.take_over()
            with pytest.raises(CannotStore, match=r"another process has changed s3://.*/incident/collection\.json"):
                first.note(first.targets[0], started_at="2026-01-01T00:00:00Z")
            assert second.note(second.targets[0], job_id="1").job_id == "1"


@pytest.mark.parametrize(
    ("output", "code", "words"),
    [
        ("s3://no-such-bucket/x", 1, "no-such-bucket"),
        ("s3://", 2, "the URL must name a bucket: s3://BUCKET/KEY"),
        ("https://bucket/x", 2, "must be a path, or a URL with s3://, gs:// or az://, not another URL"),
    ],
)
def test_wrong_bucket_is_refused_before_a_job_is_started(server: Emulator, output: str, code: int, words: str) -> None:
    """The first change of the file fails, and no POST is sent."""
    refused = run(server, "collect", *TWO, *ASKED, "-o", output)
    assert (refused.exit_code, posts(server)) == (code, 0)
    assert words in " ".join(refused.stderr.split())
