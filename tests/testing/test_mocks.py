from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import Any

import pulumi
import pytest

import pulumi_opsmanager as om
from pulumi_opsmanager.testing import OpsManagerMocks
from tests.support import JOB, PROJECT, ROOT
from tests.testing.programs import NOW, Seen, seen

pytest_plugins = ["pytester"]

GOOD: om.LogCollectionJobArgs = {
    "resource_type": "replicaset",
    "resource_name": "rs0",
    "log_types": ["mongodb", "FTDC"],
    "size_requested_per_file_bytes": 10_000,
    "redacted": True,
}


def job_outputs(**changes: Any) -> dict[str, Any]:
    """A job, and all of its outputs."""
    arguments: dict[str, Any] = {**GOOD, **changes}
    job = om.LogCollectionJob("logs", **arguments)
    return {name: getattr(job, name) for name in ("id", *om.LogCollectionJob.__annotations__) if hasattr(job, name)}


def test_job_has_every_output_in_the_shape_of_an_up() -> None:
    """Canonical inputs, the server's words, whole numbers as int, and the ids and URLs of one job."""
    outputs = seen(job_outputs)
    job_id = outputs["id"]
    assert om.LogCollectionJob.__annotations__.keys() <= outputs.keys()
    assert job_id.startswith(f"{int(NOW.timestamp()):08x}")
    assert outputs["log_types"] == ["FTDC", "MONGODB"]
    assert (outputs["resource_type"], outputs["project_id"], outputs["max_retries"]) == ("REPLICASET", PROJECT, 1)
    assert outputs["status"] == "SUCCESS"
    assert outputs["creation_date"] == "2026-03-02T09:00:00Z"
    assert outputs["expiration_date"] == "2026-04-01T09:00:00Z"
    assert outputs["child_job_counts"] == {"SUCCESS": 6}
    assert outputs["download_url"].endswith(f"/groups/{PROJECT}/logCollectionJobs/{job_id}/download")
    assert type(outputs["size_requested_per_file_bytes"]) is int


@pytest.mark.parametrize(
    ("changes", "expires"),
    [
        ({"expiration_date": datetime(2026, 5, 1, tzinfo=timezone.utc)}, "2026-05-01T00:00:00Z"),
        ({"retention_days": 60}, "2026-05-01T09:00:00Z"),
    ],
)
def test_declared_expiry_is_the_jobs(changes: Seen, expires: str) -> None:
    """A date, or a number of days."""
    assert seen(lambda: job_outputs(**changes))["expiration_date"] == expires


def test_two_jobs_have_two_ids() -> None:
    """Equal inputs are two jobs all the same."""
    ids = seen(lambda: {name: om.LogCollectionJob(name, **GOOD).id for name in ("a", "b")})
    assert len(set(ids.values())) == 2


def test_failing_job_names_the_host_that_failed() -> None:
    """As a typed output of the program."""
    outputs = seen(job_outputs, failing=["rs0"])
    (child,) = outputs["failed_child_jobs"]
    assert (outputs["status"], outputs["child_job_counts"]) == ("FAILURE", {"FAILURE": 1, "SUCCESS": 5})
    assert (child.host_name, child.log_collection_type) == ("rs0-0.example.net:27017", "FTDC")


def test_completion_and_archive_follow_their_job() -> None:
    """What became of a job is what the completion and the archive tell."""

    def program() -> dict[str, Any]:
        job = om.LogCollectionJob("logs", **GOOD)
        done = om.LogCollectionCompletion("done", job_ids=[job.id], on_failure="accept")
        archive = om.LogArchive("archive", job_id=job.id, path="archives/", require_complete=False)
        return {
            "statuses": done.statuses,
            "failed": done.failed_jobs,
            "retries": done.retries,
            "file": archive.file,
            "asset": archive.file.apply(pulumi.FileAsset),
            "members": archive.members,
            "missing": archive.missing.apply(lambda parts: [part.host_name for part in parts]),
            "complete": archive.complete,
        }

    whole = seen(program)
    assert list(whole["statuses"].values()) == ["SUCCESS"]
    assert (whole["failed"], whole["missing"], whole["members"], whole["complete"]) == ([], [], 6, True)
    assert re.fullmatch(r"archives/mongodb-logfiles_rs0_20260302T090000Z_[0-9a-f]{8}\.tar\.gz", whole["file"])
    torn = seen(program, failing=["rs0"])
    assert [job.resource_name for job in torn["failed"]] == ["rs0"]
    assert list(torn["retries"].values()) == [1]
    assert (torn["missing"], torn["members"], torn["complete"]) == (["rs0-0.example.net:27017"], 5, False)
    assert type(torn["members"]) is int


@pytest.mark.parametrize("resource", ["completion", "archive"])
def test_failure_that_is_not_accepted_is_raised(resource: str) -> None:
    """As an `up` would fail, with host and reason."""

    def program() -> dict[str, Any]:
        job = om.LogCollectionJob("logs", **GOOD)
        if resource == "archive":
            return {"file": om.LogArchive("archive", job_id=job.id, path="a.tar.gz").file}
        return {"statuses": om.LogCollectionCompletion("done", job_ids=[job.id]).statuses}

    with pytest.raises(om.CollectionFailed, match=r"rs0-0\.example\.net:27017 FTDC: agent did not answer"):
        seen(program, failing=["rs0"])


def test_job_of_others_is_read_by_its_id() -> None:
    """`get` gives a job as the server would have it, also one that the program made."""

    def program() -> dict[str, Any]:
        theirs = om.LogCollectionJob.get("theirs", JOB)
        ours = om.LogCollectionJob("logs", **GOOD)
        again = om.LogCollectionJob.get("again", ours.id)
        return {"id": theirs.id, "name": theirs.resource_name, "status": theirs.status, "types": again.log_types}

    outputs = seen(program)
    assert outputs == {"id": JOB, "name": "rs0", "status": "SUCCESS", "types": ["FTDC", "MONGODB"]}


def test_read_of_no_id_is_refused() -> None:
    """As by the provider."""
    with pytest.raises(om.InvalidInput, match=r"job id 'not-an-id' must be 24 lower-case hex digits"):
        seen(lambda: {"status": om.LogCollectionJob.get("x", "not-an-id").status})


@pytest.mark.parametrize("written", ["", "/", "/api/public/v1.0", "/api/public/v1.0/"])
def test_base_url_is_taken_as_a_setting_is(written: str) -> None:
    """With or without the API's path."""
    url = seen(job_outputs, base_url=f"https://om.example.net{written}")["download_url"]
    assert url.startswith("https://om.example.net/api/public/v1.0/groups/")


@pytest.mark.parametrize("changes", [{"base_url": "nowhere"}, {"project_id": "shop"}])
def test_malformed_settings_are_refused(changes: dict[str, Any]) -> None:
    """When the mocks are made, not at the first resource."""
    with pytest.raises(om.InvalidSettings, match="must be"):
        OpsManagerMocks(**changes)


def test_archive_of_a_job_that_no_resource_made_resolves() -> None:
    """A job id may come from anywhere."""
    outputs = seen(lambda: {"status": om.LogArchive("archive", job_id=JOB, path="a.tar.gz").job_status})
    assert outputs == {"status": "SUCCESS"}


def test_all_broken_rules_are_raised_at_once() -> None:
    """Those of a preview, under the resource's name."""
    with pytest.raises(om.InvalidInput, match=r"make 'logs': log_types\[0\] must be one of .*; max_retries must"):
        seen(lambda: job_outputs(log_types=["SYSLOG"], max_retries=-1))


def test_preview_knows_the_inputs_and_nothing_of_the_server() -> None:
    """Unknown inputs are no missing ones, and what only the server knows stays unknown."""

    def program() -> dict[str, Any]:
        window = om.LogCollectionWindow("window", last="2h")
        arguments: om.LogCollectionJobArgs = {
            **GOOD,
            "log_collection_from_date": window.log_collection_from_date,
            "log_collection_to_date": window.log_collection_to_date,
        }
        job = om.LogCollectionJob("logs", **arguments)
        done = om.LogCollectionCompletion("done", job_ids=[job.id])
        archive = om.LogArchive("archive", job_id=job.id, path="archives/")
        theirs = om.LogCollectionJob.get("theirs", JOB)
        return {
            "last": window.last,
            "types": job.log_types,
            "from": job.log_collection_from_date,
            "url": job.download_url,
            "statuses": done.statuses,
            "file": archive.file,
            "theirs": theirs.status,
        }

    assert seen(program, preview=True) == {"last": "2h", "types": ["FTDC", "MONGODB"], "theirs": "SUCCESS"}


def test_secret_input_is_a_secret_output() -> None:
    """As the engine has it."""

    def program() -> dict[str, Any]:
        arguments: om.LogCollectionJobArgs = {**GOOD, "resource_name": pulumi.Output.secret("rs0")}
        job = om.LogCollectionJob("logs", **arguments)
        return {"secret": job.resource_name.is_secret(), "plain": job.resource_type.is_secret()}

    assert seen(program) == {"secret": True, "plain": False}


def test_resources_and_functions_of_others_get_their_inputs_back() -> None:
    """A program with other packages runs."""

    def program() -> dict[str, Any]:
        bucket = pulumi.CustomResource("aws:s3/bucket:Bucket", "logs", {"region": "eu-central-1"})
        called = pulumi.runtime.invoke_async("aws:index/getRegion:getRegion", {"name": "eu-central-1"})
        return {"id": bucket.id, "called": called}

    assert seen(program) == {"id": "logs_id", "called": {"name": "eu-central-1"}}


def test_guide_of_mocks_runs(pytester: pytest.Pytester) -> None:
    """The page's block is a test file as it stands."""
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs" / "testing.md").read_text(), re.MULTILINE | re.DOTALL)
    (block,) = (block for block in blocks if "set_mocks" in block)
    pytester.makepyfile(block)
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=2)
