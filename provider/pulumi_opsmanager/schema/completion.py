"""The fields of a completion: which jobs to wait for, how long, and what a failed one means."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from .fields import Declaration, OnChange, says
from .types import ObjectId, ObjectIds, OnFailure, Seconds, WholeNumber


class CompletionInputs(Declaration):
    """What a program declares of a completion."""

    job_ids: Annotated[
        ObjectIds,
        OnChange.UPDATE,
        says("The jobs to follow until all are finished; a set. One that is added is waited for, the others are not."),
    ]
    project_id: Annotated[
        ObjectId | None,
        OnChange.UPDATE,
        says("24 lower-case hex digits, of all the jobs. Not declared: `opsmanager:projectId` when it is made."),
    ] = None
    timeout_seconds: Annotated[
        Seconds,
        OnChange.UPDATE,
        Field(gt=0, le=7 * 86400),
        says(
            "How long one `up` waits; then it fails, and the next one goes on waiting. At most 7 days. A server that "
            "does not answer can hold the last look for up to 3 minutes more."
        ),
    ] = 3600.0
    poll_interval_seconds: Annotated[
        Seconds,
        OnChange.UPDATE,
        Field(ge=0.1, le=3600),
        says("Time between the first looks at the server; it grows to 30 s."),
    ] = 5.0
    max_retries_per_run: Annotated[
        WholeNumber,
        OnChange.UPDATE,
        Field(ge=0, le=100),
        says("How often the failed parts of each job are restarted within one `up`; 0 = never."),
    ] = 1
    on_failure: Annotated[
        OnFailure,
        OnChange.UPDATE,
        says(
            "What a job that stays failed means: `fail` makes the `up` fail, naming hosts and reasons; `accept` goes "
            "on, as the parts that worked can be downloaded, and the next `up` tries again."
        ),
    ] = "fail"


class CompletionState(Declaration):
    """What is stored of a completion beside its inputs."""

    statuses: Annotated[
        dict[str, str],
        OnChange.COMPUTED,
        says("Status by job id, as it was when the wait ended."),
    ]
    failed_jobs: Annotated[
        list[dict[str, Any]],
        OnChange.COMPUTED,
        says("The jobs that stayed failed: id, status, resource and failed child jobs."),
    ]
    finished_at: Annotated[
        str,
        OnChange.COMPUTED,
        says("When the last wait ended."),
    ]
    retries: Annotated[
        dict[str, int],
        OnChange.COMPUTED,
        says("How often each job was restarted by this completion so far, by job id; only those that were."),
    ]
