"""The client reads samples of the vendor. `tests/emulator` compares the emulator with the same samples."""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.deployments import Deployments, read_clusters, read_processes
from pulumi_opsmanager.api.models import Job
from pulumi_opsmanager.api.settings import Settings
from pulumi_opsmanager.emulator import Emulator
from pulumi_opsmanager.emulator.bodies import check_extend
from pulumi_opsmanager.errors import JobNotFound, ReplyLost, UnexpectedResponse
from pulumi_opsmanager.instants import parse_instant
from pulumi_opsmanager.schema.job import JobInputs, request_body
from pulumi_opsmanager.schema.models import read_model
from tests.support import JOB, PROJECT, FakeClock, canned, client_for, job_request

WIRE = Path(__file__).parents[1] / "wire"


def sample(name: str) -> Any:
    return json.loads((WIRE / f"{name}.json").read_text())["body"]


def client_of(url: str) -> Client:
    return Client(Settings(url, "public", "private", timeout_seconds=5), FakeClock())


def answering(name: str, status: int = 200, **changes: Any) -> Any:
    return canned(json.dumps(sample(name) | changes).encode(), status=status)


def test_get_one_is_read_completely() -> None:
    """Every known field of the vendor's verbose sample is read."""
    with answering("get_one_verbose") as url:
        job = client_of(url).jobs(PROJECT).get(JOB, verbose=True)
    assert (job.id, job.status, job.resource_type) == (JOB, "SUCCESS", "replicaset")
    assert job.creation_date == datetime(2026, 3, 2, 9, 15, 40, tzinfo=timezone.utc)
    assert job.child_jobs is not None
    assert [child.host_name for child in job.child_jobs] == ["db1.example.net:27018", "db1.example.net"]


@pytest.mark.parametrize("message", [None, "null"])
def test_text_null_is_not_a_message(message: str | None) -> None:
    """The vendor's own client fixtures write a null errorMessage of a child as text."""
    children = [child | {"errorMessage": message} for child in sample("get_one_verbose")["childJobs"]]
    with answering("get_one_verbose", childJobs=children) as url:
        job = client_of(url).jobs(PROJECT).get(JOB, verbose=True)
    assert {child.error_message for child in job.child_jobs or ()} == {None}


def test_list_and_created_id_are_read() -> None:
    """A page without a next link is the last one; a create returns only the ID."""
    with answering("list") as url:
        assert [job.id for job in client_of(url).jobs(PROJECT).walk()] == [JOB]
    with answering("create_response", status=201) as url:
        assert client_of(url).jobs(PROJECT).create({}) == JOB


def test_names_of_deployments_are_read() -> None:
    """A shard has its own name, and the config servers are left out. Processes have their name in automation."""
    with answering("clusters") as url:
        found = read_clusters(client_of(url), PROJECT)
    assert found == Deployments((("CLUSTER", "Animals"), ("REPLICASET", "cats")), is_complete=True)
    with answering("automation_status") as url:
        found = read_processes(client_of(url), PROJECT)
    names = ("shardedCluster_myShard_0_0", "shardedCluster_myShard_0_1")
    assert found == Deployments(tuple(("PROCESS", name) for name in names), is_complete=True)


@pytest.mark.parametrize("entry", [None, 3, {}, {"typeName": 3}, {"typeName": "REPLICA_SET"}, {"typeName": "SHARDED"}])
def test_deployment_that_cannot_be_read_hides_no_other(entry: object) -> None:
    """Only the entry is left out."""
    good = {"typeName": "REPLICA_SET", "clusterName": "rs0"}
    with answering("clusters", results=[entry, good]) as url:
        assert read_clusters(client_of(url), PROJECT).names == (("REPLICASET", "rs0"),)
    with answering("automation_status", processes=[entry, {"name": "db1"}]) as url:
        assert read_processes(client_of(url), PROJECT).names == (("PROCESS", "db1"),)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"[]", "a JSON object was expected"),
        (b"{}", "the answer lacks the field results"),
        (b'{"results": 3}', "the field results has an unexpected value"),
        (b'{"results": [], "links": [{"rel": 3}]}', "the field links.0.rel has an unexpected value"),
    ],
)
def test_answer_of_another_form_is_described_in_plain_words(body: bytes, words: str) -> None:
    """No message of a library is shown."""
    with (
        canned(body) as url,
        pytest.raises(UnexpectedResponse, match=re.escape(f"answered 200: {words}; check base_url")),
    ):
        next(client_of(url).jobs(PROJECT).walk(), None)


def test_not_found_is_proof_for_the_named_job_only() -> None:
    """The vendor's 404 names the job. For another ID it proves nothing."""
    with answering("not_found", status=404) as url:
        with pytest.raises(JobNotFound):
            client_of(url).jobs(PROJECT).get(JOB)
        with pytest.raises(UnexpectedResponse):
            client_of(url).jobs(PROJECT).get("f" * 24)


def test_create_request_equals_the_vendors_sample() -> None:
    """The order of lists may differ."""
    vendor = sample("create_request")
    inputs = read_model(
        JobInputs,
        vendor | {"logCollectionFromDate": "2026-03-01T00:00:00Z", "logCollectionToDate": "2026-03-02T00:00:00Z"},
    )
    assert request_body(inputs, epoch_dates=True) == vendor | {"logTypes": sorted(vendor["logTypes"])}


def test_extend_request_equals_the_vendors_sample() -> None:
    """The expiry is sent as ISO text, and is the only field."""
    vendor = sample("extend_request")
    expires = parse_instant(vendor["expirationDate"])
    created = datetime(2026, 3, 2, tzinfo=timezone.utc)
    assert check_extend(vendor, created=created, now=created) == expires
    with Emulator(now=lambda: created) as server:
        client = client_for(server, FakeClock(created))
        job_id = client.jobs(server.project_id).create(job_request())
        client.jobs(server.project_id).extend(job_id, expires)
        assert client.jobs(server.project_id).get(job_id).expiration_date == expires


@pytest.mark.parametrize("missing", ["id", "status"])
def test_missing_required_field_is_an_error_of_the_server(missing: str) -> None:
    """The client invents no value that the server left out."""
    body = {key: value for key, value in sample("get_one_verbose").items() if key != missing}
    with canned(json.dumps(body).encode()) as url, pytest.raises(UnexpectedResponse, match=missing):
        client_of(url).jobs(PROJECT).get(JOB)


@pytest.mark.parametrize("body", [b"", b"{}", b"<html>", b'{"id": 3}', b'{"id": "../x"}', b"[" * 100_000])
def test_create_without_a_readable_id_is_a_lost_reply(body: bytes) -> None:
    """The job exists by then, so the caller must search for it."""
    with canned(body, status=201) as url, pytest.raises(ReplyLost):
        client_of(url).jobs(PROJECT).create({})


def test_status_is_one_short_line() -> None:
    """Messages show the status, whatever a server sends."""
    job = Job.model_validate({"id": JOB, "status": "LATE\n\x1b[2J" + "x" * 10_000})
    assert job.status.startswith("LATE \ufffd[2Jxxx")
    assert len(job.status) < 200
