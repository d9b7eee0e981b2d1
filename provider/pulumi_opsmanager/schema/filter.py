"""How a program selects existing jobs: one by its id, or all jobs that match the given filters."""

from __future__ import annotations

from typing import Annotated

from .fields import Declaration, OnChange, says
from .types import Duration, ObjectId, ResourceType, Status, Text


class JobReference(Declaration):
    """The inputs of a data source that reads one job."""

    id: Annotated[ObjectId, OnChange.UPDATE, says("ID of the job: 24 lower-case hexadecimal digits.")]
    project_id: Annotated[
        ObjectId | None,
        OnChange.UPDATE,
        says("Project of the job: 24 lower-case hexadecimal digits. Default: the configured project."),
    ] = None


class JobFilter(Declaration):
    """The inputs of a data source that lists jobs."""

    project_id: Annotated[
        ObjectId | None,
        OnChange.UPDATE,
        says("Project of the jobs: 24 lower-case hexadecimal digits. Default: the configured project."),
    ] = None
    status: Annotated[
        Status | None,
        OnChange.UPDATE,
        says(
            "Only jobs with this status: `IN_PROGRESS`, `SUCCESS`, `FAILURE`, `MARKED_FOR_EXPIRY` or `EXPIRED`. Upper "
            "and lower case are equal. Default: jobs of any status."
        ),
    ] = None
    resource_type: Annotated[
        ResourceType | None,
        OnChange.UPDATE,
        says(
            "Only jobs of this type of deployment: `REPLICASET`, `CLUSTER` (sharded cluster) or `PROCESS`. Upper and "
            "lower case are equal. Default: jobs of any type."
        ),
    ] = None
    resource_name: Annotated[
        Text | None,
        OnChange.UPDATE,
        says(
            "Only jobs of the replica set, shard, cluster or process with exactly this name. Default: jobs of any "
            "resource."
        ),
    ] = None
    newer_than: Annotated[
        Duration | None,
        OnChange.UPDATE,
        says(
            "Only jobs at most this old by the server's clock: for example `90s`, `30m`, `12h`, `2d` or `1w`. "
            "Default: jobs of any age."
        ),
    ] = None
    older_than: Annotated[
        Duration | None,
        OnChange.UPDATE,
        says(
            "Only jobs older than this by the server's clock: for example `90s`, `30m`, `12h`, `2d` or `1w`. Default: "
            "jobs of any age."
        ),
    ] = None
