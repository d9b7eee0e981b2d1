from __future__ import annotations

import re
from datetime import datetime, timezone
from pathlib import Path
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


def test_job_has_every_output_in_the_form_of_an_up() -> None:
    """Inputs are canonical, whole numbers are int, and the id and URLs belong to one job."""
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
def test_declared_expiry_becomes_the_expiry_of_the_job(changes: Seen, expires: str) -> None:
    """The program declares a date or a number of days."""
    assert seen(lambda: job_outputs(**changes))["expiration_date"] == expires


def test_two_jobs_have_two_ids() -> None:
    """Equal inputs make two jobs."""
    ids = seen(lambda: {name: om.LogCollectionJob(name, **GOOD).id for name in ("a", "b")})
    assert len(set(ids.values())) == 2


def test_failing_job_names_the_host_that_failed() -> None:
    """The program reads it from a typed output."""
    outputs = seen(job_outputs, failing=["rs0"])
    (child,) = outputs["failed_child_jobs"]
    assert (outputs["status"], outputs["child_job_counts"]) == ("FAILURE", {"FAILURE": 1, "SUCCESS": 5})
    assert (child.host_name, child.log_collection_type) == ("rs0-0.example.net:27017", "FTDC")


def test_completion_and_archive_follow_their_job() -> None:
    """The completion and the archive report the result of the job."""

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

    complete = seen(program)
    assert list(complete["statuses"].values()) == ["SUCCESS"]
    assert (complete["failed"], complete["missing"], complete["members"], complete["complete"]) == ([], [], 6, True)
    assert re.fullmatch(r"archives/mongodb-logfiles_rs0_20260302T090000Z_[0-9a-f]{8}\.tar\.gz", complete["file"])
    incomplete = seen(program, failing=["rs0"])
    assert [job.resource_name for job in incomplete["failed"]] == ["rs0"]
    assert list(incomplete["retries"].values()) == [1]
    assert (incomplete["missing"], incomplete["members"], incomplete["complete"]) == (
        ["rs0-0.example.net:27017"],
        5,
        False,
    )
    assert type(incomplete["members"]) is int


@pytest.mark.parametrize("resource", ["completion", "archive"])
def test_failure_that_is_not_accepted_is_raised(resource: str) -> None:
    """The error names the host and the reason, as in an `up`."""

    def program() -> dict[str, Any]:
        job = om.LogCollectionJob("logs", **GOOD)
        if resource == "archive":
            return {"file": om.LogArchive("archive", job_id=job.id, path="a.tar.gz").file}
        return {"statuses": om.LogCollectionCompletion("done", job_ids=[job.id]).statuses}

    with pytest.raises(om.CollectionFailed, match=r"rs0-0\.example\.net:27017 FTDC: agent did not answer"):
        seen(program, failing=["rs0"])


def test_get_returns_any_job_by_its_id() -> None:
    """The program may have created the job or not."""

    def program() -> dict[str, Any]:
        existing = om.LogCollectionJob.get("existing", JOB)
        created = om.LogCollectionJob("logs", **GOOD)
        again = om.LogCollectionJob.get("again", created.id)
        return {"id": existing.id, "name": existing.resource_name, "status": existing.status, "types": again.log_types}

    outputs = seen(program)
    assert outputs == {"id": JOB, "name": "rs0", "status": "SUCCESS", "types": ["FTDC", "MONGODB"]}


@pytest.mark.parametrize("job_id", ["not-an-id", f"{PROJECT}/{JOB}"])
def test_get_refuses_a_malformed_id(job_id: str) -> None:
    """The message is that of the provider."""
    with pytest.raises(om.InvalidInput, match=f"id must be 24 lower-case hex digits, not '{job_id}'"):
        seen(lambda: {"status": om.LogCollectionJob.get("x", job_id).status})


@pytest.mark.parametrize("written", ["", "/", "/api/public/v1.0", "/api/public/v1.0/"])
def test_base_url_works_with_and_without_the_path_of_the_api(written: str) -> None:
    """`download_url` has the path once."""
    url = seen(job_outputs, base_url=f"https://om.example.net{written}")["download_url"]
    assert url.startswith("https://om.example.net/api/public/v1.0/groups/")


@pytest.mark.parametrize("changes", [{"base_url": "nowhere"}, {"project_id": "shop"}])
def test_malformed_settings_are_refused(changes: dict[str, Any]) -> None:
    """The constructor of the mocks raises the error, before any resource exists."""
    with pytest.raises(om.InvalidSettings, match="must be"):
        OpsManagerMocks(**changes)


def test_archive_accepts_a_job_that_the_program_did_not_create() -> None:
    """The job id may come from a configuration."""
    outputs = seen(lambda: {"status": om.LogArchive("archive", job_id=JOB, path="a.tar.gz").job_status})
    assert outputs == {"status": "SUCCESS"}


def test_archive_is_the_same_at_the_same_time_and_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hash, sizes and time depend on the job and the clock of the mocks."""
    monkeypatch.chdir(tmp_path)

    def program() -> dict[str, Any]:
        archive = om.LogArchive("archive", job_id=JOB, path="new/a.tar.gz")
        names = ("file", "sha256", "size_bytes", "uncompressed_size_bytes", "mtime_ns")
        return {name: getattr(archive, name) for name in names}

    first = seen(program)
    assert seen(program) == first
    assert (first["file"], first["uncompressed_size_bytes"]) == ("new/a.tar.gz", 3 * 20_000)
    assert 0 < first["size_bytes"] < first["uncompressed_size_bytes"]
    assert list(tmp_path.iterdir()) == []


def test_job_exists_only_in_its_project() -> None:
    """A completion or archive that forgets `project_id` fails, as in an `up`."""

    def program() -> dict[str, Any]:
        arguments: om.LogCollectionJobArgs = {**GOOD, "project_id": "b" * 24}
        job = om.LogCollectionJob("logs", **arguments)
        return {"file": om.LogArchive("archive", job_id=job.id, path="a.tar.gz").file}

    with pytest.raises(om.JobNotFound, match=f"no job [0-9a-f]+ in project {PROJECT}; it is in project b+"):
        seen(program)


def test_all_broken_rules_are_raised_at_once() -> None:
    """They are the rules of a preview, and the message names the resource."""
    with pytest.raises(om.InvalidInput, match=r"make 'logs': log_types\[0\] must be one of .*; max_retries must"):
        seen(lambda: job_outputs(log_types=["SYSLOG"], max_retries=-1))


def test_expiry_in_the_past_is_refused() -> None:
    """The clock is that of the mocks."""
    with pytest.raises(
        om.InvalidInput, match=r"expiration_date must be in the future \(it is 2026-03-02T09:00:00Z now"
    ):
        seen(lambda: job_outputs(expiration_date="2026-03-01T00:00:00Z"), preview=True)


def test_preview_knows_inputs_and_no_reported_outputs() -> None:
    """An unknown input is not a missing input. Outputs that only the server knows stay unknown."""

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
        existing = om.LogCollectionJob.get("existing", JOB)
        return {
            "last": window.last,
            "types": job.log_types,
            "from": job.log_collection_from_date,
            "url": job.download_url,
            "statuses": done.statuses,
            "file": archive.file,
            "existing": existing.status,
        }

    assert seen(program, preview=True) == {"last": "2h", "types": ["FTDC", "MONGODB"], "existing": "SUCCESS"}


def test_secret_input_is_a_secret_output() -> None:
    """The engine does the same."""

    def program() -> dict[str, Any]:
        arguments: om.LogCollectionJobArgs = {**GOOD, "resource_name": pulumi.Output.secret("rs0")}
        job = om.LogCollectionJob("logs", **arguments)
        return {"secret": job.resource_name.is_secret(), "plain": job.resource_type.is_secret()}

    assert seen(program) == {"secret": True, "plain": False}


def test_resources_and_functions_of_other_packages_return_their_inputs() -> None:
    """A program may use other packages too."""

    def program() -> dict[str, Any]:
        bucket = pulumi.CustomResource("aws:s3/bucket:Bucket", "logs", {"region": "eu-central-1"})
        called = pulumi.runtime.invoke_async("aws:index/getRegion:getRegion", {"name": "eu-central-1"})
        return {"id": bucket.id, "called": called}

    assert seen(program) == {"id": "logs_id", "called": {"name": "eu-central-1"}}


def test_guide_of_mocks_runs(pytester: pytest.Pytester) -> None:
    """The code block of the page is a complete test file."""
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs" / "testing.md").read_text(), re.MULTILINE | re.DOTALL)
    (block,) = (block for block in blocks if "set_mocks" in block)
    pytester.makepyfile(block)
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=2)
