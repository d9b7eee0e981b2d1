"""The completion of jobs, as a program declares it. `make generate` writes its fields from the schema."""

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
    """Waits until any number of jobs are finished, and restarts the failed parts of jobs.

    Declare one completion for all jobs of a program: it reads the list of jobs once per interval. A provider answers
    four calls at once, so four waiting completions block all its other resources. After a timeout or an interruption,
    the next `up` continues to wait. A completion manages nothing on the server.
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
    """Status of each job at the end of the last wait, by job ID."""
    failed_jobs: pulumi.Output[list[FailedJob]]
    """Jobs that stayed failed: ID, status, deployment and failed parts."""
    finished_at: pulumi.Output[str]
    """When the last wait ended (RFC 3339, UTC)."""
    retries: pulumi.Output[dict[str, int]]
    """Number of restarts of each job by this completion so far, by job ID. Jobs without a restart are absent."""

    def __init__(
        self,
        name: str,
        *,
        job_ids: pulumi.Input[Collection[pulumi.Input[str]]],
        project_id: pulumi.Input[str] | None = None,
        timeout_seconds: pulumi.Input[float | str] | None = None,
        poll_interval_seconds: pulumi.Input[float | str] | None = None,
        max_retries_per_run: pulumi.Input[int] | None = None,
        on_failure: pulumi.Input[OnFailureWord] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare a completion.

        Args:
            name: Pulumi's name of the resource, unique in the stack.
            job_ids: IDs of the jobs to wait for.
            project_id: Project of all the jobs: 24 lower-case hexadecimal digits. Default: the configured project when
                the completion is created.
            timeout_seconds: How long one run waits (seconds). Text with a unit works too: `90s`, `30m`, `2h`. Default:
                3600.
            poll_interval_seconds: Time between the first two status requests (seconds). Text with a unit works too:
                `90s`, `30m`, `2h`. Default: 5.
            max_retries_per_run: Maximum number of restarts of the failed parts of each job within one run. Default: 1.
            on_failure: What to do with jobs that stay failed: `fail` the run, or `accept` them. Default: `fail`.
            opts: Pulumi's resource options.
        """
        super().__init__(LogCollectionCompletionProvider(), name, self._properties(locals()), opts)
