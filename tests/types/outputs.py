"""The type of every output, of every resource."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

from pulumi import Input, Output, ResourceOptions
from typing_extensions import assert_type

import pulumi_opsmanager as om


def job(made: om.LogCollectionJob) -> None:
    assert_type(made.id, Output[str])
    assert_type(made.urn, Output[str])
    assert_type(made.resource_type, Output[str])
    assert_type(made.resource_name, Output[str])
    assert_type(made.log_types, Output[list[str]])
    assert_type(made.size_requested_per_file_bytes, Output[int])
    assert_type(made.redacted, Output[bool])
    assert_type(made.log_collection_from_date, Output[Optional[str]])
    assert_type(made.log_collection_to_date, Output[Optional[str]])
    assert_type(made.project_id, Output[str])
    assert_type(made.expiration_date, Output[Optional[str]])
    assert_type(made.retention_days, Output[Optional[int]])
    assert_type(made.renew_when_days_left, Output[Optional[int]])
    assert_type(made.on_expired, Output[str])
    assert_type(made.max_retries, Output[int])
    assert_type(made.triggers, Output[Optional[list[Any]]])
    assert_type(made.status, Output[Optional[str]])
    assert_type(made.creation_date, Output[Optional[str]])
    assert_type(made.declared_expiration_date, Output[Optional[str]])
    assert_type(made.download_url, Output[str])
    assert_type(made.last_seen_url, Output[Optional[str]])
    assert_type(made.child_job_counts, Output[Optional[dict[str, int]]])
    assert_type(made.failed_child_jobs, Output[Optional[list[om.FailedChildJob]]])
    assert_type(made.uncompressed_size_total_bytes, Output[Optional[int]])
    assert_type(made.root_resource_type, Output[Optional[str]])
    assert_type(made.root_resource_name, Output[Optional[str]])
    assert_type(made.user_id, Output[Optional[str]])
    assert_type(made.retries, Output[int])


def completion(made: om.LogCollectionCompletion) -> None:
    assert_type(made.job_ids, Output[list[str]])
    assert_type(made.project_id, Output[str])
    assert_type(made.timeout_seconds, Output[float])
    assert_type(made.poll_interval_seconds, Output[float])
    assert_type(made.max_retries_per_run, Output[int])
    assert_type(made.on_failure, Output[str])
    assert_type(made.statuses, Output[dict[str, str]])
    assert_type(made.failed_jobs, Output[list[om.FailedJob]])
    assert_type(made.finished_at, Output[str])
    assert_type(made.retries, Output[dict[str, int]])


def archive(made: om.LogArchive) -> None:
    assert_type(made.job_id, Output[str])
    assert_type(made.path, Output[str])
    assert_type(made.project_id, Output[str])
    assert_type(made.require_complete, Output[bool])
    assert_type(made.keep_on_delete, Output[bool])
    assert_type(made.if_missing, Output[str])
    assert_type(made.verify, Output[str])
    assert_type(made.triggers, Output[Optional[list[Any]]])
    assert_type(made.file, Output[str])
    assert_type(made.sha256, Output[str])
    assert_type(made.size_bytes, Output[int])
    assert_type(made.uncompressed_size_bytes, Output[int])
    assert_type(made.members, Output[int])
    assert_type(made.missing, Output[list[om.FailedChildJob]])
    assert_type(made.complete, Output[bool])
    assert_type(made.job_status, Output[str])
    assert_type(made.mtime_ns, Output[str])
    assert_type(made.etag, Output[Optional[str]])
    assert_type(made.problem, Output[Optional[str]])


def window(made: om.LogCollectionWindow) -> None:
    assert_type(made.last, Output[str])
    assert_type(made.triggers, Output[Optional[list[Any]]])
    assert_type(made.log_collection_from_date, Output[str])
    assert_type(made.log_collection_to_date, Output[str])


def collection(made: om.LogCollection) -> None:
    assert_type(made.jobs, Mapping[str, om.LogCollectionJob])
    assert_type(made.completion, om.LogCollectionCompletion)
    assert_type(made.download_urls, Output[dict[str, str]])
    assert_type(made.statuses, Output[dict[str, str]])
    assert_type(made.archives, Output[dict[str, str]])
    assert_type(made.results, Output[dict[str, dict[str, Any]]])


def failures(job: om.FailedJob, child: om.FailedChildJob) -> None:
    assert_type(job.job_id, str)
    assert_type(job.status, str)
    assert_type(job.resource_type, Optional[str])
    assert_type(job.resource_name, Optional[str])
    assert_type(job.failed_child_jobs, list[om.FailedChildJob])
    assert_type(child.host_name, Optional[str])
    assert_type(child.log_collection_type, Optional[str])
    assert_type(child.path, Optional[str])
    assert_type(child.error_message, Optional[str])


def read(job_id: Input[str], project_id: Output[str], options: ResourceOptions) -> None:
    assert_type(om.LogCollectionJob.get("theirs", job_id), om.LogCollectionJob)
    assert_type(om.LogCollectionJob.get("theirs", job_id, options), om.LogCollectionJob)
    assert_type(om.LogCollectionJob.get("theirs", id=job_id, opts=options, project_id=project_id), om.LogCollectionJob)
    om.LogCollectionJob.get("theirs", job_id, project_id)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    om.LogCollectionJob.get("theirs")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
