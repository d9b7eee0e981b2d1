"""Options of Pulumi that do nothing for these resources."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi
import pytest

import pulumi_opsmanager as om
from tests.support import JOB

IMPORT = pulumi.ResourceOptions(import_=JOB)
TIMEOUTS = pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create="10m"))

GOOD: om.LogCollectionJobArgs = {
    "resource_type": "REPLICASET",
    "resource_name": "rs0",
    "log_types": ["MONGODB"],
    "size_requested_per_file_bytes": 10_000,
    "redacted": True,
}

Declare = Callable[[pulumi.ResourceOptions], object]

RESOURCES: dict[str, tuple[Declare, str]] = {
    "LogCollectionJob": (lambda opts: om.LogCollectionJob("x", **GOOD, opts=opts), "opsmanager:timeoutSeconds"),
    "LogCollectionCompletion": (
        lambda opts: om.LogCollectionCompletion("x", job_ids=[JOB], opts=opts),
        "set timeout_seconds",
    ),
    "LogArchive": (lambda opts: om.LogArchive("x", job_id=JOB, path="x/", opts=opts), "opsmanager:timeoutSeconds"),
    "LogCollectionWindow": (lambda opts: om.LogCollectionWindow("x", last="2h", opts=opts), "opsmanager:timeout"),
    "LogCollection": (
        lambda opts: om.LogCollection(
            "x", targets=[], log_types=["FTDC"], size_requested_per_file_bytes=1, redacted=True, opts=opts
        ),
        "set timeout_seconds",
    ),
    "Provider": (lambda opts: om.Provider("x", base_url="https://om", opts=opts), "set timeout_seconds"),
}


def test_every_resource_has_a_row() -> None:
    """A new resource refuses these options too."""
    kinds = {name for name in om.__all__ if isinstance(getattr(om, name), type)}
    assert {name for name in kinds if issubclass(getattr(om, name), pulumi.Resource)} == RESOURCES.keys()


@pytest.mark.parametrize("kind", RESOURCES)
def test_option_without_an_effect_is_refused(kind: str) -> None:
    """The error has one line and names an option that works."""
    declare, instead = RESOURCES[kind]
    with pytest.raises(pulumi.RunError, match=f"^{kind} 'x': .*import_ does not work.*pulumi-opsmanager import-file"):
        declare(IMPORT)
    with pytest.raises(pulumi.RunError, match=f"^{kind} 'x': .*custom_timeouts has no effect here: .*{instead}"):
        declare(TIMEOUTS)


def test_get_takes_options_third() -> None:
    """As every Pulumi resource does; a project in that place is refused, not taken for options."""
    for opts in (IMPORT, TIMEOUTS):
        with pytest.raises(pulumi.RunError, match="^LogCollectionJob 'x': the option "):
            om.LogCollectionJob.get("x", JOB, opts)
    with pytest.raises(pulumi.RunError, match=r"opts must be pulumi\.ResourceOptions, not str"):
        om.LogCollectionJob.get("x", JOB, "b" * 24)  # type: ignore[arg-type]


@pytest.mark.parametrize("job_id", [None, 7, "", "\ud83d"])
def test_get_without_an_id_is_refused(job_id: Any) -> None:
    """Otherwise the message would ask for the inputs of a new job, or the SDK would end in a traceback."""
    with pytest.raises(pulumi.RunError, match="^LogCollectionJob 'x': id must be 24 lower-case hex digits, not "):
        om.LogCollectionJob.get("x", job_id)
