"""Completion, archive and window through the wire of the plugin."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import grpc
import pytest
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2 as pb

from pulumi_opsmanager.emulator import Emulator, FaultKind, after_seconds
from tests.plugin.host import ARCHIVE, COMPLETION, JOB, WINDOW, Plugin
from tests.support import job_request

SOME, NONE = pb.DiffResponse.DIFF_SOME, pb.DiffResponse.DIFF_NONE
WAITS = 12


@pytest.fixture
def job_id(host: Plugin) -> str:
    """A job on the server."""
    return host.create(JOB, host.checked(JOB, job_request(maxRetries=0)))[0]


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Makes many calls at a time."""
    with ThreadPoolExecutor(WAITS) as threads:
        yield threads


def test_completion_waits_and_shows_progress(host: Plugin, job_id: str) -> None:
    """Its outputs are unknown in a preview, and a change of what is only stored keeps them."""
    inputs = host.checked(COMPLETION, {"jobIds": [job_id]})
    assert host.create(COMPLETION, inputs, preview=True)[1]["statuses"] == rpc.UNKNOWN
    completion_id, state = host.create(COMPLETION, inputs)
    assert state["statuses"] == {job_id: "SUCCESS"}
    assert host.engine.progress == ["1 of 1 finished"]
    assert host.diff(COMPLETION, completion_id, state, inputs, inputs).changes == NONE
    assert host.read(COMPLETION, completion_id, state, inputs) == (completion_id, state, inputs)
    longer = inputs | {"timeoutSeconds": 60}
    assert host.update(COMPLETION, completion_id, state, longer, preview=True)["statuses"] == state["statuses"]
    host.delete(COMPLETION, completion_id, state)


def test_unknown_job_of_a_completion_stays_unknown(host: Plugin) -> None:
    inputs = host.checked(COMPLETION, {"jobIds": [rpc.UNKNOWN]})
    assert inputs["jobIds"] == [rpc.UNKNOWN]


def test_twelve_waits_run_side_by_side_and_a_cancel_ends_them(
    host: Plugin, server: Emulator, pool: ThreadPoolExecutor
) -> None:
    """No wait queues behind another one, and each says what to do next. The next run goes on."""
    server.set_pace("rs0", after_seconds(3600))
    job_id, _ = host.create(JOB, host.checked(JOB, job_request()))
    inputs = host.checked(COMPLETION, {"jobIds": [job_id], "pollIntervalSeconds": 30})
    names = [f"done-{number}" for number in range(WAITS)]
    waits = [pool.submit(host.create, COMPLETION, inputs, name=name) for name in names]
    host.until(lambda: len(host.engine.progress) == WAITS)
    assert not any(one.done() for one in waits)
    host.cancel()
    assert not wait(waits, 2).not_done
    for one in waits:
        failed = one.exception()
        assert isinstance(failed, grpc.RpcError)
        assert failed.code() == grpc.StatusCode.ABORTED
        assert "stopped because the engine no longer waits for an answer; run `pulumi up` again" in failed.details()
    server.set_pace("rs0", after_seconds(0))
    host.configure(host.settings)
    assert host.create(COMPLETION, inputs)[1]["statuses"] == {job_id: "SUCCESS"}
    assert server.job_ids == [job_id]


def test_cancel_at_the_end_of_a_run_is_no_error(host: Plugin, server: Emulator) -> None:
    """Calls that do not wait go on, as a create that is under way."""
    host.cancel()
    job_id, _ = host.create(JOB, host.checked(JOB, job_request()))
    assert server.job_ids == [job_id]


def test_wait_that_times_out_names_the_property_of_programs(host: Plugin, server: Emulator) -> None:
    server.set_pace("rs0", after_seconds(3600))
    job_id, _ = host.create(JOB, host.checked(JOB, job_request()))
    inputs = host.checked(COMPLETION, {"jobIds": [job_id], "timeoutSeconds": 0.1, "pollIntervalSeconds": 0.1})
    with pytest.raises(grpc.RpcError, match="run again to go on waiting, or raise timeoutSeconds"):
        host.create(COMPLETION, inputs)


def test_failed_parts_name_the_options_of_programs(host: Plugin, server: Emulator, tmp_path: Path) -> None:
    """The message names `requireComplete: false`, and not a keyword of Python."""
    server.fail("create", FaultKind.FAILED_CHILDREN)
    job_id, _ = host.create(JOB, host.checked(JOB, job_request(maxRetries=0)))
    inputs = host.checked(ARCHIVE, {"jobId": job_id, "path": str(tmp_path / "logs.tar.gz")})
    with pytest.raises(grpc.RpcError) as raised:
        host.create(ARCHIVE, inputs)
    assert "requireComplete: false" in raised.value.details()


def test_archive_is_downloaded_moved_and_removed(host: Plugin, job_id: str, tmp_path: Path) -> None:
    """A move leaves what depends on its hash unchanged in a preview."""
    inputs = host.checked(ARCHIVE, {"jobId": job_id, "path": str(tmp_path / "logs.tar.gz"), "keepOnDelete": False})
    archive_id, state = host.create(ARCHIVE, inputs)
    assert host.diff(ARCHIVE, archive_id, state, inputs, inputs).changes == NONE
    moved = inputs | {"path": str(tmp_path / "moved.tar.gz")}
    assert list(host.diff(ARCHIVE, archive_id, state, inputs, moved).diffs) == ["path"]
    planned = host.update(ARCHIVE, archive_id, state, moved, preview=True)
    assert (planned["sha256"], planned["file"]) == (state["sha256"], rpc.UNKNOWN)
    state = host.update(ARCHIVE, archive_id, state, moved)
    assert {path.name for path in tmp_path.iterdir()} == {"moved.tar.gz", "moved.tar.gz.json"}
    host.delete(ARCHIVE, archive_id, state)
    assert list(tmp_path.iterdir()) == []


def test_window_moves_by_a_trigger(host: Plugin) -> None:
    inputs = host.checked(WINDOW, {"last": "2H"})
    window_id, state = host.create(WINDOW, inputs)
    assert state["logCollectionFromDate"] < state["logCollectionToDate"]
    again = inputs | {"triggers": [1]}
    assert host.diff(WINDOW, window_id, state, inputs, again).changes == SOME
    assert host.update(WINDOW, window_id, state, again, preview=True)["logCollectionToDate"] == rpc.UNKNOWN


def test_archive_replaces_itself_on_its_path(host: Plugin, job_id: str, tmp_path: Path) -> None:
    """Both have one URN; another archive may not take the file."""
    inputs = host.checked(ARCHIVE, {"jobId": job_id, "path": str(tmp_path / "logs.tar.gz")})
    _, state = host.create(ARCHIVE, inputs, name="logs")
    with pytest.raises(grpc.RpcError, match="is the file of another LogArchive"):
        host.create(ARCHIVE, inputs, name="twin")
    assert host.create(ARCHIVE, inputs, name="logs")[1]["sha256"] == state["sha256"]


def test_state_of_a_python_stack_is_taken_over(host: Plugin, server: Emulator) -> None:
    """Its outputs have the pickled provider too. Nothing is sent, and nothing changes."""
    inputs = host.checked(JOB, job_request(maxRetries=0))
    job_id, state = host.create(JOB, inputs)
    server.forget_requests()
    theirs: dict[str, Any] = {"__provider": "a pickle"}
    again = host.checked(JOB, job_request(maxRetries=0), olds=inputs | theirs)
    assert again == inputs
    assert host.diff(JOB, job_id, state | theirs, inputs | theirs, again).changes == NONE
    assert server.requests == []
    assert "__provider" not in host.update(JOB, job_id, state | theirs, again)
