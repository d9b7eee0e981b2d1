"""The deployment of the emulated project, as the lists of clusters and processes show it.

Without `Behaviour.resources`, a job of any name is accepted and these lists have a replica set and a sharded cluster.
Source: `tests/wire`; vendor pages "Clusters" and "Get Automation Status of Latest Plan".
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from .children import processes_of

_RESOURCES = {"rs0": "REPLICASET", "shop": "CLUSTER"}
"""Type of each resource by its name. A name that is not here is a replica set."""

_SHARDS = 2


def clusters_of(project_id: str, resources: frozenset[str] | None, heartbeat: str) -> list[dict[str, Any]]:
    """Return all entries of the list of clusters. The shards and config servers of a cluster follow it."""
    return [
        {
            "clusterName": cluster,
            "groupId": project_id,
            "id": hashlib.sha256(f"{kind} {cluster} {names}".encode()).hexdigest()[:24],
            "lastHeartbeat": heartbeat,
            "links": [],
            "typeName": kind,
            **names,
        }
        for kind, cluster, names in _clusters(resources)
    ]


def _clusters(resources: frozenset[str] | None) -> Iterator[tuple[str, str, dict[str, str]]]:
    for name, kind in _deployed(resources):
        if kind == "REPLICASET":
            yield "REPLICA_SET", name, {"replicaSetName": name}
        else:
            yield "SHARDED_REPLICA_SET", name, {}
            for number in range(_SHARDS):
                shard = f"{name}-shard-{number}"
                yield "REPLICA_SET", name, {"replicaSetName": shard, "shardName": shard}
            yield "CONFIG_SERVER_REPLICA_SET", name, {"replicaSetName": f"{name}-config"}


def automation_status(resources: frozenset[str] | None) -> dict[str, Any]:
    """Return the automation status: each process has reached the goal."""
    return {
        "goalVersion": 1,
        "processes": [
            {"hostname": host, "lastGoalVersionAchieved": 1, "name": f"{host}:{port}", "plan": []}
            for name, kind in _deployed(resources)
            for host, port, _ in processes_of(kind, name)
        ],
    }


def _deployed(resources: frozenset[str] | None) -> list[tuple[str, str]]:
    names = _RESOURCES if resources is None else sorted(resources)
    return [(name, _RESOURCES.get(name, "REPLICASET")) for name in names]
