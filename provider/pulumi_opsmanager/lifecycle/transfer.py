"""From a finished job to a verified archive in its place: which job has one, its name, and which parts it needs."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pulumi_opsmanager.api.jobs import Jobs
from pulumi_opsmanager.api.models import EXPIRED_STATUS, FAILED_STATUSES, FINISHED_STATUSES, Job
from pulumi_opsmanager.clock import Clock
from pulumi_opsmanager.download.place import Place, Seen, is_folder, place_of, within
from pulumi_opsmanager.errors import CollectionFailed, Expired, NotFinished
from pulumi_opsmanager.schema.archive import ArchiveState
from pulumi_opsmanager.schema.failed import FailedChildJob

from .job_state import failed_child, failed_children
from .manifest import About, found_manifest, manifest_of, store_manifest
from .naming import NO_FILE, NO_REASON, deployment_name, missing_parts

if TYPE_CHECKING:
    from pulumi_opsmanager.download.fetch import Fetched

# File systems allow 255 for the complete name.
_NAME_CHARACTERS = 150

Claim = Callable[[Place, str | None], None]


@dataclass(frozen=True)
class Advice:
    """Remedies in the words of the caller: a program or a command.

    Attributes:
        unfinished: Remedy for a job that is not finished.
        failed: How to restart the failed parts of a job.
        incomplete: How to accept an incomplete archive.
    """

    unfinished: str
    failed: str
    incomplete: str


def transfer(
    jobs: Jobs,
    clock: Clock,
    job_id: str,
    path: str,
    *,
    require_complete: bool,
    advice: Advice,
    progress: Callable[[int], None],
    warn: Callable[[str], None],
    claim: Claim = lambda _file, _sha256: None,
) -> ArchiveState:
    """Download and verify an archive, put it in its place, and write its manifest.

    Args:
        jobs: The jobs of the project.
        clock: Sleeps between attempts.
        job_id: 24 hex characters.
        path: Path or URL of a file, an object or a folder.
        require_complete: If true, an archive with missing parts is refused, and nothing is stored.
        advice: Remedies for the messages about the state of the job.
        progress: Called with the number of bytes received so far.
        warn: Called with a warning about suspicious entries of a verified archive.
        claim: Called with the place before the download, and with place and SHA-256 before the archive appears there.
            It raises to refuse.

    Raises:
        CollectionFailed: Parts are missing, and `require_complete` is true.
        NotFinished: The job is still running.
        Expired: The job has expired.
        JobNotFound: The job does not exist.
        CannotStore: The archive or its manifest cannot be written.
        OpsManagerError: The server sent no complete archive.
    """
    # Here, and not above: a preview downloads nothing, and isal is slow to import.
    from pulumi_opsmanager.download.fetch import fetch

    job = jobs.get(job_id, verbose=True)
    _require_downloadable(job, advice)
    has_failed = job.status in FAILED_STATUSES
    if has_failed and require_complete:
        remedy = f"repair the hosts and {advice.failed}, {advice.incomplete}"
        raise _incomplete(job, failed_children(job), NO_REASON, remedy)

    def accept(found: Fetched) -> None:
        claim(file, found.sha256)
        if require_complete and found.missing:
            remedy = f"collect again, {advice.incomplete}"
            if found.unmatched:
                remedy = f"{found.unmatched}; {remedy}"
            raise _incomplete(job, [failed_child(child) for child in found.missing], NO_FILE, remedy)

    file = place_of(place(path, job))
    claim(file, None)
    found_manifest(file)  # fails before the download and not after it
    found = fetch(
        lambda: jobs.download(job_id),
        file,
        children=job.child_jobs or (),
        clock=clock,
        accept=accept,
        progress=progress,
    )
    if found.suspicious:
        warn(f"{file.location}: {found.suspicious}")
    seen = found.seen or Seen(found.size_bytes)
    state = ArchiveState(
        file=file.location,
        sha256=found.sha256,
        size_bytes=found.size_bytes,
        uncompressed_size_bytes=found.uncompressed_size_bytes,
        members=found.members,
        missing=[failed_child(child) for child in found.missing],
        complete=not found.missing and not has_failed,
        job_status=job.status,
        mtime_ns=seen.mtime_ns,
        etag=seen.etag,
    )
    about = About(job_id, jobs.project_id, jobs.server_version, clock.now())
    store_manifest(file, manifest_of(job, state, about))
    return state


def place(path: str, job: Job) -> str:
    """The location of the archive for a declared path. In a folder it has a name like the vendor's downloads.

    The end of the id distinguishes jobs of one resource and one second.
    """
    if not is_folder(path):
        return path
    resource = re.sub(r"[^\w.-]+", "-", job.resource_name or "job", flags=re.ASCII)[:_NAME_CHARACTERS]
    return within(path, f"mongodb-logfiles_{resource}_{job.made_at:%Y%m%dT%H%M%SZ}_{job.id[-8:]}.tar.gz")


def _require_downloadable(job: Job, advice: Advice) -> None:
    if job.status == EXPIRED_STATUS:
        raise Expired("the job has expired and its archive is gone; collect again")
    if job.status not in FINISHED_STATUSES:
        raise NotFinished(f"the job is {job.status}: only a finished job has an archive; {advice.unfinished}")


def _incomplete(job: Job, parts: Collection[FailedChildJob], unsaid: str, remedy: str) -> CollectionFailed:
    missing = missing_parts(parts, unsaid) if parts else "the server does not name the missing parts"
    return CollectionFailed(f"the archive of {deployment_name(job)} is incomplete: {missing}; {remedy}")
