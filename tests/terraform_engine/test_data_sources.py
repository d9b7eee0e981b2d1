"""Jobs that a configuration only reads: one by its ID, or those that match each filter."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.emulator import Emulator, FaultKind
from tests.support import PROJECT, FakeClock, job_request
from tests.terraform_engine.configuration import Configuration
from tests.terraform_engine.jobs import (
    DAY,
    LOGS,
    applied,
    job,
    planned,
    refused,
    require_settled,
    stored,
    write,
    writes,
)

ABSENT = "6" * 24
AGES_DAYS = {"old": 5, "middle": 3, "new": 0}


def one(identity: str, more: str = "") -> str:
    """A data source of one job. All its attributes are outputs."""
    source = "data.opsmanager_log_collection_job.one"
    return (
        f'data "opsmanager_log_collection_job" "one" {{\n  id = {identity}\n{more}\n}}\n'
        f'output "one" {{\n  value = {source}\n}}\n'
    )


def some(filters: Mapping[str, str], label: str = "some") -> str:
    """A data source of jobs, and the names of their resources as an output."""
    lines = "\n".join(f"  {name} = {value}" for name, value in filters.items())
    names = f"data.opsmanager_log_collection_jobs.{label}.jobs[*].resource_name"
    source = f'data "opsmanager_log_collection_jobs" "{label}" {{\n{lines}\n}}\n'
    return f'{source}output "{label}" {{\n  value = {names}\n}}\n'


@pytest.fixture
def jobs(server: Emulator, client: Client, clock: FakeClock) -> dict[str, str]:
    """Ids of three jobs by the name of their resource: an old failed one of a cluster, a middle and a new one."""
    made = {}
    for name, days in AGES_DAYS.items():
        kind = "CLUSTER" if name == "old" else "REPLICASET"
        made[name] = client.jobs(PROJECT).create(job_request(resourceName=name, resourceType=kind))
        if name == "old":
            server.set_status(made[name], "FAILURE")
        clock.sleep(days * DAY)
    server.forget_requests()
    return made


def test_job_is_read_by_its_id(reattached: Configuration, server: Emulator, jobs: dict[str, str]) -> None:
    """It has the values of the server, and no inputs that exist only in programs."""
    write(reattached, one(f'"{jobs["old"]}"'))
    reattached.apply()
    known = reattached.outputs()["one"]
    assert (known["id"], known["project_id"], known["status"]) == (jobs["old"], PROJECT, "FAILURE")
    assert (known["resource_type"], sorted(known["log_types"])) == ("CLUSTER", ["FTDC", "MONGODB"])
    assert known["failed_child_jobs"][0]["log_collection_type"]
    assert known["expiration_date"].endswith("Z")
    assert known.keys().isdisjoint({"max_retries", "triggers", "retention_days", "on_expired"})
    require_settled(reattached)
    assert writes(server) == []


@pytest.mark.parametrize(
    ("identity", "more", "said"),
    [
        (f'"{ABSENT}"', "", f"no job {ABSENT} in project {PROJECT}"),
        ('"logs"', "", "id must be 24 lower-case hex digits"),
        (f'"{ABSENT}"', '  project_id = "ours"', "project_id must be 24 lower-case hex digits"),
    ],
)
def test_unknown_job_id_is_an_error_of_the_data_source(
    identity: str, more: str, said: str, reattached: Configuration
) -> None:
    """The error shows the line of the configuration."""
    write(reattached, one(identity, more))
    found = refused(reattached, "plan")
    assert said in found
    assert "with data.opsmanager_log_collection_job.one, on main.tf line" in found


# Filters, and the names of the jobs that match each of them.
MATCHES: list[tuple[dict[str, str], list[str]]] = [
    ({}, ["new", "middle", "old"]),
    ({"status": '"success"'}, ["new", "middle"]),
    ({"status": '"FAILURE"'}, ["old"]),
    ({"resource_type": '"replica_set"'}, ["new", "middle"]),
    ({"resource_name": '"middle"'}, ["middle"]),
    ({"newer_than": '"4d"'}, ["new", "middle"]),
    ({"older_than": '"12h"'}, ["middle", "old"]),
    ({"older_than": '"12h"', "newer_than": '"1w"', "status": '"SUCCESS"'}, ["middle"]),
    ({"resource_name": '"nobody"'}, []),
]


def test_jobs_that_match_each_filter_are_listed_newest_first(
    reattached: Configuration, server: Emulator, jobs: dict[str, str]
) -> None:
    """An empty list is not an error."""
    write(reattached, *(some(filters, f"row_{number}") for number, (filters, _) in enumerate(MATCHES)))
    reattached.apply()
    assert reattached.outputs() == {f"row_{number}": names for number, (_, names) in enumerate(MATCHES)}
    require_settled(reattached)
    assert writes(server) == []
    assert len(jobs) == len(server.job_ids)


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        ({"status": '"DONE"'}, "status must be one of"),
        ({"newer_than": '"soon"'}, "newer_than"),
        ({"resource_name": '""'}, "resource_name"),
    ],
)
def test_filter_that_no_job_can_match_is_refused(
    filters: dict[str, str], said: str, reattached: Configuration, server: Emulator
) -> None:
    """`validate` finds it without the server, and shows the line."""
    write(reattached, some(filters))
    found = refused(reattached, "validate")
    assert said in found
    assert "on main.tf line" in found
    assert server.requests == []


def test_list_that_cannot_be_read_is_an_error(reattached: Configuration, server: Emulator) -> None:
    """The error says what failed."""
    server.fail("list", FaultKind.SERVER_ERROR, times=1000)
    write(reattached, some({}))
    assert "cannot list the jobs" in refused(reattached, "plan")


def test_data_source_reads_a_new_job_in_the_same_apply(reattached: Configuration, server: Emulator) -> None:
    """Its plan waits for the id."""
    write(reattached, job(), one(f"{LOGS}.id"))
    assert planned(reattached).actions == {LOGS: "create", "data.opsmanager_log_collection_job.one": "read"}
    applied(reattached)
    (job_id,) = server.job_ids
    assert reattached.outputs()["one"]["id"] == stored(reattached)["id"] == job_id
