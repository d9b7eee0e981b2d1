"""The fields of a completion: which jobs it waits for, how long, and what happens if a job stays failed."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .failed import FailedJob
from .fields import Declaration, OnChange, Reported, says
from .types import ObjectId, ObjectIds, OnFailure, Seconds, WholeNumber


class CompletionInputs(Declaration):
    """The inputs of a completion."""

    job_ids: Annotated[
        ObjectIds,
        OnChange.UPDATE,
        says(
            "IDs of the jobs to wait for. Order and repetition do not matter. After a change, the next run follows "
            "only new and failed jobs."
        ),
    ]
    project_id: Annotated[
        ObjectId | None,
        OnChange.UPDATE,
        says(
            "Project of all the jobs: 24 lower-case hexadecimal digits. Default: the configured project when the "
            "completion is created."
        ),
    ] = None
    timeout_seconds: Annotated[
        Seconds,
        OnChange.UPDATE,
        Field(gt=0, le=7 * 86400),
        says(
            "How long one run waits (seconds). More than 0, at most 604800 (7 days). On timeout the run fails, and "
            "the next run continues to wait. A server that does not answer can delay the timeout by up to 3 minutes."
        ),
    ] = 3600.0
    poll_interval_seconds: Annotated[
        Seconds,
        OnChange.UPDATE,
        Field(ge=0.1, le=3600),
        says(
            "Time between the first two status requests (seconds). From 0.1 to 3600. Later intervals grow to 30 "
            "seconds."
        ),
    ] = 5.0
    max_retries_per_run: Annotated[
        WholeNumber,
        OnChange.UPDATE,
        Field(ge=0, le=100),
        says("Maximum number of restarts of the failed parts of each job within one run. From 0 (never) to 100."),
    ] = 1
    on_failure: Annotated[
        OnFailure,
        OnChange.UPDATE,
        says(
            "What to do with jobs that stay failed: `fail` the run, or `accept` them. `fail` names hosts and reasons. "
            "`accept` makes the successful parts available; the next run restarts the failed parts."
        ),
    ] = "fail"


class CompletionState(Reported):
    """The outputs of a completion."""

    statuses: Annotated[dict[str, str], says("Status of each job at the end of the last wait, by job ID.")] = {}
    failed_jobs: Annotated[
        list[FailedJob], says("Jobs that stayed failed: ID, status, deployment and failed parts.")
    ] = []
    finished_at: Annotated[str, says("When the last wait ended (RFC 3339, UTC).")] = ""
    retries: Annotated[
        dict[str, int],
        says("Number of restarts of each job by this completion so far, by job ID. Jobs without a restart are absent."),
    ] = {}
