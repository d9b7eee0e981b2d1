"""Inputs that the constructors accept, and inputs that they refuse."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from pathlib import Path

import pulumi
from pulumi import Output
from typing_extensions import assert_type

import pulumi_opsmanager as om

ARGS: om.LogCollectionJobArgs = {
    "resource_type": "REPLICASET",
    "resource_name": "rs0",
    "log_types": ["MONGODB", "FTDC"],
    "size_requested_per_file_bytes": 10_000_000,
    "redacted": True,
}


def words(kind: str, types: list[str], unknown: Output[str], many: Output[list[str]], some: Sequence[str]) -> None:
    """Words may be literals, any text, outputs, and lists and outputs of these."""
    size, redacted = 10_000_000, pulumi.Config().require_bool("redacted")
    om.LogCollectionJob(
        "literals",
        resource_type="CLUSTER",
        resource_name="shop",
        log_types=["MONGODB", "AUTOMATION_AGENT"],
        size_requested_per_file_bytes=size,
        redacted=redacted,
    )
    om.LogCollectionJob(
        "text",
        resource_type=kind,
        resource_name="shop",
        log_types=types,
        size_requested_per_file_bytes=size,
        redacted=redacted,
    )
    om.LogCollectionJob(
        "outputs",
        resource_type=unknown,
        resource_name=unknown,
        log_types=[unknown, "FTDC", kind],
        size_requested_per_file_bytes=size,
        redacted=redacted,
    )
    om.LogCollectionJob(
        "an output of a list",
        resource_type=unknown,
        resource_name=unknown,
        log_types=many,
        size_requested_per_file_bytes=size,
        redacted=redacted,
    )
    om.LogCollection(
        "collection",
        targets=[om.ReplicaSet("rs0"), om.Target(kind, "shop")],
        log_types=some,
        size_requested_per_file_bytes=size,
        redacted=redacted,
    )


def units(size: str, days: str) -> None:
    """A size or time span may be text with a unit."""
    om.LogCollectionJob(
        "units",
        resource_type="CLUSTER",
        resource_name="shop",
        log_types=["FTDC"],
        size_requested_per_file_bytes=size,
        redacted=True,
        retention_days=days,
        renew_when_days_left="30d",
    )
    om.LogCollectionCompletion("units", job_ids=[], timeout_seconds="2h", poll_interval_seconds=5)


class Word(str, Enum):
    """Log types as a program may name them."""

    MONGODB = "MONGODB"


def collections(ids: set[Output[str]], folder: Path) -> None:
    """Any collection for a list, an enum of texts for a word, and a path for a file."""
    size = 10_000_000
    for log_types in ({"MONGODB", "FTDC"}, frozenset({"FTDC"}), ("FTDC",), [Word.MONGODB], {Word.MONGODB}):
        om.LogCollectionJob(
            "logs",
            resource_type="CLUSTER",
            resource_name="shop",
            log_types=log_types,
            size_requested_per_file_bytes=size,
            redacted=True,
        )
    om.LogCollectionCompletion("done", job_ids=ids)
    om.LogArchive("archive", job_id="1", path=folder / "logs.tar.gz")
    om.Provider("east", ca_file=folder / "ca.pem")
    om.LogCollection(
        "collection",
        targets=[om.ReplicaSet("rs0")],
        log_types={"MONGODB"},
        size_requested_per_file_bytes=size,
        redacted=True,
        archive_dir=folder,
    )


def dictionary(date: Output[datetime]) -> None:
    """The inputs of a job as a dictionary. A changed value is set in a new dictionary."""
    assert_type(om.LogCollectionJob("whole", **ARGS), om.LogCollectionJob)
    om.LogCollectionJob("protected", **ARGS, opts=pulumi.ResourceOptions(protect=True))
    more: om.LogCollectionJobArgs = {**ARGS, "expiration_date": date, "triggers": [1, "a"]}
    more["log_types"] = ["MONGODB"]
    more["log_collection_from_date"] = datetime.now().astimezone()
    om.LogCollectionJob("more", **more)


def refusals() -> None:
    """Mistakes that an editor shows."""
    om.LogCollectionJob("nothing")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    om.LogCollectionJob("typo", **ARGS, retension_days=3)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    om.LogCollectionJob("twice", **ARGS, redacted=False)  # type: ignore[misc]  # pyright: ignore[reportCallIssue]
    om.LogCollectionJob(
        "kinds",
        resource_type="CLUSTER",
        resource_name=3,  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        log_types=["MONGODB"],
        size_requested_per_file_bytes=b"10MB",  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        redacted=True,
        on_expired="kepe",  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    )
    om.LogCollectionCompletion("done", job_ids=["1"], on_failure="skip")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    om.LogArchive("archive", job_id="1", path="a/", if_missing="fail")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    om.LogColectionJob  # type: ignore[attr-defined]  # noqa: B018  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    short: om.LogCollectionJobArgs = {"resource_name": "rs0"}  # type: ignore[typeddict-item]  # pyright: ignore[reportAssignmentType]
    short["retension_days"] = 3  # type: ignore[typeddict-unknown-key]  # pyright: ignore[reportGeneralTypeIssues]
    short["retention_days"] = [3]  # type: ignore[typeddict-item]  # pyright: ignore[reportGeneralTypeIssues]


def servers(secret: Output[str]) -> None:
    """An explicit provider takes values and outputs."""
    east = om.Provider("east", base_url="https://om-east.example.net", private_key=secret, timeout_seconds=20)
    om.LogCollectionJob("logs", **ARGS, opts=pulumi.ResourceOptions(provider=east))
