"""How messages name a job, and the parts of it that are missing."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from pulumi_opsmanager.api.models import Job
from pulumi_opsmanager.errors import counted, shorten
from pulumi_opsmanager.schema.failed import FailedChildJob
from pulumi_opsmanager.schema.job import JobInputs
from pulumi_opsmanager.schema.types import canonical_word

NO_FILE = "no file in the archive"
"""Why a part is missing that the server has collected."""

NO_REASON = "no reason given"
"""Why a part failed, where the server does not say."""


def job_words(job_id: str, inputs: JobInputs) -> str:
    """A job by its inputs."""
    named = _named(inputs.resource_type, inputs.resource_name)
    return f"job {job_id} of {named}" if named else f"job {job_id}"


def deployment_name(job: Job) -> str:
    """The deployment of a job, by the server's answer."""
    return _named(canonical_word(job.resource_type), job.resource_name) or "an unnamed deployment"


def _named(*words: str | None) -> str:
    # A job that others have made may have no type, no name, or a name that fills a screen.
    return shorten(" ".join(filter(None, words)))


def expired_words(expires_at: str | None) -> str:
    """That a job has expired, and when, where the server has said it."""
    return f"the job expired on {expires_at}" if expires_at else "the job has expired"


def reasons_of(children: Iterable[FailedChildJob], unsaid: str = NO_REASON) -> str:
    """Hosts and reasons of parts that could not be collected."""
    words = (
        shorten(f"{child.host_name or 'a host'} {child.log_collection_type or ''}")
        + f": {shorten(child.error_message or unsaid)}"
        for child in children
    )
    return ", ".join(words) or "no part of it says why"


def missing_parts(children: Collection[FailedChildJob], unsaid: str = NO_REASON) -> str:
    """How many parts are missing, which ones, and why."""
    return f"{counted(len(children), 'part is missing', 'parts are missing')} ({reasons_of(children, unsaid)})"
