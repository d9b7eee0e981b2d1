"""The component through the wire: the plugin constructs it, and serves its parts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import grpc
import pytest
from pulumi.runtime import rpc
from pulumi.runtime.proto import errors_pb2, status_pb2

from pulumi_opsmanager.emulator import Emulator, FaultKind
from tests.plugin.host import ARCHIVE, COMPLETION, JOB, WINDOW, Plugin, is_secret, secret
from tests.plugin.monitor import TYPE, Monitor, monitor

GOOD = {"logTypes": ["MONGODB"], "sizeRequestedPerFileBytes": 100_000, "redacted": True}
TARGETS = [
    {"resourceType": "REPLICASET", "resourceName": "rs0"},
    {"resourceType": "cluster", "resourceName": "shop"},
]


@pytest.fixture
def program(host: Plugin) -> Iterator[Monitor]:
    """A program that declares components."""
    with monitor(host) as running:
        yield running


def refusal(error: Any) -> list[tuple[str, str]]:
    """Path and reason of each refused property."""
    status = status_pb2.Status.FromString(dict(error.trailing_metadata())["grpc-status-details-bin"])
    found = errors_pb2.InputPropertiesError()
    assert status.details[0].Unpack(found)
    return [(one.property_path, one.reason) for one in found.errors]


def test_collection_is_constructed_with_archives(program: Monitor, server: Emulator, tmp_path: Path) -> None:
    """One window, two jobs, one completion and two archives, each by the plugin of this version."""
    outputs = program.construct(
        GOOD | {"targets": TARGETS, "last": "2h", "archiveDir": str(tmp_path), "triggers": ["again"]}
    )
    assert sorted(program.states) == [
        (ARCHIVE, "fleet/rs0"),
        (ARCHIVE, "fleet/shop"),
        (COMPLETION, "fleet"),
        (JOB, "fleet/rs0"),
        (JOB, "fleet/shop"),
        (WINDOW, "fleet"),
    ]
    assert len(server.job_ids) == 2
    assert outputs["statuses"] == {"rs0": "SUCCESS", "shop": "SUCCESS"}
    files = {name: program.states[ARCHIVE, f"fleet/{name}"]["file"] for name in ("rs0", "shop")}
    assert outputs["archives"] == files
    assert all(Path(file).is_file() for file in files.values())
    assert outputs["results"]["rs0"] == {
        "file": files["rs0"],
        "sha256": program.states[ARCHIVE, "fleet/rs0"]["sha256"],
        "complete": True,
        "missing": [],
        "status": "SUCCESS",
    }
    parts = [one for (kind, _), one in program.registered.items() if kind != "LogCollection"]
    assert {one.version for one in parts} == {metadata.version("pulumi-opsmanager")}
    aliases = {one.aliases[0].spec.type for one in parts}
    assert aliases == {f"pulumi-python:dynamic/opsmanager:{kind}" for kind in (JOB, COMPLETION, ARCHIVE, WINDOW)}


def test_missing_parts_have_the_names_of_the_schema(program: Monitor, server: Emulator, tmp_path: Path) -> None:
    server.fail("create", FaultKind.FAILED_CHILDREN, times=1)
    server.fail("retry", FaultKind.FAILED_CHILDREN)
    inputs = {"targets": TARGETS[:1], "archiveDir": str(tmp_path), "requireComplete": False, "maxRetriesPerRun": 0}
    missing = program.construct(GOOD | inputs)["results"]["rs0"]["missing"]
    assert missing
    assert all({"hostName", "logCollectionType", "path", "errorMessage"} == set(part) for part in missing)


def test_preview_of_a_collection_sends_nothing(program: Monitor, server: Emulator) -> None:
    program.is_preview = True
    outputs = program.construct(GOOD | {"targets": TARGETS})
    assert outputs["downloadUrls"] == rpc.UNKNOWN
    assert server.requests == []


def test_secret_and_unknown_inputs_reach_the_parts_as_such(program: Monitor) -> None:
    """A secret trigger, and a size that another resource computes."""
    program.is_preview = True
    unknown: dict[str, Any] = {rpc._special_sig_key: rpc._special_output_value_sig}
    inputs = {"targets": TARGETS[:1], "triggers": secret(["TOP-SECRET"]), "sizeRequestedPerFileBytes": unknown}
    program.construct(GOOD | inputs)
    state = program.states[JOB, "fleet/rs0"]
    assert is_secret(state["triggers"])
    assert state["sizeRequestedPerFileBytes"] == rpc.UNKNOWN
    assert json.dumps(state).count("TOP-SECRET") == 1


@pytest.mark.parametrize(
    ("changes", "path", "rule"),
    [
        ({"targets": [{"resourceType": "HOST", "resourceName": "a"}]}, "targets[0]", "resourceType must be one of"),
        ({"targets": [*TARGETS, {"resourceType": "CLUSTER"}]}, "targets[2]", "the name must be text, not null"),
        ({"targets": "rs0"}, "targets", "must be a list of ReplicaSet, Cluster and Process, not 'rs0'"),
        ({"targets": [*TARGETS, *TARGETS]}, "targets", "two targets are named 'rs0', 'shop'; give each its own"),
        ({"archiveDir": 3}, "archiveDir", "must be text or a Path, known when the program runs, not "),
        (
            {"last": "2h", "logCollectionFromDate": "2026-01-01T00:00:00Z"},
            "last",
            "give last, or logCollectionFromDate",
        ),
        ({"redacted": None}, "redacted", "is required"),
        ({"targets": None}, "targets", "is required"),
        ({"maxRetries": 1}, "maxRetries", "is not a property of this resource"),
    ],
)
def test_refused_input_is_named_by_path_and_rule(
    program: Monitor, server: Emulator, changes: dict[str, Any], path: str, rule: str
) -> None:
    with pytest.raises(grpc.RpcError) as raised:
        program.construct({**GOOD, "targets": TARGETS, **changes})
    ((found, reason),) = refusal(raised.value)
    assert found == path
    assert reason.startswith(rule)
    assert server.job_ids == []


def test_other_component_is_refused_in_one_line(program: Monitor) -> None:
    with pytest.raises(grpc.RpcError) as raised:
        program.construct({}, type_=f"{TYPE}s")
    assert raised.value.details() == f"{TYPE}s is not a component of this package"
    assert raised.value.code() == grpc.StatusCode.ABORTED


def test_failed_part_fails_the_component_without_a_trace(program: Monitor) -> None:
    with pytest.raises(grpc.RpcError) as raised:
        program.construct(GOOD | {"targets": TARGETS[:1], "logTypes": ["LOGS"]})
    assert "Traceback" not in raised.value.details()


def test_two_collections_are_constructed_one_after_the_other(program: Monitor, server: Emulator) -> None:
    for name in ("one", "other"):
        assert set(program.construct(GOOD | {"targets": TARGETS}, name=name)["statuses"]) == {"rs0", "shop"}
    assert len(server.job_ids) == 4
