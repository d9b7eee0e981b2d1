"""How messages name a job, and the parts of it that could not be collected."""

from __future__ import annotations

from collections.abc import Iterable

from pulumi_opsmanager.api.models import Job
from pulumi_opsmanager.errors import shorten
from pulumi_opsmanager.schema.fields import Bag
from pulumi_opsmanager.schema.types import canonical_word


def stored_name(job_id: str, bag: Bag) -> str:
    """A job by its inputs or outputs; one of others has no name yet when it is first read."""
    name = bag.get("resourceName")
    return f"job {job_id} of {bag.get('resourceType')} {name}" if name else f"job {job_id}"


def job_name(job: Job) -> str:
    """A job by what the server says of it."""
    return stored_name(job.id, {"resourceType": canonical_word(job.resource_type), "resourceName": job.resource_name})


def reasons_of(children: Iterable[Bag]) -> str:
    """Hosts and reasons of parts that could not be collected, as they are stored."""
    words = (
        shorten(f"{child.get('hostName') or 'a host'} {child.get('logCollectionType') or ''}")
        + f": {shorten(child.get('errorMessage') or 'no file in the archive')}"
        for child in children
    )
    return ", ".join(words) or "no part of it says why"
