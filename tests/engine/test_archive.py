"""The local copy through the real engine: real files, and what previews say of them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pulumi_opsmanager.emulator import Emulator, FaultKind, after_seconds
from tests.engine.stack import HEAD, Refused, Stack

NewStack = Callable[..., Stack]

ARCHIVE = (
    HEAD
    + """\
job = om.LogCollectionJob("job", **(GOOD | dict(JOB)))
done = om.LogCollectionCompletion("done", job_ids=[job.id], poll_interval_seconds=0.3, on_failure="accept",
    max_retries=0)
archive = om.LogArchive("archive", job_id=job.id, **(dict(path="logs.tar.gz") | dict(CHANGES)),
    opts=pulumi.ResourceOptions(depends_on=[done]))
pulumi.export("job_id", job.id)
pulumi.export("file", archive.file)
pulumi.export("sha256", archive.sha256)
pulumi.export("complete", archive.complete)
pulumi.export("missing", archive.missing.apply(lambda parts: [part.host_name for part in parts]))
pulumi.export("types", archive.members.apply(lambda members: type(members).__name__))
"""
)
HAND_ON = 'pulumi.export("asset", archive.file.apply(pulumi.FileAsset))\n'


def archive(job: dict[str, Any] | None = None, **changes: Any) -> str:
    """A program of one job, its completion and its archive."""
    return ARCHIVE.replace("JOB", repr(job or {})).replace("CHANGES", repr(changes))


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_archive_is_verified_and_handed_on(new_stack: NewStack, server: Emulator) -> None:
    """The file is whole, its hash is an output, another resource gets it as an asset, and nothing changes after."""
    stack = new_stack(archive() + HAND_ON)
    assert stack.preview() == {"create": 4}
    stack.up()
    outputs = stack.outputs()
    assert outputs["sha256"] == digest(stack.folder / "logs.tar.gz")
    assert (outputs["file"], outputs["complete"], outputs["missing"], outputs["types"]) == (
        "logs.tar.gz",
        True,
        [],
        "int",
    )
    # The engine reads the asset itself.
    assert outputs["sha256"] in stack.exported().partition('"asset"')[2]
    server.forget_requests()
    assert stack.preview() == stack.up() == {}
    stack.refresh()
    assert stack.preview() == {}
    assert all("download" not in entry["path"] for entry in server.requests)
    stack.destroy()
    assert not (stack.folder / "logs.tar.gz").exists()


def test_replaced_job_leaves_the_new_file_on_the_same_path(new_stack: NewStack) -> None:
    """The archive changes in place, before the old job goes."""
    stack = new_stack(archive())
    stack.up()
    before = stack.outputs()
    stack.program(archive({"log_types": ["FTDC"]}))
    assert stack.preview() == {"replace": 1, "update": 2}
    assert stack.up() == {"replace": 1, "update": 2}
    assert stack.outputs()["job_id"] != before["job_id"]
    assert stack.outputs()["sha256"] == digest(stack.folder / "logs.tar.gz") != before["sha256"]
    assert stack.preview() == {}


def test_moved_path_leaves_one_file(new_stack: NewStack, server: Emulator) -> None:
    """A new path is a move; the job is not asked again."""
    stack = new_stack(archive())
    stack.up()
    stack.program(archive(path="kept/"))
    assert stack.preview() == {"update": 1}
    server.forget_requests()
    assert stack.up() == {"update": 1}
    assert server.requests == []
    assert stack.outputs()["file"] == "kept/logs.tar.gz"
    assert not (stack.folder / "logs.tar.gz").exists()


@pytest.mark.parametrize("if_missing", ["download", "ignore"])
@pytest.mark.parametrize(
    ("alter", "words"),
    [
        (Path.unlink, "logs.tar.gz is missing"),
        (lambda file: file.write_bytes(b"altered"), "logs.tar.gz was changed: it has 7 bytes, not "),
        (lambda file: os.utime(file, ns=(1, 1)), "logs.tar.gz was changed"),
    ],
    ids=["missing", "size", "time"],
)
def test_altered_file_is_a_change_unless_it_is_ignored(
    new_stack: NewStack, if_missing: str, alter: Any, words: str
) -> None:
    """The row says what is wrong with the file and what will be done about it."""
    stack = new_stack(archive(if_missing=if_missing))
    stack.up()
    alter(stack.folder / "logs.tar.gz")
    downloads = if_missing == "download"
    assert stack.preview() == ({"update": 1} if downloads else {})
    ending = "; up downloads it again" if downloads else "; it is left so (if_missing is ignore)"
    assert any(line.startswith(words) and line.endswith(ending) for line in stack.lines)
    stack.up()
    if downloads:
        assert stack.outputs()["sha256"] == digest(stack.folder / "logs.tar.gz")
    assert stack.preview() == {}


def test_partial_archive_is_an_error_or_an_output(new_stack: NewStack, server: Emulator) -> None:
    """By default nothing partial is stored; where it is accepted, what is missing is told."""
    server.fail("create", FaultKind.FAILED_CHILDREN)
    stack = new_stack(archive({"max_retries": 0}))
    words = (
        r"CollectionFailed: cannot download the archive of job \w+: the archive of job \w+ of REPLICASET rs0 lacks 1 p"
    )
    with pytest.raises(Refused, match=words):
        stack.up()
    assert not (stack.folder / "logs.tar.gz").exists()
    stack.program(archive({"max_retries": 0}, require_complete=False))
    stack.up()
    assert (stack.outputs()["complete"], stack.outputs()["missing"]) == (False, ["rs0-0.example.net:27017"])
    assert stack.preview() == {}


def test_archive_of_a_running_job_tells_to_wait(new_stack: NewStack) -> None:
    """Without a completion the error says what is missing in the program."""
    with Emulator(pace=after_seconds(600)) as slow:
        program = archive().replace("opts=pulumi.ResourceOptions(depends_on=[done])", "").replace("done = ", "0 and ")
        stack = new_stack(program, OPSMANAGER_BASE_URL=slow.url)
        with pytest.raises(
            Refused, match="is IN_PROGRESS: only a finished job has an archive; let a LogCollectionComp"
        ):
            stack.up()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"job_id": "x"}, "must be 24 lower-case hex digits"),
        ({"path": ""}, "must not be empty"),
        ({"path": "~/logs/"}, "must not begin with ~"),
        ({"if_missing": "keep"}, "must be one of download, ignore"),
    ],
)
def test_bad_input_is_refused_at_preview(new_stack: NewStack, server: Emulator, changes: Any, words: str) -> None:
    """Before anything is sent."""
    stack = new_stack(HEAD + f"om.LogArchive('a', **(dict(job_id='f' * 24, path='x') | {changes!r}))\n")
    with pytest.raises(Refused, match=words):
        stack.preview()
    assert server.requests == []
