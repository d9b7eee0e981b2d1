"""A collection as a component, without an engine: its resources, what they get of its arguments, and its refusals."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any, cast

import pulumi
import pytest

import pulumi_opsmanager as om
from pulumi_opsmanager.resources.collection import _those_known
from tests.testing.programs import seen

Settings = dict[str, Any]

OTHER = "b" * 24


def collection(name: str, targets: list[Any], **changes: Any) -> om.LogCollection:
    """A good one, with changes."""
    arguments: dict[str, Any] = {"log_types": ["MONGODB"], "size_requested_per_file_bytes": 10_000, "redacted": True}
    return om.LogCollection(name, targets=targets, **(arguments | changes))


def made(*collections: tuple[str, list[Any], dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The inputs of each resource that some collections make, by kind and name."""
    inputs: dict[str, dict[str, Any]] = {}

    def note(args: pulumi.ResourceTransformationArgs) -> None:
        kind = args.type_.rpartition(":")[2]
        assert inputs.setdefault(f"{kind} {args.name}", dict(args.props)) == args.props, "two of one name"

    def program() -> dict[str, Any]:
        opts = pulumi.ResourceOptions(transformations=[note])
        return {
            name: collection(name, targets, opts=opts, **changes).statuses for name, targets, changes in collections
        }

    seen(program)
    return inputs


def test_outputs_are_keyed_by_target() -> None:
    """Jobs take the window's dates."""

    def program() -> dict[str, Any]:
        targets = [om.ReplicaSet("rs0"), om.Cluster("shop"), om.Process("db1.example.net:27017")]
        incident = collection("incident", targets, last="2h", archive_dir="archives")
        return {
            "statuses": incident.statuses,
            "urls": incident.download_urls,
            "archives": incident.archives,
            "results": incident.results,
            "from": incident.jobs["shop"].log_collection_from_date,
        }

    outputs = seen(program)
    names = {"rs0", "shop", "db1.example.net:27017"}
    assert outputs["statuses"].keys() == outputs["urls"].keys() == outputs["archives"].keys() == names
    assert outputs["from"] == "2026-03-02T07:00:00Z"
    assert outputs["results"].keys() == names
    for name, result in outputs["results"].items():
        assert result.keys() == {"file", "sha256", "complete", "missing", "status"}
        assert (result["file"], result["status"]) == (outputs["archives"][name], "SUCCESS")
        assert (len(result["sha256"]), result["complete"], result["missing"]) == (64, True, [])


def test_result_names_what_is_missing() -> None:
    """It has plain values, so a program can export it. Without `archive_dir` it has only the status."""

    def program() -> dict[str, Any]:
        targets = [om.ReplicaSet("rs0")]
        settings: Settings = {"archive_dir": "archives", "require_complete": False}
        return {
            "results": collection("incident", targets, **settings).results,
            "statuses": collection("none", targets).results,
        }

    outputs = seen(program, failing={"rs0"})
    (part,) = outputs["results"]["rs0"]["missing"]
    assert (part["host_name"], part["error_message"]) == ("rs0-0.example.net:27017", "agent did not answer")
    assert outputs["results"]["rs0"]["complete"] is False
    assert outputs["statuses"] == {"rs0": {"status": "FAILURE"}}


def test_enum_names_its_target_by_its_value() -> None:
    """How a member of a text `Enum` is formatted depends on the Python version, and names outlive it."""

    class Name(str, Enum):
        SHOP = "rs0"

    assert "LogCollectionJob night/rs0" in made(("night", [om.ReplicaSet(Name.SHOP)], {}))


def test_failed_resource_hides_no_other_output() -> None:
    """With `--continue-on-error` its outputs are unknown when the program ends; in a preview any may be."""

    def program() -> dict[str, Any]:
        async def answered(value: Any) -> Any:
            return value

        failed: pulumi.Output[str] = pulumi.Output(set(), answered(None), answered(value=False))
        return {"files": _those_known({"rs0": pulumi.Output.from_input("rs0.tar.gz"), "rs1": failed})}

    assert seen(program) == {"files": {"rs0": "rs0.tar.gz"}}
    assert seen(program, preview=True) == {}


def test_names_of_two_collections_differ() -> None:
    """`logs` of `prod-rs0` and `logs-prod` of `rs0` are two jobs; a collection of nothing is a completion."""
    found = made(("logs", [om.ReplicaSet("prod-rs0")], {}), ("logs-prod", [om.ReplicaSet("rs0")], {}), ("none", [], {}))
    jobs, others = (
        {name for kind, name in map(str.split, found) if (kind == "LogCollectionJob") is is_job}
        for is_job in (True, False)
    )
    assert (jobs, others) == ({"logs/prod-rs0", "logs-prod/rs0"}, {"logs", "logs-prod", "none"})


def test_arguments_reach_the_resources_that_they_are_for() -> None:
    """Only the completion restarts failed parts; triggers reach the jobs and the window."""
    job: Settings = {"retention_days": 60, "renew_when_days_left": 5, "on_expired": "recreate", "triggers": ["again"]}
    completion: Settings = {"timeout_seconds": 60, "poll_interval_seconds": 2, "max_retries_per_run": 3}
    archive: Settings = {"require_complete": False, "keep_on_delete": True, "if_missing": "ignore"}
    settings = job | completion | archive | {"project_id": OTHER, "last": "2h", "archive_dir": "logs"}
    found = made(("night", [om.ReplicaSet("rs0")], settings))
    for name, expected in {
        "LogCollectionJob night/rs0": job | {"project_id": OTHER, "max_retries": 0},
        "LogCollectionCompletion night": completion | {"on_failure": "accept"},
        "LogArchive night/rs0": archive | {"path": "logs/"},
        "LogCollectionWindow night": {"last": "2h", "triggers": ["again"]},
    }.items():
        assert {key: found[name][key] for key in expected} == expected


@pytest.mark.parametrize(
    ("targets", "changes", "error", "words"),
    [
        ([om.ReplicaSet("rs0"), om.Process("rs0")], {}, pulumi.RunError, "two targets are named 'rs0'"),
        ([], {"last": "2h", "log_collection_from_date": "2026-01-01T00:00:00Z"}, pulumi.RunError, "give last, or"),
        ([], {"archive_dir": b"logs"}, pulumi.RunError, "archive_dir must be text or a Path, .* not bytes"),
        ([], {"archive_dir": pulumi.Output.from_input("logs")}, pulumi.RunError, "archive_dir must be .* not Output"),
        ([], {"last": "2 hours"}, om.InvalidInput, "must be a whole number and a unit"),
    ],
)
def test_invalid_collection_is_refused(
    targets: list[Any], changes: dict[str, Any], error: type[Exception], words: str
) -> None:
    """Pulumi shows these errors in one line."""
    with pytest.raises(error, match=words):
        made(("night", targets, changes))


@pytest.mark.parametrize(
    ("targets", "words"),
    [
        ([om.ReplicaSet("rs0"), "rs1"], "targets[1] must be a ReplicaSet, Cluster or Process, not 'rs1'"),
        ([["rs1"]], "targets[0] must be a ReplicaSet, Cluster or Process, not ['rs1']"),
        ([None], "targets[0] must be a ReplicaSet, Cluster or Process, not None"),
        ([om.ReplicaSet(cast("str", 7))], "targets[0] (ReplicaSet(7)): the name must be text, not 7"),
        ([om.Cluster(cast("str", None))], "targets[0] (Cluster(None)): the name must be text, not None"),
        ([om.Process("")], "targets[0] (Process('')): the name must not be empty"),
        ([om.Process(" ")], "targets[0] (Process(' ')): the name must not be empty"),
        ([om.Process("a\0b")], "targets[0] (Process('a\\x00b')): the name must not contain NUL characters or"),
        ([om.Process("\ud83d")], "targets[0] (Process('\\ud83d')): the name must not contain NUL characters or"),
        (
            [om.ReplicaSet(cast("str", pulumi.Output.from_input("rs0")))],
            "targets[0] (ReplicaSet(an Output)): the name must be known when the program runs, not an Output",
        ),
        (
            [om.Target("SHARD", "rs0")],
            "targets[0] (Target('rs0')): resource_type must be one of CLUSTER, PROCESS, REPLICASET, not 'SHARD'",
        ),
        (om.ReplicaSet("rs0"), "targets must be a list: targets=[ReplicaSet('rs0')]"),
        ("rs0", "targets must be a list of ReplicaSet, Cluster and Process, not 'rs0'"),
        (None, "targets must be a list of ReplicaSet, Cluster and Process, not None"),
        ({"rs0": om.ReplicaSet("rs0")}, "targets must be a list of ReplicaSet, Cluster and Process, not {'rs0': "),
        (pulumi.Output.from_input([]), "targets must be a list of ReplicaSet, Cluster and Process, not an Output"),
    ],
)
def test_target_that_breaks_a_rule_is_named(targets: Any, words: str) -> None:
    """The error has its place in the list, its text and the rule. It comes before the component exists."""
    with pytest.raises(pulumi.RunError) as refused:
        collection("night", targets)
    assert str(refused.value).startswith(f"LogCollection 'night': {words}")


@pytest.mark.parametrize("shape", [tuple, iter, set, frozenset])
def test_targets_come_in_any_shape_that_has_an_order(shape: Callable[[list[om.Target]], Any]) -> None:
    """A generator is read once; the order of a set does not matter."""
    found = made(("night", shape([om.ReplicaSet("rs0"), om.Target("replica_set", "rs1")]), {}))
    assert {name for name in found if name.startswith("LogCollectionJob")} == {
        "LogCollectionJob night/rs0",
        "LogCollectionJob night/rs1",
    }
