"""How messages name a job and its missing parts."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from pulumi_opsmanager.api.models import Job
from pulumi_opsmanager.errors import counted, shorten
from pulumi_opsmanager.schema.failed import FailedChildJob
from pulumi_opsmanager.schema.job import JobInputs
from pulumi_opsmanager.schema.types import canonical_word

NO_FILE = "no file in the archive"
"""The reason for a missing part that did not fail."""

NO_REASON = "no reason given"
"""The reason for a failed part, if the server gives none."""


def job_words(job_id: str, inputs: JobInputs) -> str:
    """Name a job by its inputs."""
    named = _named(inputs.resource_type, inputs.resource_name)
    return f"job {job_id} of {named}" if named else f"job {job_id}"


def deployment_name(job: Job) -> str:
    """Name the deployment of a job, by the server's answer."""
    return _named(canonical_word(job.resource_type), job.resource_name) or "an unnamed deployment"


def _named(*words: str | None) -> str:
    # A job from another client may lack type or name, or its name may fill a screen.
    return shorten(" ".join(filter(None, words)))


def expired_words(expires_at: str | None) -> str:
    """Say that a job has expired, with the date if it is known."""
    return f"the job expired on {expires_at}" if expires_at else "the job has expired"


def reasons_of(children: Iterable[FailedChildJob], unsaid: str = NO_REASON) -> str:
    """Hosts and reasons of failed or missing parts."""
    words = (
        shorten(f"{child.host_name or 'a host'} {child.log_collection_type or ''}")
        + f": {shorten(child.error_message or unsaid)}"
        for child in children
    )
    return ", ".join(words) or "no part of it says why"


def missing_parts(children: Collection[FailedChildJob], unsaid: str = NO_REASON) -> str:
    """Number, hosts and reasons of missing parts."""
    return f"{counted(len(children), 'part is missing', 'parts are missing')} ({reasons_of(children, unsaid)})"
