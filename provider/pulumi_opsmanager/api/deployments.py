"""What a project deploys, by the names that a job takes as its resource. This module sends reads only.

Sources: Ops Manager API reference, "Create a Log Collection Job" (which name a resource has), "Get All Clusters in One
Project" and "Get Automation Status of Latest Plan"; read 2026-11. The automation status has the process names of the
automation configuration without its secrets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from pulumi_opsmanager.errors import shorten

from .exchange import Answer, Request
from .models import AutomationStatus, Cluster, Page, Process
from .sender import Sender

_PAGE_SIZE = 100

_LONGEST_NAME = 200


@dataclass(frozen=True)
class Deployments:
    """Resources of a project that a job can collect from."""

    names: tuple[tuple[str, str], ...]  # resource type and name of each, in the order of the answer
    is_complete: bool  # whether the project has no others of these types


def read_clusters(client: Sender, project_id: str) -> Deployments:
    """Read the first page of replica sets, shards and sharded clusters."""
    query = {"pageNum": 1, "itemsPerPage": _PAGE_SIZE}
    page = _get(client, project_id, "clusters", query).read(Page)
    return Deployments(tuple(_clusters(page.results)), not page.has_next)


def read_processes(client: Sender, project_id: str) -> Deployments:
    """Read all processes that automation manages."""
    status = _get(client, project_id, "automationStatus", None).read(AutomationStatus)
    return Deployments(tuple(_processes(status.processes)), is_complete=True)


def _get(client: Sender, project_id: str, endpoint: str, query: Mapping[str, int] | None) -> Answer:
    return client.call(Request("GET", client.settings.api_url, project_id, query=query, endpoint=endpoint))


def _clusters(entries: tuple[Any, ...]) -> Iterator[tuple[str, str]]:
    for entry in entries:
        with suppress(ValidationError):
            cluster = Cluster.model_validate(entry)
            resource = _resource_of(cluster)
            if resource is not None:
                yield resource


def _resource_of(cluster: Cluster) -> tuple[str, str] | None:
    # A shard has the name of its cluster as cluster name. No source says that jobs take the config server replica set.
    if cluster.type_name == "REPLICA_SET" and (name := cluster.replica_set_name or cluster.cluster_name):
        return "REPLICASET", shorten(name, _LONGEST_NAME)
    if cluster.type_name in ("SHARDED", "SHARDED_REPLICA_SET") and cluster.cluster_name:
        return "CLUSTER", shorten(cluster.cluster_name, _LONGEST_NAME)
    return None


def _processes(entries: tuple[Any, ...]) -> Iterator[tuple[str, str]]:
    for entry in entries:
        with suppress(ValidationError):
            yield "PROCESS", shorten(Process.model_validate(entry).name, _LONGEST_NAME)
