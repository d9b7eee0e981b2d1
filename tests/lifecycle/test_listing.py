"""A list of jobs for a program that only reads them, over real HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.models import Job
from pulumi_opsmanager.api.settings import Settings
from pulumi_opsmanager.emulator import Emulator, FaultKind
from pulumi_opsmanager.errors import InvalidInput, OpsManagerError, UnexpectedResponse
from pulumi_opsmanager.lifecycle.context import Context
from pulumi_opsmanager.lifecycle.inputs import check_inputs
from pulumi_opsmanager.lifecycle.job import import_job
from pulumi_opsmanager.lifecycle.listing import list_jobs, selection_of
from pulumi_opsmanager.lifecycle.selection import Selection
from pulumi_opsmanager.schema.filter import JobFilter
from pulumi_opsmanager.schema.models import read_model
from tests.support import JOB, PROJECT, FakeClock, canned, client_for, context_of, job_request


@pytest.fixture
def job_ids(context: Context, server: Emulator, clock: FakeClock) -> list[str]:
    """Three jobs: one is 24 hours old and expired, one is 1 hour old and failed, one is new."""
    jobs = context.jobs(PROJECT)
    first = jobs.create(job_request())
    clock.sleep(23 * 3600)
    second = jobs.create(job_request(resourceType="PROCESS", resourceName="db1:27017"))
    clock.sleep(3600)
    third = jobs.create(job_request(resourceName="rs1"))
    server.set_status(first, "EXPIRED")
    server.set_status(second, "FAILURE")
    return [first, second, third]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, [2, 1, 0]),
        ({"status": "failure"}, [1]),
        ({"status": "in_progress"}, []),
        ({"resourceType": "replica_set"}, [2, 0]),
        ({"resourceName": "rs1"}, [2]),
        ({"resourceName": "rs"}, []),
        ({"newerThan": "24h"}, [2, 1, 0]),
        ({"newerThan": "86399s"}, [2, 1]),
        ({"olderThan": "1h"}, [0]),
        ({"olderThan": "3599s"}, [1, 0]),
        ({"olderThan": "30m", "newerThan": "2h"}, [1]),
        ({"olderThan": "30m", "status": "SUCCESS"}, []),
    ],
)
def test_job_is_listed_if_it_matches_every_filter(
    context: Context, job_ids: list[str], given: dict[str, Any], expected: list[int]
) -> None:
    """The newest job is first. The age is at most `newer_than`, and more than `older_than`."""
    listed = list_jobs(context, None, selection_of(read_model(JobFilter, given)))
    assert [stored.id for stored in listed] == [job_ids[i] for i in expected]


@pytest.mark.parametrize("ahead_hours", [-2, 0, 2])
def test_ages_are_by_the_servers_clock(
    ahead_hours: int, server: Emulator, clock: FakeClock, job_ids: list[str]
) -> None:
    """The clock of this machine may be wrong."""
    wrong = FakeClock(clock.now() - timedelta(hours=ahead_hours))
    context = context_of(client_for(server, wrong), wrong)
    listed = list_jobs(context, PROJECT, Selection(older_than=timedelta(minutes=59), newer_than=timedelta(minutes=61)))
    assert [stored.id for stored in listed] == [job_ids[1]]


def test_listed_job_equals_a_job_that_was_read_by_its_id(
    context: Context, server: Emulator, job_ids: list[str]
) -> None:
    """It has its child jobs. Any number of jobs needs one list walk."""
    server.forget_requests()
    listed = list_jobs(context, PROJECT, Selection())
    assert server.calls == ["GET 200"]
    assert list(listed) == [import_job(context, job_id).stored for job_id in reversed(job_ids)]
    assert [len(stored.state.failed_child_jobs or ()) for stored in listed] == [0, 1, 0]


def test_jobs_of_one_second_are_sorted_by_their_ids(context: Context) -> None:
    """So two runs return the same order."""
    ids = [context.jobs(PROJECT).create(job_request(resourceName=f"rs{i}")) for i in range(3)]
    assert [stored.id for stored in list_jobs(context, PROJECT, Selection())] == sorted(ids, reverse=True)


ENTRY = b'{"id":"%s","status":"SUCCESS"}' % JOB.encode()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"results":[%s,{"other":1}]}' % ENTRY, "cannot list the jobs: 1 entry of the jobs of project .* cannot be"),
        (b'{"results":[%s,{"id":"x","status":"SUCCESS"}]}' % ENTRY, "cannot list the jobs: the id .* digits, not 'x'"),
        (b"<html>", "cannot list the jobs: GET "),
    ],
)
def test_list_that_cannot_be_read_completely_is_an_error(clock: FakeClock, body: bytes, words: str) -> None:
    """A program must not use an incomplete list as if it were complete."""
    with canned(body) as url:
        context = context_of(Client(Settings(url, "public", "private"), clock), clock)
        with pytest.raises(UnexpectedResponse, match=words):
            list_jobs(context, PROJECT, Selection(statuses=("FAILURE",)))


def test_list_needs_a_project(server: Emulator, clock: FakeClock) -> None:
    """The project is given or configured."""
    context = context_of(client_for(server, clock, project_id=None), clock)
    with pytest.raises(InvalidInput, match="project_id is missing"):
        list_jobs(context, None, Selection())
    assert list_jobs(context, PROJECT, Selection()) == ()


def test_server_that_fails_is_an_error(context: Context, server: Emulator) -> None:
    """An empty list would hide jobs."""
    server.fail("list", FaultKind.HTML)
    with pytest.raises(OpsManagerError, match="^cannot list the jobs: "):
        list_jobs(context, PROJECT, Selection())


def test_job_of_unknown_age_matches_no_age() -> None:
    """A job without a type matches no type either."""
    job = Job(id=JOB, status="Success")
    assert Selection(statuses=("SUCCESS",)).includes(job, None)
    for selection in (
        Selection(newer_than=timedelta(days=999)),
        Selection(older_than=timedelta()),
        Selection(resource_types=("REPLICASET",)),
        Selection(resource_names=("rs0",)),
    ):
        assert not selection.is_everything
        assert not selection.includes(job, None)


@pytest.mark.parametrize(
    ("key", "value", "rule"),
    [
        ("status", "FAILED", "must be one of IN_PROGRESS, SUCCESS, FAILURE, MARKED_FOR_EXPIRY, EXPIRED"),
        ("resourceType", "SHARD", "must be one of CLUSTER, PROCESS, REPLICASET"),
        ("resourceName", "", "must not be empty"),
        ("projectId", "x", "must be 24 lower-case hex digits"),
        ("newerThan", "soon", "must be"),
        ("olderThan", 3600, "must be text, such as 2h"),
    ],
)
def test_filter_that_no_job_can_match_is_refused(key: str, value: Any, rule: str) -> None:
    """Otherwise a misspelled filter would list nothing, as if no job had failed."""
    (failure,) = check_inputs(JobFilter, {key: value}, None, PROJECT).failures
    assert failure.path == key
    assert failure.rule.startswith(rule)
