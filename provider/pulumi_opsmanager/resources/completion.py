"""The completion of jobs, as a program declares it."""

from __future__ import annotations

from collections.abc import Collection

import pulumi

from pulumi_opsmanager.dynamic.completion import LogCollectionCompletionProvider
from pulumi_opsmanager.schema.completion import CompletionInputs, CompletionState
from pulumi_opsmanager.schema.types import OnFailureWord

from .base import DeclaredResource
from .failures import FailedJob
from .options import WAIT_TIMEOUT


class LogCollectionCompletion(DeclaredResource, module="opsmanager", name="LogCollectionCompletion"):
    """Waits until any number of jobs are finished, and restarts those that failed.

    One completion follows all jobs of a program with one list request per interval. A provider answers four calls at
    once: four completions that wait hold up everything else of it, and more wait in turn. It owns nothing on the
    server. Stopped or out of time, it goes on with the next `up`.
    """

    declarations = (CompletionInputs, CompletionState)
    _timeouts = WAIT_TIMEOUT

    job_ids: pulumi.Output[list[str]]
    project_id: pulumi.Output[str]
    timeout_seconds: pulumi.Output[float]
    poll_interval_seconds: pulumi.Output[float]
    max_retries_per_run: pulumi.Output[int]
    on_failure: pulumi.Output[str]
    statuses: pulumi.Output[dict[str, str]]
    """Status by job id, as it was when the wait ended."""
    failed_jobs: pulumi.Output[list[FailedJob]]
    """The jobs that stayed failed: id, status, resource and failed child jobs."""
    finished_at: pulumi.Output[str]
    """When the last wait ended."""
    retries: pulumi.Output[dict[str, int]]
    """How often each job was restarted by this completion so far, by job id; only those that were."""

    def __init__(
        self,
        name: str,
        *,
        job_ids: pulumi.Input[Collection[pulumi.Input[str]]],
        project_id: pulumi.Input[str] | None = None,
        timeout_seconds: pulumi.Input[float] | None = None,
        poll_interval_seconds: pulumi.Input[float] | None = None,
        max_retries_per_run: pulumi.Input[int] | None = None,
        on_failure: pulumi.Input[OnFailureWord] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare a completion.

        Args:
            name: Pulumi's name of the resource, unique in the stack.
            job_ids: The jobs to follow, in any order; `[job.id]`.
            project_id: Of all the jobs; None takes `opsmanager:projectId`.
            timeout_seconds: How long one `up` waits; None is 3600.
            poll_interval_seconds: Between the first looks, growing to 30 s; None is 5.
            max_retries_per_run: Restarts of each failed job within one `up`; None is 1.
            on_failure: `fail` (None) or `accept` jobs that stay failed.
            opts: Pulumi's resource options.
        """
        super().__init__(LogCollectionCompletionProvider(), name, self._properties(locals()), opts)
