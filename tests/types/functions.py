"""Functions, errors, the emulator, and the helpers for tests of users."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Optional

import pulumi
from typing_extensions import assert_type

import pulumi_opsmanager as om
from pulumi_opsmanager.emulator import Behaviour, Emulator, FaultKind, Pace, after_reads, after_seconds, instant
from pulumi_opsmanager.testing import OpsManagerMocks, Refused, Stack, StackFactory, StoredResource


def targets() -> None:
    assert_type(om.ReplicaSet("rs0"), om.Target)
    assert_type(om.Cluster("shop"), om.Target)
    assert_type(om.Process("db1.example.net:27017"), om.Target)
    assert_type(om.Process("db1.example.net:27017").resource_name, str)
    assert_type(om.__version__, str)


def errors(lost: om.ReplyLost) -> None:
    every: list[om.OpsManagerError] = [lost]
    unavailable: om.Unavailable = lost
    assert_type(lost.cut, bool)
    assert_type(every[0].status, Optional[int])
    assert_type(unavailable.code, Optional[str])


def emulator() -> None:
    assert_type([instant(), after_reads(2), after_seconds(0.5)], list[Pace])
    with Emulator(pace=after_reads(2), behaviour=Behaviour(rate_limit=100)) as server:
        assert_type(server, Emulator)
        assert_type(server.url, str)
        assert_type(server.job_ids, list[str])
        assert_type(server.calls, list[str])
        server.fail("create", FaultKind.LOST_REPLY, times=2)
        server.fail("create", "lost_reply")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def stacks(opsmanager: Emulator, opsmanager_stack: StackFactory, tmp_path: Path) -> None:
    stack = opsmanager_stack(tmp_path, config={"key": "value"}, environment={"OPSMANAGER_PROJECT_ID": None})
    assert_type(stack, Stack)
    assert_type(opsmanager_stack("import pulumi\n"), Stack)
    assert_type(Stack("import pulumi\n", opsmanager, tmp_path), Stack)
    assert_type(stack.preview(), dict[str, int])
    assert_type(stack.up(), dict[str, int])
    assert_type(stack.refresh(), dict[str, int])
    assert_type(stack.destroy(), dict[str, int])
    assert_type(stack.outputs(), dict[str, Any])
    assert_type(stack.resources("LogArchive"), list[StoredResource])
    assert_type(stack.resources()[0]["id"], str)
    assert_type(stack.lines, list[str])
    error: Exception = Refused("why")
    raise error


def mocks() -> None:
    pulumi.runtime.set_mocks(OpsManagerMocks(failing=["rs0"]), preview=True)
