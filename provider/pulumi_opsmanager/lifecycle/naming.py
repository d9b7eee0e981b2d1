"""How messages name a job, and the parts of it that are missing."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from pulumi_opsmanager.api.models import Job
from pulumi_opsmanager.errors import counted, shorten
from pulumi_opsmanager.schema.fields import Bag
from pulumi_opsmanager.schema.types import canonical_word

NO_FILE = "no file in the archive"
"""Why a part is missing that the server has collected."""

NO_REASON = "no reason given"
"""Why a part failed, where the server does not say."""


def stored_name(job_id: str, bag: Bag) -> str:
    """A job by its inputs or outputs; one of others has no name yet when it is first read."""
    name = bag.get("resourceName")
    return f"job {job_id} of {bag.get('resourceType')} {name}" if name else f"job {job_id}"


def job_name(job: Job) -> str:
    """A job by what the server says of it."""
    return stored_name(job.id, {"resourceType": canonical_word(job.resource_type), "resourceName": job.resource_name})


def reasons_of(children: Iterable[Bag], unsaid: str = NO_REASON) -> str:
    """Hosts and reasons of parts that could not be collected, as they are stored.

    Args:
        children: Outputs of child jobs.
        unsaid: The reason where the server gives none.
    """
    words = (
        shorten(f"{child.get('hostName') or 'a host'} {child.get('logCollectionType') or ''}")
        + f": {shorten(child.get('errorMessage') or unsaid)}"
        for child in children
    )
    return ", ".join(words) or "no part of it says why"


def missing_parts(children: Collection[Bag], unsaid: str = NO_REASON) -> str:
    """How many parts are missing, which ones, and why.

    Args:
        children: As for `reasons_of`.
        unsaid: As for `reasons_of`.
    """
    return f"{counted(len(children), 'part is missing', 'parts are missing')} ({reasons_of(children, unsaid)})"
